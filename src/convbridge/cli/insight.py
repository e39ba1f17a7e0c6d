"""Commands that explain and compare: explain, suggest, channels and more."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convbridge.cli.clients import each_client
from convbridge.cli.registry import Command
from convbridge.cli.session import Session

if TYPE_CHECKING:
    from convbridge.bridge import Bridge


class By(StrEnum):
    """What values are compared by."""

    CHANNEL = "channel"
    CAMPAIGN = "campaign"


def explain(
    session: Session,
    *,
    event: Annotated[str, typer.Argument(help="The event's name.")],
) -> None:
    """Say in one paragraph how an event's value came about."""

    def work(bridge: Bridge) -> dict[str, str]:
        return {"client": bridge.client, "text": bridge.explain(event)}

    each_client(
        session,
        work,
        show=lambda found: session.print(f"{found['client']}: {found['text']}"),
        to_dict=dict,
    )


def suggest(session: Session) -> None:
    """Propose a class for unknown events, and name what is likely a mistake."""
    from convbridge.cli.render import heading, lines

    def work(bridge: Bridge) -> dict[str, Any]:
        return {
            "client": bridge.client,
            "suggestions": [found.to_dict() for found in bridge.suggest()],
            "findings": [found.to_dict() for found in bridge.lint()],
        }

    def show(found: dict[str, Any]) -> None:
        heading(session.out, f"{found['client']}: lines to paste under events:")
        for line in found["suggestions"]:
            session.print(f"      {line['config']}")
        lines(
            session.out,
            "!",
            (f"{f['message']}; {f['hint']}" for f in found["findings"]),
        )

    each_client(session, work, show=show, to_dict=dict)


def channels(
    session: Session,
    *,
    by: Annotated[By, typer.Option(help="What to compare.")] = By.CHANNEL,
) -> None:
    """Compare channels or campaigns by value, with and without micro conversions."""
    from convbridge.cli.insight_views import show_channels

    each_client(
        session,
        lambda bridge: (bridge.client, bridge.channels(by=str(by))),
        show=lambda found: show_channels(session.out, *found),
        to_dict=lambda found: {"client": found[0], **found[1].to_dict()},
    )


def readiness(session: Session) -> None:
    """Show whether each campaign has enough conversions to bid on their value."""
    from convbridge.cli.insight_views import show_readiness

    each_client(
        session,
        lambda bridge: (bridge.client, [r.to_dict() for r in bridge.readiness()]),
        show=lambda found: show_readiness(session.out, *found),
        to_dict=lambda found: {"client": found[0], "campaigns": found[1]},
    )


def backtest(session: Session) -> None:
    """Fit values on the first days, and compare with the revenue of the rest."""
    from convbridge.cli.insight_views import show_backtest

    each_client(
        session,
        lambda bridge: (bridge.client, bridge.backtest()),
        show=lambda found: show_backtest(session.out, *found),
        to_dict=lambda found: {"client": found[0], **found[1].to_dict()},
    )


COMMANDS = (
    Command(
        name="explain",
        function=explain,
        example="convbridge explain add_to_cart --client siam-coffee",
    ),
    Command(name="suggest", function=suggest, example="convbridge suggest"),
    Command(
        name="channels",
        function=channels,
        example="convbridge channels --by campaign",
    ),
    Command(name="readiness", function=readiness, example="convbridge readiness"),
    Command(name="backtest", function=backtest, example="convbridge backtest --json"),
)
