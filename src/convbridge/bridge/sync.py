"""What one sync of one client came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convbridge.apply import Report
    from convbridge.bridge.connections import Connections
    from convbridge.model.values import Valuation
    from convbridge.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """The values, the plan, what became of it, and what it cost."""

    client: str
    valuation: Valuation
    plan: Plan
    report: Report | None
    """None when nothing was applied: no `yes`, or nothing to do."""
    operations: int
    """Google Ads API operations spent."""
    tokens: int
    """GA4 quota tokens spent."""

    @classmethod
    def of(
        cls,
        connections: Connections,
        valuation: Valuation,
        plan: Plan,
        report: Report | None,
    ) -> SyncResult:
        """Return the result of a sync over these connections."""
        return cls(
            client=plan.client,
            valuation=valuation,
            plan=plan,
            report=report,
            operations=connections.operations(),
            tokens=connections.tokens(),
        )

    @property
    def is_unchanged(self) -> bool:
        """Whether the accounts are as the values want them."""
        return self.plan.is_empty

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per change: its outcome, or the plan's row."""
        return self.report.rows() if self.report else self.plan.rows()

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON-ready data."""
        report = self.report
        return {
            "client": self.client,
            "run": report.run if report else None,
            "outcomes": report.rows() if report else [],
            "error": report.error.to_dict() if report and report.error else None,
            "changes": len(self.plan.changes),
            "plan": self.plan.digest,
            "operations": self.operations,
            "tokens": self.tokens,
        }

    def __str__(self) -> str:
        return str(self.report or self.plan)

    def __repr__(self) -> str:
        return f"<SyncResult {self.client}: {self.report or self.plan!r}>"

    def _repr_html_(self) -> str:
        shown: Any = self.report or self.plan
        return str(shown._repr_html_())
