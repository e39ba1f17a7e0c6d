"""The difference between what is and what is wanted, as ordered changes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from convbridge.model.changes import Action, Change, FieldChange
from convbridge.model.resources import Resource, State
from convbridge.plan.order import ordered
from convbridge.plan.same import currency_of, same
from convbridge.plan.wishes import Wish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convbridge.model.resources import Scalar


_PRIMARY = "primary_for_goal"


def diff(actual: State, desired: State) -> tuple[Change, ...]:
    """
    Return the changes that turn `actual` into `desired`.

    Only fields named in `desired` are compared, and resources it does not name
    are left alone: `diff(x, x)` is empty, and `apply_to(a, diff(a, d))` has every
    field of `d`.
    """
    wishes = (Wish(resource=r, reason="") for r in desired)
    return diff_wishes(actual, wishes)


def diff_wishes(actual: State, wishes: Iterable[Wish]) -> tuple[Change, ...]:
    """Return the changes that make the wishes come true, with their reasons."""
    found = {r.key: r for r in actual}
    changes = (_change(found.get(w.resource.key), w) for w in wishes)
    return ordered([c for c in changes if c is not None])


def apply_to(state: State, changes: Iterable[Change]) -> State:
    """Return the state after the changes, as Google would have it."""
    resources = {r.key: r for r in state}
    for change in changes:
        match change.action:
            case Action.CREATE:
                resources[change.key] = _created(change)
            case Action.UPDATE:
                resources[change.key] = _updated(resources[change.key], change)
            case Action.REMOVE:
                del resources[change.key]
            case never:
                assert_never(never)
    return State(resources=tuple(resources.values()))


def moved_since(changes: Iterable[Change], actual: State) -> tuple[str, ...]:
    """Return the names of changes whose `before` no longer holds."""
    found = {r.key: r for r in actual}
    return tuple(c.name for c in changes if not _starts_from(c, found.get(c.key)))


def _starts_from(change: Change, now: Resource | None) -> bool:
    if now is None or change.action is Action.CREATE:
        return (now is None) == (change.action is Action.CREATE)
    currency = currency_of(now.fields)
    return all(
        same(now.fields.get(f.name), f.before, currency=currency) for f in change.fields
    )


def _change(actual: Resource | None, wish: Wish) -> Change | None:
    if wish.absent:
        return _remove(actual, wish) if actual else None
    return _update(actual, wish) if actual else _create(wish)


def _create(wish: Wish) -> Change:
    fields = {k: v for k, v in wish.resource.fields.items() if v is not None}
    changes = (FieldChange(name=k, before=None, after=v) for k, v in fields.items())
    return _built(Action.CREATE, wish, tuple(changes), wish.resource.info)


def _update(actual: Resource, wish: Wish) -> Change | None:
    wanted = wish.resource.fields
    currency = currency_of(wanted, actual.fields)
    moved = {
        name
        for name, value in wanted.items()
        if not same(actual.fields.get(name), value, currency=currency)
    }
    fields = tuple(
        FieldChange(name=name, before=actual.fields.get(name), after=wanted[name])
        for name in sorted(moved)
    )
    info = {**actual.info, **wish.resource.info, **_said_at_import(actual, wanted)}
    return _built(Action.UPDATE, wish, fields, info) if fields else None


def _said_at_import(
    actual: Resource, wanted: Mapping[str, Scalar]
) -> Mapping[str, Scalar]:
    """
    Return what is said with an import even where it reads as wanted.

    Where an account has no goals from GA4 yet, an action may become primary as it is
    imported, and be bid on at once.
    """
    before, after = actual.fields.get("status"), wanted.get("status")
    if (before, after) != ("HIDDEN", "ENABLED") or _PRIMARY not in wanted:
        return {}
    return {_PRIMARY: wanted[_PRIMARY]}


def _remove(actual: Resource, wish: Wish) -> Change:
    fields = (
        FieldChange(name=k, before=v, after=None) for k, v in actual.fields.items()
    )
    info = {**actual.info, **wish.resource.info}
    return _built(Action.REMOVE, wish, tuple(fields), info)


def _built(
    action: Action,
    wish: Wish,
    fields: tuple[FieldChange, ...],
    info: Mapping[str, Scalar],
) -> Change:
    resource = wish.resource
    return Change(
        action=action,
        type=resource.type,
        key=resource.key,
        owner=resource.owner,
        name=resource.name,
        fields=tuple(sorted(fields, key=lambda f: f.name)),
        reason=wish.reason,
        after=wish.after,
        info={k: str(v) if isinstance(v, Decimal) else v for k, v in info.items()},
    )


def _created(change: Change) -> Resource:
    return Resource(
        type=change.type,
        key=change.key,
        owner=change.owner,
        name=change.name,
        fields={f.name: f.after for f in change.fields},
        info=change.info or {},
    )


def _updated(resource: Resource, change: Change) -> Resource:
    fields = {**resource.fields, **{f.name: f.after for f in change.fields}}
    return replace(resource, fields=fields)
