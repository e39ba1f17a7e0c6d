"""What a client's values ask for, with what the ledger remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.classes import EventClass
from convbridge.plan import (
    build_desired,
    drift,
    not_imported,
    remember,
    settle_drift,
)

if TYPE_CHECKING:
    from datetime import date

    from convbridge.bridge.connections import Connections
    from convbridge.model.classes import Classification
    from convbridge.model.resources import Resource, State
    from convbridge.model.values import Valuation
    from convbridge.plan import Wishes


def wishes_for(
    connections: Connections,
    valuation: Valuation,
    classification: Classification,
    actual: State,
    *,
    today: date,
) -> Wishes:
    """Return the desired state of one client, settled with what others changed."""
    said = connections.client
    memory = remember(connections.ledger.read_entries(said.name))
    wishes = build_desired(
        valuation,
        classification,
        actual=actual,
        account=connections.google_ads.fetch_account(),
        property_info=connections.ga4.fetch_property(),
        rules=said.rule_set(),
        goals=said.goal_policy(),
        bidding=said.bidding_policy(),
        delivery_actions=said.delivery.actions,
        managed=memory.managed,
        refused=memory.refused,
        baselines=memory.baselines,
        today=today,
        value_rules=connections.google_ads.fetch_value_rules(),
        audiences=said.audience_policies(),
        removed=_removed(connections, valuation, actual),
    )
    return settle_drift(wishes, drift(memory.applied, actual), said.on_drift)


def _removed(
    connections: Connections, valuation: Valuation, actual: State
) -> tuple[Resource, ...]:
    """Return what was removed, a search that only an event without an action costs."""
    sought = {EventClass.PRIMARY, EventClass.MICRO}
    events = [e.event for e in valuation if e.event_class in sought]
    if not not_imported(events, actual):
        return ()
    return connections.google_ads.fetch_removed_actions()
