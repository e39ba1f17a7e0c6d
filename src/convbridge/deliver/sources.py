"""Where conversions come from: files, dataframes, queries, row by row."""

from __future__ import annotations

import csv
import gzip
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate, islice
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from convbridge.deliver.columns import FIELDS, field_of, match_columns
from convbridge.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import TextIO

_ROWS_AT_ONCE = 5_000
_ROWS_IN_BLOCK = 2_000
_LINE_END = re.compile(r"\r\n|\r|\n")
_PARQUET = (".parquet", ".pq")
_JSON_LINES = (".jsonl", ".ndjson", ".json")
_TYPED = frozenset({"time", "click_time", "value"})


class Block(NamedTuple):
    """Some rows, with the line each ends on."""

    lines: Sequence[int]
    rows: Sequence[list[Any] | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """
    An open source.

    A row is a list of cells with an empty one more at its end, where absent
    fields point; or text that says why it is none.
    """

    header: Sequence[str]
    columns: Mapping[str, int]
    blocks: Iterator[Block]

    @property
    def lines(self) -> Iterator[tuple[int, list[Any] | str]]:
        """Yield what is left of the blocks, row by row."""
        for block in self.blocks:
            yield from zip(block.lines, block.rows, strict=True)


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
        blocks = _csv_blocks(reader, len(header))
        yield Rows(header=header, columns=columns, blocks=blocks)


def _csv_blocks(reader: Any, width: int) -> Iterator[Block]:
    try:
        while True:
            before = reader.line_num
            rows = list(islice(reader, _ROWS_IN_BLOCK))
            if not rows:
                return
            yield _csv_block(rows, width, before, reader.line_num)
    except (csv.Error, UnicodeDecodeError) as exc:
        raise DataError(f"line {reader.line_num + 1} is not CSV: {exc}") from exc


def _csv_block(rows: list[list[Any]], width: int, before: int, last: int) -> Block:
    """Return rows between two lines, blank ones left out."""
    lines: Sequence[int] = range(before + 1, last + 1)
    if len(lines) != len(rows):
        ends = accumulate(map(_height, rows), initial=before)
        lines = [min(end, last) for end in ends][1:]
    for row in rows:
        row.append("")
    if set(map(len, rows)) == {width + 1}:
        return Block(lines, rows)
    found = [
        (line, _checked(row, width))
        for line, row in zip(lines, rows, strict=True)
        if len(row) > 1
    ]
    return Block([line for line, _ in found], [row for _, row in found])


def _height(row: Sequence[str]) -> int:
    """Return how many lines a row of CSV takes."""
    return 1 + sum(len(_LINE_END.findall(cell)) for cell in row)


def _checked(row: list[Any], width: int) -> list[Any] | str:
    cells = len(row) - 1
    return row if cells == width else f"the row has {cells} cells, the header {width}"


def _in_blocks(lines: Iterable[tuple[int, list[Any] | str]]) -> Iterator[Block]:
    found = iter(lines)
    while part := list(islice(found, _ROWS_IN_BLOCK)):
        yield Block([line for line, _ in part], [row for _, row in part])


def _delimiter(file: TextIO) -> str:
    """Return what separates columns, by the first line: comma, semicolon or tab."""
    first = file.readline()
    file.seek(0)
    return max(",;\t", key=first.count)


@contextmanager
def _json_lines(path: Path, mapping: Mapping[str, str] | None) -> Iterator[Rows]:
    columns = {field: position for position, field in enumerate(FIELDS)}
    with _text(path) as file:
        blocks = _in_blocks(_json_rows(file, mapping or {}))
        yield Rows(header=FIELDS, columns=columns, blocks=blocks)


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
    blocks = _in_blocks(_typed(tuples, columns))
    return Rows(header=header, columns=columns, blocks=blocks)


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
            blocks = _in_blocks(_typed(result, columns))
            yield Rows(header=header, columns=columns, blocks=blocks)
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
