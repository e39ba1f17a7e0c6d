"""One Google Ads account in two clients: allowed only when both say so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.errors import ConfigError, Fault
from convbridge.model.ids import CustomerId
from convbridge.settings.faults import place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.settings.document import Document


def shared_customer_faults(data: dict[str, Any], document: Document) -> list[Fault]:
    """
    Return one fault per client whose account another client has already.

    Works on the file's plain data, so that it is told together with other faults.
    """
    first: dict[CustomerId, tuple[str, bool]] = {}
    faults = []
    for name, customer, shared in _customers(data):
        other, other_shared = first.setdefault(customer, (name, shared))
        if other != name and not (shared and other_shared):
            loc = ("clients", name, "google_ads", "customer_id")
            fault = Fault(
                where=place(document, loc),
                message=f"customer {customer.dashed} is already in client {other!r}",
                hint="if both use the account, write shared: true beside both ids",
            )
            faults.append(fault)
    return faults


def _customers(data: dict[str, Any]) -> Iterator[tuple[str, CustomerId, bool]]:
    clients = data.get("clients")
    for name, client in clients.items() if isinstance(clients, dict) else ():
        ads = client.get("google_ads") if isinstance(client, dict) else None
        if not isinstance(ads, dict):
            continue
        try:
            customer = CustomerId(ads.get("customer_id", ""))
        except ConfigError:
            continue  # a fault of its own
        yield name, customer, ads.get("shared") is True
