"""Rows with metrics: sums of the tallies, by campaign, action and date."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .ads_conditions import holds
from .ads_fields import ACTION_SEGMENTS, DATE_SEGMENTS, named
from .ads_messages import new, number, resolve
from .ads_metrics import delivery, last_times, tallies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    from .ads_gaql import Condition, Query
    from .ads_messages import Message
    from .ads_metrics import Ledger, Uploaded

    Arrays = Mapping[str, NDArray[np.floating[Any]]]

_WEEKDAYS = (
    "MONDAY",
    "TUESDAY",
    "WEDNESDAY",
    "THURSDAY",
    "FRIDAY",
    "SATURDAY",
    "SUNDAY",
)
# metric -> numerator and denominator of the sums it is made of.
_RATIOS = {
    "value_per_conversion": ("conversions_value", "conversions"),
    "value_per_all_conversions": ("all_conversions_value", "all_conversions"),
    "conversions_value_per_cost": ("conversions_value", "cost"),
    "all_conversions_value_per_cost": ("all_conversions_value", "cost"),
    "cost_per_conversion": ("cost_micros", "conversions"),
    "cost_per_all_conversions": ("cost_micros", "all_conversions"),
    "ctr": ("clicks", "impressions"),
    "average_cpc": ("cost_micros", "clicks"),
    "average_cost": ("cost_micros", "clicks"),
}


def metric_rows(
    query: Query,
    ledger: Ledger,
    uploads: Iterable[Uploaded],
    conditions: Iterable[Condition],
) -> Iterator[tuple[int | None, str, dict[str, Message]]]:
    """
    Yield campaign index, action name, and the metrics and segments of each row.

    Rows without a count are left out when the query has segments, as Google does.
    """
    segments = named(query, "segments")
    dated = sorted(segments & DATE_SEGMENTS)
    kept = _days(ledger, [c for c in conditions if _is_dated(c)])
    selected = sorted({f.removeprefix("segments.") for f in query.select} & set(dated))
    buckets = _buckets(ledger, kept, selected)
    by_campaign = query.resource == "campaign"
    campaigns: list[int | None] = (
        list(range(len(ledger.campaigns))) if by_campaign else [None]
    )
    for action, arrays, last in _sources(query, ledger, uploads):
        for campaign in campaigns:
            for labels, days in buckets:
                metrics = _metrics(query, _sums(arrays, campaign, days), last)
                has_count = any(value for _, value in metrics.ListFields())
                if segments and not has_count:
                    continue
                yield (
                    campaign,
                    action,
                    {
                        "metrics": metrics,
                        "segments": _segments(ledger, dict(labels), action, segments),
                    },
                )


def _is_dated(condition: Condition) -> bool:
    return condition.field.removeprefix("segments.") in DATE_SEGMENTS


def _sources(
    query: Query, ledger: Ledger, uploads: Iterable[Uploaded]
) -> Iterator[tuple[str, Arrays, Mapping[str, str]]]:
    """Yield action (empty for all), its arrays, and when it last had anything."""
    found = tallies(ledger, uploads)
    is_split = query.resource == "conversion_action" or bool(
        named(query, "segments") & ACTION_SEGMENTS
    )
    if is_split:
        for name, tally in found.items():
            yield name, tally, last_times(ledger, name, tally)
        return
    total: dict[str, NDArray[np.floating[Any]]] = dict(delivery(ledger))
    for tally in found.values():
        for measure, values in tally.items():
            total[measure] = total.get(measure, 0) + values
    total["cost"] = total["cost_micros"] / 1e6
    yield "", total, {}


def _labels(day: date) -> dict[str, str | int]:
    monday = day - timedelta(days=day.weekday())
    quarter = day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
    return {
        "date": day.isoformat(),
        "week": monday.isoformat(),
        "month": day.replace(day=1).isoformat(),
        "quarter": quarter.isoformat(),
        "year": day.year,
        "day_of_week": number("DayOfWeek", _WEEKDAYS[day.weekday()]),
    }


def _days(ledger: Ledger, conditions: list[Condition]) -> list[int]:
    def keep(day: int) -> bool:
        labels = _labels(ledger.site.date_of(day))
        return all(
            holds(c, labels[c.field.removeprefix("segments.")]) for c in conditions
        )

    return [day for day in range(ledger.days) if keep(day)]


def _buckets(
    ledger: Ledger, days: list[int], selected: list[str]
) -> list[tuple[tuple[tuple[str, str | int], ...], list[int]]]:
    found: dict[tuple[tuple[str, str | int], ...], list[int]] = {}
    for day in days:
        labels = _labels(ledger.site.date_of(day))
        key = tuple((name, labels[name]) for name in selected)
        found.setdefault(key, []).append(day)
    return list(found.items()) or ([] if selected else [((), [])])


def _sums(arrays: Arrays, campaign: int | None, days: list[int]) -> dict[str, float]:
    rows: slice | int = slice(None) if campaign is None else campaign
    return {name: float(array[rows][..., days].sum()) for name, array in arrays.items()}


def _metrics(
    query: Query, sums: Mapping[str, float], last: Mapping[str, str]
) -> Message:
    metrics = new("common.Metrics")
    for name in sorted(named(query, "metrics")):
        if last.get(name):
            setattr(metrics, name, last[name])
            continue
        _set(metrics, name, _metric(name, sums))
    return metrics


def _metric(name: str, sums: Mapping[str, float]) -> float:
    if name in _RATIOS:
        over, under = (sums.get(part, 0.0) for part in _RATIOS[name])
        return over / under if under else 0.0
    if name == "original_conversion_value":
        return sums.get("conversions_value", 0.0)
    return sums.get(name, 0.0)


def _set(metrics: Message, name: str, value: float) -> None:
    chain = resolve(metrics.DESCRIPTOR, name) or ()
    is_whole = chain[-1].type in {chain[-1].TYPE_INT64, chain[-1].TYPE_INT32}
    if chain[-1].type != chain[-1].TYPE_STRING:
        setattr(metrics, chain[-1].name, round(value) if is_whole else value)


def _segments(
    ledger: Ledger, labels: dict[str, Any], action: str, wanted: frozenset[str]
) -> Message:
    segments = new("common.Segments")
    for name, value in labels.items():
        setattr(segments, name, value)
    found = ledger.store.get("conversion_action", action) if action else None
    if found is None:
        return segments
    values = {
        "conversion_action": action,
        "conversion_action_name": found.name,
        "conversion_action_category": found.category,
    }
    for name in wanted & values.keys():
        setattr(segments, name, values[name])
    return segments
