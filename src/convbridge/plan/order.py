"""The order of changes: what depends on another comes later."""

from __future__ import annotations

from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from convbridge.errors import PlanError
from convbridge.model.changes import Action
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convbridge.model.changes import Change
    from convbridge.model.resources import Scalar

RANK = {
    ResourceType.EVENT_CREATE_RULE: 0,
    ResourceType.KEY_EVENT: 1,
    ResourceType.AUDIENCE: 2,
    ResourceType.CONVERSION_ACTION: 3,
    ResourceType.CUSTOMER_CONVERSION_GOAL: 4,
    ResourceType.CAMPAIGN_CONVERSION_GOAL: 5,
    ResourceType.CUSTOM_CONVERSION_GOAL: 6,
    ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG: 7,
    ResourceType.BIDDING_STRATEGY: 8,
    ResourceType.CAMPAIGN: 9,
    ResourceType.CONVERSION_VALUE_RULE: 10,
}
"""The way a value takes from a count to a bid; removals go it backwards."""

_IN_USE = frozenset({"status", "conversion_actions"})
"""Fields that decide whether, and as what, others can refer to a resource."""


def ordered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """
    Put changes in the order they must be made, with `after` filled in.

    A change comes after those it names in `after`, after those that bring what one
    of its new values names into use, and, when it removes, after those whose old
    values name the removed key: a campaign lets go of a goal before the goal goes.
    What is in use already needs no other change of it: a goal holds an action
    whatever becomes of the action's value.

    Raises:
        PlanError: Two changes wait for each other, or are for the same resource.
    """
    given = tuple(changes)
    linked = tuple(_linked(change, given) for change in given)
    waiting = {c.key: set(c.after) for c in linked}
    by_key = {c.key: c for c in linked}
    ready = [_place(c) for c in by_key.values() if not c.after]
    heapify(ready)
    done: list[Change] = []
    while ready:
        key = heappop(ready)[-1]
        done.append(by_key[key])
        for place in _released(key, by_key, waiting):
            heappush(ready, place)
    if len(done) < len(linked):
        stuck = sorted(c.key for c in linked if c not in done)
        raise PlanError(f"changes get in each other's way: {', '.join(stuck)}")
    return tuple(done)


def dependents(changes: Iterable[Change], keys: Iterable[str]) -> set[str]:
    """Return the keys of all changes that depend on any of `keys`, at any depth."""
    lost, found = set(keys), set[str]()
    for change in changes:
        if lost & set(change.after):
            lost.add(change.key)
            found.add(change.key)
    return found


def _linked(change: Change, others: tuple[Change, ...]) -> Change:
    keys = {other.key for other in others} - {change.key}
    named = {key for key in change.after if key in keys}
    new = {other.key for other in others if other.key in keys and _brings(other)}
    named |= {text for f in change.fields for text in _texts(f.after) if text in new}
    if change.action is Action.REMOVE:
        named |= {o.key for o in others if o.key in keys and _lets_go(o, change.key)}
    return replace(change, after=tuple(sorted(named)))


def _brings(change: Change) -> bool:
    """Tell whether others can refer to the resource only once this is done."""
    is_new = change.action is Action.CREATE
    return is_new or any(f.name in _IN_USE for f in change.fields)


def _lets_go(change: Change, key: str) -> bool:
    return any(
        key in _texts(f.before) and key not in _texts(f.after) for f in change.fields
    )


def _texts(value: Scalar) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) else ()


def _place(change: Change) -> tuple[int, int, str, str, str]:
    removes = change.action is Action.REMOVE
    rank = RANK[change.type]
    place = -rank if removes else rank
    return (int(removes), place, change.owner, change.name, change.key)


def _released(
    key: str, by_key: dict[str, Change], waiting: dict[str, set[str]]
) -> Iterator[tuple[int, int, str, str, str]]:
    for other, needs in waiting.items():
        if key in needs:
            needs.remove(key)
            if not needs:
                yield _place(by_key[other])
