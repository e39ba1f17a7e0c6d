"""Every GA4 property a login can see, with the Google Ads accounts it is linked to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ga4 import admin
from convbridge.adapters.ga4.api import ADMIN, Ga4Api
from convbridge.adapters.ga4.clients import Ga4Clients
from convbridge.errors import RejectedError
from convbridge.model.discovery import FoundProperty
from convbridge.model.ids import PropertyId

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.model.access import GoogleAccess
    from convbridge.ports import Clock

_AT_A_TIME = 8


def find_properties(
    access: GoogleAccess, credentials: Any, *, clock: Clock
) -> tuple[FoundProperty, ...]:
    """
    Return the properties of every account the login sees, by name.

    `credentials` come from `auth.credentials` with the scope GA4_READ. A property
    whose links the login may not read is returned without any.
    """
    with (
        closing(Ga4Clients(access, credentials)) as clients,
        ThreadPoolExecutor(_AT_A_TIME) as pool,
    ):
        anyone = Ga4Api(clients, property_id=PropertyId("1"), clock=clock)
        summaries = tuple(_summaries(anyone))
        found = pool.map(lambda s: _property(clients, s, clock), summaries)
        return tuple(sorted(found, key=lambda p: (p.name, str(p.property_id))))


def _summaries(api: Ga4Api) -> Iterator[Any]:
    """Yield the property summaries of every account, read to the last page."""
    token, seen = "", set[str]()
    while True:
        page = api.send(
            lambda body, **options: next(
                iter(api.clients.admin.list_account_summaries(body, **options).pages)
            ),
            {"page_size": 200, "page_token": token},
            family=ADMIN,
            operation="listAccountSummaries",
        )
        for account in page.account_summaries:
            yield from account.property_summaries
        token = page.next_page_token
        if not token:
            return
        if token in seen:
            raise RejectedError(
                "the list repeats a page",
                vendor="ga4",
                operation="listAccountSummaries",
            )
        seen.add(token)


def _property(clients: Ga4Clients, summary: Any, clock: Clock) -> FoundProperty:
    property_id = PropertyId(summary.property.removeprefix("properties/"))
    api = Ga4Api(clients, property_id=property_id, clock=clock)
    links = admin.optional(lambda: admin.fetch_ads_links(api))
    return FoundProperty(
        property_id=property_id,
        name=summary.display_name,
        customers=() if isinstance(links, admin.Refused) else links,
    )
