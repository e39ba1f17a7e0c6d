"""Delivery for one client: where rows go, as which action, with which value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

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
from convbridge.errors import ConfigError, RejectedError
from convbridge.model.adjustments import AdjustedRow, Adjustment, AdjustmentReport
from convbridge.model.conversions import RowState, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta
    from pathlib import Path

    from convbridge.bridge.connections import Connections
    from convbridge.deliver import Source
    from convbridge.model.ads_metrics import CampaignMetrics
    from convbridge.model.conversions import DeliveryReport
    from convbridge.model.dates import DateWindow
    from convbridge.model.delivery_status import DeliveryStatus
    from convbridge.model.outbox import Waiting

_T = TypeVar("_T")


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
        rate=_rate(connections, outbox),
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
    service: str = connections.client.delivery.sink
    project = connections.settings.project_of(connections.client)
    if project:  # not the file's own
        service = f"{service}@{project}"
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
    ads, refused = connections.google_ads, list[str]()
    metrics = _asked(
        lambda: ads.fetch_campaign_metrics(window), "what was attributed", refused
    )
    summaries = _asked(ads.fetch_upload_summaries, "its upload summaries", refused)
    outbox = SqlOutbox(connections.ledger.database)
    status = delivery_status(
        client=connections.client.name,
        sink=connections.sink,
        outbox=outbox,
        clock=connections.clock,
        attributed=_attributed(metrics, outbox, connections.client.name),
        summaries=summaries or (),
        events=event_names(connections),
        wait=wait,
        pace=_rate(connections, outbox).hold,
    )
    alerts = (*status.alerts, *refused)
    return replace(status, alerts=alerts, waiting=_waiting(connections, outbox))


def _asked(read: Callable[[], _T], what: str, refused: list[str]) -> _T | None:
    """Read what a status can do without; say what was refused."""
    try:
        return read()
    except RejectedError as exc:
        refused.append(f"Google Ads does not tell {what}: {exc.message}")
        return None


def _attributed(
    metrics: CampaignMetrics | None, outbox: SqlOutbox, client: str
) -> dict[tuple[str, str], float] | None:
    """Return conversions by action and day, of the actions that rows were sent to."""
    if metrics is None:
        return None
    sent = {counts.action for counts in outbox.counts(client)}
    found: dict[tuple[str, str], float] = {}
    for row in metrics.conversions:
        place = row.conversion_action.rsplit("/", 1)[-1], row.day.isoformat()
        if place[0] in sent:
            found[place] = found.get(place, 0.0) + row.all_conversions
    return found
