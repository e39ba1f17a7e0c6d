"""Delivery for one client: where rows go, as which action, with which value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.bridge.delivery_policy import (
    anti_events,
    delivery_actions,
    delivery_policy,
    event_names,
    is_analytics,
    valued_events,
)
from convbridge.deliver import adjust, deliver, open_stream, read_adjustments
from convbridge.deliver.preview import preview
from convbridge.deliver.rates import RequestRate
from convbridge.deliver.status import delivery_status
from convbridge.errors import ConfigError
from convbridge.model.adjustments import AdjustedRow, Adjustment, AdjustmentReport
from convbridge.model.conversions import RowState, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from convbridge.bridge.connections import Connections
    from convbridge.deliver import Source
    from convbridge.model.conversions import DeliveryReport
    from convbridge.model.dates import DateWindow
    from convbridge.model.delivery_status import DeliveryStatus
    from convbridge.model.outbox import Waiting


def deliver_rows(
    connections: Connections, source: Any, *, dead_letters: Path | None
) -> DeliveryReport:
    """Send conversions exactly once; see `Bridge.deliver`."""
    from convbridge.adapters.data_manager import (  # noqa: PLC0415 - an extra
        GoogleHasher,
    )

    outbox = SqlOutbox(connections.ledger.database)
    report = deliver(
        source,
        client=connections.client.name,
        sink=connections.sink,
        outbox=outbox,
        policy=delivery_policy(connections),
        hasher=GoogleHasher(),
        clock=connections.clock,
        columns=connections.client.delivery.mapping,
        dead_letters=dead_letters,
        progress=connections.progress,
    )
    return replace(report, waiting=_waiting(connections, outbox))


def preview_rows(connections: Connections, source: Any) -> DeliveryReport:
    """Read and check conversions; see `Bridge.preview`."""
    from convbridge.adapters.data_manager import (  # noqa: PLC0415 - an extra
        GoogleHasher,
    )

    return preview(
        source,
        client=connections.client.name,
        policy=delivery_policy(connections),
        hasher=GoogleHasher(),
        clock=connections.clock,
        columns=connections.client.delivery.mapping,
    )


def _waiting(connections: Connections, outbox: SqlOutbox) -> tuple[Waiting, ...]:
    names = event_names(connections)
    now = connections.clock.now()
    found = outbox.waiting(connections.client.name, now=now)
    return tuple(replace(w, event=names.get(w.action, "")) for w in found)


def _rate(connections: Connections, outbox: SqlOutbox) -> RequestRate:
    """Return the project's share of requests, which deliveries take from as well."""
    service = connections.client.delivery.sink
    return RequestRate(connections.clock, outbox, service=service)


def adjust_rows(connections: Connections, source: Any) -> AdjustmentReport:
    """Restate or retract delivered conversions; see `Bridge.adjust`."""
    client = connections.client
    zone = client.delivery.time_zone or connections.ga4.fetch_property().time_zone
    found = dict(
        read_adjustments(
            source,
            client=client.name,
            actions=delivery_actions(connections),
            time_zone=zone,
        )
    )
    outbox = SqlOutbox(connections.ledger.database)
    verdicts, stopped = adjust(
        [row for row in found.values() if isinstance(row, Adjustment)],
        client=client.name,
        sink=connections.adjustments(),
        outbox=outbox,
        clock=connections.clock,
        pace=_rate(connections, outbox).hold,
    )
    rest = iter(verdicts)
    rows = (_adjusted(line, row, rest) for line, row in found.items())
    return AdjustmentReport(client=client.name, outcomes=tuple(rows), stopped=stopped)


def _adjusted(
    line: int, row: Adjustment | str, verdicts: Iterator[Verdict]
) -> AdjustedRow:
    if isinstance(row, str):
        refused = Verdict(state=RowState.REJECTED, reason=row)
        return AdjustedRow(line=line, verdict=refused)
    return AdjustedRow(line=line, verdict=next(verdicts), adjustment=row)


def export_conversions(connections: Connections, window: DateWindow) -> Source:
    """Return what follows a click in the export; see `Bridge.fetch_conversions`."""
    said = connections.client
    actions = delivery_actions(connections)
    wanted = [event for event, action in actions.items() if not is_analytics(action)]
    if not wanted:
        raise ConfigError(
            f"no event of {said.name!r} has a conversion action to deliver to",
            hint="name them under delivery.actions",
        )
    antis = anti_events(connections, actions) if said.delivery.hold else ()
    batches = connections.export.warehouse.conversions(
        window,
        events=sorted({*wanted, *antis}),
        valued=valued_events(connections, wanted),
        derived=said.rule_set().derived,
    )
    return open_stream("export", batches)


def read_status(
    connections: Connections, window: DateWindow, *, wait: timedelta
) -> DeliveryStatus:
    """Read back what became of what was sent; see `Bridge.delivery_status`."""
    metrics = connections.google_ads.fetch_campaign_metrics(window)
    attributed: dict[tuple[str, str], float] = {}
    for found in metrics.conversions:
        place = (found.conversion_action.rsplit("/", 1)[-1], found.day.isoformat())
        attributed[place] = attributed.get(place, 0.0) + found.all_conversions
    outbox = SqlOutbox(connections.ledger.database)
    sent = {counts.action for counts in outbox.counts(connections.client.name)}
    status = delivery_status(
        client=connections.client.name,
        sink=connections.sink,
        outbox=outbox,
        clock=connections.clock,
        attributed={k: n for k, n in attributed.items() if k[0] in sent},
        summaries=connections.google_ads.fetch_upload_summaries(),
        events=event_names(connections),
        wait=wait,
        pace=_rate(connections, outbox).hold,
    )
    return replace(status, waiting=_waiting(connections, outbox))
