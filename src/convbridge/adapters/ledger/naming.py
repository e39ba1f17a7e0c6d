"""Names of runs: when, and which plan; two in one second get a number."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from convbridge.adapters.ledger.tables import runs

if TYPE_CHECKING:
    from sqlalchemy import Connection


def insert_run(connection: Connection, stem: str, row: dict[str, Any]) -> str:
    """Insert a run under the first free name that starts with `stem`; return it."""
    names = (f"{stem}-{n}" if n > 1 else stem for n in itertools.count(1))
    return next(name for name in names if _is_taken_by(connection, name, row))


def _is_taken_by(connection: Connection, name: str, row: dict[str, Any]) -> bool:
    """Whether the row got the name; another process may have it by now."""
    try:
        with connection.begin_nested():
            connection.execute(insert(runs), {"id": name, **row})
    except IntegrityError:
        return False
    return True
