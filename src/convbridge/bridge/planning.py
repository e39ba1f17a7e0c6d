"""One client's plan, made from what is kept and, before a change, from what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.apply import resolve_unknown
from convbridge.bridge.wishes import wishes_for
from convbridge.errors import DataError
from convbridge.model.resources import State
from convbridge.plan import make_plan

if TYPE_CHECKING:
    from convbridge.bridge.connections import Connections
    from convbridge.bridge.steps import Steps
    from convbridge.model.values import Valuation
    from convbridge.plan import Plan


def read_state(connections: Connections) -> State:
    """Return every resource of GA4 and Google Ads that a plan looks at."""
    state = State()
    for target in connections.targets().values():
        state |= target.fetch_state()
    return state


def plan_for(connections: Connections, steps: Steps, valuation: Valuation) -> Plan:
    """
    Return the changes that the values ask for.

    Settings of the property and the account may be up to a week old. A plan with
    changes, or one that finds nothing as it should be, is made again when they are
    not as they were kept.

    Raises:
        DataError: The data carry no value at all.
    """
    if valuation.refused:
        raise DataError(
            f"nothing is planned for {valuation.client}: {valuation.refused}",
            hint="convbridge doctor looks at the property and its data",
        )
    plan = _planned(connections, steps, valuation)
    if (plan.changes or not plan.kept) and connections.renew():
        plan = _planned(connections, steps, valuation)
    return plan


def _planned(connections: Connections, steps: Steps, valuation: Valuation) -> Plan:
    client, clock = connections.client.name, connections.clock
    actual = read_state(connections)
    resolve_unknown(connections.ledger, client, actual, clock=clock)
    wishes = wishes_for(
        connections, valuation, steps.classification, actual, today=steps.today()
    )
    return make_plan(
        wishes,
        actual=actual,
        client=client,
        account=connections.google_ads.fetch_account(),
        made_at=clock.now(),
        window=valuation.window,
        limits=connections.client.limits(),
    )
