"""Counts as arrays: per event and day, per event and campaign, and the money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convbridge.model.arrays import coded, days_since, floats, sum_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from convbridge.model.counts import EventCounts

    Floats = NDArray[np.float64]

NO_CAMPAIGN = "(not set)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One window of counts, summed the ways values need them."""

    events: tuple[str, ...]
    campaigns: tuple[str, ...]
    """Campaign ids; events without a campaign are left out of `by_campaign`."""
    daily: Floats
    """Event x day."""
    by_campaign: Floats
    """Event x campaign x day parity (even days, odd days)."""
    revenue: Floats
    """Per day; refunds make it negative."""
    transactions: Floats
    """Per day."""
    campaign_money: Floats
    """Campaign x parity: revenue."""
    users: Mapping[str | None, int]

    def index(self, event: str) -> int | None:
        """Return the event's row, or None when it was not seen."""
        return self.events.index(event) if event in self.events else None

    def count(self, event: str) -> int:
        """Return how often the event happened."""
        row = self.index(event)
        return 0 if row is None else int(self.daily[row].sum())

    def days_of(self, event: str) -> Floats:
        """Return the event's count on each day."""
        row = self.index(event)
        return self.daily[row] if row is not None else np.zeros(self.daily.shape[1])

    def campaigns_of(self, event: str) -> Floats:
        """Return the event's count by campaign and parity of the day."""
        row = self.index(event)
        return self.by_campaign[row] if row is not None else self.by_campaign.sum(0) * 0


def tally(counts: EventCounts) -> Tally:
    """Sum the counts into arrays, each table read once."""
    events, revenue = counts.events, counts.revenue
    names, event = coded(events["event"])
    campaigns = _campaigns(events, revenue, counts.costs)
    window, days = counts.window, counts.window.days
    day, day_r = (days_since(t["date"], window) for t in (events, revenue))
    camp, camp_r = (_campaign_index(t, campaigns) for t in (events, revenue))
    shape, many = (len(names), days), len(campaigns)
    number = floats(events["count"])
    money, sales = floats(revenue["revenue"]), floats(revenue["transactions"])
    return Tally(
        events=names,
        campaigns=campaigns,
        daily=sum_at((event, day), number, shape),
        by_campaign=sum_at((event, camp, day % 2), number, (len(names), many, 2)),
        revenue=sum_at((day_r,), money, (days,)),
        transactions=sum_at((day_r,), sales, (days,)),
        campaign_money=sum_at((camp_r, day_r % 2), money, (many, 2)),
        users=counts.users_by_event(),
    )


def _campaigns(*tables: pa.Table) -> tuple[str, ...]:
    found = {c for t in tables for c in t["campaign_id"].unique().to_pylist()}
    return tuple(sorted(found - {NO_CAMPAIGN, "", None}))


def _campaign_index(table: pa.Table, campaigns: tuple[str, ...]) -> NDArray[np.int64]:
    names, codes = coded(table["campaign_id"])
    place = {c: i for i, c in enumerate(campaigns)}
    lookup = np.array([place.get(n, -1) for n in names] or [-1], dtype=np.int64)
    return lookup[codes]
