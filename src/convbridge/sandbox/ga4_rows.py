"""Rows of a page, as JSON text and as protobuf bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from .events import Floats, Ints
    from .ga4_query import Query
    from .ga4_report import Table

_T = TypeVar("_T")


def render_rows(query: Query, table: Table, places: Ints) -> str:
    """Return rows as JSON text; a quarter of a million take about a second."""
    dimensions = [
        [_cell(column.labels[code]) for code in range(len(column.labels))]
        for column in table.columns
    ]
    cells = [
        [texts[code] for code in column.codes[places].tolist()]
        for texts, column in zip(dimensions, table.columns, strict=True)
    ]
    numbers = [
        each_value(values[places], lambda text: f'{{"value":"{text}"}}')
        for asked, values in zip(query.metrics, table.values, strict=True)
        if not asked.is_invisible
    ]
    size = len(places)
    left = map(",".join, zip(*cells, strict=True)) if cells else [""] * size
    right = map(",".join, zip(*numbers, strict=True)) if numbers else [""] * size
    head = '{"dimensionValues":[' if cells else "{"
    middle = '],"metricValues":[' if cells else '"metricValues":['
    return ",".join(
        f"{head}{names}{middle}{values}]}}"
        for names, values in zip(left, right, strict=True)
    )


def _cell(label: str) -> str:
    return f'{{"value":{json.dumps(label)}}}'


def each_value(values: Floats, render: Callable[[str], _T]) -> list[_T]:
    """Return rendered numbers; each different one is rendered once."""
    distinct, codes = np.unique(values, return_inverse=True)
    made = [render(text) for text in format_values(distinct)]
    return [made[code] for code in codes.tolist()]


def format_values(values: Floats) -> list[str]:
    """Return numbers as Google writes them: whole ones without a point."""
    if np.all(values == np.floor(values)):
        return list(map(str, values.astype(np.int64).tolist()))
    return [format_number(value) for value in values.tolist()]


def format_number(value: float) -> str:
    """Return one number as text."""
    return str(int(value)) if value == int(value) else repr(value)


def encode_rows(query: Query, table: Table, places: Ints) -> bytes:
    """Return rows as the `rows` field of a serialised RunReportResponse."""
    tags = _tags()
    cells = [
        _looked_up(column.labels, column.codes[places], tags.dimension)
        for column in table.columns
    ]
    numbers = [
        each_value(values[places], lambda text: _encoded(text, tags.metric))
        for asked, values in zip(query.metrics, table.values, strict=True)
        if not asked.is_invisible
    ]
    rows = map(b"".join, zip(*cells, *numbers, strict=True))
    return b"".join([tags.row + _varint(len(row)) + row for row in rows])


def _looked_up(
    labels: tuple[str, ...], codes: Ints, tags: tuple[bytes, bytes]
) -> list[bytes]:
    made: dict[int, bytes] = {}
    for code in np.unique(codes).tolist():
        made[code] = _encoded(labels[code], tags)
    return [made[code] for code in codes.tolist()]


@dataclass(frozen=True, slots=True)
class _Tags:
    """The bytes before a row, before a cell of it, and before the cell's text."""

    row: bytes
    dimension: tuple[bytes, bytes]
    metric: tuple[bytes, bytes]


@cache
def _tags() -> _Tags:
    from google.analytics.data_v1beta import types  # noqa: PLC0415  # slow to import

    def tag(kind: Any, field: str) -> bytes:
        return bytes([kind.pb().DESCRIPTOR.fields_by_name[field].number << 3 | 2])

    return _Tags(
        row=tag(types.RunReportResponse, "rows"),
        dimension=(
            tag(types.Row, "dimension_values"),
            tag(types.DimensionValue, "value"),
        ),
        metric=(tag(types.Row, "metric_values"), tag(types.MetricValue, "value")),
    )


def _encoded(text: str, tags: tuple[bytes, bytes]) -> bytes:
    """Return a DimensionValue or MetricValue as a field of a row."""
    raw = text.encode()
    inner = tags[1] + _size(raw) + raw
    return tags[0] + _size(inner) + inner


def _size(raw: bytes) -> bytes:
    """Return a length as a varint."""
    return _varint(len(raw))


@cache
def _varint(left: int) -> bytes:
    made = bytearray()
    while left > 0x7F:
        made.append(left & 0x7F | 0x80)
        left >>= 7
    made.append(left)
    return bytes(made)
