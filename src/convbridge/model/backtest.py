"""How well values foretold revenue that came later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convbridge.model.html import html_table

if TYPE_CHECKING:
    from convbridge.model.dates import DateWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRow:
    """How well one way of valuing foretold the campaigns' revenue."""

    scheme: str
    """`blend`, ..., `purchase_only` or `static`."""
    total_ratio: float | None
    """What the values push in the rest over its revenue; 1 counts money once."""
    error: float | None
    """Root mean squared error of the campaigns' share of revenue, 0 is best."""
    correlation: float | None
    """Of the campaigns' share of value and of revenue; None with one campaign."""

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        return {
            "scheme": self.scheme,
            "total_ratio": self.total_ratio,
            "error": self.error,
            "correlation": self.correlation,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Backtest:
    """The comparison on one client's own data."""

    train: DateWindow
    test: DateWindow
    campaigns: int
    revenue: float
    """Realised revenue of the test days."""
    results: tuple[BacktestRow, ...]
    warnings: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per way of valuing."""
        return [r.to_dict() for r in self.results]

    def __getitem__(self, scheme: str) -> BacktestRow:
        for row in self.results:
            if row.scheme == scheme:
                return row
        raise KeyError(scheme)

    def __repr__(self) -> str:
        return (
            f"<Backtest fitted on {self.train}, compared on {self.test}: "
            f"schemes {len(self.results)}, campaigns {self.campaigns}>"
        )

    def _repr_html_(self) -> str:
        return html_table(self.rows(), caption=repr(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the backtest as JSON-ready data."""
        return {
            "train": self.train.to_dict(),
            "test": self.test.to_dict(),
            "campaigns": self.campaigns,
            "revenue": self.revenue,
            "warnings": list(self.warnings),
            "schemes": self.rows(),
        }
