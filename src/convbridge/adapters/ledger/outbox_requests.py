"""When requests went out, for all who deliver with this ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from convbridge.adapters.ledger.outbox_schema import requests

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Both have `on_conflict_do_nothing`, their common base has not.
_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
# Made once: they go along with every few requests of a delivery.
_OF_SERVICE = requests.c.service == bindparam("of")
_READ = select(requests.c.taken).where(_OF_SERVICE).with_for_update()
_KEEP = update(requests).where(_OF_SERVICE).values(taken=bindparam("text"))


def read(conn: Connection, service: str) -> str | None:
    """
    Return what was kept, and let nobody else read it until the transaction ends.

    SQLite has one writer anyway; elsewhere it is the row that is locked, so there is
    one from the first time on.
    """
    found = conn.scalar(_READ, {"of": service})
    if found is not None:
        return str(found)
    new = _INSERTS[conn.dialect.name](requests).values(service=service, taken="{}")
    conn.execute(new.on_conflict_do_nothing())
    return conn.scalar(_READ, {"of": service})


def keep(conn: Connection, service: str, text: str) -> None:
    """Keep it in the place of what was read."""
    conn.execute(_KEEP, {"of": service, "text": text})
