"""The way back: wishes that restore what was before a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convbridge.model.changes import Action, OutcomeKind
from convbridge.plan.same import currency_of, same
from convbridge.plan.wishes import Wish, Wishes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convbridge.model.journal import Entry
    from convbridge.model.resources import Resource, Scalar, State


def rollback(entries: Iterable[Entry], actual: State) -> Wishes:
    """
    Return what undoes the applied changes of a run, checked against drift.

    Fields go back to what they were; what the run created is removed, after all
    that points to it has let go; what it found there already stays. A field somebody
    changed since stays, with a warning. A GA4 import goes back to HIDDEN: REMOVED
    would be for good.
    """
    applied = [e for e in entries if e.kind is OutcomeKind.APPLIED]
    found = Wishes()
    for entry in reversed(applied):
        undone = _undo(entry, actual.get(entry.key))
        after = tuple(e.key for e in applied if entry.change.key in e.change.after)
        wishes = tuple(replace(w, after=after) for w in undone)
        found += replace(undone, wishes=wishes)
    return found


def _undo(entry: Entry, now: Resource | None) -> Wishes:
    change = entry.change
    if change.action is Action.REMOVE:
        text = f"{change.name}: was removed by run {entry.run}; removing is for good"
        return Wishes(warnings=(text,))
    if now is None or now.fields.get("status") == "REMOVED":
        return Wishes(notes=(f"{change.name}: is no longer in the account",))
    if entry.is_reused:
        text = f"{change.name}: was there before run {entry.run}; left as it is"
        return Wishes(notes=(text,))
    if change.action is Action.CREATE:
        return _remove(entry, now)
    return _restore(entry, now)


def _remove(entry: Entry, now: Resource) -> Wishes:
    reason = f"rollback: created by run {entry.run}"
    wish = Wish(resource=_ours(entry, now, {}), reason=reason, absent=True)
    return Wishes(wishes=(wish,))


def _restore(entry: Entry, now: Resource) -> Wishes:
    moved = [f.name for f in entry.change.fields if not _holds(now, f.name, f.after)]
    back: dict[str, Scalar] = {
        f.name: f.before for f in entry.change.fields if f.name not in moved
    }
    warnings = tuple(
        f"{entry.change.name}: {name} was changed since run {entry.run}; left as it is"
        for name in moved
        if not _holds(now, name, _before(entry, name))
    )
    reason = f"rollback: as before run {entry.run}"
    wish = Wish(resource=_ours(entry, now, back), reason=reason)
    return Wishes(wishes=(wish,) if back else (), warnings=warnings)


def _ours(entry: Entry, now: Resource, fields: dict[str, Scalar]) -> Resource:
    info = {**(entry.change.info or {}), "grounds": "ledger"}
    return replace(now, fields=fields, info=info)


def _before(entry: Entry, name: str) -> Scalar:
    return next(f.before for f in entry.change.fields if f.name == name)


def _holds(now: Resource, name: str, value: Scalar) -> bool:
    return same(now.fields.get(name), value, currency=currency_of(now.fields))
