"""Creates that Google refused because the same thing is there already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convbridge.adapters.google_ads.operations import resolved
from convbridge.model.changes import Action, OutcomeKind
from convbridge.model.ids import CustomerId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convbridge.model.changes import Change, Outcome
    from convbridge.model.resources import Resource, ResourceType, Scalar

_DUPLICATES = frozenset(
    {"DUPLICATE_NAME", "CUSTOM_GOAL_DUPLICATE_NAME", "DUPLICATE_CONVERSION_ACTION_LIST"}
)
# What makes a found one the same thing as the one wished for; the rest of its
# fields is for the next plan to compare.
_IDENTITY: dict[str, tuple[str, ...]] = {
    "DUPLICATE_NAME": ("name", "type", "category"),
    "CUSTOM_GOAL_DUPLICATE_NAME": ("name", "conversion_actions"),
    "DUPLICATE_CONVERSION_ACTION_LIST": ("conversion_actions",),
}


def reuse_duplicates(
    outcomes: Sequence[Outcome],
    *,
    names: Mapping[str, str],
    fetch: Callable[[ResourceType, CustomerId], Sequence[Resource]],
) -> tuple[Outcome, ...]:
    """
    Turn refusals of duplicates into the resource that is there, if it is the same.

    After a run that broke off, or when two runs met, a create may find its own
    earlier result. One that only shares the name stays rejected.
    """
    return tuple(_reused(outcome, names, fetch) for outcome in outcomes)


def _reused(
    outcome: Outcome,
    names: Mapping[str, str],
    fetch: Callable[[ResourceType, CustomerId], Sequence[Resource]],
) -> Outcome:
    change = outcome.change
    is_duplicate = outcome.code in _DUPLICATES and change.action is Action.CREATE
    if outcome.kind is not OutcomeKind.REJECTED or not is_duplicate:
        return outcome
    wanted = _identity(change, outcome.code or "", names)
    for found in fetch(change.type, CustomerId(change.owner)):
        have = {**found.info, **found.fields}
        if all(_same(have.get(name), value) for name, value in wanted.items()):
            return replace(
                outcome,
                kind=OutcomeKind.APPLIED,
                resource_name=found.key,
                error=None,
            )
    return outcome


def _identity(change: Change, code: str, names: Mapping[str, str]) -> dict[str, Scalar]:
    fields = {f.name: resolved(f.after, names) for f in change.fields}
    return {name: fields[name] for name in _IDENTITY[code] if name in fields}


def _same(left: Scalar, right: Scalar) -> bool:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return sorted(left) == sorted(right)
    return left == right
