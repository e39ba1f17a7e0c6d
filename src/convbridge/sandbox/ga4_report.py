"""The rows of a report, computed from the events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np

from .ga4_columns import Column
from .ga4_fields import COST_METRICS, METRICS, canonical
from .ga4_filters import column_mask, evaluate, metric_mask
from .ga4_metrics import Groups
from .ga4_spend import Spent

if TYPE_CHECKING:
    from .events import Bools, Floats, Ints
    from .ga4_columns import View
    from .ga4_query import Query

_NOISY = frozenset(
    {"totalUsers", "activeUsers", "sessions", "engagedSessions", "totalPurchasers"}
)
OTHER = "(other)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """
    A report before it is ordered and cut to a page.

    `columns` has one entry per dimension, over rows; `values` one per metric.
    """

    columns: tuple[Column, ...]
    values: tuple[Floats, ...]
    totals: tuple[Floats, ...]
    size: int
    scanned: int
    has_other: bool


def compute(query: Query, view: View) -> Table:
    """Group the events, measure the groups, and drop what the request drops."""
    kept = _kept(query, view)
    index, ranges = _ranged(query, view, kept)
    columns, has_other = _columns(query, view, index)
    spend = Spent.read(query, view) if _asks_cost(query) else None
    if spend is not None:
        columns = tuple(
            joined(column, more)
            for column, more in zip(columns, spend.columns(query), strict=True)
        )
        ranges = np.r_[ranges, spend.ranges]
    rows, group, count = _grouped(columns, ranges, len(query.ranges))
    groups = Groups(
        view=view,
        index=index,
        group=group[: len(index)],
        size=count * len(query.ranges),
        currency=query.currency,
        cost=spend.cost(group[len(index) :], count * len(query.ranges), query, view)
        if spend
        else None,
    )
    values = tuple(
        _measure(query, view, each.expression, groups) for each in query.metrics
    )
    table = Table(
        columns=_row_columns(query, columns, rows),
        values=values,
        totals=_totals(query, view, index, ranges, spend),
        size=groups.size,
        scanned=len(index),
        has_other=has_other,
    )
    return _shortened(query, table)


def _asks_cost(query: Query) -> bool:
    return any(canonical(name) in COST_METRICS for name in query.metric_names)


def _kept(query: Query, view: View) -> Bools:
    """Return which events pass the dimension filter."""
    expression = query.message.dimension_filter
    if expression.WhichOneof("expr") is None:
        return np.ones(len(view.events), dtype=bool)
    return evaluate(
        expression, lambda leaf: column_mask(leaf, view.column(leaf.field_name))
    )


def _ranged(query: Query, view: View, kept: Bools) -> tuple[Ints, Ints]:
    """Return event places and their range; ranges may overlap."""
    pieces = []
    for each in query.ranges:
        first, last = view.site.day_of(each.start), view.site.day_of(each.end)
        inside = (view.events.day >= first) & (view.events.day <= last)
        pieces.append(np.flatnonzero(inside & kept))
    ranges = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    return np.concatenate(pieces), ranges


def _columns(query: Query, view: View, index: Ints) -> tuple[tuple[Column, ...], bool]:
    most = view.site.ga4.switches.other_over
    columns = [view.column(name).take(index) for name in query.dimensions]
    lost = False
    for place, column in enumerate(columns):
        if most is not None and len(column.labels) > most:
            columns[place], cut = _with_other(column, most)
            lost = lost or cut
    return tuple(columns), lost


def _with_other(column: Column, most: int) -> tuple[Column, bool]:
    """Keep the commonest labels; the rest become "(other)"."""
    counts = np.bincount(column.codes, minlength=len(column.labels))
    if np.count_nonzero(counts) <= most:
        return column, False
    kept = np.argsort(-counts, kind="stable")[:most]
    recode = np.full(len(column.labels), most)
    recode[kept] = np.arange(most)
    labels = (*(column.labels[code] for code in kept.tolist()), OTHER)
    return Column(recode[column.codes], labels), True


def joined(left: Column, right: Column) -> Column:
    """Return one column after the other, equal labels with one code."""
    shift = len(left.labels)
    both = Column(np.r_[left.codes, right.codes + shift], (*left.labels, *right.labels))
    return both.merged()


def _grouped(
    columns: tuple[Column, ...], ranges: Ints, range_count: int
) -> tuple[Ints, Ints, int]:
    """Return each key's first place, each place's group, and the number of keys."""
    key = np.zeros(len(ranges), dtype=np.int64)
    span = 1
    for column in columns:
        if span * len(column.labels) > 2**60:
            distinct, key = np.unique(key, return_inverse=True)
            span = len(distinct)
        span *= len(column.labels)
        key = key * len(column.labels) + column.codes
    _, rows, keys = np.unique(key, return_index=True, return_inverse=True)
    return rows, keys * range_count + ranges, len(rows)


def _row_columns(
    query: Query, columns: tuple[Column, ...], rows: Ints
) -> tuple[Column, ...]:
    """Return the columns over rows; several ranges add `dateRange` as the last."""
    count = len(query.ranges)
    wide = tuple(
        Column(np.repeat(column.codes[rows], count), column.labels)
        for column in columns
    )
    if count == 1:
        return wide
    codes = np.tile(np.arange(count), len(rows))
    return (*wide, Column(codes, tuple(each.name for each in query.ranges)))


def _measure(query: Query, view: View, expression: str, groups: Groups) -> Floats:
    switches = view.site.ga4.switches
    metric = METRICS.get(canonical(expression).partition(":")[0])
    if metric and metric.restricted_by and metric.restricted_by in switches.restricted:
        return np.zeros(groups.size)  # a hidden metric is zeros, not an error
    values = np.broadcast_to(groups.values(expression), (groups.size,)).copy()
    if switches.user_noise and canonical(expression) in _NOISY:
        seed = crc32(query.message.SerializeToString(deterministic=True))
        noise = np.random.default_rng(seed).normal(size=len(values))
        values = np.round(values * (1 + switches.user_noise * noise))
    return values


def _totals(
    query: Query, view: View, index: Ints, ranges: Ints, spend: Spent | None
) -> tuple[Floats, ...]:
    """Measure each range as one group: users of a total are counted once."""
    if not query.message.metric_aggregations:
        return ()
    size = len(query.ranges)
    groups = Groups(
        view=view,
        index=index,
        group=ranges[: len(index)],
        size=size,
        currency=query.currency,
        cost=spend.cost(spend.ranges, size, query, view) if spend else None,
    )
    return tuple(
        _measure(query, view, each.expression, groups) for each in query.metrics
    )


def _shortened(query: Query, table: Table) -> Table:
    """Drop rows with nothing but zeros and those the metric filter refuses."""
    count = len(query.ranges)
    keep = np.ones(table.size, dtype=bool)
    if not query.message.keep_empty_rows and table.size:
        some = np.any([values != 0 for values in table.values], axis=0)
        keep &= np.repeat(some.reshape(-1, count).any(axis=1), count)
    expression = query.message.metric_filter
    if expression.WhichOneof("expr") is not None:
        names = [metric.name for metric in query.metrics]
        keep &= evaluate(
            expression,
            lambda leaf: metric_mask(leaf, table.values[names.index(leaf.field_name)]),
        )
    places = np.flatnonzero(keep)
    return Table(
        columns=tuple(column.take(places) for column in table.columns),
        values=tuple(values[places] for values in table.values),
        totals=table.totals,
        size=len(places),
        scanned=table.scanned,
        has_other=table.has_other,
    )
