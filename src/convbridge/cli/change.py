"""Commands that plan changes and make them: plan, apply, rollback."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convbridge.cli.applying import apply_plan, show_done
from convbridge.cli.clients import as_dict, each_client, for_clients
from convbridge.cli.files import check_file, write_file
from convbridge.cli.registry import Command
from convbridge.cli.session import Session
from convbridge.errors import PlanError

if TYPE_CHECKING:
    from convbridge.plan import Plan

Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Make the changes without asking.")
]

_NO_RUN = MappingProxyType({"run": None, "outcomes": ()})
"""A client's result without the run that an error kept from beginning."""


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
    if out:
        check_file(out, option="--out")
    plans = each_client(
        session,
        lambda bridge: bridge.plan(),
        show=lambda found: _print(session, found, plan_format),
        to_dict=as_dict,
    )
    if out and plans:
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
            lambda bridge: apply_plan(session, bridge, bridge.plan(), yes=yes),
            show=show_done(session),
            to_dict=as_dict,
            blank=_NO_RUN,
            in_turn=True,
        )
        return
    plans = _read(file)
    settings = session.load()
    chosen = {client.name for client in session.selected(settings)}
    found = {saved.client: saved for saved in plans if saved.client in chosen}
    if not found:
        names = ", ".join(saved.client for saved in plans) or "none"
        raise PlanError(f"{file} has no plan for these clients", hint=f"it has {names}")
    for_clients(
        session,
        settings,
        tuple(settings.client(name) for name in found),
        lambda bridge: apply_plan(session, bridge, found[bridge.client], yes=yes),
        show=show_done(session),
        to_dict=as_dict,
        blank=_NO_RUN,
        in_turn=True,
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
        lambda bridge: apply_plan(
            session, bridge, bridge.rollback(run), yes=yes, undoes=run
        ),
        show=show_done(session),
        to_dict=as_dict,
        blank=_NO_RUN,
    )


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
    write_file(path, f"{text}\n", option="--out")


def _read(path: Path) -> tuple[Plan, ...]:
    from convbridge.plan.saved import plan_from_json

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is no UTF-8 text"
        raise PlanError(
            f"{path} cannot be read: {reason}", hint="plans are saved by plan --out"
        ) from exc
    try:
        return plan_from_json(text)
    except PlanError as exc:
        raise PlanError(f"{path}: {exc.message}", hint=exc.hint) from exc


def _owner(settings: Any, run: str) -> str:
    """Return the client whose run it was."""
    from convbridge.adapters.ledger import open_ledger

    with open_ledger(settings.ledger) as ledger:
        for name in settings.clients:
            if any(found.id == run for found in ledger.read_runs(name)):
                return str(name)
    raise PlanError(
        f"the ledger has no run {run!r}",
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
        name="rollback",
        function=rollback,
        example="convbridge rollback 20261122T043531Z-472f296a --yes",
        has_lifts=True,
    ),
)
