"""Whether a campaign has enough conversions to bid on their value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class ReadinessVerdict(StrEnum):
    """How far a campaign is from value bidding."""

    READY = "ready"
    """The primaries alone are enough."""
    READY_WITH_MICRO = "ready_with_micro"
    """Enough only when the micro conversions count too."""
    NOT_READY = "not_ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFacts:
    """What is known of one campaign, from Google Ads and GA4, as plain numbers."""

    campaign_id: str
    name: str
    channel_type: str = "SEARCH"
    """AdvertisingChannelType, such as SEARCH or PERFORMANCE_MAX."""
    bidding_strategy: str | None = None
    """BiddingStrategyType, such as MAXIMIZE_CONVERSION_VALUE."""
    status: str | None = None
    """The bidding strategy system status, such as LEARNING_SETTING_CHANGE."""
    target_roas: float | None = None
    primary_30_days: float = 0.0
    primary_45_days: float = 0.0
    micro_30_days: Mapping[str, float] | None = None
    """Conversions of each micro event in 30 days."""
    micro_45_days: Mapping[str, float] | None = None
    primary_value_30_days: float = 0.0
    median_lag_days: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """
    The verdict on one campaign, with everything it rests on.

    Conversions are counted over `days`; the thresholds are those that Google
    advises (support answer 6268637). A target ROAS is a ratio: 3.5 is 350 %.
    """

    campaign_id: str
    name: str
    verdict: ReadinessVerdict
    reason: str
    needed: int
    days: int
    """Google's window for the channel: 30 for Search, 45 for others."""
    primaries: float
    with_micro: float
    distinct_values: int
    micro_share: float
    """Share of the campaign's value that comes from micro conversions."""
    recommended: bool
    """Whether it also has what Google recommends for 30 days."""
    lag_days: float | None
    strategy: str | None
    status: str | None
    target_roas: float | None
    new_target_roas: float | None
    """The target that asks for the same clicks once micro values count."""
    target_steps: tuple[float, ...]
    """The way there, in steps of a fifth at most, one per conversion cycle or two."""

    def to_dict(self) -> dict[str, Any]:
        """Return the verdict as JSON-ready data."""
        return {
            "campaign_id": self.campaign_id,
            "name": self.name,
            "verdict": str(self.verdict),
            "reason": self.reason,
            "needed": self.needed,
            "days": self.days,
            "primaries": self.primaries,
            "with_micro": self.with_micro,
            "distinct_values": self.distinct_values,
            "micro_share": self.micro_share,
            "recommended": self.recommended,
            "lag_days": self.lag_days,
            "strategy": self.strategy,
            "status": self.status,
            "target_roas": self.target_roas,
            "new_target_roas": self.new_target_roas,
            "target_steps": list(self.target_steps),
        }
