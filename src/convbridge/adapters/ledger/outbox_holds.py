"""Held rows of the outbox, and the anti events that drop them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from convbridge.adapters.ledger import outbox_rows
from convbridge.adapters.ledger.outbox_schema import batches, holds, rows
from convbridge.model.conversions import RowState, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from convbridge.model.conversions import Conversion

_DROPPED = Verdict(state=RowState.SKIPPED, reason="an anti event of the same user")
_KEYS_AT_ONCE = 400


def hold(
    conn: Connection, target: int, mark: int, conversions: Sequence[Conversion]
) -> tuple[list[Conversion], list[tuple[Conversion, Verdict]]]:
    """
    Remember whose rows are held; those whose anti event was seen are skipped.

    `mark` is the target under which anti events are remembered.
    """
    seen: dict[str, list[int]] = {}
    keys = sorted({c.user_key for c in conversions})
    for part in outbox_rows.parts(keys, _KEYS_AT_ONCE):
        query = select(holds.c.user_key, holds.c.time)
        query = query.where(holds.c.target == mark, holds.c.user_key.in_(part))
        for key, time in conn.execute(query):
            seen.setdefault(key, []).append(time)
    kept: list[Conversion] = []
    dropped: list[Conversion] = []
    for conversion in conversions:
        times = seen.get(conversion.user_key, ())
        is_gone = any(conversion.time <= t <= conversion.wait_until for t in times)
        (dropped if is_gone else kept).append(conversion)
    gone = {c.transaction_id: _DROPPED for c in dropped}
    outbox_rows.set_verdicts(conn, target, gone)
    for c in kept:
        span = c.time, c.wait_until
        _remember(conn, (target, c.transaction_id), c.user_key, span)
    return kept, [(c, _DROPPED) for c in dropped]


def drop(
    conn: Connection, anti_events: Mapping[str, int], *, own: Sequence[int], mark: int
) -> list[str]:
    """
    Skip held rows of users among `own` targets; return their transaction ids.

    `anti_events` has a time for each user key.
    """
    dropped = []
    for key, time in sorted(anti_events.items()):
        _remember(conn, (mark, f"{time}:{key}"), key, (time, time))
        query = select(holds.c.target, holds.c.transaction_id).where(
            holds.c.user_key == key,
            holds.c.target.in_(own),
            holds.c.time <= time,
            holds.c.until >= time,
        )
        for target, transaction_id in conn.execute(query).all():
            if _skip(conn, target, transaction_id):
                dropped.append(transaction_id)
    return dropped


def _skip(conn: Connection, target: int, transaction_id: str) -> bool:
    """Skip a row if it is still held."""
    held = select(batches.c.id).where(batches.c.state == RowState.HELD)
    found = conn.execute(
        update(rows)
        .where(rows.c.target == target, rows.c.transaction_id == transaction_id)
        .where(rows.c.state.is_(None), rows.c.batch.in_(held))
        .values(state=_DROPPED.state, reason=_DROPPED.reason)
    )
    return found.rowcount == 1


def _remember(
    conn: Connection, row: tuple[int, str], key: str, span: tuple[int, int]
) -> None:
    target, name = row
    at = holds.c.target == target, holds.c.transaction_id == name
    if conn.scalar(select(holds.c.time).where(*at)) is None:
        values = {"target": target, "transaction_id": name, "user_key": key}
        conn.execute(insert(holds).values(**values, time=span[0], until=span[1]))
