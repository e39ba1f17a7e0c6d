"""Commands that read and compute: counts, classify, value, history."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convbridge.cli.clients import as_dict, each_client
from convbridge.cli.registry import Command
from convbridge.cli.session import Session

if TYPE_CHECKING:
    from convbridge.bridge import Bridge
    from convbridge.model.counts import EventCounts

Day = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="A day in the property's time zone."),
]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Read every day again, kept or not.")
]


def counts(
    session: Session, *, start: Day = None, end: Day = None, refresh: Refresh = False
) -> None:
    """Show how often each event happened."""
    from convbridge.cli.views import show_counts

    def work(bridge: Bridge) -> tuple[str, EventCounts]:
        window = _window(start, end)
        return bridge.client, bridge.fetch_counts(window, refresh=refresh)

    each_client(
        session,
        work,
        show=lambda found: show_counts(session.out, *found),
        to_dict=lambda found: {"client": found[0], **found[1].to_dict()},
    )


def classify(session: Session) -> None:
    """Show what each event is to the business, and why."""
    from convbridge.cli.views import show_classes

    each_client(
        session,
        lambda bridge: bridge.classify(),
        show=lambda found: show_classes(session.out, found),
        to_dict=as_dict,
    )


def value(session: Session) -> None:
    """Show what each event is worth, with its interval."""
    from convbridge.cli.views import show_values

    each_client(
        session,
        lambda bridge: bridge.value(),
        show=lambda found: show_values(session.out, found),
        to_dict=as_dict,
    )


def doctor(session: Session) -> None:
    """Check everything, and name the next step for what is missing."""
    from convbridge.cli.views import show_checks

    reports = each_client(
        session,
        lambda bridge: bridge.check(),
        show=lambda found: show_checks(session.out, found.client, found.rows()),
        to_dict=as_dict,
    )
    if not all(report.is_ready for report in reports):
        session.exit_code = session.exit_code or 1


def history(
    session: Session,
    *,
    limit: Annotated[
        int, typer.Option(min=1, help="Show the last so many changes.")
    ] = 50,
) -> None:
    """Show who changed what, when, from what, to what, and why."""
    from convbridge.cli.render import heading
    from convbridge.cli.views import show_history

    def work(bridge: Bridge) -> tuple[str, list[dict[str, Any]]]:
        entries = bridge.history()[-limit:]
        return bridge.client, [row for entry in entries for row in entry.rows()]

    def show(found: tuple[str, list[dict[str, Any]]]) -> None:
        client, rows = found
        heading(session.out, f"{client}   {'' if rows else 'nothing was changed yet'}")
        if rows:
            show_history(session.out, rows)

    each_client(
        session,
        work,
        show=show,
        to_dict=lambda found: {"client": found[0], "entries": found[1]},
    )


def _window(start: datetime | None, end: datetime | None) -> Any:
    """Return the days asked for; None asks for the configured window."""
    from convbridge.errors import ConfigError
    from convbridge.model.dates import DateWindow

    if start is None and end is None:
        return None
    if start is None or end is None:
        raise ConfigError("a window needs both of --start and --end")
    days: list[date] = [start.date(), end.date()]
    return DateWindow(start=days[0], end=days[1])


COMMANDS = (
    Command(name="doctor", function=doctor, example="convbridge doctor --json"),
    Command(
        name="counts",
        function=counts,
        example="convbridge counts --client siam-coffee\n"
        "convbridge counts --start 2026-10-01 --end 2026-10-31 --json",
    ),
    Command(name="classify", function=classify, example="convbridge classify --json"),
    Command(
        name="value", function=value, example="convbridge value --client siam-coffee"
    ),
    Command(name="history", function=history, example="convbridge history --limit 20"),
)
