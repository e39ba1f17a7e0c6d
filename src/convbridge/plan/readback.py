"""What became of a change nobody got an answer for, read from the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from convbridge.model.changes import Action, Outcome, OutcomeKind
from convbridge.plan.same import currency_of, same

if TYPE_CHECKING:
    from convbridge.model.changes import Change
    from convbridge.model.journal import Entry
    from convbridge.model.resources import Resource, State

_NAMES = ("name", "event_name", "destination_event", "display_name")


def read_back(entry: Entry, actual: State) -> Outcome:
    """
    Return what became of an unknown change: applied, or skipped when it is not there.

    A field that is neither as before nor as wanted was changed by somebody else in
    the meantime; the change is then skipped, and the next plan starts from what is.
    """
    change = entry.change
    found = _find(change, actual)
    match change.action:
        case Action.CREATE:
            return _outcome(change, found, made=found is not None)
        case Action.REMOVE:
            gone = found is None or found.fields.get("status") == "REMOVED"
            return _outcome(change, found, made=gone)
        case Action.UPDATE:
            return _outcome(change, found, made=_holds(change, found))
        case never:
            assert_never(never)


def _find(change: Change, actual: State) -> Resource | None:
    if change.action is not Action.CREATE:
        return actual.get(change.key)
    wanted = _name(change)
    same_type = (r for r in actual.of(change.type) if r.owner == change.owner)
    found = (r for r in same_type if wanted in {_name_of(r), r.name})
    parent = str((change.info or {}).get("parent") or "")
    return next((r for r in found if r.key.startswith(parent) and _alive(r)), None)


def _alive(resource: Resource) -> bool:
    return resource.fields.get("status") != "REMOVED"


def _name(change: Change) -> object:
    fields = {f.name: f.after for f in change.fields}
    return next((fields[n] for n in _NAMES if fields.get(n)), change.name)


def _name_of(resource: Resource) -> object:
    fields = resource.fields
    return next((fields[n] for n in _NAMES if fields.get(n)), resource.name)


def _holds(change: Change, found: Resource | None) -> bool:
    if found is None:
        return False
    currency = currency_of(found.fields)
    return all(
        same(found.fields.get(f.name), f.after, currency=currency)
        for f in change.fields
    )


def _outcome(change: Change, found: Resource | None, *, made: bool) -> Outcome:
    kind = OutcomeKind.APPLIED if made else OutcomeKind.SKIPPED
    missing = "read back from Google: the change was not made"
    return Outcome(
        change=change,
        kind=kind,
        resource_name=found.key if found else None,
        error=None if made else missing,
    )
