"""Limits: what a plan may not do unless a person lifts the limit by name."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from convbridge.errors import UnsafePlanError
from convbridge.model.changes import Action
from convbridge.model.resources import ResourceType
from convbridge.plan.wishes import Breach

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from convbridge.model.changes import Change, FieldChange
    from convbridge.model.policy import Limits
    from convbridge.plan.plan import Plan

LIMITS = ("max_changes", "max_value_ratio", "primary_loss", "unlinked", "unmanaged")
"""Every limit, by the name that lifts it."""

VALUE = "value_settings.default_value"
ALWAYS = "value_settings.always_use_default_value"
GROUNDS = {"event", "config", "ledger"}
"""Why convbridge may touch a resource: it is the event's, named, or our own."""


def breaches(plan: Plan, limits: Limits) -> tuple[Breach, ...]:
    """Return every limit the plan goes past; limits are absolute, not percentages."""
    found = [b for b in plan.limits if b.limit == "unlinked"]  # of no change
    count = len(plan.changes)
    if count > limits.max_changes:
        text = f"{count} changes, at most {limits.max_changes} are allowed"
        found.append(Breach(limit="max_changes", message=text))
    found += _value_moves(plan.changes, limits.max_value_ratio)
    found += _primary_losses(plan.changes)
    found += _strangers(plan.changes)
    return tuple(found)


def check_limits(
    plan: Plan, limits: Limits, lifted: AbstractSet[str] = frozenset()
) -> None:
    """
    Refuse a plan that goes past a limit nobody lifted.

    Raises:
        UnsafePlanError: Names each limit passed and the flag that lifts it.
    """
    unsafe = [b for b in breaches(plan, limits) if b.limit not in lifted]
    if not unsafe:
        return
    lines = "\n".join(f"  {b.limit}: {b.message}" for b in unsafe)
    flags = " ".join(sorted({b.flag for b in unsafe}))
    raise UnsafePlanError(
        f"the plan for {plan.client} goes beyond its limits:\n{lines}",
        hint=f"read the plan; if this is what you want, add {flags}",
    )


def _value_moves(changes: Iterable[Change], most: float) -> Iterator[Breach]:
    for change in changes:
        fields = {f.name: f for f in change.fields}
        moved = fields.get(VALUE)
        # A default that was not in use, or of a hidden action, was no value yet.
        if moved is None or ALWAYS in fields or _is_import(fields):
            continue
        if change.action is Action.UPDATE and not _is_within(moved, most):
            text = f"{change.name}: {moved.before} to {moved.after} is more than a "
            text += f"factor of {most:g}"
            yield Breach(limit="max_value_ratio", message=text)


def _is_import(fields: dict[str, FieldChange]) -> bool:
    status = fields.get("status")
    return status is not None and status.before != "ENABLED"


def _is_within(moved: FieldChange, most: float) -> bool:
    before, after = Decimal(str(moved.before or 0)), Decimal(str(moved.after or 0))
    if before == 0:
        return True
    ratio = Decimal(str(most))
    return before / ratio <= after <= before * ratio


def _primary_losses(changes: Iterable[Change]) -> Iterator[Breach]:
    for change in changes:
        if change.type is ResourceType.CONVERSION_ACTION and _loses_primary(change):
            text = (
                f"{change.name}: a primary conversion action would be lost to bidding"
            )
            yield Breach(limit="primary_loss", message=text)


def _loses_primary(change: Change) -> bool:
    info = change.info or {}
    moved = {f.name: f for f in change.fields}
    status, primary = moved.get("status"), moved.get("primary_for_goal")
    stops = change.action is Action.REMOVE or (
        status is not None and status.before == "ENABLED"
    )
    demoted = primary is not None and primary.before is True
    event_class = info.get("event_class")
    if event_class is None:
        return demoted or (stops and info.get("grounds") != "ledger")
    return event_class == "primary" and (stops or demoted)


def _strangers(changes: Iterable[Change]) -> Iterator[Breach]:
    for change in changes:
        grounds = (change.info or {}).get("grounds")
        allowed = {"ledger"} if change.action is Action.REMOVE else GROUNDS
        if grounds not in allowed:
            text = f"{change.name}: {change.type} was not made by convbridge and "
            text += "is not named in the configuration"
            yield Breach(limit="unmanaged", message=text)
