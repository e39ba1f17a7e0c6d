"""Arrow tables of counts: their schemas, and rows turned into them."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from convbridge.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convbridge.model.dates import DateWindow

NOT_SET = "(not set)"
"""GA4's own word for a dimension without a value."""

EVENTS = pa.schema(
    [
        ("date", pa.date32()),
        ("event", pa.string()),
        ("channel", pa.string()),
        ("campaign_id", pa.string()),
        ("device", pa.string()),
        ("count", pa.int64()),
        ("value", pa.float64()),
    ]
)
USERS = pa.schema([("event", pa.string()), ("users", pa.int64())])
REVENUE = pa.schema(
    [
        ("date", pa.date32()),
        ("channel", pa.string()),
        ("campaign_id", pa.string()),
        ("revenue", pa.float64()),
        ("transactions", pa.int64()),
        ("purchasers", pa.int64()),
    ]
)
COSTS = pa.schema(
    [
        ("date", pa.date32()),
        ("campaign_id", pa.string()),
        ("campaign_name", pa.string()),
        ("cost", pa.float64()),
        ("clicks", pa.int64()),
        ("impressions", pa.int64()),
    ]
)

_LARGEST = 1e15
"""No site takes this much money; past it a float has no cents either."""
_MANY_ROWS = 100_000
"""From so many rows on, several threads are quicker than one."""


def build_table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """
    Return rows as a table: missing dimensions `(not set)`, missing numbers 0.

    Raises:
        DataError: A row has a column the table does not know, or a value that
            does not fit its type.
    """
    found = [dict(row) for row in rows]
    strangers = sorted({key for row in found for key in row} - set(schema.names))
    if strangers:
        raise DataError(
            f"unknown column {strangers[0]!r}",
            hint=f"columns are {', '.join(schema.names)}",
        )
    arrays = [_column(found, field) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _column(rows: list[dict[str, Any]], field: pa.Field) -> pa.Array:
    default = _default(field.type)
    values = [row.get(field.name, default) for row in rows]
    if pa.types.is_date32(field.type):
        values = [to_date(v) for v in values]
    try:
        return pa.array(values).cast(field.type)  # a cast refuses half a count
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as exc:
        raise DataError(f"column {field.name!r}: {exc}") from exc


def _default(kind: pa.DataType) -> Any:  # a scalar of whichever type the column has
    if pa.types.is_string(kind):
        return NOT_SET
    return None if pa.types.is_date32(kind) else 0


def to_date(value: Any) -> date | None:
    """
    Return a day from a date, a datetime, `YYYY-MM-DD` or GA4's `YYYYMMDD`.

    >>> to_date("20261121"), to_date("2026-11-21")
    (datetime.date(2026, 11, 21), datetime.date(2026, 11, 21))
    """
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError as exc:
        raise DataError(
            f"{value!r} is not a date", hint="write dates as 2026-11-21"
        ) from exc


def check_table(table: pa.Table, schema: pa.Schema, *, name: str) -> None:
    """
    Refuse a table that has another shape, or numbers that cannot be.

    Raises:
        DataError: Wrong columns, a negative count, NaN, or an absurd amount.
    """
    if not table.schema.equals(schema):
        raise DataError(
            f"the {name} table has columns {table.schema.names}, not {schema.names}"
        )
    for field in schema:
        column = table[field.name]
        if pa.types.is_int64(field.type):
            _check_counts(column, f"{name}.{field.name}")
        elif pa.types.is_float64(field.type):
            _check_amounts(column, f"{name}.{field.name}")


def _check_counts(column: pa.ChunkedArray, name: str) -> None:
    least = pc.min(column).as_py()
    if least is not None and least < 0:
        raise DataError(f"{name} holds {least}: a count cannot be negative")


def _check_amounts(column: pa.ChunkedArray, name: str) -> None:
    if not pc.all(pc.is_finite(column)).as_py() and len(column):
        raise DataError(f"{name} holds NaN or an infinite amount")
    largest = pc.max(pc.abs(column)).as_py() or 0.0
    if largest > _LARGEST:
        raise DataError(f"{name} holds {largest:g}: no such amount can be true")


def within(table: pa.Table, window: DateWindow) -> pa.Table:
    """Return the rows whose `date` lies in the window."""
    low = pc.greater_equal(table["date"], pa.scalar(window.start))
    high = pc.less_equal(table["date"], pa.scalar(window.end))
    return table.filter(pc.and_(low, high))


def sum_floats(column: pa.ChunkedArray) -> float:
    """Return the sum, exact before the last rounding whatever the order."""
    return math.fsum(column.to_numpy())


def sum_ints(column: pa.ChunkedArray) -> int:
    """Return the sum of an integer column; 0 when it is empty."""
    return pc.sum(column, min_count=0).as_py()


def group_sum(
    table: pa.Table, dimensions: Iterable[str], measures: Iterable[str]
) -> pa.Table:
    """Return the sums of `measures` by `dimensions`, sorted by them."""
    keys, summed = list(dimensions), list(measures)
    unknown = sorted(set(keys) - set(table.schema.names))
    if unknown:
        raise DataError(
            f"cannot group by {unknown[0]!r}",
            hint=f"dimensions are {', '.join(table.schema.names)}",
        )
    # Threads cost a small table more than they bring.
    groups = table.group_by(keys, use_threads=table.num_rows > _MANY_ROWS)
    grouped = groups.aggregate([(name, "sum") for name in summed])
    named = grouped.select([*keys, *(f"{name}_sum" for name in summed)])
    named = named.rename_columns([*keys, *summed])
    return named.sort_by([(key, "ascending") for key in keys]) if keys else named
