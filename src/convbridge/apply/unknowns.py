"""Unknown outcomes are resolved by reading back, before anything else is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convbridge.model.changes import Action
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
    the next plan. What one call created and referred to is looked for in order, so
    that a reference is compared by the name that Google gave.
    """
    outcomes: dict[int, Outcome] = {}
    names: dict[str, dict[str, str]] = {}
    for entry in ledger.read_unknown(client):
        known = names.setdefault(entry.run, {})
        change = entry.change.named(known)
        outcome = read_back(replace(entry, change=change), actual)
        if change.action is Action.CREATE and outcome.resource_name:
            known[change.key] = outcome.resource_name
        outcomes[entry.id] = outcome
    if outcomes:
        ledger.record_outcomes(outcomes, at=clock.now())
    return tuple(outcomes.values())
