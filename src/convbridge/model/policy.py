"""What the user wants done: how to value, where to publish, how far to go."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Scheme(StrEnum):
    """How credit is shared over the steps before the primary."""

    BLEND = "blend"
    STATIC = "static"
    INCREMENTAL = "incremental"
    DEEPEST_STATE = "deepest_state"
    WEIGHTS = "weights"


class Anchor(StrEnum):
    """What is kept at face value."""

    PRIMARY = "primary"
    TOTAL = "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPolicy:
    """When a new value replaces the published one (facts: valuation, section 3)."""

    ewma: float = 0.3
    dead_band: float = 0.10
    step_cap: float = 0.25
    min_age_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessPolicy:
    """Conversions Google advises before value bidding (support 6268637)."""

    search_30_days: int = 15
    other_45_days: int = 20
    recommended_30_days: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuePolicy:
    """How values are computed from counts and funnels."""

    scheme: Scheme = Scheme.BLEND
    anchor: Anchor = Anchor.PRIMARY
    window_days: int = 90
    horizon_days: int = 30
    weights: Mapping[str, float] = field(default_factory=dict)
    publish: PublishPolicy = field(default_factory=PublishPolicy)
    readiness: ReadinessPolicy = field(default_factory=ReadinessPolicy)


class GoalMode(StrEnum):
    """Where micro conversions become biddable."""

    CUSTOM = "custom"
    CAMPAIGN = "campaign"
    ACCOUNT = "account"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalPolicy:
    """Which campaigns bid on the micro conversions, and through which goal."""

    mode: GoalMode = GoalMode.CUSTOM
    campaigns: tuple[str, ...] = ()
    """Campaign ids, or name patterns with `*`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BiddingPolicy:
    """What to do with the campaigns' bidding; by default nothing."""

    strategy: str | None = None
    """`maximize_conversion_value`, or None to leave bidding alone."""
    target_roas: float | str | None = None
    """A ratio (3.5 = 350 %), `keep`, `rescale`, or None for no target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPolicy:
    """Settings of a conversion action, by Google's names; None leaves one as it is."""

    counting_type: str | None = None
    click_through_lookback_window_days: int | None = None
    view_through_lookback_window_days: int | None = None
    attribution_model: str | None = None

    def over(self, other: ActionPolicy) -> ActionPolicy:
        """Return these settings, and the other's where these say nothing."""
        mine = {name: said for name, said in asdict(self).items() if said is not None}
        return replace(other, **mine)

    def fields(self) -> dict[str, str | int]:
        """Return what is said, by field-mask path of a conversion action."""
        nested = {"attribution_model": "attribution_model_settings.attribution_model"}
        return {
            nested.get(name, name): said
            for name, said in asdict(self).items()
            if said is not None
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AudiencePolicy:
    """
    People to win back: they did one event, and not another.

    GA4 shares an audience with the linked Google Ads accounts by itself.
    """

    name: str
    did: str
    did_not: str | None = None
    days: int = 30
    """How long somebody stays in the audience; GA4 allows 540 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Absolute caps a plan must not pass."""

    max_changes: int = 50
    max_value_ratio: float = 3.0
    """Largest factor by which one published value may move, up or down."""


class OnDrift(StrEnum):
    """Which side wins when somebody changed a managed value in the UI."""

    REPORT = "report"
    RESTORE = "restore"
    ADOPT = "adopt"
