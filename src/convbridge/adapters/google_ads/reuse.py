"""Creates that Google refuses because the same thing is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.adapters.google_ads.operations import resolved
from convbridge.model.changes import Action
from convbridge.model.ids import CustomerId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convbridge.model.changes import Change
    from convbridge.model.resources import Resource, ResourceType, Scalar

    Fetch = Callable[[ResourceType, CustomerId], Sequence[Resource]]

# What makes a found one the same thing as the one wished for, by Google's code;
# the rest of its fields is for the next plan to compare.
_IDENTITY: dict[str, tuple[str, ...]] = {
    "DUPLICATE_NAME": ("name", "type", "category"),
    "CUSTOM_GOAL_DUPLICATE_NAME": ("name", "conversion_actions"),
    "DUPLICATE_CONVERSION_ACTION_LIST": ("conversion_actions",),
}


def find_duplicate(
    change: Change, code: str, *, names: Mapping[str, str], fetch: Fetch
) -> str | None:
    """
    Return the name of what is there already, if it is what the change would create.

    After a run that broke off, or when two runs met, a create may find its own
    earlier result. One that only shares the name is not it.
    """
    if code not in _IDENTITY or change.action is not Action.CREATE:
        return None
    wanted = _identity(change, code, names)
    for found in fetch(change.type, CustomerId(change.owner)):
        have = {**found.info, **found.fields}
        if all(_same(have.get(name), value) for name, value in wanted.items()):
            return found.key
    return None


def _identity(change: Change, code: str, names: Mapping[str, str]) -> dict[str, Scalar]:
    fields = {f.name: resolved(f.after, names) for f in change.fields}
    return {name: fields[name] for name in _IDENTITY[code] if name in fields}


def _same(left: Scalar, right: Scalar) -> bool:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return sorted(left) == sorted(right)
    return left == right
