"""What the work on each client came to, and on all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from convbridge.checks import CheckReport, CheckStatus
from convbridge.model.changes import OutcomeKind
from convbridge.model.html import html_table
from convbridge.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convbridge.errors import ConvbridgeError
    from convbridge.portfolio.digest import Digest


class Status(StrEnum):
    """The end of one client's work, most urgent first."""

    FAILED = "failed"
    """It stopped with an error."""
    ATTENTION = "attention"
    """It went through, and a person has to look at something."""
    CHANGED = "changed"
    """Accounts were changed."""
    PLANNED = "planned"
    """There are changes, which nobody said yes to."""
    BUSY = "busy"
    """Another run was on it; this one left."""
    NOT_BEGUN = "not_begun"
    """Time or quota ran out before; it comes first next time."""
    UNCHANGED = "unchanged"
    """The accounts are as the values want them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientResult:
    """What one client's work came to: a value, an error, or why it was left."""

    client: str
    value: Any = None
    error: ConvbridgeError | None = None
    left: Status | None = None
    """BUSY or NOT_BEGUN, when nothing was done."""
    reason: str | None = None
    """Why it was left."""
    seconds: float = 0.0
    delivered: Mapping[str, int] = field(default_factory=dict)
    """Conversions sent since yesterday, by state."""
    operations: int = 0
    """Google Ads API operations that work without a value spent."""
    tokens: int = 0
    """GA4 quota tokens that work without a value spent."""

    @property
    def is_failed(self) -> bool:
        """Whether the client's work stopped, or its run did."""
        return self.stopped_by is not None

    @property
    def stopped_by(self) -> ConvbridgeError | None:
        """What stopped the work, or the run within it."""
        report = getattr(self.value, "report", None)
        return self.error or getattr(report, "error", None)

    @property
    def plan(self) -> Plan | None:
        """The plan that was made, by a sync or alone."""
        found = getattr(self.value, "plan", self.value)
        return found if isinstance(found, Plan) else None

    @property
    def checks(self) -> CheckReport | None:
        """The checks that were made."""
        return self.value if isinstance(self.value, CheckReport) else None

    @property
    def exit_code(self) -> int:
        """The exit code of this client's work alone."""
        if self.stopped_by:
            return self.stopped_by.exit_code
        if self.checks:
            return int(not self.checks.is_ready)
        report = getattr(self.value, "report", None)
        return report.exit_code if report else 0

    @property
    def status(self) -> Status:
        """How the work ended."""
        if self.left:
            return self.left
        if self.is_failed:
            return Status.FAILED
        if next(self.concerns(), None):
            return Status.ATTENTION
        if getattr(self.value, "report", None):
            return Status.CHANGED
        is_planned = self.plan is not None and not self.plan.is_empty
        return Status.PLANNED if is_planned else Status.UNCHANGED

    def concerns(self) -> Iterator[str]:
        """Yield what a person has to look at, in words."""
        report = getattr(self.value, "report", None)
        for outcome in report.outcomes if report else ():
            if outcome.kind is not OutcomeKind.APPLIED:
                why = f": {outcome.error}" if outcome.error else ""
                yield f"{outcome.kind} {outcome.change.name}{why}"
        for breach in self.plan.limits if self.plan and not report else ():
            yield breach.message
        for check in self.checks.checks if self.checks else ():
            if check.status is CheckStatus.FAIL:
                step = f" ({check.next_step})" if check.next_step else ""
                yield f"{check.name}: {check.found}{step}"
        valuation = getattr(self.value, "valuation", None)
        for flag in valuation.flags if valuation else ():
            if flag.effect in {"freeze", "refuse"}:
                yield flag.reason

    def to_dict(self) -> dict[str, Any]:
        """Return the value as JSON-ready data, or what stands in its place."""
        if self.value is not None:
            found: dict[str, Any] = self.value.to_dict()
            return {**found, "status": str(self.status)}
        return {
            "client": self.client,
            "run": None,
            "outcomes": [],
            "error": self.error.to_dict() if self.error else None,
            "status": str(self.status),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PortfolioResult:
    """The results of all clients, in the configuration's order."""

    results: tuple[ClientResult, ...]

    def __iter__(self) -> Iterator[ClientResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    @property
    def failed(self) -> tuple[ClientResult, ...]:
        """The clients that need a person."""
        return tuple(r for r in self.results if r.is_failed)

    @property
    def exit_code(self) -> int:
        """0, or 1 when a client failed; a client alone has its error's own code."""
        codes = [result.exit_code for result in self.results]
        return codes[0] if len(codes) == 1 else int(any(codes))

    def digest(self) -> Digest:
        """Return the run in ten lines, for people who were asleep."""
        from convbridge.portfolio.digest import digest_of  # noqa: PLC0415 - a cycle

        return digest_of(self)

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per client: how it ended, and what a person should read."""
        return [
            {
                "client": r.client,
                "status": str(r.status),
                "says": str(r.stopped_by or r.reason or next(r.concerns(), "")),
                "seconds": round(r.seconds, 1),
            }
            for r in self.results
        ]

    def to_dict(self) -> list[dict[str, Any]]:
        """Return one entry per client."""
        return [r.to_dict() for r in self.results]

    def __repr__(self) -> str:
        found = Counter(str(r.status) for r in self.results)
        counts = ", ".join(f"{n} {status}" for status, n in found.most_common())
        return f"<PortfolioResult of {len(self.results)} clients: {counts or 'none'}>"

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=repr(self))


def slim(result: ClientResult) -> ClientResult:
    """Return the result without the values' details, which nobody prints."""
    value = result.value
    valuation = getattr(value, "valuation", None)
    if valuation is None:
        return result
    bare = replace(valuation, events=(), journal=())
    return replace(result, value=replace(value, valuation=bare))
