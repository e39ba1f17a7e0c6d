"""A GA4 source and target opened for one client: transport, scopes, store."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ga4.api import PAGE_SIZE, Ga4Api
from convbridge.adapters.ga4.clients import Ga4Clients
from convbridge.adapters.ga4.source import Ga4Source
from convbridge.adapters.ga4.store import ReportStore
from convbridge.adapters.ga4.target import GA4_TYPES, Ga4Target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from convbridge.model.access import GoogleAccess
    from convbridge.model.ids import PropertyId
    from convbridge.model.resources import ResourceType
    from convbridge.ports import Clock, Progress


def open_ga4(
    access: GoogleAccess,
    credentials: Any,
    *,
    property_id: PropertyId,
    clock: Clock,
    store_dir: Path | None = None,
    quota_floor: float = 0.1,
    concurrency: int = 4,
    page_size: int = PAGE_SIZE,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Ga4Source:
    """
    Return the source of one property; nothing is sent before it is asked.

    `credentials` come from `auth.credentials` with the scope GA4_READ. Final
    days are kept in `store_dir`; None keeps none. `quota_floor` is the share of
    each quota bucket left to the client's own tools, `concurrency` the number
    of requests at a time, of which GA4 allows 10 per property. `page_size` is
    the number of rows to ask for at once.
    """
    api = Ga4Api(
        Ga4Clients(access, credentials),
        property_id=property_id,
        clock=clock,
        quota_floor=quota_floor,
        concurrency=min(concurrency, 10),
        page_size=page_size,
        sleep=sleep,
    )
    store = None
    if store_dir is not None:
        store = ReportStore(store_dir, property_id=property_id, clock=clock)
    return Ga4Source(api, store=store, progress=progress)


def open_ga4_target(
    access: GoogleAccess,
    credentials: Any,
    *,
    property_id: PropertyId,
    clock: Clock,
    types: Collection[ResourceType] = GA4_TYPES,
    source: Ga4Source | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Ga4Target:
    """
    Return the target of one property.

    `credentials` come from `auth.credentials` with the scope GA4_EDIT. `types` are
    the resources that are read; what `source` read a moment ago is not read twice.
    """
    api = Ga4Api(
        Ga4Clients(access, credentials),
        property_id=property_id,
        clock=clock,
        sleep=sleep,
    )
    if source is None:
        return Ga4Target(api, types=types)
    return Ga4Target(
        api,
        types=types,
        known=source.take_key_events,
        streams=lambda: source.fetch_property().web_streams,
    )
