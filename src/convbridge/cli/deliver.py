"""Commands that send conversions and read back what became of them."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convbridge.cli.clients import as_dict, each_client
from convbridge.cli.registry import Command
from convbridge.cli.session import Session
from convbridge.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.bridge import Bridge
    from convbridge.errors import VendorError


def deliver(
    session: Session,
    *,
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV, JSON Lines or Parquet; none: what waits only."),
    ] = None,
    dead_letters: Annotated[
        Path | None,
        typer.Option(help="Write refused rows there, as they were, with reasons."),
    ] = None,
    from_warehouse: Annotated[
        bool,
        typer.Option(
            "--from-warehouse",
            help="Take conversions with their clicks from GA4's BigQuery export.",
        ),
    ] = False,
    query: Annotated[
        str | None, typer.Option(help="Take rows from this SQL query of --database.")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="CONVBRIDGE_DATABASE",
            help="SQLAlchemy URL of the database that --query asks.",
        ),
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=90, help="Days of the export to look back on.")
    ] = 30,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Send without asking.")
    ] = False,
) -> None:
    """
    Send conversions with click ids or user data, each exactly once.

    Columns: event, time, gclid, gbraid, wbraid, email, phone, value, currency,
    order_id, consent. Sending the same file again sends nothing twice.
    """
    from convbridge.cli.delivery_views import show_delivery
    from convbridge.deliver import open_query

    client = _one_client(session)
    named = [file, from_warehouse and f"the last {days} days of the warehouse", query]
    sources = [source for source in named if source]
    if len(sources) > 1:
        raise ConfigError(
            f"{sources[0]} and {sources[1]} are two sources",
            hint="deliver them one after the other",
        )
    if query and not database:
        raise ConfigError(
            "--query needs a database",
            hint="add --database URL, or CONVBRIDGE_DATABASE",
        )
    if not _may_send(session, sources[0] if sources else None, client, yes=yes):
        _show_preview(session, file, client)
        return
    session.standing = (
        "The outbox in the ledger knows what was sent; run the same command again."
    )
    with _opened(session, client) as bridge:
        source: Any = bridge.fetch_conversions(days=days) if from_warehouse else file
        if query:
            mapping = bridge.settings.delivery.mapping
            source = open_query(database, query, columns=mapping)
        report = bridge.deliver(source, dead_letters=dead_letters)
    if session.is_json:
        session.print_json(report.to_dict())
    else:
        show_delivery(session.out, report)
    _say_stopped(session, report.stopped)
    _say_rejected(session, report.rejected, of=report.read)


def adjust(
    session: Session,
    *,
    file: Annotated[Path, typer.Argument(help="CSV, JSON Lines or Parquet.")],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Send without asking.")
    ] = False,
) -> None:
    """
    Restate or retract conversions that were delivered.

    Columns: event, time (of the adjustment), value, currency, kind, and order_id,
    or gclid and conversion_time. A value restates: it is the whole new value, and
    0 is final. Without one the kind must be retraction, which the Data Manager
    API has not: restate to 0 there.
    Google takes adjustments from 24 hours to 54 days after the conversion.
    """
    from convbridge.cli.delivery_views import show_adjustments
    from convbridge.model.adjustments import AdjustmentReport
    from convbridge.model.conversions import RowState

    client = _one_client(session)
    if not _may_send(session, file, client, yes=yes):
        if session.is_json:
            session.print_json(AdjustmentReport(client=client, outcomes=()).to_dict())
        return
    session.standing = "The ledger knows what was adjusted; run the same command again."
    with _opened(session, client) as bridge:
        report = bridge.adjust(file)
    if session.is_json:
        session.print_json(report.to_dict())
    else:
        show_adjustments(session.out, report)
    _say_stopped(session, report.stopped)
    _say_rejected(session, report.count(RowState.REJECTED), of=len(report.outcomes))


def status(
    session: Session,
    *,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days of metrics.")] = 30,
    wait: Annotated[
        int,
        typer.Option(min=0, max=1440, help="Minutes to wait for Google to finish."),
    ] = 0,
) -> None:
    """Show what was sent, accepted, attributed and rejected, read from Google."""
    from datetime import timedelta

    from convbridge.cli.delivery_views import show_status

    each_client(
        session,
        lambda bridge: bridge.delivery_status(days=days, wait=timedelta(minutes=wait)),
        show=lambda found: show_status(session.out, found),
        to_dict=as_dict,
    )


def _say_stopped(session: Session, stopped: VendorError | None) -> None:
    if stopped is not None:
        session.say(f"Stopped: {stopped}")
        session.exit_code = stopped.exit_code


def _say_rejected(session: Session, rows: int, *, of: int) -> None:
    if of and rows == of:
        session.say("Every row was rejected: none of this source was sent.")
        session.exit_code = DataError.exit_code


def _one_client(session: Session) -> str:
    chosen = [client.name for client in session.selected(session.load())]
    if len(chosen) > 1:
        raise ConfigError(
            "conversions are delivered for one client at a time",
            hint=f"add --client and one of {', '.join(chosen)}",
        )
    return chosen[0]


def _may_send(session: Session, source: object, client: str, *, yes: bool) -> bool:
    if yes:
        return True
    what = f"{source} for {client}" if source else "what waits in the outbox"
    if session.is_interactive and not session.is_json:
        return session.ask(f"Send {what} to Google?")
    session.say(f"Nothing was sent: add --yes to send {what}.")
    return False


def _show_preview(session: Session, file: Path | None, client: str) -> None:
    """Say what a delivery would do; a question that was answered needs no more."""
    from convbridge.cli.delivery_views import show_preview

    if session.is_interactive and not session.is_json:
        return
    if file is None:
        found = _nothing(client)
    else:
        with _opened(session, client) as bridge:
            report = bridge.preview(file)
        found = report.to_dict()
        if not session.is_json:
            show_preview(session.out, report)
    if session.is_json:
        session.print_json(found)


def _nothing(client: str) -> dict[str, Any]:
    from convbridge.model.conversions import DeliveryReport

    return DeliveryReport(client=client).to_dict()


@contextmanager
def _opened(session: Session, client: str) -> Iterator[Bridge]:
    from convbridge.bridge import Bridge
    from convbridge.cli.progress import bars

    with (
        bars(session) as progress,
        Bridge.open(session.config, client=client, progress=progress) as bridge,
    ):
        yield bridge


COMMANDS = (
    Command(
        name="deliver",
        function=deliver,
        example="convbridge deliver crm.csv --client siam-coffee\n"
        "convbridge deliver crm.csv --yes --dead-letters refused.csv\n"
        "convbridge deliver --from-warehouse --days 7 --yes\n"
        'convbridge deliver --query "SELECT * FROM sales" --database sqlite:///crm.db',
    ),
    Command(
        name="adjust",
        function=adjust,
        example="convbridge adjust returns.csv --client siam-coffee --yes",
    ),
    Command(
        name="status", function=status, example="convbridge status --wait 60 --json"
    ),
)
