"""Applying one client's plan: asking, doing, showing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from convbridge.apply import Report
    from convbridge.bridge import Bridge
    from convbridge.cli.session import Session
    from convbridge.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A plan, and what became of it."""

    plan: Plan
    report: Report | None
    """None when nobody said yes, or there was nothing to do."""
    about: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the outcomes; those of a plan that was not applied are skipped."""
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


def apply_plan(
    session: Session,
    bridge: Bridge,
    found: Plan,
    *,
    yes: bool,
    undoes: str | None = None,
) -> Done:
    """Apply one client's plan when somebody says yes; return what came of it."""
    if found.is_empty:
        return Done(plan=found, report=None)
    if not yes:
        report = confirmed(session, bridge, found, undoes=undoes)
    else:
        report = _change(session, bridge, found, undoes=undoes)
    return Done(plan=found, report=report)


def confirmed(
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
    session.standing = standing(found.client)
    report = bridge.apply(found, lifted=session.lifted, undoes=undoes)
    session.standing = f"{found.client} was changed by run {report.run}."
    session.exit_code = session.exit_code or report.exit_code
    return report


def standing(client: str) -> str:
    """Return where things stand while an account is being changed."""
    return (
        f"{client} was being changed: the ledger says which change is unknown, and "
        "the next plan reads it back first."
    )


def show_done(session: Session) -> Callable[[Done], None]:
    """Return what prints a result: the report, or the plan and how it is applied."""

    def show(done: Done) -> None:
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
