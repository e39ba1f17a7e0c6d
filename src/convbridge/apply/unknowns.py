"""Unknown outcomes are resolved by reading back, before anything else is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.plan import read_back

if TYPE_CHECKING:
    from convbridge.model.changes import Outcome
    from convbridge.model.resources import State
    from convbridge.ports import Clock, Ledger


def resolve_unknown(
    ledger: Ledger, client: str, actual: State, *, clock: Clock
) -> tuple[Outcome, ...]:
    """
    Write down what became of every change whose outcome is unknown.

    Costs no call: `actual` was read anyway. Never retries; what was not made is in
    the next plan.
    """
    entries = ledger.read_unknown(client)
    outcomes = {entry.id: read_back(entry, actual) for entry in entries}
    if outcomes:
        ledger.record_outcomes(outcomes, at=clock.now())
    return tuple(outcomes.values())
