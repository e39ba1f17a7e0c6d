"""Everything the page over many clients says: one row per client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from datetime import datetime

    from convbridge.errors import ConvbridgeError
    from convbridge.report.client_report import ClientReport, Need


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioRow:
    """One client among many; amounts are in its own currency."""

    client: str
    state: str
    """`unchanged`, `changed`, `needs_attention` or `failed`."""
    file: str | None = None
    """The client's page, beside the portfolio's."""
    currency: str | None = None
    revenue: float | None = None
    valued: int | None = None
    """Events that carry a value."""
    events: int | None = None
    changes: int | None = None
    """Changes that the plan asks for; None without a Google Ads account."""
    ready: int | None = None
    """Campaigns that have enough conversions to bid on value, micro included."""
    campaigns: int | None = None
    needs: tuple[Need, ...] = ()
    error: str | None = None
    hint: str | None = None

    @classmethod
    def of(cls, report: ClientReport, *, file: str | None = None) -> Self:
        """Return the row of a client's report."""
        events = report.valuation.events
        return cls(
            client=report.client,
            state=report.state,
            file=file,
            currency=report.valuation.currency,
            revenue=float(report.valuation.revenue),
            valued=sum(e.value is not None for e in events),
            events=len(events),
            changes=len(report.plan.changes) if report.plan else None,
            ready=sum(r.verdict != "not_ready" for r in report.readiness),
            campaigns=len(report.readiness),
            needs=report.needs,
        )

    @classmethod
    def failed(cls, client: str, error: ConvbridgeError) -> Self:
        """Return the row of a client whose report could not be made."""
        return cls(client=client, state="failed", error=error.message, hint=error.hint)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        return {
            "client": self.client,
            "state": self.state,
            "file": self.file,
            "currency": self.currency,
            "revenue": self.revenue,
            "valued": self.valued,
            "events": self.events,
            "changes": self.changes,
            "ready": self.ready,
            "campaigns": self.campaigns,
            "needs": [need.to_dict() for need in self.needs],
            "error": self.error,
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioReport:
    """All clients of one configuration, in its order."""

    made_at: datetime
    rows: tuple[PortfolioRow, ...]

    @property
    def counts(self) -> dict[str, int]:
        """The number of clients by state, worst first."""
        states = ("failed", "needs_attention", "changed", "unchanged")
        return {state: sum(r.state == state for r in self.rows) for state in states}

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "made_at": self.made_at.isoformat(),
            "counts": self.counts,
            "clients": [row.to_dict() for row in self.rows],
        }
