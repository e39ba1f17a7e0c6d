"""Statements that run for every batch: compiled once, then given to the driver."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, CursorResult, Dialect
    from sqlalchemy.sql import ClauseElement


def run(
    conn: Connection, statement: ClauseElement, values: Mapping[str, Any]
) -> CursorResult[Any]:
    """
    Run a statement of bound parameters: SQLAlchemy's own way takes ten times as long.

    Args:
        conn: A connection.
        statement: Made once, with a `bindparam` for each value.
        values: Text and numbers, which drivers take as they are.
    """
    sql, names = _compiled(conn.dialect, statement)
    if names is None:
        return conn.exec_driver_sql(sql, dict(values))
    return conn.exec_driver_sql(sql, tuple(values[name] for name in names))


@lru_cache(maxsize=64)
def _compiled(
    dialect: Dialect, statement: ClauseElement
) -> tuple[str, tuple[str, ...] | None]:
    """Return SQL, and the order of parameters where they have no names."""
    found: Any = statement.compile(dialect=dialect)  # no type has `positiontup`
    return str(found), tuple(found.positiontup) if found.positional else None
