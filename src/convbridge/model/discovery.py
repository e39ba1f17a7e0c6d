"""What a login can see: accounts under a manager, properties, and their links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convbridge.model.ids import CustomerId, PropertyId


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundProperty:
    """One GA4 property, and the Google Ads accounts it is linked to."""

    property_id: PropertyId
    name: str
    customers: tuple[CustomerId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundClient:
    """One Google Ads account under the manager, with the property it belongs to."""

    customer_id: CustomerId
    name: str
    currency: str
    status: str
    conversion_customer: CustomerId | None
    """Owner of its conversion actions; None when the login may not ask."""
    properties: tuple[FoundProperty, ...] = ()
    """Properties linked to the account, or to its conversion customer."""
    manager: CustomerId | None = None
    """The manager account that it is directly under."""

    @property
    def property_id(self) -> PropertyId | None:
        """The property, when there is exactly one."""
        return self.properties[0].property_id if len(self.properties) == 1 else None

    def to_dict(self) -> dict[str, Any]:
        """Return the client as JSON-ready data."""
        owner = self.conversion_customer
        return {
            "customer_id": self.customer_id.dashed,
            "manager": self.manager.dashed if self.manager else None,
            "name": self.name,
            "currency": self.currency,
            "status": self.status,
            "conversion_customer": owner.dashed if owner else None,
            "properties": [
                {"property_id": str(p.property_id), "name": p.name}
                for p in self.properties
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """Everything found under one manager account."""

    login_customer_id: CustomerId
    clients: tuple[FoundClient, ...]
    unlinked: tuple[FoundProperty, ...] = ()
    """Properties that no account under the manager is linked to."""

    def to_dict(self) -> dict[str, Any]:
        """Return what was found as JSON-ready data."""
        return {
            "login_customer_id": self.login_customer_id.dashed,
            "clients": [client.to_dict() for client in self.clients],
            "unlinked": [
                {"property_id": str(p.property_id), "name": p.name}
                for p in self.unlinked
            ],
        }
