"""Value and cost by channel or campaign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convbridge.model.plots import plot

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Money with a 90 % interval, in the report's currency."""

    value: float
    low: float
    high: float

    def over(self, cost: float) -> Amount | None:
        """Return the amount per unit of cost, or None where nothing was spent."""
        if cost <= 0:
            return None
        return Amount(
            value=self.value / cost, low=self.low / cost, high=self.high / cost
        )

    def to_dict(self) -> dict[str, float]:
        """Return the amount as JSON-ready data."""
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelValue:
    """One channel or campaign: what it brought, with micro conversions and without."""

    key: str
    name: str
    cost: float | None
    """None where the source does not tell it (channels other than paid ones)."""
    primary: Amount
    """Value of the primaries alone."""
    weighted: Amount
    """Value with micro conversions, on the scale of revenue: adds up to it."""
    rank_primary: int
    rank_weighted: int

    @property
    def primary_per_cost(self) -> Amount | None:
        """Primary value per unit of cost."""
        return None if self.cost is None else self.primary.over(self.cost)

    @property
    def weighted_per_cost(self) -> Amount | None:
        """Weighted value per unit of cost."""
        return None if self.cost is None else self.weighted.over(self.cost)

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        with_micro, without = self.weighted_per_cost, self.primary_per_cost
        return {
            "key": self.key,
            "name": self.name,
            "cost": self.cost,
            "primary": self.primary.to_dict(),
            "weighted": self.weighted.to_dict(),
            "primary_per_cost": without.to_dict() if without else None,
            "weighted_per_cost": with_micro.to_dict() if with_micro else None,
            "rank_primary": self.rank_primary,
            "rank_weighted": self.rank_weighted,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelReport:
    """All channels or campaigns, best value per cost first."""

    by: str
    currency: str
    channels: tuple[ChannelValue, ...]
    rank_changes: tuple[str, ...]
    """In words: who moves up or down when micro conversions count."""

    def __iter__(self) -> Iterator[ChannelValue]:
        return iter(self.channels)

    def plot(self) -> Any:
        """Draw value per cost, with micro conversions and without (extra `report`)."""
        return plot("channels_chart", self)

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per channel or campaign."""
        return [c.to_dict() for c in self.channels]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "by": self.by,
            "currency": self.currency,
            "rank_changes": list(self.rank_changes),
            "channels": self.rows(),
        }
