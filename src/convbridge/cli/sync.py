"""The command for schedulers: the whole way, for many clients at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from convbridge.cli.applying import Done, confirmed, show_done, standing
from convbridge.cli.clients import as_dict, each_client
from convbridge.cli.progress import bars
from convbridge.cli.registry import Command
from convbridge.cli.session import Session

if TYPE_CHECKING:
    from convbridge.bridge import Bridge
    from convbridge.portfolio import ClientResult


def sync(
    session: Session,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Make the changes without asking.")
    ] = False,
) -> None:
    """
    Go the whole way from counts to applied values, for schedulers.

    Without --yes it plans only; safe to run twice. Clients are worked on side by
    side, unless a person at a terminal is asked about each.
    """
    if session.is_interactive and not yes and not session.is_json:
        each_client(
            session,
            lambda bridge: _asked(session, bridge),
            show=show_done(session),
            to_dict=as_dict,
        )
    else:
        _unattended(session, yes=yes)


def _asked(session: Session, bridge: Bridge) -> Done:
    result = bridge.sync(yes=False)
    report = confirmed(session, bridge, result.plan)
    return Done(plan=result.plan, report=report, about=result.to_dict())


def _unattended(session: Session, *, yes: bool) -> None:
    from convbridge.portfolio import Portfolio

    settings = session.load()
    names = [client.name for client in session.selected(settings)]
    if yes:
        session.standing = standing(", ".join(names[:3]) + " ..." * (len(names) > 3))
    show = show_done(session)

    def tell(result: ClientResult) -> None:
        if result.error:
            session.say(f"Error in {result.client}: {result.error}")
        elif not session.is_json:
            show(_done(result))

    with bars(session) as progress:
        portfolio = Portfolio(settings, names, progress=progress)
        found = portfolio.sync(yes=yes, lifted=session.lifted, on_result=tell)
    if session.is_json:
        session.print_json(
            [r.to_dict() if r.error else _done(r).to_dict() for r in found]
        )
    session.exit_code = found.exit_code


def _done(result: ClientResult) -> Done:
    value = result.value
    return Done(plan=value.plan, report=value.report, about=value.to_dict())


COMMANDS = (
    Command(
        name="sync",
        function=sync,
        example="convbridge sync --yes --log-format json",
        has_lifts=True,
    ),
)
