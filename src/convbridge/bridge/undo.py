"""The plan back to what was before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.errors import PlanError
from convbridge.plan import make_plan
from convbridge.plan import rollback as undo

if TYPE_CHECKING:
    from convbridge.bridge.connections import Connections
    from convbridge.model.resources import State
    from convbridge.plan import Plan


def rollback_plan(connections: Connections, run: str, actual: State) -> Plan:
    """Return the plan that undoes a run; see `Bridge.rollback`."""
    client, ledger = connections.client.name, connections.ledger
    entries = ledger.read_entries(client, run=run)
    if not entries:
        runs = ", ".join(found.id for found in ledger.read_runs(client)[-5:])
        raise PlanError(
            f"the ledger has no changes of run {run!r} for {client}",
            hint=f"the last runs are {runs}" if runs else "nothing was applied yet",
        )
    return make_plan(
        undo(entries, actual),
        actual=actual,
        client=client,
        account=connections.google_ads.fetch_account(),
        made_at=connections.clock.now(),
    )
