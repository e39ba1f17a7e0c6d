"""What each step's result looks like on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.cli.render import (
    Column,
    heading,
    lines,
    money,
    number,
    print_table,
)

if TYPE_CHECKING:
    from rich.console import Console

    from convbridge.model.classes import Classification
    from convbridge.model.counts import EventCounts
    from convbridge.model.values import Valuation

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
    _COUNT,
    _REASON,
)
HISTORY = (
    Column(key="at", title="at", write=lambda at: at[:16].replace("T", " ")),
    Column(key="run", title="run"),
    Column(key="name", title="name"),
    Column(key="field", title="field"),
    Column(key="change", title="from → to"),
    Column(key="outcome", title="outcome"),
    Column(key="actor", title="by", is_long=True),
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


def show_history(console: Console, rows: list[dict[str, Any]]) -> None:
    """Print one line per field that was to change, oldest first."""
    print_table(console, HISTORY, [_changed(row) for row in rows])


def show_checks(console: Console, client: str, rows: list[dict[str, Any]]) -> None:
    """Print the checks of one client."""
    heading(console, client)
    print_table(console, CHECKS, [_checked(row) for row in rows])


def _valued(row: dict[str, Any]) -> dict[str, Any]:
    low, high = row["low"], row["high"]
    interval = None if low is None else f"{money(low)} to {money(high)}"
    return {**row, "interval": interval}


def _changed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "change": f"{_side(row['before'])} → {_side(row['after'])}"}


def _side(value: Any) -> str:
    return "-" if value is None else str(value)


def _checked(row: dict[str, Any]) -> dict[str, Any]:
    signs = {"ok": "✓", "warn": "!", "fail": "✗"}
    return {**row, "sign": signs[row["status"]]}
