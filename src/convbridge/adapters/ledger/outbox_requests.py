"""When requests went out, for all who deliver with this ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from convbridge.adapters.ledger.outbox_schema import requests

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Both have `on_conflict_do_nothing`, their common base has not.
_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def read(conn: Connection, service: str) -> str | None:
    """
    Return what was kept, and let nobody else read it until the transaction ends.

    SQLite has one writer anyway; elsewhere it is the row that is locked, so there is
    one from the first time on.
    """
    query = select(requests.c.taken).where(requests.c.service == service)
    found = conn.scalar(query.with_for_update())
    if found is not None:
        return str(found)
    new = _INSERTS[conn.dialect.name](requests).values(service=service, taken="{}")
    conn.execute(new.on_conflict_do_nothing())
    return conn.scalar(query.with_for_update())


def keep(conn: Connection, service: str, text: str) -> None:
    """Keep it in the place of what was read."""
    row = update(requests).where(requests.c.service == service)
    conn.execute(row.values(taken=text))
