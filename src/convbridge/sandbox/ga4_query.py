"""A runReport request, checked: the fields, ranges and limits it really asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from . import ga4_compat
from .ga4_fields import DIMENSIONS, KEY_EVENT_METRICS, METRICS, canonical
from .ga4_filters import leaves
from .ga4_metrics import RATES, expression_names
from .ga4_wire import invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from .site import Site

MAX_DIMENSIONS = 9
MAX_METRICS = 10
MAX_RANGES = 4
MAX_ROWS = 250_000
DEFAULT_ROWS = 10_000
FIRST_DATE = date(2015, 8, 14)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRange:
    """A range of property-local dates, both included."""

    name: str
    start: date
    end: date

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedMetric:
    """A metric as asked for: its name in the answer and how to compute it."""

    name: str
    expression: str
    is_invisible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A checked request; `message` is the protobuf it came from."""

    message: Any
    dimensions: tuple[str, ...]
    metrics: tuple[AskedMetric, ...]
    ranges: tuple[DateRange, ...]
    currency: str
    offset: int
    limit: int

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The built-in metrics used, also inside expressions."""
        return tuple(
            name
            for asked in self.metrics
            for name in expression_names(asked.expression)
        )

    @property
    def filter_count(self) -> int:
        """How many single filters the request has."""
        message = self.message
        return sum(1 for _ in leaves(message.dimension_filter)) + sum(
            1 for _ in leaves(message.metric_filter)
        )


def read_query(message: Any, site: Site, today: date) -> Query:
    """Check a RunReportRequest against the property and return the query."""
    dimensions = tuple(_dimension_name(each) for each in message.dimensions)
    metrics = tuple(_asked(each) for each in message.metrics)
    _check_sizes(message, dimensions, metrics)
    query = Query(
        message=message,
        dimensions=dimensions,
        metrics=metrics,
        ranges=read_ranges(message.date_ranges, today),
        currency=_currency(message.currency_code, site),
        offset=message.offset,
        limit=min(message.limit or DEFAULT_ROWS, MAX_ROWS),
    )
    filtered = [leaf.field_name for leaf in leaves(message.dimension_filter)]
    check_dimensions([*dimensions, *filtered], site)
    check_metrics(query.metric_names, site)
    ga4_compat.check([*dimensions, *filtered], query.metric_names)
    _check_metric_filter(query, site)
    _check_order(query)
    return query


def _dimension_name(dimension: Any) -> str:
    if dimension.HasField("dimension_expression"):
        raise invalid("Dimension expressions are not part of the sandbox.")
    return str(dimension.name)


def _asked(metric: Any) -> AskedMetric:
    if metric.expression and not re.fullmatch(r"[a-zA-Z0-9_]+", metric.name):
        raise invalid(f"The metric name {metric.name} must match [a-zA-Z0-9_]+.")
    return AskedMetric(
        name=metric.name,
        expression=metric.expression or metric.name,
        is_invisible=metric.invisible,
    )


def _check_sizes(
    message: Any, dimensions: tuple[str, ...], metrics: tuple[AskedMetric, ...]
) -> None:
    for count, most, noun in (
        (len(dimensions), MAX_DIMENSIONS, "dimensions"),
        (len(metrics), MAX_METRICS, "metrics"),
        (len(message.date_ranges), MAX_RANGES, "dateRanges"),
    ):
        if count > most:
            raise invalid(
                f"Requests are limited to {most} {noun}. "
                f"This request is for {count} {noun}."
            )
    if not metrics:
        raise invalid("At least one metric is required.")
    if message.limit < 0 or message.offset < 0:
        raise invalid("The limit and the offset of a request must be positive.")
    if message.HasField("cohort_spec") or message.comparisons:
        raise invalid("Cohorts and comparisons are not part of the sandbox.")
    names = [*dimensions, *(metric.name for metric in metrics)]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"Duplicate dimension or metric {name} in the request.")


def _currency(code: str, site: Site) -> str:
    if code and code not in RATES:
        raise invalid(f"{code} is not a valid currency code.")
    return code or site.currency


def check_dimensions(names: Iterable[str], site: Site) -> None:
    """Raise Google's 400 for a dimension the property doesn't have."""
    custom = {f"customEvent:{name}" for name, _ in site.ga4.custom_dimensions}
    for name in names:
        if canonical(name) not in DIMENSIONS and name not in custom:
            raise _unknown(name, "dimension", [*DIMENSIONS, *custom])


def check_metrics(names: Iterable[str], site: Site) -> None:
    """Raise Google's 400 for a metric the property doesn't have."""
    marked = {mark.event_name for mark in site.key_events}
    for name in names:
        head, colon, event = canonical(name).partition(":")
        known = head in METRICS and (
            not colon or (head in KEY_EVENT_METRICS and event in marked)
        )
        if not known:
            raise _unknown(name, "metric", METRICS)


def _unknown(name: str, noun: str, known: Collection[str]) -> Exception:
    near = get_close_matches(name, known, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return invalid(
        f"{meant}Field {name} is not a valid {noun}. For a list of valid dimensions "
        "and metrics, see https://developers.google.com/analytics/devguides/"
        "reporting/data/v1/api-schema "
    )


def _check_metric_filter(query: Query, site: Site) -> None:
    asked = {metric.name for metric in query.metrics}
    for leaf in leaves(query.message.metric_filter):
        name = leaf.field_name
        if name not in asked:
            raise invalid(
                f"Field {name} exists in MetricFilter but is not defined in input "
                "Metrics list."
            )
        metric = METRICS.get(canonical(name).partition(":")[0])
        if metric and metric.restricted_by in site.ga4.switches.restricted:
            raise invalid(f"Metric filters on the restricted metric {name} fail.")


def _check_order(query: Query) -> None:
    asked = {metric.name for metric in query.metrics}
    for order in query.message.order_bys:
        kind = order.WhichOneof("one_order_by")
        if kind == "dimension":
            name, found = order.dimension.dimension_name, {*query.dimensions}
            if len(query.ranges) > 1:
                found.add("dateRange")
        elif kind == "metric":
            name, found = order.metric.metric_name, asked
        else:
            raise invalid("An OrderBy needs a metric or a dimension.")
        if name not in found:
            raise invalid(
                f"Field {name} exists in OrderBy but is not defined in input "
                "Dimensions/Metrics list."
            )


def read_ranges(messages: Any, today: date) -> tuple[DateRange, ...]:
    """Check date ranges; relative ones hang on the property-local today."""
    if not messages:
        raise invalid("The request needs at least one date range.")
    ranges = []
    for number, each in enumerate(messages):
        if re.match("date_range_|RESERVED_", each.name):
            raise invalid(f"The date range name {each.name} is reserved.")
        start = _date(each.start_date, "startDate", today)
        end = _date(each.end_date, "endDate", today)
        if end < start:
            raise invalid(
                f"Invalid date range: endDate {each.end_date} is before "
                f"startDate {each.start_date}."
            )
        name = each.name or f"date_range_{number}"
        ranges.append(DateRange(name=name, start=start, end=end))
    return tuple(ranges)


def _date(text: str, field: str, today: date) -> date:
    if text in {"today", "yesterday"}:
        return today - timedelta(days=text == "yesterday")
    if ago := re.fullmatch(r"(\d+)daysAgo", text):
        return today - timedelta(days=int(ago[1]))
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise _bad_date(text, field)
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise _bad_date(text, field) from error
    if found < FIRST_DATE:
        raise invalid(f"Invalid {field}: {text} is before 2015-08-14.")
    return found


def _bad_date(text: str, field: str) -> Exception:
    return invalid(
        f"Invalid {field}: {text}. Dates are YYYY-MM-DD, NdaysAgo, yesterday or today."
    )
