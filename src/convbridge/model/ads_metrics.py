"""What Google Ads measured: conversions, costs, uploads, and accounts to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from convbridge.model.ids import CustomerId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionDay:
    """Conversions of one campaign from one action on one day (by click date)."""

    day: date
    campaign_id: str
    campaign: str
    conversion_action: str
    """Resource name of the conversion action."""
    action_name: str
    conversions: float
    """The Conversions column: what bidding counts. Fractions are credit shares."""
    value: Decimal
    all_conversions: float
    all_value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CostDay:
    """What one campaign cost on one day."""

    day: date
    campaign_id: str
    campaign: str
    cost: Decimal
    clicks: int
    impressions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignMetrics:
    """Conversions and costs of a window, in the account's currency and zone."""

    conversions: tuple[ConversionDay, ...]
    costs: tuple[CostDay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSummary:
    """Google's own count of what became of uploaded conversions."""

    conversion_action_id: str
    conversion_action: str
    client: str
    """`GOOGLE_ADS_API`, `GOOGLE_ADS_WEB_CLIENT` or `ADS_DATA_CONNECTOR`."""
    status: str
    """`EXCELLENT`, `GOOD`, `NEEDS_ATTENTION` or `NO_RECENT_UPLOAD`."""
    total: int
    successful: int
    pending: int
    last_upload: str | None
    """Account time, as Google writes it."""
    alerts: tuple[str, ...]
    """`CODE 12.5 %`: share of rows with each error."""

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as JSON-ready data."""
        return {
            "conversion_action_id": self.conversion_action_id,
            "conversion_action": self.conversion_action,
            "client": self.client,
            "status": self.status,
            "total": self.total,
            "successful": self.successful,
            "pending": self.pending,
            "last_upload": self.last_upload,
            "alerts": list(self.alerts),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAccount:
    """One account in a manager's hierarchy."""

    customer_id: CustomerId
    name: str
    currency: str
    time_zone: str
    level: int
    """0 is the account asked, 1 is directly under it."""
    is_manager: bool
    is_test: bool
    status: str
