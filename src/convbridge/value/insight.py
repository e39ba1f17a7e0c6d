"""Value and cost by channel or campaign, so that budget can follow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from convbridge.model.classes import EventClass
from convbridge.model.insight import Amount, ChannelReport, ChannelValue
from convbridge.model.values import ValueStatus
from convbridge.value.intervals import Z90

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from convbridge.model.counts import EventCounts
    from convbridge.model.values import Valuation, ValuedEvent

    Floats = NDArray[np.float64]

NOT_SET = "(not set)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """Money by key, with the variance that chance gives it."""

    keys: tuple[str, ...]
    primary: Floats
    primary_variance: Floats
    micro: Floats
    micro_variance: Floats


def channels(
    counts: EventCounts, valuation: Valuation, *, by: str = "channel"
) -> ChannelReport:
    """
    Return value, cost and value per cost by `channel` or `campaign`.

    The weighted value divides all values by the inflation, so that it adds up
    to the revenue and can be read as money. Intervals hold chance in the
    counts (Poisson), the spread of order values, and for micro conversions the
    intervals of their values. Cost is known by campaign only.
    """
    is_campaign = by == "campaign"
    sums = _sums(counts, valuation, "campaign_id" if is_campaign else "channel")
    costs, names = _costs(counts) if is_campaign else ({}, {})
    primary = _amounts(sums.primary, sums.primary_variance)
    scale = 1.0 / valuation.inflation
    weighted = _amounts(
        (sums.primary + sums.micro) * scale,
        (sums.primary_variance + sums.micro_variance) * scale**2,
    )
    places = _ranks(primary, sums.keys, costs), _ranks(weighted, sums.keys, costs)
    found = [
        ChannelValue(
            key=key,
            name=names.get(key, key),
            cost=costs.get(key, 0.0) if is_campaign else None,
            primary=primary[i],
            weighted=weighted[i],
            rank_primary=places[0][key],
            rank_weighted=places[1][key],
        )
        for i, key in enumerate(sums.keys)
    ]
    found.sort(key=lambda c: c.rank_weighted)
    return ChannelReport(
        by=by,
        currency=valuation.currency,
        channels=tuple(found),
        rank_changes=tuple(_moved(c) for c in found if _has_moved(c)),
    )


def _sums(counts: EventCounts, valuation: Valuation, column: str) -> _Sums:
    events = [e for e in valuation if e.value is not None]
    fixed = [e for e in events if e.event_class is EventClass.PRIMARY]
    earning = [e for e in fixed if _earns(e)]
    given = [e for e in fixed if not _earns(e)]
    micro = [e for e in events if e.event_class is EventClass.MICRO]
    keys = _keys(counts, column)
    one = _event_money(counts, given, column, keys)
    two = _revenue(counts, earning, column, keys)
    three = _event_money(counts, micro, column, keys)
    return _Sums(
        keys=keys,
        primary=one[0] + two[0],
        primary_variance=one[1] + two[1],
        micro=three[0],
        micro_variance=three[1] + three[2] ** 2,
    )


def _earns(event: ValuedEvent) -> bool:
    return event.status is ValueStatus.REVENUE or bool(event.detail.get("is_revenue"))


def _keys(counts: EventCounts, column: str) -> tuple[str, ...]:
    tables = [counts.events, counts.revenue]
    tables += [counts.costs] if column in counts.costs.schema.names else []
    found = {k for t in tables for k in t[column].unique().to_pylist()}
    return tuple(sorted(found - ({NOT_SET} if column != "channel" else set())))


def _event_money(
    counts: EventCounts,
    events: Sequence[ValuedEvent],
    column: str,
    keys: Sequence[str],
) -> tuple[Floats, Floats, Floats]:
    """Return money, its chance variance, and the standard deviation by the values."""
    rows, places = _places(keys), {e.event: i for i, e in enumerate(events)}
    matrix = np.zeros((len(keys), len(events)))
    for row in counts.group(column, "event").to_pylist():
        if row["event"] in places and row[column] in rows:
            matrix[rows[row[column]], places[row["event"]]] += row["count"]
    each = np.array([float(e.value or 0) * per_event(e) for e in events])
    spread = np.array([float(e.value or 0) * per_event(e) * _log_sd(e) for e in events])
    return matrix @ each, matrix @ each**2, matrix @ spread


def per_event(event: ValuedEvent) -> float:
    """Return conversions per event: micro conversions count one per click."""
    if event.event_class is EventClass.PRIMARY or event.count <= 0:
        return 1.0
    return float(event.detail.get("conversions", event.count)) / event.count


def _revenue(
    counts: EventCounts,
    earning: Sequence[ValuedEvent],
    column: str,
    keys: Sequence[str],
) -> tuple[Floats, Floats]:
    """Return each key's revenue as pushed, and its variance by orders."""
    money, variance = np.zeros(len(keys)), np.zeros(len(keys))
    if not earning:
        return money, variance
    rows, event = _places(keys), earning[0]
    kept = float(event.detail.get("kept", 1.0))
    each = float(event.detail.get("primary_value", event.value or 0)) * kept
    sales = float(event.detail.get("conversions", event.count))
    spread = 1.0 + min(4.0, _log_sd(event) ** 2 * sales)
    for row in _grouped(counts.revenue, column):
        if row[column] in rows:
            money[rows[row[column]]] += row["revenue_sum"] * kept
            variance[rows[row[column]]] += row["transactions_sum"] * each**2 * spread
    return money, variance


def _grouped(table: pa.Table, column: str) -> list[dict[str, Any]]:
    sums = [("revenue", "sum"), ("transactions", "sum")]
    return list(table.group_by(column).aggregate(sums).to_pylist())


def _costs(counts: EventCounts) -> tuple[dict[str, float], dict[str, str]]:
    costs: dict[str, float] = {}
    names: dict[str, str] = {}
    for row in counts.costs.to_pylist():
        key = row["campaign_id"]
        costs[key] = costs.get(key, 0.0) + row["cost"]
        names[key] = row["campaign_name"]
    return costs, names


def _amounts(money: Floats, variance: Floats) -> list[Amount]:
    width = Z90 * np.sqrt(variance)
    return [
        Amount(value=float(m), low=float(max(0.0, m - w)), high=float(m + w))
        for m, w in zip(money, width, strict=True)
    ]


def _ranks(
    amounts: Sequence[Amount], keys: Sequence[str], costs: Mapping[str, float]
) -> dict[str, int]:
    """Rank by value per cost, by value where no cost is known."""

    def score(pair: tuple[str, Amount]) -> tuple[float, float, str]:
        key, amount = pair
        cost = costs.get(key, 0.0)
        per_cost = amount.value / cost if cost > 0 else -math.inf if costs else 0.0
        return -per_cost, -amount.value, key

    ordered = sorted(zip(keys, amounts, strict=True), key=score)
    return {key: place for place, (key, _) in enumerate(ordered, start=1)}


def _has_moved(channel: ChannelValue) -> bool:
    return channel.rank_primary != channel.rank_weighted


def _moved(channel: ChannelValue) -> str:
    way = "rises" if channel.rank_weighted < channel.rank_primary else "falls"
    return (
        f"{channel.name} {way} from place {channel.rank_primary} to "
        f"{channel.rank_weighted} when micro conversions count"
    )


def _places(keys: Sequence[str]) -> dict[str, int]:
    return {key: i for i, key in enumerate(keys)}


def _log_sd(event: ValuedEvent) -> float:
    """Return the relative spread of a value, from its interval."""
    low, high = float(event.low or 0), float(event.high or 0)
    return math.log(high / low) / (2 * Z90) if 0 < low < high else 0.0
