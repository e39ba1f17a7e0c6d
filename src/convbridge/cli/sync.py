"""The command for schedulers: the whole way, for many clients at a time."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convbridge.cli.applying import Done, confirmed, show_done, standing
from convbridge.cli.clients import as_dict, each_client
from convbridge.cli.digest import DigestFormat, send, write
from convbridge.cli.files import check_file
from convbridge.cli.progress import bars
from convbridge.cli.registry import Command
from convbridge.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from convbridge.bridge import Bridge
    from convbridge.portfolio import ClientResult, PortfolioResult
    from convbridge.settings import Settings


class Busy(StrEnum):
    """What to do about a client that another run is on."""

    LEAVE = "leave"
    WAIT = "wait"


def sync(
    session: Session,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Make the changes without asking.")
    ] = False,
    max_minutes: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=10_080,
            help="Begin no client after so many minutes; those left come first next "
            "time.",
        ),
    ] = None,
    on_busy: Annotated[
        Busy, typer.Option(help="What to do about a client that another run is on.")
    ] = Busy.LEAVE,
    workers: Annotated[int, typer.Option(min=1, help="Clients at a time.")] = 24,
    digest: Annotated[
        Path | None, typer.Option(help="Write the run in ten lines to this file.")
    ] = None,
    digest_format: Annotated[
        DigestFormat, typer.Option(help="What the digest is written as.")
    ] = DigestFormat.TEXT,
) -> None:
    """
    Go the whole way from counts to applied values, for schedulers.

    Without --yes it plans only; safe to run twice. Clients are worked on side by
    side, unless a person at a terminal is asked about each.
    """
    if digest:
        check_file(digest, option="--digest")
    if session.is_interactive and not yes and not session.is_json:
        each_client(
            session,
            lambda bridge: _asked(session, bridge),
            show=show_done(session),
            to_dict=as_dict,
            in_turn=True,
        )
        return
    settings = session.load()
    found = _unattended(
        session,
        settings,
        yes=yes,
        max_minutes=max_minutes,
        on_busy=on_busy,
        workers=workers,
    )
    if yes:  # before the file: a full disk shall not keep the mail
        send(session, settings, found.digest())
    if digest:
        write(digest, found.digest(), digest_format)


def _asked(session: Session, bridge: Bridge) -> Done:
    result = bridge.sync(yes=False)
    report = confirmed(session, bridge, result.plan)
    return Done(plan=result.plan, report=report, about=result.to_dict())


def _unattended(
    session: Session,
    settings: Settings,
    *,
    yes: bool,
    max_minutes: float | None,
    on_busy: Busy,
    workers: int,
) -> PortfolioResult:
    from convbridge.portfolio import OnBusy, Portfolio
    from convbridge.portfolio.results import slim

    names = [client.name for client in session.selected(settings)]
    if yes:
        session.standing = standing(", ".join(names[:3]) + " ..." * (len(names) > 3))
    with bars(session) as progress:
        portfolio = Portfolio(settings, names, progress=progress, workers=workers)
        found = portfolio.sync(
            yes=yes,
            lifted=session.lifted,
            on_result=_tell(session),
            max_minutes=max_minutes,
            on_busy=OnBusy(on_busy),
            keep=slim,
        )
    if session.is_json:
        session.print_json([_as_json(result) for result in found])
    session.exit_code = found.exit_code
    return found


def _tell(session: Session) -> Callable[[ClientResult], None]:
    show = show_done(session)

    def tell(result: ClientResult) -> None:
        if result.error:
            session.say(f"Error in {result.client}: {result.error}")
        elif result.left:
            session.say(f"{result.client}: {result.left}: {result.reason}")
        elif not session.is_json:
            show(_done(result))

    return tell


def _as_json(result: ClientResult) -> dict[str, Any]:
    if result.value is None:
        return result.to_dict()
    return {**_done(result).to_dict(), "status": str(result.status)}


def _done(result: ClientResult) -> Done:
    value = result.value
    return Done(plan=value.plan, report=value.report, about=value.to_dict())


COMMANDS = (
    Command(
        name="sync",
        function=sync,
        example="convbridge sync --yes --log-format json\n"
        "convbridge sync --yes --max-minutes 50 --digest digest.html "
        "--digest-format html",
        has_lifts=True,
    ),
)
