"""Delivery for one client: where rows go, as which action, with which value."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.deliver import adjust, deliver, read_adjustments
from convbridge.deliver.status import delivery_status
from convbridge.errors import ConfigError
from convbridge.model.adjustments import AdjustedRow, Adjustment, AdjustmentReport
from convbridge.model.classes import EventClass
from convbridge.model.conversions import Consent, DeliveryPolicy, RowState, Verdict
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta
    from pathlib import Path

    from convbridge.bridge.connections import Connections
    from convbridge.model.conversions import DeliveryReport
    from convbridge.model.dates import DateWindow
    from convbridge.model.delivery_status import DeliveryStatus
    from convbridge.model.resources import Resource


_COLLECTION = "conversionActions"


def deliver_rows(
    connections: Connections, source: Any, *, dead_letters: Path | None
) -> DeliveryReport:
    """Send conversions exactly once; see `Bridge.deliver`."""
    from convbridge.adapters.data_manager import (  # noqa: PLC0415 - an extra
        GoogleHasher,
    )

    return deliver(
        source,
        client=connections.client.name,
        sink=connections.sink,
        outbox=SqlOutbox(connections.ledger.database),
        policy=_policy(connections),
        hasher=GoogleHasher(),
        clock=connections.clock,
        columns=connections.client.delivery.mapping,
        dead_letters=dead_letters,
        progress=connections.progress,
    )


def adjust_rows(connections: Connections, source: Any) -> AdjustmentReport:
    """Restate or retract delivered conversions; see `Bridge.adjust`."""
    client = connections.client
    zone = client.delivery.time_zone or connections.ga4.fetch_property().time_zone
    found = dict(
        read_adjustments(
            source, client=client.name, actions=_actions(connections), time_zone=zone
        )
    )
    verdicts = adjust(
        [row for row in found.values() if isinstance(row, Adjustment)],
        client=client.name,
        sink=connections.adjustments(),
        outbox=SqlOutbox(connections.ledger.database),
        clock=connections.clock,
    )
    by_row = {id(adjustment): verdict for adjustment, verdict in verdicts}
    rows = (_adjusted(line, row, by_row) for line, row in found.items())
    return AdjustmentReport(client=client.name, outcomes=tuple(rows))


def _adjusted(
    line: int, row: Adjustment | str, verdicts: Mapping[int, Verdict]
) -> AdjustedRow:
    if isinstance(row, str):
        refused = Verdict(state=RowState.REJECTED, reason=row)
        return AdjustedRow(line=line, verdict=refused)
    return AdjustedRow(line=line, verdict=verdicts[id(row)], adjustment=row)


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
    return delivery_status(
        client=connections.client.name,
        sink=connections.sink,
        outbox=outbox,
        clock=connections.clock,
        attributed={k: n for k, n in attributed.items() if k[0] in sent},
        summaries=connections.google_ads.fetch_upload_summaries(),
        wait=wait,
    )


def _policy(connections: Connections) -> DeliveryPolicy:
    said = connections.client.delivery
    info = connections.ga4.fetch_property()
    rules = connections.client.rule_set().rules
    micros = [e for e, r in rules.items() if r.event_class is EventClass.MICRO]
    antis = [e for e, r in rules.items() if r.event_class is EventClass.ANTI]
    return DeliveryPolicy(
        actions=_actions(connections),
        time_zone=said.time_zone or info.time_zone,
        currency=info.currency,
        currencies=frozenset({connections.google_ads.fetch_account().currency}),
        region=said.phone_region,
        values=_values(connections),
        consent=Consent(said.consent.ad_user_data)
        if said.consent.ad_user_data
        else None,
        hold=dict.fromkeys(micros, said.hold) if said.hold else {},
        anti_events=frozenset(antis),
    )


def _values(connections: Connections) -> Mapping[str, Decimal]:
    """Values in force; a lead the user gave a value has that, times its close rate."""
    given = {
        rule.event: rule.value * _exactly(rule.close_rate)
        for rule in connections.client.rule_set().rules.values()
        if rule.value is not None
    }
    published = connections.ledger.read_published(connections.client.name)
    return given | {event: found.value for event, found in published.items()}


def _exactly(rate: float | None) -> Decimal:
    return Decimal(str(1 if rate is None else rate))


def _actions(connections: Connections) -> dict[str, str]:
    """Return the conversion action id of each event: named, or made by a plan."""
    said = connections.client.delivery.actions
    wanted = {event: name for event, name in said.items() if name}
    made = dict(_made_by_plans(connections))
    if all(name.isdigit() or name.startswith("G-") for name in wanted.values()):
        return made | wanted
    known = connections.google_ads.fetch_state([ResourceType.CONVERSION_ACTION])
    return made | {event: _id_of(name, known) for event, name in wanted.items()}


def _made_by_plans(connections: Connections) -> Iterator[tuple[str, str]]:
    entries = connections.ledger.read_entries(connections.client.name)
    kind = f"/{_COLLECTION}/"
    for entry in entries:
        created = entry.change.action == "create" and kind in entry.key
        event = (entry.change.info or {}).get("event")
        if created and isinstance(event, str):
            yield event, entry.key.rsplit("/", 1)[-1]


def _id_of(name: str, known: Any) -> str:
    if name.isdigit() or name.startswith("G-"):
        return name
    found: Resource | None = next((a for a in known if a.name == name), None)
    if found is None:
        names = ", ".join(sorted(a.name for a in known)[:8])
        raise ConfigError(
            f"delivery.actions names {name!r}, which is no conversion action",
            hint=f"the account has {names}",
        )
    return found.key.rsplit("/", 1)[-1]
