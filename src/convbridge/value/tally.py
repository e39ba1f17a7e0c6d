"""Counts as arrays: per event and day, per event and campaign, and the money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from convbridge.model.counts import EventCounts

    Floats = NDArray[np.float64]

NO_CAMPAIGN = "(not set)"
_EPOCH = date(1970, 1, 1)


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
    names, event = _coded(events["event"])
    campaigns = _campaigns(events, revenue, counts.costs)
    day, camp = _days(events, counts), _campaign_index(events, campaigns)
    number = _floats(events["count"])
    day_r, camp_r = _days(revenue, counts), _campaign_index(revenue, campaigns)
    shape, many = (len(names), counts.window.days), len(campaigns)
    money, sales = _floats(revenue["revenue"]), _floats(revenue["transactions"])
    days = counts.window.days
    return Tally(
        events=names,
        campaigns=campaigns,
        daily=_sum((event, day), number, shape),
        by_campaign=_sum((event, camp, day % 2), number, (len(names), many, 2)),
        revenue=_sum((day_r,), money, (days,)),
        transactions=_sum((day_r,), sales, (days,)),
        campaign_money=_sum((camp_r, day_r % 2), money, (many, 2)),
        users=dict(
            zip(
                counts.users["event"].to_pylist(),
                counts.users["users"].to_pylist(),
                strict=True,
            )
        ),
    )


def _coded(column: pa.ChunkedArray) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    coded = column.combine_chunks().dictionary_encode()
    return tuple(coded.dictionary.to_pylist()), _ints(coded.indices)


def _campaigns(*tables: pa.Table) -> tuple[str, ...]:
    found = {c for t in tables for c in t["campaign_id"].unique().to_pylist()}
    return tuple(sorted(found - {NO_CAMPAIGN, "", None}))


def _campaign_index(table: pa.Table, campaigns: tuple[str, ...]) -> NDArray[np.int64]:
    names, codes = _coded(table["campaign_id"])
    place = {c: i for i, c in enumerate(campaigns)}
    lookup = np.array([place.get(n, -1) for n in names] or [-1], dtype=np.int64)
    return lookup[codes]


def _days(table: pa.Table, counts: EventCounts) -> NDArray[np.int64]:
    days = table["date"].combine_chunks().cast(pa.int32())
    first = (counts.window.start - _EPOCH).days
    return _ints(days) - first


def _sum(index: tuple[Any, ...], numbers: Floats, shape: tuple[int, ...]) -> Floats:
    """Add numbers up by index; what lies outside the shape is left out."""
    inside = np.ones(len(numbers), dtype=bool)
    for part, size in zip(index, shape, strict=True):
        inside &= (part >= 0) & (part < size)
    total = np.zeros(shape)
    np.add.at(total, tuple(part[inside] for part in index), numbers[inside])
    return total


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(column.to_numpy(), dtype=np.float64)


def _ints(column: pa.Array) -> NDArray[np.int64]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.int64)
