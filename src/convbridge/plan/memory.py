"""What the ledger's entries say about today: ours, refused, last applied, baselines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convbridge.model.changes import Action, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from convbridge.model.changes import Change
    from convbridge.model.journal import Entry
    from convbridge.model.resources import Scalar

REFUSALS = {
    "IMMUTABLE_FIELD",
    "MUTATE_NOT_ALLOWED",
    "OPERATION_NOT_PERMITTED_FOR_CONTEXT",
    "READ_ONLY",
    "RESOURCE_READ_ONLY",
    "UPDATE_NOT_SUPPORTED",
}
"""Codes that say: this field will never be changed through the API."""
TARGET = "maximize_conversion_value.target_roas"
_VALUES = "value_settings."
_NEVER_THE_CAUSE = {"status", "primary_for_goal"}
_FIRST_SUSPECTS = {
    "attribution_model_settings.attribution_model",
    "click_through_lookback_window_days",
    "counting_type",
    "view_through_lookback_window_days",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A campaign's target ROAS before convbridge first changed it."""

    target_roas: float
    changed_on: date
    """The day (UTC) convbridge last changed the target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a client's entries add up to; `build_desired` and `drift` ask for it."""

    managed: Mapping[str, str] = field(default_factory=dict)
    """Keys of what convbridge created, imported or attached, with their events."""
    refused: frozenset[tuple[str, str]] = frozenset()
    """Fields Google refused to change, as (key, field)."""
    applied: Mapping[tuple[str, str], Scalar] = field(default_factory=dict)
    """The last value applied to each (key, field)."""
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    """Targets before convbridge first changed them, by key."""


def remember(entries: Iterable[Entry]) -> Memory:
    """Return what a client's entries, oldest first, add up to."""
    managed: dict[str, str] = {}
    refused: set[tuple[str, str]] = set()
    applied: dict[tuple[str, str], Scalar] = {}
    baselines: dict[str, Baseline] = {}
    for entry in entries:
        if entry.kind is OutcomeKind.REJECTED:
            refused.update(_refused(entry))
        if entry.kind is not OutcomeKind.APPLIED:
            continue
        _manage(managed, entry)
        if entry.is_reused:  # nothing was written
            continue
        _apply(applied, refused, entry)
        _rebase(baselines, entry)
    return Memory(
        managed=managed,
        refused=frozenset(refused),
        applied=applied,
        baselines=baselines,
    )


def _manage(managed: dict[str, str], entry: Entry) -> None:
    change = entry.change
    if change.action is Action.REMOVE:
        managed.pop(entry.key, None)
    elif _is_found(entry):
        return
    elif change.action is Action.CREATE or _is_import(change):
        managed[entry.key] = str((change.info or {}).get("event") or "")
    elif level := {f.after for f in change.fields if f.name == "goal_config_level"}:
        if level == {"CUSTOMER"}:
            managed.pop(entry.key, None)
        else:
            managed[entry.key] = ""
    elif any(f.name == "custom_conversion_goal" for f in change.fields):
        managed[entry.key] = ""


def _is_found(entry: Entry) -> bool:
    """Whether the run used a goal that was there: its list makes it nobody's own."""
    code = entry.outcome.code if entry.outcome else None
    return entry.is_reused and code == "DUPLICATE_CONVERSION_ACTION_LIST"


def _is_import(change: Change) -> bool:
    return any(
        (f.name, f.before, f.after) == ("status", "HIDDEN", "ENABLED")
        for f in change.fields
    )


def _apply(
    applied: dict[tuple[str, str], Scalar],
    refused: set[tuple[str, str]],
    entry: Entry,
) -> None:
    for moved in entry.change.fields:
        place = (entry.key, moved.name)
        refused.discard(place)
        if entry.change.action is Action.REMOVE:
            applied.pop(place, None)
        else:
            applied[place] = moved.after


def _rebase(baselines: dict[str, Baseline], entry: Entry) -> None:
    found = (entry.change.info or {}).get("baseline")
    moved = any(f.name == TARGET for f in entry.change.fields)
    if not moved or not isinstance(found, int | float):
        return
    first = baselines.get(entry.key)
    start = first.target_roas if first else float(found)
    day = entry.at.date()
    baselines[entry.key] = Baseline(target_roas=start, changed_on=day)


def blamed(change: Change, code: str | None, paths: Iterable[str]) -> frozenset[str]:
    """
    Return the fields a refusal is about: those Google named, or else all it can mean.

    Empty when the code does not say that a field is never changed through the API.
    Where Google names none, how an action counts is blamed before its value, so that
    a setting never keeps a value away for good. A change of `status` is how GA4
    actions are imported and stays tried. A value, its currency and whether it is
    always used stand together: "always" without the value would use another one.
    """
    if code not in REFUSALS or change.action is not Action.UPDATE:
        return frozenset()
    given = tuple(paths)
    names = {f.name for f in change.fields}
    named = {n for n in names if any(_names(path, n) for path in given)}
    found = named or names & _FIRST_SUSPECTS or names - _NEVER_THE_CAUSE
    if any(name.startswith(_VALUES) for name in found):
        found |= {name for name in names if name.startswith(_VALUES)}
    return frozenset(found)


def _refused(entry: Entry) -> Iterator[tuple[str, str]]:
    outcome = entry.outcome
    assert outcome is not None  # it is what says rejected
    for name in blamed(entry.change, outcome.code, outcome.fields):
        yield entry.key, name


def _names(path: str, name: str) -> bool:
    """Whether Google's path, such as `operations[0].update.name`, is of a field."""
    path = path.partition("update.")[2] or path
    return path == name or name.startswith(f"{path}.")
