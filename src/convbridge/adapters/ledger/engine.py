"""The ledger's database: opened, checked, migrated, with errors in our words."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from convbridge.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine import URL

_MIGRATIONS = Path(__file__).parent / "migrations"
_REVISION = re.compile(r"v(\d{4})_\w+\.py")
_BUSY_SECONDS = 30
_UNUSABLE = "the file and its directory must be writable, the server must be up"
_FULL = "make room on the disk, then run again"
_SAFE = "nothing is sent to Google without a ledger"
_MIGRATION_LOCK = 0x636F6E7662  # any number nobody else uses: "convb"


class Database:
    """
    A migrated database that reads and writes in transactions.

    SQLite: WAL, full sync (an intent must survive a power cut), and `BEGIN
    IMMEDIATE` for writers, who then wait their turn instead of failing half-way.
    """

    def __init__(self, url: str | URL) -> None:
        self.url = _checked_url(url)
        self.engine = _engine(self.url)
        self._is_sqlite = self.url.get_backend_name() == "sqlite"
        self._turn = threading.RLock()

    @property
    def name(self) -> str:
        """The database's URL without a password."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection for queries."""
        with self._translated("read"), self._own_turn(), self.engine.begin() as found:
            yield found

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection whose writes are kept together, or not at all."""
        with self._translated("write"), self._own_turn(), self.engine.connect() as raw:
            connection = raw.execution_options(sqlite_begin="IMMEDIATE")
            with connection.begin():
                yield connection

    def migrate(self) -> None:
        """Bring the schema up to date; reads only, when it already is."""
        with self.reading() as connection:
            if _version(connection) == head():
                return
        with self.writing() as connection:
            _lock_migrations(connection)
            found = _version(connection)
            if found == head():
                return
            if found is not None and found > head():
                raise LedgerError(
                    f"the ledger {self.name} has schema {found}, newer than {head()}",
                    hint="install the convbridge version that wrote it, or newer",
                )
            _upgrade(connection)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @contextmanager
    def _own_turn(self) -> Iterator[None]:
        """One thread at a time on SQLite, which has one writer anyway."""
        if not self._is_sqlite:
            yield
            return
        with self._turn:
            yield

    @contextmanager
    def _translated(self, verb: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as exc:
            found = _said(_first(exc))
            is_full = "disk is full" in found or "No space left" in found
            raise LedgerError(
                f"cannot {verb} the ledger {self.name}: {found}",
                hint=f"{_FULL if is_full else _UNUSABLE}; {_SAFE}",
            ) from exc


def _first(exc: SQLAlchemyError) -> SQLAlchemyError:
    """
    Return the error that was first.

    SQLite undoes the whole transaction when the disk is full; undoing a savepoint of
    it then fails too, and says nothing but that.
    """
    before = exc.__context__
    while "savepoint" in _said(exc) and before is not None:
        if isinstance(before, SQLAlchemyError):
            exc = before
        before = before.__context__
    return exc


def _said(exc: SQLAlchemyError) -> str:
    """Return the driver's own text: no statement, no parameters."""
    return str(getattr(exc, "orig", None) or type(exc).__name__).strip()


def head() -> str:
    """Return the newest revision: the highest number in `migrations/versions`."""
    names = (path.name for path in (_MIGRATIONS / "versions").iterdir())
    return max(found[1] for name in names if (found := _REVISION.fullmatch(name)))


def _checked_url(url: str | URL) -> URL:
    try:
        found = make_url(url)
        if found.drivername in {"postgresql", "postgres"}:
            found = found.set(drivername="postgresql+psycopg")
        found.get_dialect().import_dbapi()
    except (ImportError, NoSuchModuleError) as exc:
        raise LedgerError(
            f"the ledger's database {found.drivername!r} has no driver here: {exc}",
            hint='for PostgreSQL: pip install "convbridge[postgres]"',
        ) from exc
    except ArgumentError as exc:
        raise LedgerError(
            "the ledger's URL cannot be read",
            hint="such as sqlite:///convbridge.db or postgresql://host/convbridge",
        ) from exc
    return found


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    is_memory = url.database in {None, "", ":memory:"}
    kept: dict[str, Any] = {"poolclass": StaticPool} if is_memory else {}
    arguments = {"check_same_thread": False, "timeout": _BUSY_SECONDS}
    engine = create_engine(url, connect_args=arguments, **kept)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:  # the driver's own
    # Transactions are opened by `_begin_sqlite`, not guessed by the driver:
    # docs.sqlalchemy.org/en/21/dialects/sqlite.html, "transactional".
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA journal_mode")
    if cursor.fetchone()[0] == "delete":
        _try_wal(cursor)
    cursor.close()


def _try_wal(cursor: Any) -> None:
    """A file that cannot be written stays as it is; writing will say so."""
    import sqlite3  # noqa: PLC0415 - only SQLite ledgers need it

    try:
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.fetchone()
    except sqlite3.OperationalError:
        return


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _version(connection: Connection) -> str | None:
    from sqlalchemy import inspect  # noqa: PLC0415 - a name that reads badly above

    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version"))
    return found.scalar()


def _lock_migrations(connection: Connection) -> None:
    """Two processes that open a new ledger at once: one migrates, one waits."""
    if connection.dialect.name == "postgresql":
        lock = text("SELECT pg_advisory_xact_lock(:key)")
        connection.execute(lock, {"key": _MIGRATION_LOCK})


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 0.2 s only a new schema pays
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
