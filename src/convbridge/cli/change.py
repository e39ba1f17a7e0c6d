"""Commands that plan changes and make them: plan, apply, sync, rollback."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convbridge.cli.clients import as_dict, each_client, for_clients
from convbridge.cli.registry import Command
from convbridge.cli.session import Session
from convbridge.errors import PlanError

if TYPE_CHECKING:
    from convbridge.apply import Report
    from convbridge.bridge import Bridge
    from convbridge.plan import Plan

Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Make the changes without asking.")
]


class Format(StrEnum):
    """What a plan is printed as."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


def plan(
    session: Session,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="Save the plans there, for apply.")
    ] = None,
    plan_format: Annotated[
        Format, typer.Option("--format", help="What the plans are printed as.")
    ] = Format.TEXT,
    detailed_exitcode: Annotated[
        bool,
        typer.Option("--detailed-exitcode", help="Exit 2 when there are changes."),
    ] = False,
) -> None:
    """Show every change that the values ask for; nothing is changed."""
    session.is_json |= plan_format is Format.JSON
    plans = each_client(
        session,
        lambda bridge: bridge.plan(),
        show=lambda found: session.print(_rendered(found, plan_format)),
        to_dict=as_dict,
    )
    if out:
        _save(out, plans)
        session.say(f"Saved to {out}. Next: convbridge apply {out}")
    if detailed_exitcode and not session.exit_code:
        session.exit_code = 2 if any(not found.is_empty for found in plans) else 0


def apply(
    session: Session,
    *,
    file: Annotated[
        Path | None, typer.Argument(help="Plans saved by plan --out.")
    ] = None,
    yes: Yes = False,
) -> None:
    """
    Make the changes of a plan; the only verb that changes an account.

    A saved plan is applied as it is, and only if the account is still as it was
    when the plan was made. Without a file the plan is made now.
    """
    if file is None:
        each_client(
            session,
            lambda bridge: _apply(session, bridge, bridge.plan(), yes=yes),
            show=_show(session),
            to_dict=_outcome,
        )
        return
    plans = _read(file)
    settings = session.load()
    chosen = {client.name for client in session.selected(settings)}
    found = {saved.client: saved for saved in plans if saved.client in chosen}
    if not found:
        names = ", ".join(saved.client for saved in plans)
        raise PlanError(f"{file} has no plan for these clients", hint=f"it has {names}")
    for_clients(
        session,
        settings,
        tuple(settings.client(name) for name in found),
        lambda bridge: _apply(session, bridge, found[bridge.client], yes=yes),
        show=_show(session),
        to_dict=_outcome,
    )


def sync(session: Session, *, yes: Yes = False) -> None:
    """
    Go the whole way from counts to applied values, for schedulers.

    Without --yes it plans only; safe to run twice.
    """

    def work(bridge: Bridge) -> dict[str, Any]:
        if yes:
            session.standing = _standing(bridge.client)
            result = bridge.sync(yes=True, lifted=session.lifted)
            session.standing = f"{bridge.client} was synced."
            return {**result.to_dict(), "text": str(result)}
        result = bridge.sync(yes=False)
        report = _confirmed(session, bridge, result.plan, yes=False)
        applied = report.to_dict() if report else _not_applied(result.plan)
        text = str(report) if report else _asked(session, result.plan)
        return {**result.to_dict(), **applied, "text": text}

    each_client(
        session,
        work,
        show=_show(session),
        to_dict=_outcome,
    )


def rollback(
    session: Session,
    *,
    run: Annotated[str, typer.Argument(help="The run to undo; history names runs.")],
    yes: Yes = False,
) -> None:
    """Plan the way back to what was before a run; --yes applies it."""
    settings = session.load()
    clients = session.selected(settings)
    owner = _owner(settings, run) if len(clients) > 1 else None
    chosen = tuple(c for c in clients if c.name == owner) if owner else clients[:1]
    for_clients(
        session,
        settings,
        chosen,
        lambda bridge: _apply(
            session, bridge, bridge.rollback(run), yes=yes, undoes=run
        ),
        show=_show(session),
        to_dict=_outcome,
    )


def _apply(
    session: Session,
    bridge: Bridge,
    found: Plan,
    *,
    yes: bool,
    undoes: str | None = None,
) -> dict[str, Any]:
    """Apply one client's plan when somebody said yes; return what came of it."""
    report = _confirmed(session, bridge, found, yes=yes, undoes=undoes)
    if report is None:
        return {**_not_applied(found), "text": _asked(session, found)}
    if report.error:
        session.exit_code = report.error.exit_code
    return {**report.to_dict(), "text": str(report)}


def _confirmed(
    session: Session,
    bridge: Bridge,
    found: Plan,
    *,
    yes: bool,
    undoes: str | None = None,
) -> Report | None:
    if found.is_empty:
        return None
    if not yes:
        if session.is_json or not session.is_interactive:
            return None
        session.say(str(found))
        if not session.ask(f"Make these changes for {found.client}?"):
            return None
    session.standing = _standing(found.client)
    report = bridge.apply(found, lifted=session.lifted, undoes=undoes)
    session.standing = f"{found.client} was changed by run {report.run}."
    return report


def _standing(client: str) -> str:
    return (
        f"{client} was being changed: the ledger says which change is unknown, and "
        "the next plan reads it back first."
    )


def _asked(session: Session, found: Plan) -> str:
    """Return the plan, and how it is applied where nobody could be asked."""
    if found.is_empty:
        return str(found)
    if session.is_interactive and not session.is_json:
        return f"{found.client}: nothing was changed."
    return f"{found}\nNothing was changed: add --yes to make these changes."


def _not_applied(found: Plan) -> dict[str, Any]:
    outcomes = [
        {
            "resource": str(change.type),
            "name": change.name,
            "action": str(change.action),
            "outcome": "skipped",
            "error": "not asked for: --yes is missing",
        }
        for change in found.changes
    ]
    return {"client": found.client, "run": None, "outcomes": outcomes, "error": None}


def _show(session: Session) -> Any:
    return lambda found: session.print(found["text"])


def _outcome(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key != "text"}


def _rendered(found: Plan, plan_format: Format) -> str:
    from convbridge.plan.render import render_html, render_markdown, render_text

    renderers = {Format.MARKDOWN: render_markdown, Format.HTML: render_html}
    return renderers.get(plan_format, render_text)(found)


def _save(path: Path, plans: list[Plan]) -> None:
    import json

    text = json.dumps([found.to_dict() for found in plans], indent=2)
    try:
        path.write_text(f"{text}\n", encoding="utf-8")
    except OSError as exc:
        raise PlanError(f"{path} cannot be written: {exc.strerror}") from exc


def _read(path: Path) -> tuple[Plan, ...]:
    from convbridge.plan.saved import plan_from_json

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise PlanError(
            f"{path} cannot be read", hint="plans are saved by plan --out"
        ) from exc
    return plan_from_json(text)


def _owner(settings: Any, run: str) -> str:
    """Return the client whose run it was."""
    from convbridge.adapters.ledger import open_ledger

    with open_ledger(settings.ledger) as ledger:
        for name in settings.clients:
            if ledger.read_entries(name, run=run):
                return str(name)
    raise PlanError(
        f"the ledger has no changes of run {run!r}",
        hint="convbridge history names the runs",
    )


COMMANDS = (
    Command(
        name="plan",
        function=plan,
        example="convbridge plan\nconvbridge plan --out plan.json --detailed-exitcode\n"
        "convbridge plan --format markdown >> pull-request.md",
    ),
    Command(
        name="apply",
        function=apply,
        example="convbridge apply plan.json\nconvbridge apply --client siam-coffee -y",
        has_lifts=True,
    ),
    Command(
        name="sync", function=sync, example="convbridge sync --yes", has_lifts=True
    ),
    Command(
        name="rollback",
        function=rollback,
        example="convbridge history\nconvbridge rollback RUN --yes",
        has_lifts=True,
    ),
)
