"""Accounts and properties as Google describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convbridge.model.ids import CustomerId, PropertyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One Google Ads account, and which account owns its conversions."""

    customer_id: CustomerId
    name: str
    currency: str
    time_zone: str
    status: str = "ENABLED"
    is_manager: bool = False
    is_test: bool = False
    conversion_customer: CustomerId
    """Owner of conversion actions and custom goals; may be a manager account."""
    conversion_tracking_status: str = "UNSPECIFIED"
    accepted_customer_data_terms: bool = False
    enhanced_conversions_for_leads: bool | None = None
    """Whether user data of offline leads is matched; None: Google does not say."""

    def to_dict(self) -> dict[str, Any]:
        """Return the account as JSON-ready data."""
        return {
            "customer_id": self.customer_id.dashed,
            "name": self.name,
            "currency": self.currency,
            "time_zone": self.time_zone,
            "status": self.status,
            "is_manager": self.is_manager,
            "conversion_customer": self.conversion_customer.dashed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyInfo:
    """One GA4 property as the Admin API describes it."""

    property_id: PropertyId
    name: str
    currency: str
    time_zone: str
    service_level: str = "GOOGLE_ANALYTICS_STANDARD"
    google_ads_links: tuple[CustomerId, ...] = ()
    links_known: bool = True
    """False where the login may not read the links; there may be some."""
    event_retention_months: int | None = None
    custom_dimensions: tuple[str, ...] = ()
    web_streams: tuple[str, ...] = ()
    """Resource names of the web data streams, where event create rules live."""

    def to_dict(self) -> dict[str, Any]:
        """Return the property as JSON-ready data."""
        return {
            "property_id": str(self.property_id),
            "name": self.name,
            "currency": self.currency,
            "time_zone": self.time_zone,
            "service_level": self.service_level,
            "google_ads_links": [c.dashed for c in self.google_ads_links],
            "event_retention_months": self.event_retention_months,
        }
