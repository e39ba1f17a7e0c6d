"""Engines that answer queries over an export: DuckDB, BigQuery, Spark."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol

from convbridge.adapters.warehouse.dialects import (
    DUCKDB,
    SPARK,
    replace_events,
    transpile,
)
from convbridge.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from convbridge.model.dates import DateWindow

_TABLE = re.compile(r"events_(intraday_)?(\d{8})(?:[._-].*)?$")
_ROWS_AT_ONCE = 5_000
_LITTLE_MEMORY = "100MB"
"""For answers that are read in pieces: ten million events take no more than three."""


class Engine(Protocol):
    """Answers queries in BigQuery's dialect over the days of a window."""

    def days(self, window: DateWindow) -> frozenset[date]:
        """Return the days of the window that have a table."""
        ...

    def columns(self, window: DateWindow) -> frozenset[str]:
        """Return the export's columns, nested ones with dots."""
        ...

    def run(self, sql: str, window: DateWindow) -> pa.Table:
        """Return the answer to a query over `events`."""
        ...

    def stream(
        self, sql: str, window: DateWindow
    ) -> AbstractContextManager[pa.RecordBatchReader]:
        """Open the answer to a query, to be read in pieces."""
        ...


class DuckDbEngine:
    """
    Reads Parquet files named as the export names its tables.

    `events_20261101.parquet`, `events_20261101-000.parquet` and directories of
    that name are all one day. Where a day has its daily table, the intraday
    one is left alone: Google deletes it, an old copy would count twice.

    Args:
        memory_limit: As DuckDB writes it; spills to disk beyond.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        intraday: bool = False,
        memory_limit: str = "1GB",
        threads: int | None = None,
    ) -> None:
        self._folder = Path(folder)
        self._intraday = intraday
        self._memory_limit = memory_limit
        self._threads = threads

    def days(self, window: DateWindow) -> frozenset[date]:
        """Return the days of the window that have a table."""
        return frozenset(day for day in self._tables() if day in window)

    def columns(self, window: DateWindow) -> frozenset[str]:
        """Return the export's columns, nested ones with dots."""
        import pyarrow.parquet as pq  # noqa: PLC0415 - as late as DuckDB

        last = max(self.days(window), default=None)
        if last is None:
            return frozenset()
        path = self._files(self._tables()[last])[0]
        return frozenset(_leaves(pq.read_schema(path)))

    def run(self, sql: str, window: DateWindow) -> pa.Table:
        """
        Return the answer to a query over `events`.

        Raises:
            DataError: A file cannot be read or has another schema.
        """
        config: dict[str, Any] = {"memory_limit": self._memory_limit}
        if self._threads:
            config["threads"] = self._threads
        with self._answer(sql, window, config) as answer:
            found: pa.Table = answer.to_arrow_table()
            return found

    @contextmanager
    def stream(self, sql: str, window: DateWindow) -> Iterator[pa.RecordBatchReader]:
        """
        Open the answer to a query, to be read in pieces, in little memory.

        Raises:
            DataError: A file cannot be read or has another schema.
        """
        config = {"memory_limit": _LITTLE_MEMORY, "threads": self._threads or 1}
        with self._answer(sql, window, config) as answer:
            yield answer.to_arrow_reader(_ROWS_AT_ONCE)

    @contextmanager
    def _answer(
        self, sql: str, window: DateWindow, config: Mapping[str, Any]
    ) -> Iterator[Any]:
        duckdb = _import("duckdb", "warehouse")
        files = self._files_of(window)
        # What does not fit into memory is put there, and not beside the user.
        with (
            TemporaryDirectory(prefix="convbridge-") as spill,
            duckdb.connect(config={**config, "temp_directory": spill}) as connection,
        ):
            try:
                connection.read_parquet(files, union_by_name=True).create_view("events")
                yield connection.sql(transpile(sql, DUCKDB))
            except duckdb.Error as exc:
                raise DataError(f"{self._folder}: {exc}") from exc

    def _files_of(self, window: DateWindow) -> list[str]:
        tables = self._tables()
        days = sorted(self.days(window))
        files = [str(f) for day in days for f in self._files(tables[day])]
        if not files:
            raise DataError(
                f"{self._folder} has no events_YYYYMMDD files in {window}",
                hint="export the dataset's tables to Parquet, one file a day",
            )
        return files

    def _tables(self) -> Mapping[date, Path]:
        daily: dict[date, Path] = {}
        intraday: dict[date, Path] = {}
        for path in sorted(self._folder.glob("events_*")):
            found = _TABLE.match(path.name)
            if found:
                group = intraday if found[1] else daily
                group.setdefault(date.fromisoformat(found[2]), path)
        return {**intraday, **daily} if self._intraday else daily

    def _files(self, table: Path) -> list[Path]:
        if table.is_dir():
            return sorted(table.rglob("*.parquet"))
        stem = re.split(r"[.-]", table.name)[0]
        return sorted(self._folder.glob(f"{stem}[.-]*parquet"))


class BigQueryEngine:
    """
    Asks BigQuery, after a dry run that says what it will bill.

    Args:
        client: A `google.cloud.bigquery.Client`.
        dataset: `project.analytics_123456789`.
        approve: Told the bytes a query bills; False stops it.
    """

    def __init__(
        self, client: Any, *, dataset: str, approve: Callable[[int], bool]
    ) -> None:
        self._client = client
        self._dataset = dataset
        self._approve = approve

    def days(self, window: DateWindow) -> frozenset[date]:
        """Return the days of the window that have a daily table."""
        found = (
            _TABLE.match(t.table_id) for t in self._client.list_tables(self._dataset)
        )
        days = (date.fromisoformat(m[2]) for m in found if m and not m[1])
        return frozenset(day for day in days if day in window)

    def columns(self, window: DateWindow) -> frozenset[str]:
        """Return the columns of the window's last daily table."""
        last = max(self.days(window), default=window.end)
        table = self._client.get_table(f"{self._dataset}.events_{last:%Y%m%d}")
        return frozenset(_fields(table.schema))

    def run(self, sql: str, window: DateWindow) -> pa.Table:
        """
        Return the answer to a query over `events`.

        Raises:
            DataError: The dry run names more bytes than were approved.
        """
        found: pa.Table = self._ask(sql, window).to_arrow()
        return found

    @contextmanager
    def stream(self, sql: str, window: DateWindow) -> Iterator[pa.RecordBatchReader]:
        """
        Open the answer to a query, to be read in pieces.

        Raises:
            DataError: The dry run names more bytes than were approved.
        """
        import pyarrow as pa  # noqa: PLC0415 - as late as BigQuery

        batches = iter(self._ask(sql, window).result().to_arrow_iterable())
        first = next(batches, None)
        schema = pa.schema([]) if first is None else first.schema
        found = () if first is None else chain([first], batches)
        yield pa.RecordBatchReader.from_batches(schema, found)

    def _ask(self, sql: str, window: DateWindow) -> Any:
        text = self.render(sql, window)
        bigquery = _import("google.cloud.bigquery", "bigquery")
        dry = bigquery.QueryJobConfig(dry_run=True, use_query_cache=False)
        billed = self._client.query(text, job_config=dry).total_bytes_processed
        if not self._approve(billed):
            raise DataError(
                f"the query would read {billed / 1e9:.2f} GB of {self._dataset}",
                hint="raise the limit, or shorten the window",
            )
        cap = bigquery.QueryJobConfig(maximum_bytes_billed=max(billed, 10 * 2**20))
        return self._client.query(text, job_config=cap)

    def render(self, sql: str, window: DateWindow) -> str:
        """
        Return the text that BigQuery is sent.

        The suffix test leaves intraday tables out: `intraday_` sorts after
        every number.
        """
        low, high = f"{window.start:%Y%m%d}", f"{window.end:%Y%m%d}"
        relation = (
            f"SELECT * FROM `{self._dataset}.events_*` "  # noqa: S608 - dates only
            f"WHERE _TABLE_SUFFIX BETWEEN '{low}' AND '{high}'"
        )
        return replace_events(sql, relation)


class SparkEngine:
    """Asks a Spark session that has the export's days as one view, `events`."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def days(self, window: DateWindow) -> frozenset[date]:
        """Return the days of the window that have events."""
        rows = self._session.sql("SELECT DISTINCT event_date FROM events").collect()
        days = (date.fromisoformat(row["event_date"]) for row in rows)
        return frozenset(day for day in days if day in window)

    def columns(self, window: DateWindow) -> frozenset[str]:  # noqa: ARG002 - the port
        """Return the view's columns, nested ones with dots."""
        empty = self._session.sql("SELECT * FROM events LIMIT 0").toArrow()
        schema: pa.Schema = empty.schema
        return frozenset(_leaves(schema))

    def run(self, sql: str, window: DateWindow) -> pa.Table:
        """Return the answer to a query over the view's days in the window."""
        low, high = f"{window.start:%Y%m%d}", f"{window.end:%Y%m%d}"
        relation = (
            "SELECT * FROM `events` "  # noqa: S608 - dates only
            f"WHERE event_date BETWEEN '{low}' AND '{high}'"
        )
        return self._session.sql(
            transpile(replace_events(sql, relation), SPARK)
        ).toArrow()

    @contextmanager
    def stream(self, sql: str, window: DateWindow) -> Iterator[pa.RecordBatchReader]:
        """Open the answer to a query; Spark gives all of it to the driver at once."""
        yield self.run(sql, window).to_reader(_ROWS_AT_ONCE)


def missing_days(engine: Engine, window: DateWindow) -> tuple[date, ...]:
    """Return the days of the window without a table, in order."""
    found = engine.days(window)
    days = (window.start + timedelta(days=i) for i in range(window.days))
    return tuple(day for day in days if day not in found)


def _leaves(schema: Any, prefix: str = "") -> list[str]:
    """Return the names of all fields, structs opened, lists not."""
    import pyarrow.types as kinds  # noqa: PLC0415 - as late as the engine

    names = []
    for field in schema:
        names.append(prefix + field.name)
        if kinds.is_struct(field.type):
            inner = [field.type.field(i) for i in range(field.type.num_fields)]
            names += _leaves(inner, f"{prefix}{field.name}.")
    return names


def _fields(schema: Any, prefix: str = "") -> list[str]:
    """Return the names of BigQuery's fields, records opened, repeated ones not."""
    names = []
    for field in schema:
        names.append(prefix + field.name)
        if field.field_type in {"RECORD", "STRUCT"} and field.mode != "REPEATED":
            names += _fields(field.fields, f"{prefix}{field.name}.")
    return names


def _import(module: str, extra: str) -> Any:
    """Import what an extra brings, or name the extra."""
    import importlib  # noqa: PLC0415 - only here

    try:
        return importlib.import_module(module)
    except ImportError as exc:
        raise ConfigError(
            f"{module} is not installed", hint=f"pip install 'convbridge[{extra}]'"
        ) from exc
