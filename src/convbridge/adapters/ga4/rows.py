"""
Report rows as Arrow columns, decoded from the protobuf wire without Python rows.

A row is a message of small messages. Reading it through proto-plus makes some
thirty Python objects; here the page is serialized once more and cut with numpy
(measured in docs/benchmarks.md). What does not fit the fast pattern, such as a
value over 127 bytes, is read the plain way, with the same result.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from convbridge.adapters.ga4 import fields
from convbridge.errors import DataError
from convbridge.model.tables import NOT_SET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    _Numbers = NDArray[np.int64]
    _Bytes = NDArray[np.uint8]

_OTHER = "(other)"
_VALUE_LIMIT = 127
"""Longest message whose length is one byte on the wire."""


def decode_rows(response: Any) -> pa.Table:
    """
    Return the rows of a `RunReportResponse` message as a table of strings.

    Columns are named by the response's headers, which GA4 leaves out when the
    report is empty; then the table has no columns.

    Raises:
        DataError: A row has fewer or more values than there are headers.
    """
    dimensions = [h.name for h in response.dimension_headers]
    metrics = [h.name for h in response.metric_headers]
    names = dimensions + metrics
    if not len(response.rows):
        return pa.table({name: pa.array([], pa.string()) for name in names})
    columns = _cut(response, len(dimensions), len(metrics))
    if columns is None:
        columns = _read(response, len(dimensions), len(metrics))
    return pa.Table.from_arrays(columns, names=names)


def _read(response: Any, dimensions: int, metrics: int) -> list[pa.Array]:
    """Read value by value; slow, and right whatever the values look like."""
    found = [v.value for row in response.rows for v in row.dimension_values]
    numbers = [v.value for row in response.rows for v in row.metric_values]
    shapes = {(len(r.dimension_values), len(r.metric_values)) for r in response.rows}
    if shapes != {(dimensions, metrics)}:
        raise DataError(
            f"GA4 sent rows of {sorted(shapes)} values for "
            f"{dimensions} dimensions and {metrics} metrics",
            hint="ask again; if it stays, report it to Google with the request",
        )
    return [
        *(pa.array(found[i::dimensions], pa.string()) for i in range(dimensions)),
        *(pa.array(numbers[i::metrics], pa.string()) for i in range(metrics)),
    ]


def _cut(response: Any, dimensions: int, metrics: int) -> list[pa.Array] | None:
    """Cut the columns out of the serialized page; None where the pattern breaks."""
    wire = response.SerializeToString()
    spans = _row_spans(wire, _tag(response, "rows"))
    if spans is None:
        return None
    starts, ends = spans
    data: _Bytes = np.frombuffer(wire, np.uint8)
    row = response.rows[0]
    tags = [_tags(row, "dimension_values")] * dimensions
    tags += [_tags(row, "metric_values")] * metrics
    at, columns = np.asarray(starts, np.int64), []
    stop = np.asarray(ends, np.int64)
    for pair in tags:
        span = _value_span(data, at, stop, pair)
        if span is None:
            return None
        columns.append(_strings(data, *span[:2]))
        at = span[2]
    return columns if bool((at == stop).all()) else None


def _tag(message: Any, field: str) -> int:
    """Return the tag byte of a length-delimited field."""
    return int(message.DESCRIPTOR.fields_by_name[field].number) << 3 | 2


def _tags(row: Any, field: str) -> tuple[int, int]:
    """Return the tags of a row's values and of the text inside them."""
    inner = row.DESCRIPTOR.fields_by_name[field].message_type
    return _tag(row, field), int(inner.fields_by_name["value"].number) << 3 | 2


def _row_spans(wire: bytes, tag: int) -> tuple[list[int], list[int]] | None:
    """Return where each row's message starts and ends; None if a field is odd."""
    starts: list[int] = []
    ends: list[int] = []
    position, size = 0, len(wire)
    while position < size:
        found = wire[position]
        length = wire[position + 1]
        position += 2
        if length > 127:
            length, position = _varint(wire, position - 1)
        if found == tag:
            starts.append(position)
            position += length
            ends.append(position)
        elif found > 127 or found & 7 not in {0, 2}:
            return None  # a field GA4 added since: its width is not known here
        elif found & 7 == 2:
            position += length
    return starts, ends


def _varint(wire: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = wire[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position


def _value_span(
    data: _Bytes, at: _Numbers, stop: _Numbers, tags: tuple[int, int]
) -> tuple[_Numbers, _Numbers, _Numbers] | None:
    """Return start and length of one value in each row, and what follows it."""
    if not bool((at + 2 <= stop).all()):
        return None
    outer = data[at + 1].astype(np.int64)
    if not bool(((data[at] == tags[0]) & (outer <= _VALUE_LIMIT)).all()):
        return None
    follows = at + 2 + outer
    filled = outer >= 2
    head = np.where(filled, at + 2, 0)
    inner = np.where(filled, data[head + 1].astype(np.int64), 0)
    regular = ~filled | ((data[head] == tags[1]) & (inner == outer - 2))
    if not bool((regular & (filled | (outer == 0))).all()):
        return None
    return np.where(filled, at + 4, at + 2), inner, follows


def _strings(data: _Bytes, starts: _Numbers, lengths: _Numbers) -> pa.Array:
    """Gather slices of the page into one string column."""
    offsets = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    index = np.arange(offsets[-1], dtype=np.int64)
    index += np.repeat(starts - offsets[:-1], lengths)
    buffers = [
        None,
        pa.py_buffer(offsets.astype(np.int32)),
        pa.py_buffer(data[index]),
    ]
    return pa.Array.from_buffers(pa.string(), len(starts), buffers)


def without_lumps(table: pa.Table) -> pa.Table:
    """Return a decoded page without the rows whose day is `(other)`."""
    if fields.DATE not in table.schema.names:
        return table
    lumps = pc.equal(table[fields.DATE], _OTHER)
    return table.filter(pc.invert(lumps)) if pc.any(lumps).as_py() else table


def to_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """
    Return a decoded page as a table of ours: our names, our types.

    Raises:
        DataError: A date or a number cannot be read.
    """
    by_column = {fields.COLUMNS.get(name, name): name for name in table.schema.names}
    arrays = []
    for field in schema:
        name = by_column.get(field.name)
        if name is None:
            arrays.append(_left_out(field, table.num_rows))
            continue
        arrays.append(_typed(table[name], field, name))
    return pa.Table.from_arrays(arrays, schema=schema)


def _left_out(field: pa.Field, rows: int) -> pa.Array:
    """Return a column that was not asked for: GA4 has a word for that."""
    if pa.types.is_string(field.type) and rows:
        return pa.array([NOT_SET], pa.string()).take(pa.array([0] * rows))
    return pa.nulls(rows, field.type)


def _typed(column: pa.ChunkedArray, field: pa.Field, name: str) -> pa.ChunkedArray:
    try:
        if pa.types.is_date32(field.type):
            return _dates(column)
        if pa.types.is_int64(field.type):
            return _whole(column)
        return column.cast(field.type)
    except (pa.ArrowInvalid, ValueError) as exc:
        raise DataError(f"GA4 sent a {name} that cannot be read: {exc}") from exc


def _dates(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read `YYYYMMDD`; a page holds few different days."""
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    days = [date.fromisoformat(text) for text in coded.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(days, pa.date32()).take(coded.indices)])


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Read whole numbers; GA4 writes some of them as `12.0`."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return pc.round(column.cast(pa.float64())).cast(pa.int64())


def concat(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    """Return tables of one schema as one; no table gives an empty one."""
    if not tables:
        return schema.empty_table()
    return pa.concat_tables(tables).cast(schema)
