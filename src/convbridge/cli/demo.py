"""The demo: two clients go the whole way, against a Google on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from convbridge.cli.businesses import CLIENTS, mark_key_events, sandbox_config
from convbridge.cli.registry import Command
from convbridge.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from convbridge.bridge import Bridge


def demo(session: Session) -> None:
    """
    Watch the whole way from counts to values in Google Ads; needs no account.

    Google runs on loopback inside this process: GA4 and Google Ads with two
    simulated businesses. The official Google clients talk to it, unmodified.
    With --json, each client's entry holds by the verb what that verb prints.
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
        first = [first_run(session, config, client) for client in CLIENTS]
        _tell(session, "Once more, the way a scheduler would: convbridge sync")
        second = [second_run(session, config, client) for client in CLIENTS]
    if session.is_json:
        session.print_json([a | b for a, b in zip(first, second, strict=True)])
    else:
        session.print(_GOODBYE)


_GOODBYE = """
That was the whole way: counts, classes, values, plan, apply; and nothing left to do.

Next, with an account of your own (ten minutes, the README has each step):
  convbridge init --template ecommerce     writes a commented convbridge.yaml
  convbridge doctor                        says what is missing, and the next step
  convbridge plan                          shows every change; changes nothing"""


def first_run(session: Session, config: Path, client: str) -> dict[str, Any]:
    """Go from counts to applied values; return by the verb what each came to."""
    from convbridge.cli.views import show_classes, show_counts, show_plan, show_values

    with _opened(config, client) as bridge:
        counts = bridge.fetch_counts()
        _tell(session, f"{client}: what happened on the site (GA4)")
        _show(session, lambda: show_counts(session.out, client, counts))
        classification = bridge.classify(counts)
        _tell(session, f"{client}: what each event is to the business")
        _show(session, lambda: show_classes(session.out, classification))
        valuation = bridge.value(classification)
        _tell(session, f"{client}: what each is worth")
        _show(session, lambda: show_values(session.out, valuation))
        plan = bridge.plan(valuation)
        _tell(session, f"{client}: the plan; nothing is changed yet")
        _show(session, lambda: show_plan(session.out, plan))
        report = bridge.apply(plan)
        _tell(session, f"{client}: apply")
        _show(session, lambda: session.print(str(report)))
    return {
        "client": client,
        "counts": counts.to_dict(),
        "classify": classification.to_dict(),
        "value": valuation.to_dict(),
        "plan": plan.to_dict(),
        "apply": report.to_dict(),
    }


def second_run(session: Session, config: Path, client: str) -> dict[str, Any]:
    """Sync once more; a client that is not settled by then is a failure."""
    with _opened(config, client) as bridge:
        result = bridge.sync(yes=True)
    spent = f"{result.operations} Google Ads operations, {result.tokens} GA4 tokens"
    is_settled = result.is_unchanged
    text = f"{client}: nothing to do ({spent})" if is_settled else str(result)
    _show(session, lambda: session.print(text))
    session.exit_code = session.exit_code or (0 if is_settled else 1)
    return {"sync": result.to_dict()}


def _opened(config: Path, client: str) -> Bridge:
    from convbridge.bridge import Bridge

    return Bridge.open(config, client=client)


def _tell(session: Session, title: str) -> None:
    rule = f"\n── {title} " + "─" * max(3, 75 - len(title))
    _show(session, lambda: session.print(rule))


def _show(session: Session, show: Callable[[], None]) -> None:
    if not session.is_json:
        show()


COMMANDS = (
    Command(
        name="demo",
        function=demo,
        example="convbridge demo",
        has_config=False,
        has_clients=False,
    ),
)
