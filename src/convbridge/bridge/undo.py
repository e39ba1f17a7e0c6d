"""The plan back to what was before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.bridge.planning import read_state
from convbridge.errors import PlanError
from convbridge.plan import make_plan
from convbridge.plan import rollback as undo

if TYPE_CHECKING:
    from convbridge.bridge.connections import Connections
    from convbridge.plan import Plan


def rollback_plan(connections: Connections, run: str) -> Plan:
    """
    Return the plan that undoes a run; see `Bridge.rollback`.

    The run may be of a time when `goals.mode` was another: all modes are read.
    A run that had nothing to do leaves nothing to undo: the plan is empty.
    """
    client, ledger = connections.client.name, connections.ledger
    runs = [found.id for found in ledger.read_runs(client)]
    if run not in runs:
        last = ", ".join(runs[-5:])
        raise PlanError(
            f"the ledger has no run {run!r} of {client}",
            hint=f"the last runs are {last}" if last else "nothing was applied yet",
        )
    entries = ledger.read_entries(client, run=run)
    connections.google_ads.read_every_mode()
    actual = read_state(connections)
    return make_plan(
        undo(entries, actual),
        actual=actual,
        client=client,
        account=connections.google_ads.fetch_account(),
        made_at=connections.clock.now(),
        limits=connections.client.limits(),
    )
