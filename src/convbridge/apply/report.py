"""What became of a plan, change by change."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from convbridge.errors import VendorError
from convbridge.model.changes import OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.errors import ConvbridgeError
    from convbridge.model.changes import Outcome

_SIGNS = {
    OutcomeKind.APPLIED: "✓",
    OutcomeKind.REJECTED: "✗",
    OutcomeKind.SKIPPED: "·",
    OutcomeKind.UNKNOWN: "?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One run: an outcome for each change of the plan, in the plan's order."""

    client: str
    run: str
    """The run's id; `rollback` takes it."""
    plan_digest: str
    outcomes: tuple[Outcome, ...] = ()
    error: ConvbridgeError | None = None
    """Why the run stopped before its end, where it did."""

    @property
    def is_complete(self) -> bool:
        """Whether every change was applied."""
        return self.error is None and all(
            outcome.kind is OutcomeKind.APPLIED for outcome in self.outcomes
        )

    @property
    def exit_code(self) -> int:
        """0, or what the command ends with when not every change was made."""
        if self.error:
            return self.error.exit_code
        return 0 if self.is_complete else VendorError.exit_code

    @property
    def counts(self) -> dict[str, int]:
        """The number of changes by outcome."""
        return {
            str(kind): sum(o.kind is kind for o in self.outcomes)
            for kind in OutcomeKind
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per change."""
        return [outcome.to_dict() for outcome in self.outcomes]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "client": self.client,
            "run": self.run,
            "outcomes": self.rows(),
            "error": self.error.to_dict() if self.error else None,
        }

    def __str__(self) -> str:
        numbers = ", ".join(f"{n} {kind}" for kind, n in self.counts.items() if n)
        lines = [f"{self.client}   run {self.run}   {numbers or 'nothing to do'}"]
        lines += _lines(self.outcomes)
        if self.error:
            lines.append(f"  stopped: {self.error}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{n} {kind}" for kind, n in self.counts.items())
        return f"<Report {self.client} {self.run}: {numbers}>"

    def _repr_html_(self) -> str:
        columns = ("outcome", "action", "resource", "name", "error")
        head = "".join(f"<th>{name}</th>" for name in columns)
        body = "".join(_html_row(row, columns) for row in self.rows())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _lines(outcomes: tuple[Outcome, ...]) -> Iterator[str]:
    """Yield a line for each change; what several have in common is said once."""
    groups: dict[object, list[Outcome]] = {}
    for outcome in outcomes:
        key = (outcome.kind, outcome.error) if outcome.error else outcome.change.key
        groups.setdefault(key, []).append(outcome)
    for first, *others in groups.values():
        start = f"  {_SIGNS[first.kind]} {first.kind}  "
        if not others:
            error = f": {first.error}" if first.error else ""
            yield f"{start}{_named(first)}{error}"
            continue
        yield f"{start}{1 + len(others)} changes: {first.error}"
        yield from (f"      {_named(outcome)}" for outcome in (first, *others))


def _named(outcome: Outcome) -> str:
    change = outcome.change
    name = "".join(c if c.isprintable() else "?" for c in change.name)
    return f"{change.action} {name}"


def _html_row(row: dict[str, Any], columns: tuple[str, ...]) -> str:
    cells = "".join(f"<td>{escape(str(row[c] or ''))}</td>" for c in columns)
    return f"<tr>{cells}</tr>"
