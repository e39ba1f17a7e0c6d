"""Adjustments in the outbox: what was delivered, and what was done to it since."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from convbridge.adapters.ledger.outbox_batches import to_text
from convbridge.adapters.ledger.outbox_content import from_content
from convbridge.adapters.ledger.outbox_schema import (
    adjustments,
    batches,
    contents,
    rows,
)
from convbridge.model.adjustments import Adjustment, AdjustmentKind, Delivered
from convbridge.model.conversions import RowState
from convbridge.model.moments import from_micros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from convbridge.model.conversions import Verdict

# What Google refused did not happen: it may be sent anew, mended.
_DONE = (RowState.ACCEPTED, RowState.SENT, RowState.DUPLICATE)
_SECOND = 1_000_000


def find(conn: Connection, target: int, adjustment: Adjustment) -> Delivered | None:
    """Return one conversion and its adjustments; one told by its click may be new."""
    transaction_id = adjustment.transaction_id
    before = _sent(conn, target, adjustment, states=_DONE)
    unanswered = _sent(conn, target, adjustment, states=(RowState.UNKNOWN,))
    query = (
        select(rows.c.time, rows.c.state, batches.c.state, contents.c.content)
        .join(batches, batches.c.id == rows.c.batch)
        .join(contents, contents.c.batch == rows.c.batch)
        .where(rows.c.target == target, rows.c.transaction_id == transaction_id)
    )
    found = conn.execute(query).first()
    if found is None:
        return adjustment.click and Delivered(
            time=adjustment.click.time,
            state=RowState.SENT,
            before=before,
            unanswered=unanswered,
        )
    time, own_state, batch_state, content = found
    own = (
        conversion
        for conversion in from_content(content)
        if conversion.transaction_id == transaction_id
    )
    return Delivered(
        time=from_micros(time),
        state=RowState(own_state or batch_state),
        conversion=next(own, None),
        before=before,
        unanswered=unanswered,
    )


def find_clicks(
    conn: Connection, target: int, clicks: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], list[str]]:
    """Return the transaction ids of conversions by click and second."""
    second = rows.c.time - rows.c.time % _SECOND
    wanted = sorted({time for _, time in clicks})
    query = (
        select(rows.c.transaction_id, second, contents.c.content)
        .join(contents, contents.c.batch == rows.c.batch)
        .where(rows.c.target == target, second.in_(wanted))
    )
    found: dict[tuple[str, int], list[str]] = {}
    for transaction_id, time, content in conn.execute(query):
        for conversion in from_content(content):
            if conversion.transaction_id == transaction_id:
                found.setdefault((conversion.user_key, time), []).append(transaction_id)
    return found


def record(
    conn: Connection,
    target: int,
    adjustment: Adjustment,
    verdict: Verdict,
    now: datetime,
) -> None:
    """Write down an adjustment that was sent; the same one is written once."""
    at = to_text(adjustment.at)
    key = {"target": target, "transaction_id": adjustment.transaction_id, "at": at}
    conn.execute(
        adjustments.delete().where(
            *(adjustments.c[name] == value for name, value in key.items())
        )
    )
    value = None if adjustment.value is None else str(adjustment.value)
    conn.execute(
        insert(adjustments).values(
            **key,
            kind=adjustment.kind,
            value=value,
            currency=adjustment.currency,
            state=verdict.state,
            reason=verdict.reason or None,
            sent_at=to_text(now),
        )
    )


def _sent(
    conn: Connection, target: int, wish: Adjustment, *, states: Sequence[RowState]
) -> tuple[Adjustment, ...]:
    """Return the adjustments of one conversion that ended in one of these states."""
    query = (
        select(adjustments)
        .where(adjustments.c.target == target)
        .where(adjustments.c.transaction_id == wish.transaction_id)
        .where(adjustments.c.state.in_(states))
        .order_by(adjustments.c.at)
    )
    return tuple(
        Adjustment(
            action=wish.action,
            transaction_id=wish.transaction_id,
            kind=AdjustmentKind(row.kind),
            at=datetime.fromisoformat(row.at),
            value=None if row.value is None else Decimal(row.value),
            currency=row.currency,
        )
        for row in conn.execute(query)
    )
