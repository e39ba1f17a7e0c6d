"""What each step's result looks like on a terminal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from convbridge.cli.render import (
    Column,
    heading,
    lines,
    money,
    number,
    print_table,
)
from convbridge.model.changes import Action
from convbridge.plan.render import shown

if TYPE_CHECKING:
    from rich.console import Console

    from convbridge.model.changes import Change, FieldChange
    from convbridge.model.classes import Classification
    from convbridge.model.counts import EventCounts
    from convbridge.model.values import Valuation
    from convbridge.plan import Plan

_EVENT = Column(key="event", title="event")
_CLASS = Column(key="class", title="class")
_COUNT = Column(key="count", title="count", write=number, is_number=True)
_USERS = Column(key="users", title="users", write=number, is_number=True)
_REASON = Column(key="reason", title="reason", is_long=True)

COUNTS = (
    _EVENT,
    _COUNT,
    _USERS,
    Column(key="value", title="value", write=money, is_number=True),
    Column(key="key_event", title="key event", write=lambda is_key: "✓" * is_key),
)
CLASSES = (
    _EVENT,
    _CLASS,
    Column(key="group", title="group"),
    Column(key="stage", title="stage", is_number=True),
    _COUNT,
    _USERS,
    _REASON,
)
VALUES = (
    _EVENT,
    _CLASS,
    Column(key="value", title="value", write=money, is_number=True),
    Column(key="interval", title="90 % interval", is_number=True),
    Column(key="status", title="status"),
    Column(key="count", title="count", write=number, is_number=True, is_extra=True),
    _REASON,
)
HISTORY = (
    Column(key="name", title="name"),
    Column(key="field", title="field"),
    Column(key="change", title="from → to"),
    Column(key="outcome", title="outcome"),
    _REASON,
)
CHANGES = (
    Column(key="name", title="name"),
    Column(key="change", title="change"),
    Column(key="fields", title="from → to"),
    Column(key="reason", title="reason", is_long=True),
)
CHECKS = (
    Column(key="sign", title=""),
    Column(key="check", title="check"),
    Column(key="found", title="found"),
    Column(key="next", title="next step"),
)


def show_counts(console: Console, client: str, counts: EventCounts) -> None:
    """Print the events of a window with their counts."""
    about = counts.to_dict()
    heading(
        console,
        f"{client}   property {about['property_id']}   {counts.window}   "
        f"revenue {money(about['revenue'])} {counts.currency}",
    )
    print_table(console, COUNTS, about["events"])
    lines(console, "!", (flag.reason for flag in counts.flags))


def show_classes(console: Console, found: Classification) -> None:
    """Print the class of each event with its reason."""
    heading(console, f"{found.client}   template {found.template}")
    print_table(console, CLASSES, found.rows())
    lines(console, "!", found.warnings)


def show_values(console: Console, found: Valuation) -> None:
    """Print the value of each event with its interval."""
    heading(
        console,
        f"{found.client}   {found.window}   scheme {found.scheme}, anchor "
        f"{found.anchor}   {found.currency}",
    )
    print_table(console, VALUES, [_valued(row) for row in found.rows()])
    console.print(
        f"inflation {found.inflation:.2f}   target-ROAS multiplier "
        f"{found.troas_multiplier:.2f}   revenue {money(float(found.revenue))} "
        f"{found.currency}"
    )
    lines(console, "!", found.warnings)


def show_plan(console: Console, plan: Plan) -> None:
    """Print the changes of a plan, one row per resource."""
    numbers = ", ".join(f"{n} {name}" for name, n in plan.counts.items())
    account = f"{plan.client}   account {plan.account.dashed}"
    heading(console, f"{account}   plan {plan.digest[:8]}   {numbers}")
    if plan.is_empty:
        console.print("nothing to do")
    else:
        print_table(console, CHANGES, [_change(change) for change in plan.changes])
    lines(console, "!", (f"{b.message} ({b.flag} lifts it)" for b in plan.limits))
    lines(console, "!", plan.warnings)
    lines(console, "·", plan.notes)


def show_history(console: Console, rows: list[dict[str, Any]]) -> None:
    """Print the changes of each run, oldest first, one row per field."""
    for run, found in groupby(rows, key=lambda row: str(row["run"])):
        changes = list(found)
        first = changes[0]
        at = str(first["at"])[:16].replace("T", " ")
        heading(console, f"run {run}   {at}   {first['verb']}   by {first['actor']}")
        print_table(console, HISTORY, [_changed(row) for row in changes])


def show_checks(console: Console, client: str, rows: list[dict[str, Any]]) -> None:
    """Print the checks of one client."""
    heading(console, client)
    print_table(console, CHECKS, [_checked(row) for row in rows])


def _valued(row: dict[str, Any]) -> dict[str, Any]:
    low, high = row["low"], row["high"]
    interval = None if low is None else f"{money(low)} to {money(high)}"
    return {**row, "interval": interval}


def _change(change: Change) -> dict[str, Any]:
    signs = {Action.CREATE: "+", Action.UPDATE: "~", Action.REMOVE: "-"}
    return {
        "change": f"{signs[change.action]} {change.action} {change.type}",
        "name": change.name,
        "fields": "\n".join(_moved(change, field) for field in change.fields),
        "reason": change.reason,
    }


def _moved(change: Change, field: FieldChange) -> str:
    currency = (change.info or {}).get("currency")
    before, after = (
        shown(value, field=field.name, currency=str(currency) if currency else None)
        for value in field.to_dict().values()
    )
    name = field.name.rsplit(".", 1)[-1]
    sides = after if change.action is Action.CREATE else f"{before} → {after}"
    return f"{name}: {sides}"


def _changed(row: dict[str, Any]) -> dict[str, Any]:
    name = row["field"]
    before = shown(row["before"], field=name, currency=None)
    after = shown(row["after"], field=name, currency=None)
    change = f"{before} → {after}"
    return {**row, "change": change, "field": name.rsplit(".", 1)[-1]}


def _checked(row: dict[str, Any]) -> dict[str, Any]:
    signs = {"ok": "✓", "warn": "!", "fail": "✗"}
    return {**row, "sign": signs[row["status"]], "next": row["next"] or ""}
