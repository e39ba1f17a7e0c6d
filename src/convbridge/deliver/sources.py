"""Where conversions come from: files, dataframes, queries, row by row."""

from __future__ import annotations

import csv
import gzip
import json
from contextlib import contextmanager
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from convbridge.deliver.columns import FIELDS, field_of, match_columns
from convbridge.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TextIO

_ROWS_AT_ONCE = 5_000
_PARQUET = (".parquet", ".pq")
_JSON_LINES = (".jsonl", ".ndjson", ".json")
_TYPED = frozenset({"time", "click_time", "value"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """
    An open source.

    `lines` yields line numbers and rows. A row is a list of cells with an empty
    one more at its end, where absent fields point; or text that says why it is
    none.
    """

    header: Sequence[str]
    columns: Mapping[str, int]
    lines: Iterator[tuple[int, list[Any] | str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Conversions that can be read once; `name` is what the ledger calls them."""

    name: str
    open: AbstractContextManager[Rows]


def open_source(what: Any, *, columns: Mapping[str, str] | None = None) -> Source:
    """
    Return conversions from whatever holds them.

    Args:
        what: A path of CSV, JSON Lines or Parquet (`.gz` where it is text), or
            anything with an Arrow C stream: pandas, polars, pyarrow, duckdb.
        columns: Field to column, where the names differ.

    Raises:
        DataError: Nobody can read that.
    """
    if isinstance(what, Source):
        return what
    if hasattr(what, "__arrow_c_stream__"):
        name = type(what).__module__.partition(".")[0]
        return Source(name=name, open=_frame(what, columns))
    if not isinstance(what, str | Path):
        raise DataError(
            f"cannot read conversions from {type(what).__name__}",
            hint="give a path, or a dataframe with an Arrow C stream",
        )
    path = Path(what)
    kinds = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = kinds[-1] if kinds else ""
    if kind in _PARQUET:
        return Source(name=path.name, open=_parquet(path, columns))
    if kind in _JSON_LINES:
        return Source(name=path.name, open=_json_lines(path, columns))
    return Source(name=path.name, open=_csv(path, columns))


def open_query(
    engine: Any,  # a sqlalchemy.Engine; naming the type would import it
    query: str,
    *,
    columns: Mapping[str, str] | None = None,
) -> Source:
    """Return conversions from a SQL query, read in pieces from the server."""
    return Source(name="query", open=_query(engine, query, columns))


@contextmanager
def _csv(path: Path, mapping: Mapping[str, str] | None) -> Iterator[Rows]:
    with _text(path) as file:
        reader = csv.reader(file, delimiter=_delimiter(file))
        header = next(reader, None)
        if not header:
            raise DataError(f"{path.name} is empty; its first line must name columns")
        columns = match_columns(header, mapping)
        lines = _csv_lines(reader, len(header))
        yield Rows(header=header, columns=columns, lines=lines)


def _csv_lines(reader: Any, width: int) -> Iterator[tuple[int, list[Any] | str]]:
    """Yield rows with the line each ends on."""
    try:
        for row in reader:
            if len(row) == width:
                row.append("")
                yield reader.line_num, row
            elif row:
                found = f"the row has {len(row)} cells, the header {width}"
                yield reader.line_num, found
    except (csv.Error, UnicodeDecodeError) as exc:
        raise DataError(f"line {reader.line_num + 1} is not CSV: {exc}") from exc


def _delimiter(file: TextIO) -> str:
    """Return what separates columns, by the first line: comma, semicolon or tab."""
    first = file.readline()
    file.seek(0)
    return max(",;\t", key=first.count)


@contextmanager
def _json_lines(path: Path, mapping: Mapping[str, str] | None) -> Iterator[Rows]:
    columns = {field: position for position, field in enumerate(FIELDS)}
    with _text(path) as file:
        yield Rows(
            header=FIELDS, columns=columns, lines=_json_rows(file, mapping or {})
        )


def _json_rows(
    file: TextIO, mapping: Mapping[str, str]
) -> Iterator[tuple[int, list[Any] | str]]:
    names = {column: field for field, column in mapping.items()}
    for line, text in enumerate(file, start=1):
        if text.isspace():
            continue
        try:
            record = json.loads(text)
        except ValueError as exc:
            yield line, f"the line is not JSON: {exc}"
            continue
        if not isinstance(record, dict):
            yield line, "the line is not a JSON object"
            continue
        found = {names.get(key) or field_of(key): cell for key, cell in record.items()}
        cells = [_cell(field, found.get(field)) for field in FIELDS]
        yield line, [*cells, None]


@contextmanager
def _parquet(path: Path, mapping: Mapping[str, str] | None) -> Iterator[Rows]:
    from pyarrow import ArrowInvalid  # noqa: PLC0415 - 60 ms, for Parquet alone
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - as above

    try:
        with ParquetFile(_existing(path)) as file:
            header = list(file.schema_arrow.names)
            batches = file.iter_batches(batch_size=_ROWS_AT_ONCE)
            yield _table(header, batches, mapping)
    except ArrowInvalid as exc:
        raise DataError(f"{path.name} is not Parquet: {exc}") from exc


@contextmanager
def _frame(frame: Any, mapping: Mapping[str, str] | None) -> Iterator[Rows]:
    import pyarrow as pa  # noqa: PLC0415 - 60 ms, for dataframes alone

    with pa.RecordBatchReader.from_stream(frame) as reader:
        yield _table(list(reader.schema.names), reader, mapping)


def _table(
    header: Sequence[str], batches: Iterable[Any], mapping: Mapping[str, str] | None
) -> Rows:
    columns = match_columns(header, mapping)
    tuples = (
        row
        for batch in batches
        for start in range(0, batch.num_rows, _ROWS_AT_ONCE)
        for row in zip(
            *(c.to_pylist() for c in batch.slice(start, _ROWS_AT_ONCE).columns),
            strict=True,
        )
    )
    return Rows(header=header, columns=columns, lines=_typed(tuples, columns))


@contextmanager
def _query(
    engine: Any, query: str, mapping: Mapping[str, str] | None
) -> Iterator[Rows]:
    from sqlalchemy import text  # noqa: PLC0415 - for queries alone
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - as above

    try:
        with engine.connect() as conn:
            streamed = conn.execution_options(stream_results=True)
            result = streamed.execute(text(query)).yield_per(_ROWS_AT_ONCE)
            header = list(result.keys())
            columns = match_columns(header, mapping)
            yield Rows(header=header, columns=columns, lines=_typed(result, columns))
    except SQLAlchemyError as exc:
        cause = getattr(exc, "orig", None) or type(exc).__name__
        raise DataError(f"the query failed: {cause}") from exc


def _typed(
    rows: Iterable[Sequence[Any]], columns: Mapping[str, int]
) -> Iterator[tuple[int, list[Any] | str]]:
    """Yield rows of typed cells, numbered from 1, as the row reader wants them."""
    fields = sorted((position, field) for field, position in columns.items())
    for line, row in enumerate(rows, start=1):
        cells = list(row)
        for position, field in fields:
            cells[position] = _cell(field, cells[position])
        cells.append(None)
        yield line, cells


def _cell(field: str, found: Any) -> Any:
    """Return ids as text whatever type their column has; times and values as is."""
    if found is None or type(found) is str or field in _TYPED:
        return found
    if isinstance(found, float):
        if isnan(found):
            return None
        return str(int(found)) if found.is_integer() else str(found)
    return str(found)


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(_existing(path), "rt", encoding="utf-8-sig", newline="") as file:
        yield cast("TextIO", file)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    return path
