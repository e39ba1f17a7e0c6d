"""Adjustments read from a CSV file or a dataframe, row by row."""

from __future__ import annotations

import csv
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convbridge.deliver.columns import field_of
from convbridge.deliver.times import TimeReader
from convbridge.deliver.transaction_ids import transaction_id
from convbridge.errors import DataError
from convbridge.model.adjustments import Adjustment, AdjustmentKind
from convbridge.model.moments import from_micros

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_REQUIRED = ("event", "order_id", "time")


def read_adjustments(
    what: Any,  # a path, or anything with an Arrow C stream
    *,
    client: str,
    actions: Mapping[str, str],
    time_zone: str,
) -> Iterator[tuple[int, Adjustment | str]]:
    """
    Yield each row's number with its adjustment, or with why it is none.

    Columns: event, order_id, time of the adjustment, value, currency, kind. A row
    with a value restates; one without has to say `retraction`, so that an empty
    cell takes no sale back.

    Args:
        what: A CSV file, or a dataframe.
        client: Whose conversions they are.
        actions: Event to conversion action.
        time_zone: Given to times without a zone.

    Raises:
        DataError: The source cannot be read, or lacks a column.
    """
    read_time = TimeReader(time_zone)
    for line, row in _rows(what):
        try:
            yield line, _adjustment(row, client, actions, read_time)
        except ValueError as exc:
            yield line, str(exc)


def _adjustment(
    row: Mapping[str, Any],
    client: str,
    actions: Mapping[str, str],
    read_time: TimeReader,
) -> Adjustment:
    event, order = str(row["event"] or "").strip(), row["order_id"]
    if event not in actions:
        raise ValueError(f"event {event[:60]!r} has no conversion action")
    if order is None or not str(order).strip():
        raise ValueError("the row has no order_id: nothing says which conversion")
    value = _value(row.get("value"))
    action = actions[event]
    return Adjustment(
        action=action,
        transaction_id=transaction_id(order, client, action, "", 0),
        kind=_kind(row.get("kind"), value),
        at=from_micros(read_time(row["time"])),
        value=value,
        currency=str(row.get("currency") or "").strip() or None,
    )


def _kind(cell: Any, value: Decimal | None) -> AdjustmentKind:
    written = str(cell or "").strip().lower()
    if not written and value is None:
        raise ValueError("the row has no value; write `retraction` as its kind")
    if not written:
        return AdjustmentKind.RESTATEMENT
    try:
        return AdjustmentKind(written)
    except ValueError:
        names = " or ".join(AdjustmentKind)
        raise ValueError(f"kind {written[:20]!r} is not {names}") from None


def _value(cell: Any) -> Decimal | None:
    if cell is None or str(cell).strip() in {"", "nan"}:
        return None
    try:
        value = Decimal(str(cell).strip())
    except InvalidOperation:
        raise ValueError(f"value {str(cell)[:20]!r} is no amount") from None
    if not value.is_finite():
        raise ValueError(f"value {str(cell)[:20]!r} is no amount")
    return value


def _rows(what: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if hasattr(what, "__arrow_c_stream__"):
        import pyarrow as pa  # noqa: PLC0415 - 60 ms, for dataframes alone

        table = pa.table(what)
        names = _names(table.column_names)
        yield from enumerate(table.rename_columns(names).to_pylist(), start=1)
        return
    path = Path(what)
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        names = _names(next(reader, []))
        for cells in reader:
            if cells:
                yield reader.line_num, dict(zip(names, cells, strict=False))


def _names(header: list[str]) -> list[str]:
    names = [field_of(name) for name in header]
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise DataError(
            f"the adjustments have no column {' and no column '.join(missing)}",
            hint="columns: event, order_id, time, value, currency, kind",
        )
    return names
