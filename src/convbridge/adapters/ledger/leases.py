"""Leases: one run at a time changes a client's accounts."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from convbridge.adapters.ledger.tables import leases
from convbridge.adapters.ledger.workers import runs
from convbridge.errors import BusyError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

_CLIENT = leases.c.client == bindparam("of")
_FOUND = select(leases).where(_CLIENT)
_TAKE = insert(leases)
_GIVE_BACK = delete(leases).where(_CLIENT, leases.c.holder == bindparam("by"))
LEASE = timedelta(minutes=30)
"""How long a lease holds when its holder cannot be seen to be dead."""


def take(connection: Connection, client: str, *, holder: str, at: datetime) -> None:
    """
    Take the client's lease, or leave.

    A lease that ran out is taken over, as is one of a dead process of this host.
    """
    found = connection.execute(_FOUND, {"of": client}).first()
    if found is not None:
        if _is_held(found, at):
            raise _held(client, found.holder, found.until)
        give_back(connection, client, holder=found.holder)
    row = {
        "client": client,
        "holder": holder,
        "host": socket.gethostname(),
        "process": os.getpid(),
        "until": (at + LEASE).isoformat(),
    }
    try:
        connection.execute(_TAKE, row)
    except IntegrityError as exc:
        raise _held(client, "another run", "it ends") from exc


def give_back(connection: Connection, client: str, *, holder: str) -> None:
    """Let the next run in."""
    connection.execute(_GIVE_BACK, {"of": client, "by": holder})


def _is_held(found: Row[Any], at: datetime) -> bool:
    if datetime.fromisoformat(found.until) <= at:
        return False
    return found.host != socket.gethostname() or runs(found.process)


def _held(client: str, holder: str, until: str) -> BusyError:
    name = client.rpartition("\t")[2]  # a lease may be for one kind of work
    return BusyError(
        f"{name} is being changed by run {holder}, until {until} at the latest",
        holder=holder,
        hint="wait for it to end, then plan again",
    )
