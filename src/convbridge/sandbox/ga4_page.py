"""A page of a report around its rows: their order, the headers, the totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .ga4_fields import canonical, metric_type
from .ga4_rows import format_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .events import Floats, Ints
    from .ga4_query import AskedMetric, Query
    from .ga4_report import Table

# OrderBy.DimensionOrderBy.OrderType by number.
_CASE_INSENSITIVE, _NUMERIC = 2, 3
# MetricAggregation by number: how Google labels the rows and where they go.
AGGREGATIONS = {
    1: ("totals", "RESERVED_TOTAL"),
    5: ("minimums", "RESERVED_MIN"),
    6: ("maximums", "RESERVED_MAX"),
    4: ("counts", "RESERVED_COUNT"),
}


def ordered(query: Query, table: Table) -> Ints:
    """
    Return the places of the rows in the order of the answer.

    Without `order_bys` rows go by the first metric, descending, and ties fall
    differently for every offset: a client that pages without an order gets
    rows twice and misses others, as it may with Google.
    """
    if not query.message.order_bys:
        tie = np.random.default_rng(query.offset).permutation(table.size)
        return np.lexsort((tie, -table.values[0]))
    keys = [_key(query, table, order) for order in query.message.order_bys]
    return np.lexsort(tuple(reversed(keys)))


def _key(query: Query, table: Table, order: Any) -> Floats:
    if order.WhichOneof("one_order_by") == "metric":
        names = [metric.name for metric in query.metrics]
        values = table.values[names.index(order.metric.metric_name)]
    else:
        names = [*query.dimensions, "dateRange"]
        column = table.columns[names.index(order.dimension.dimension_name)]
        values = _ranks(column.labels, order.dimension.order_type)[column.codes]
    return -values if order.desc else values


def _ranks(labels: Sequence[str], order_type: int) -> Floats:
    keys = [_sort_key(label, order_type) for label in labels]
    places = {key: rank for rank, key in enumerate(sorted(set(keys)))}
    return np.array([places[key] for key in keys], dtype=float)


def _sort_key(label: str, order_type: int) -> tuple[float, str]:
    if order_type == _NUMERIC:
        digits = label.lstrip("-").replace(".", "", 1)
        return (float(label) if digits.isdigit() else float("-inf"), "")
    return (0.0, label.casefold() if order_type == _CASE_INSENSITIVE else label)


def headers(query: Query) -> dict[str, Any]:
    """Return the headers, those of ranges and types included."""
    names = [*query.dimensions, *(["dateRange"] if len(query.ranges) > 1 else [])]
    metrics = [metric for metric in query.metrics if not metric.is_invisible]
    found: dict[str, Any] = {}
    if names:
        found["dimensionHeaders"] = [{"name": name} for name in names]
    found["metricHeaders"] = [
        {"name": metric.name, "type": _type(metric)} for metric in metrics
    ]
    return found


def _type(metric: AskedMetric) -> str:
    if metric.expression != metric.name and not canonical(metric.expression).isalnum():
        return "TYPE_FLOAT"
    return metric_type(metric.expression)


def aggregates(query: Query, table: Table) -> dict[str, Any]:
    """Return totals, minimums and maximums, one row per date range."""
    found: dict[str, Any] = {}
    for kind in query.message.metric_aggregations:
        field, label = AGGREGATIONS.get(kind, ("", ""))
        if field in {"", "counts"}:
            continue
        found[field] = [
            _aggregate(query, table, field, label, number)
            for number in range(len(query.ranges))
        ]
    return found


def _aggregate(
    query: Query, table: Table, field: str, label: str, number: int
) -> dict[str, Any]:
    cells = [{"value": label} for _ in query.dimensions]
    mine = np.ones(table.size, dtype=bool)
    if len(query.ranges) > 1:
        cells.append({"value": query.ranges[number].name})
        mine = table.columns[-1].codes == number
    if field == "totals":
        values = [total[number] for total in table.totals]
    else:
        pick = np.min if field == "minimums" else np.max
        values = [pick(each[mine]) if mine.any() else 0.0 for each in table.values]
    row: dict[str, Any] = {"dimensionValues": cells} if cells else {}
    row["metricValues"] = [{"value": format_number(float(each))} for each in values]
    return row
