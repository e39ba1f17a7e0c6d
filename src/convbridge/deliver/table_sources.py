"""Conversions in tables that know their types: Parquet, dataframes, queries."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from convbridge.deliver.blocks import Rows, in_blocks
from convbridge.deliver.cells import as_cell
from convbridge.deliver.columns import match_columns
from convbridge.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from convbridge.deliver.blocks import Broken
    from convbridge.deliver.columns import Form

_ROWS_AT_ONCE = 5_000


@contextmanager
def open_parquet(
    path: Path, mapping: Mapping[str, str] | None, form: Form
) -> Iterator[Rows]:
    """Open a Parquet file."""
    from pyarrow import ArrowException  # noqa: PLC0415 - 60 ms, for Parquet alone
    from pyarrow.parquet import ParquetFile  # noqa: PLC0415 - as above

    try:
        with ParquetFile(path) as file:
            header = list(file.schema_arrow.names)
            batches = file.iter_batches(batch_size=_ROWS_AT_ONCE)
            yield _table(header, batches, mapping, form)
    except (ArrowException, OSError) as exc:
        raise DataError(f"{path.name} cannot be read as Parquet: {exc}") from exc


@contextmanager
def open_frame(
    frame: Any, mapping: Mapping[str, str] | None, form: Form
) -> Iterator[Rows]:
    """Open whatever has an Arrow C stream."""
    import pyarrow as pa  # noqa: PLC0415 - 60 ms, for dataframes alone

    with pa.RecordBatchReader.from_stream(frame) as reader:
        yield _table(list(reader.schema.names), reader, mapping, form)


@contextmanager
def open_batches(batches: AbstractContextManager[Any], form: Form) -> Iterator[Rows]:
    """Open what opens a stream of Arrow's record batches, column names as fields."""
    with batches as reader:
        yield _table(list(reader.schema.names), reader, None, form)


@contextmanager
def open_rows(
    database: Any,  # a URL or a sqlalchemy.Engine; naming the type would import it
    query: str,
    mapping: Mapping[str, str] | None,
    form: Form,
) -> Iterator[Rows]:
    """Open the answer to a SQL query, read in pieces from the server."""
    from sqlalchemy import text  # noqa: PLC0415 - for queries alone
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - as above

    try:
        with _engine(database) as engine, engine.connect() as conn:
            streamed = conn.execution_options(stream_results=True)
            result = streamed.execute(text(query)).yield_per(_ROWS_AT_ONCE)
            header = list(result.keys())
            columns = match_columns(header, mapping, form)
            blocks = in_blocks(_typed(result, columns))
            yield Rows(header=header, columns=columns, blocks=blocks)
    except SQLAlchemyError as exc:
        cause = getattr(exc, "orig", None) or type(exc).__name__
        raise DataError(f"the query failed: {cause}") from exc


@contextmanager
def _engine(database: Any) -> Iterator[Any]:
    """Yield a given engine as it is, or one for a URL, closed at the end."""
    if not isinstance(database, str):
        yield database
        return
    from sqlalchemy import create_engine  # noqa: PLC0415 - for queries alone
    from sqlalchemy.exc import (  # noqa: PLC0415 - as above
        ArgumentError,
        NoSuchModuleError,
    )

    try:
        engine = create_engine(database)
    except (ArgumentError, NoSuchModuleError, ImportError) as exc:
        # The URL may hold a password, so it is not repeated.
        raise DataError(
            f"the database cannot be opened: {type(exc).__name__}",
            hint="give a SQLAlchemy URL whose driver is installed, such as "
            "postgresql+psycopg://user@host/shop",
        ) from exc
    try:
        yield engine
    finally:
        engine.dispose()


def _table(
    header: Sequence[str],
    batches: Iterable[Any],
    mapping: Mapping[str, str] | None,
    form: Form,
) -> Rows:
    columns = match_columns(header, mapping, form)
    tuples = (
        row
        for batch in batches
        for start in range(0, batch.num_rows, _ROWS_AT_ONCE)
        for row in zip(
            *(_objects(c) for c in batch.slice(start, _ROWS_AT_ONCE).columns),
            strict=True,
        )
    )
    blocks = in_blocks(_typed(tuples, columns))
    return Rows(header=header, columns=columns, blocks=blocks)


def _objects(column: Any) -> list[Any]:
    """Return a column's cells; Python's times have no nanoseconds."""
    from pyarrow import timestamp, types  # noqa: PLC0415 - for tables alone

    if types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(timestamp("us", column.type.tz), safe=False)
    found: list[Any] = column.to_pylist()
    return found


def _typed(
    rows: Iterable[Sequence[Any]], columns: Mapping[str, int]
) -> Iterator[tuple[int, list[Any] | Broken]]:
    """Yield rows of typed cells, numbered from 1, as the row reader wants them."""
    fields = sorted((position, field) for field, position in columns.items())
    for line, row in enumerate(rows, start=1):
        cells = list(row)
        for position, field in fields:
            cells[position] = as_cell(field, cells[position])
        cells.append(None)
        yield line, cells
