"""The demo: two clients go the whole way, against a Google on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from convbridge.cli.businesses import CLIENTS, mark_key_events, sandbox_config
from convbridge.cli.registry import Command
from convbridge.cli.session import Session

if TYPE_CHECKING:
    from convbridge.bridge import Bridge


def demo(session: Session) -> None:
    """
    Watch the whole way from counts to values in Google Ads; needs no account.

    Google runs on loopback inside this process: GA4 and Google Ads with two
    simulated businesses. The official Google clients talk to it, unmodified.
    """
    from tempfile import TemporaryDirectory

    from convbridge.sandbox import serve

    session.standing = "The demo's Google is gone, and nothing else was touched."
    session.say("Starting Google on loopback: two businesses, 90 days of visitors ...")
    with (
        TemporaryDirectory(prefix="convbridge-demo-") as directory,
        serve(seed=7) as google,
    ):
        mark_key_events(google)
        config = Path(directory) / "convbridge.yaml"
        config.write_text(sandbox_config(google), encoding="utf-8")
        for client in CLIENTS:
            _first_run(session, config, client)
        session.print(_rule("Once more, the way a scheduler would: convbridge sync"))
        for client in CLIENTS:
            _second_run(session, config, client)
    session.print(_GOODBYE)


_GOODBYE = """
That was the whole way: counts, classes, values, plan, apply; and nothing left to do.

Next, with an account of your own (ten minutes, the README has each step):
  convbridge init --template ecommerce     writes a commented convbridge.yaml
  convbridge doctor                        says what is missing, and the next step
  convbridge plan                          shows every change; changes nothing"""


def _first_run(session: Session, config: Path, client: str) -> None:
    from convbridge.cli.views import show_classes, show_counts, show_plan, show_values

    with _opened(config, client) as bridge:
        session.print(_rule(f"{client}: what happened on the site (GA4)"))
        counts = bridge.fetch_counts()
        show_counts(session.out, client, counts)
        session.print(_rule(f"{client}: what each event is to the business"))
        classification = bridge.classify(counts)
        show_classes(session.out, classification)
        session.print(_rule(f"{client}: what each is worth"))
        valuation = bridge.value(classification)
        show_values(session.out, valuation)
        session.print(_rule(f"{client}: the plan; nothing is changed yet"))
        plan = bridge.plan(valuation)
        show_plan(session.out, plan)
        session.print(_rule(f"{client}: apply"))
        session.print(str(bridge.apply(plan)))


def _second_run(session: Session, config: Path, client: str) -> None:
    with _opened(config, client) as bridge:
        result = bridge.sync(yes=True)
        spent = f"{result.operations} Google Ads operations, {result.tokens} GA4 tokens"
        if result.is_unchanged:
            session.print(f"{client}: nothing to do ({spent})")
        else:
            session.print(str(result))
            session.exit_code = 1


def _opened(config: Path, client: str) -> Bridge:
    from convbridge.bridge import Bridge

    return Bridge.open(config, client=client)


def _rule(text: str) -> str:
    return f"\n── {text} " + "─" * max(3, 75 - len(text))


COMMANDS = (
    Command(
        name="demo",
        function=demo,
        example="convbridge demo",
        has_config=False,
        has_clients=False,
        has_json=False,
    ),
)
