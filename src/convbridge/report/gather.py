"""The report's data, asked of the bridge step by step, each once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convbridge.model.classes import EventClass
from convbridge.model.dates import zone_of
from convbridge.model.resources import ResourceType
from convbridge.report.client_report import ClientReport, FunnelStep, LastRun
from convbridge.report.needs import find_needs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convbridge.bridge import Bridge
    from convbridge.model.delivery_status import DeliveryStatus
    from convbridge.model.quality import QualityFlag
    from convbridge.model.values import Valuation, ValuedEvent


def gather(bridge: Bridge) -> ClientReport:
    """
    Fetch, value and plan for one client; changes nothing at Google.

    Without a Google Ads account there is no plan and no readiness.

    Raises:
        DataError: The property's data cannot carry a value.
    """
    counts = bridge.fetch_counts()
    valuation = bridge.value(bridge.classify(counts))
    ads = bridge.settings.google_ads
    plan = bridge.plan(valuation) if ads else None
    readiness = bridge.readiness() if ads else ()
    last_run = _last_run(bridge)
    deliveries = _deliveries(bridge)
    flags = _once((*counts.flags, *valuation.flags))
    now = bridge.connections.clock.now()
    return ClientReport(
        client=bridge.client,
        made_at=now.astimezone(zone_of(counts.time_zone)),
        time_zone=counts.time_zone,
        account=ads.customer_id if ads else None,
        users=counts.total_users,
        cost=counts.total_cost,
        valuation=valuation,
        funnel=tuple(_funnel(valuation, counts.total_users)),
        channels=bridge.channels(),
        campaigns=bridge.channels(by="campaign"),
        readiness=readiness,
        flags=flags,
        plan=plan,
        last_run=last_run,
        deliveries=deliveries,
        needs=tuple(
            find_needs(
                bridge.client,
                plan=plan,
                flags=flags,
                findings=bridge.lint(),
                readiness=readiness,
                last_run=last_run,
                deliveries=deliveries,
            )
        ),
    )


def _last_run(bridge: Bridge) -> LastRun | None:
    """Return the last run that was about to change something."""
    entries = bridge.history()
    if not entries:
        return None
    last = entries[-1].run
    runs = bridge.connections.ledger.read_runs(bridge.client)
    run = next(found for found in runs if found.id == last)
    return LastRun(run=run, entries=tuple(e for e in entries if e.run == last))


def _deliveries(bridge: Bridge) -> DeliveryStatus | None:
    """Return what became of deliveries; None where none was ever made."""
    if bridge.settings.google_ads is None:
        return None
    from convbridge.adapters.ledger.outbox import SqlOutbox  # noqa: PLC0415 - lazy

    outbox = SqlOutbox(bridge.connections.ledger.database)
    if not outbox.counts(bridge.client):
        return None
    found = bridge.delivery_status()
    actions = bridge.connections.google_ads.fetch_state(
        [ResourceType.CONVERSION_ACTION]
    )
    names = {action.key.rsplit("/", 1)[-1]: action.name for action in actions}
    days = tuple(replace(d, action=names.get(d.action, d.action)) for d in found.days)
    return replace(found, days=days)


def _funnel(valuation: Valuation, everybody: int | None) -> Iterator[FunnelStep]:
    """Yield the micro events on the path in its order, then the primaries."""
    on_path = [
        event
        for event in valuation
        if event.event_class is EventClass.MICRO and event.stage is not None
    ]
    primaries = [e for e in valuation if e.event_class is EventClass.PRIMARY]
    steps = [*sorted(on_path, key=_place), *sorted(primaries, key=_place)]
    most = everybody or max((e.users or 0 for e in steps), default=0)
    for event in steps:
        if event.users:
            yield _step(event, most)


def _place(event: ValuedEvent) -> tuple[int, int]:
    return event.stage or 0, -(event.users or 0)


def _step(event: ValuedEvent, most: int) -> FunnelStep:
    return FunnelStep(
        event=event.event,
        stage=event.stage,
        users=event.users or 0,
        share=(event.users or 0) / most,
        rate=event.rate,
        value=event.value,
        is_primary=event.event_class is EventClass.PRIMARY,
    )


def _once(flags: Iterable[QualityFlag]) -> tuple[QualityFlag, ...]:
    return tuple(dict.fromkeys(flags))
