"""What deliveries look like on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.cli.render import Column, heading, lines, number, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from convbridge.model.adjustments import AdjustmentReport
    from convbridge.model.conversions import DeliveryReport
    from convbridge.model.delivery_status import DeliveryStatus

_ERRORS = (
    Column(key="line", title="line", is_number=True),
    Column(key="state", title="state"),
    Column(key="reason", title="reason"),
)
_ADJUSTED = (
    Column(key="line", title="line", is_number=True),
    Column(key="transaction_id", title="order"),
    Column(key="kind", title="kind"),
    Column(key="state", title="state"),
    Column(key="reason", title="reason"),
)
_COUNTED = (
    "sent",
    "accepted",
    "attributed",
    "pending",
    "held",
    "duplicate",
    "skipped",
    "rejected",
    "unknown",
)
_DAYS = (
    Column(key="event", title="event", is_extra=True),
    Column(key="action", title="action"),
    Column(key="day", title="day", is_number=True),
    *(
        Column(
            key=name,
            title=name,
            write=number,
            is_number=True,
            is_extra=name in {"held", "duplicate", "skipped", "unknown"},
        )
        for name in _COUNTED
    ),
)


def show_delivery(console: Console, found: DeliveryReport) -> None:
    """Print what one run did with its rows, and the first that were refused."""
    counts = found.to_dict()
    counts["new"] = counts.pop("accepted")  # not Google's word: the outbox's
    numbers = ", ".join(
        f"{counts[name]:,} {name}"
        for name in ("read", "new", *_COUNTED)
        if counts.get(name)
    )
    heading(console, f"{found.client}   {numbers or 'nothing to send'}")
    if found.errors:
        print_table(console, _ERRORS, found.rows())
    lines(console, "·", map(str, found.waiting))


def show_preview(console: Console, found: DeliveryReport) -> None:
    """Print what a delivery would do with its rows, and the first it would refuse."""
    named = {"read": found.read, "would go out": found.pending}
    named |= {"skipped": found.skipped, "rejected": found.rejected}
    numbers = ", ".join(f"{n:,} {name}" for name, n in named.items() if n)
    heading(console, f"{found.client}   {numbers or 'no rows'}")
    if found.errors:
        print_table(console, _ERRORS, found.rows())


def show_adjustments(console: Console, found: AdjustmentReport) -> None:
    """Print what became of each adjustment."""
    heading(console, str(found))
    if found.outcomes:
        print_table(console, _ADJUSTED, found.rows())


def show_status(console: Console, found: DeliveryStatus) -> None:
    """Print what became of what was sent, by action and day."""
    heading(console, f"{found.client}   {found.unfinished} requests in Google's hands")
    if found.days:
        print_table(console, _DAYS, found.rows())
    else:
        console.print("nothing was delivered yet")
    lines(console, "·", map(str, found.waiting))
    lines(console, "!", found.alerts)
