"""Commands that plan changes and make them: plan, apply, sync, rollback."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convbridge.cli.clients import as_dict, each_client, for_clients
from convbridge.cli.registry import Command
from convbridge.cli.session import Session
from convbridge.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Callable

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
        show=lambda found: _print(session, found, plan_format),
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
            to_dict=as_dict,
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
        to_dict=as_dict,
    )


def sync(session: Session, *, yes: Yes = False) -> None:
    """
    Go the whole way from counts to applied values, for schedulers.

    Without --yes it plans only; safe to run twice.
    """

    def work(bridge: Bridge) -> _Done:
        if yes:
            session.standing = _standing(bridge.client)
        result = bridge.sync(yes=yes, lifted=session.lifted)
        session.standing = f"{bridge.client} was synced."
        report = result.report
        if not yes:
            report = _confirmed(session, bridge, result.plan)
        return _Done(plan=result.plan, report=report, about=result.to_dict())

    each_client(session, work, show=_show(session), to_dict=as_dict)


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
        to_dict=as_dict,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """A plan, and what became of it."""

    plan: Plan
    report: Report | None
    """None when nobody said yes, or there was nothing to do."""
    about: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        if self.report:
            return {**self.about, **self.report.to_dict()}
        outcomes = [
            {
                "resource": str(change.type),
                "name": change.name,
                "action": str(change.action),
                "outcome": "skipped",
                "error": "not asked for: --yes is missing",
            }
            for change in self.plan.changes
        ]
        about = {"client": self.plan.client, "run": None, **self.about}
        return {**about, "outcomes": outcomes, "error": None}


def _apply(
    session: Session,
    bridge: Bridge,
    found: Plan,
    *,
    yes: bool,
    undoes: str | None = None,
) -> _Done:
    """Apply one client's plan when somebody says yes; return what came of it."""
    if found.is_empty:
        return _Done(plan=found, report=None)
    if not yes:
        report = _confirmed(session, bridge, found, undoes=undoes)
    else:
        report = _change(session, bridge, found, undoes=undoes)
    return _Done(plan=found, report=report)


def _confirmed(
    session: Session, bridge: Bridge, found: Plan, *, undoes: str | None = None
) -> Report | None:
    """Show the plan and apply it if the person at the terminal says so."""
    if found.is_empty or session.is_json or not session.is_interactive:
        return None
    from convbridge.cli.views import show_plan

    session.pause()
    show_plan(session.err, found)
    if not session.ask(f"Make these changes for {found.client}?"):
        return None
    return _change(session, bridge, found, undoes=undoes)


def _change(
    session: Session, bridge: Bridge, found: Plan, *, undoes: str | None
) -> Report:
    session.standing = _standing(found.client)
    report = bridge.apply(found, lifted=session.lifted, undoes=undoes)
    session.standing = f"{found.client} was changed by run {report.run}."
    if report.error:
        session.exit_code = report.error.exit_code
    return report


def _standing(client: str) -> str:
    return (
        f"{client} was being changed: the ledger says which change is unknown, and "
        "the next plan reads it back first."
    )


def _show(session: Session) -> Callable[[_Done], None]:
    def show(done: _Done) -> None:
        from convbridge.cli.views import show_plan

        if done.report:
            session.print(str(done.report))
        elif session.is_interactive and not done.plan.is_empty:
            session.print(f"{done.plan.client}: nothing was changed.")
        else:
            show_plan(session.out, done.plan)
            if not done.plan.is_empty:
                session.say("Nothing was changed: add --yes to make these changes.")

    return show


def _print(session: Session, found: Plan, plan_format: Format) -> None:
    from convbridge.cli.views import show_plan
    from convbridge.plan.render import render_html, render_markdown

    if plan_format is Format.MARKDOWN:
        session.print(render_markdown(found))
    elif plan_format is Format.HTML:
        session.print(render_html(found))
    else:
        show_plan(session.out, found)


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
        example="convbridge rollback 20261122T043531Z-472f296a --yes",
        has_lifts=True,
    ),
)
