"""Where conversions come from: files, dataframes, queries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from convbridge.deliver.blocks import Block, Rows, Source
from convbridge.deliver.columns import CONVERSIONS
from convbridge.deliver.table_sources import (
    open_batches,
    open_frame,
    open_parquet,
    open_rows,
)
from convbridge.deliver.text_sources import open_csv, open_json_lines
from convbridge.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from convbridge.deliver.columns import Form

__all__ = ["Block", "Rows", "Source", "open_query", "open_source", "open_stream"]

_PARQUET = (".parquet", ".pq")
_JSON_LINES = (".jsonl", ".ndjson", ".json")


def open_source(
    what: Any,
    *,
    columns: Mapping[str, str] | None = None,
    form: Form = CONVERSIONS,
) -> Source:
    """
    Return conversions from whatever holds them.

    Args:
        what: A path of CSV, JSON Lines or Parquet (gzipped where it is text), or
            anything with an Arrow C stream: pandas, polars, pyarrow, duckdb.
        columns: Field to column, where the names differ.
        form: What the rows may say.

    Raises:
        DataError: Nobody can read that.
    """
    if isinstance(what, Source):
        return what
    if hasattr(what, "__arrow_c_stream__"):
        name = type(what).__module__.partition(".")[0]
        return Source(name=name, open=open_frame(what, columns, form))
    if not isinstance(what, str | Path):
        raise DataError(
            f"cannot read conversions from {type(what).__name__}",
            hint="give a path, or a dataframe with an Arrow C stream",
        )
    path = Path(what)
    return Source(name=path.name, open=_file(path, columns, form))


def open_query(
    database: Any,  # a URL or a sqlalchemy.Engine; naming the type would import it
    query: str,
    *,
    columns: Mapping[str, str] | None = None,
) -> Source:
    """
    Return conversions from a SQL query, read in pieces from the server.

    Args:
        database: A SQLAlchemy engine, or the URL of one.
        query: What is asked; its columns are named as a file's.
        columns: Field to column, where the names differ.
    """
    return Source(name="query", open=open_rows(database, query, columns, CONVERSIONS))


def open_stream(name: str, batches: AbstractContextManager[Any]) -> Source:
    """
    Return conversions from a stream of Arrow's record batches.

    Args:
        name: What the ledger calls them.
        batches: Opens a `pyarrow.RecordBatchReader`, and closes what it reads from.
    """
    return Source(name=name, open=open_batches(batches, CONVERSIONS))


def _file(
    path: Path, mapping: Mapping[str, str] | None, form: Form
) -> AbstractContextManager[Rows]:
    kinds = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = kinds[-1] if kinds else ""
    if path.is_dir():
        raise DataError(f"{path} is a directory", hint="name one file of it")
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    if kind in _PARQUET:
        return open_parquet(path, mapping, form)
    if kind in _JSON_LINES:
        return open_json_lines(path, mapping, form)
    return open_csv(path, mapping, form)
