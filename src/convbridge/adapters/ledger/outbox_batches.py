"""Batches of the outbox as SQL: made, found when due, leased, cut."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, insert, or_, select, update

from convbridge.adapters.ledger import outbox_rows
from convbridge.adapters.ledger.outbox_content import from_content, to_content
from convbridge.adapters.ledger.outbox_schema import batches, contents, targets
from convbridge.adapters.ledger.statements import run
from convbridge.adapters.ledger.workers import is_gone
from convbridge.model.conversions import RowState
from convbridge.model.outbox import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, CursorResult, Update

    from convbridge.model.conversions import Conversion, Verdict

LEASE = timedelta(minutes=10)
"""Longer than any call takes, and than two computers' clocks differ."""
_DUE_AT_ONCE = 100
_INSERT_BATCH = insert(batches)
_INSERT_CONTENT = insert(contents).values(
    batch=bindparam("batch"), content=bindparam("content")
)


def to_text(moment: datetime) -> str:
    """Return a time as the ledger keeps it: UTC, sortable as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def new_values(
    source: str, conversions: Sequence[Conversion], state: RowState, now: datetime
) -> dict[str, Any]:
    """Return the columns of a new batch without a lease."""
    return {
        "state": state,
        "size": len(conversions),
        "source": source,
        "created_at": to_text(now),
    }


def leased(owner: str, now: datetime) -> dict[str, Any]:
    """Return the columns of a lease."""
    return {"owner": owner, "lease_until": to_text(now + LEASE)}


RETURNED: Mapping[str, Any] = {"owner": None, "lease_until": None}
"""The columns of a lease that is over."""


def insert_batch(
    conn: Connection,
    target: int,
    values: Mapping[str, Any],
    conversions: Sequence[Conversion],
) -> int:
    """Insert a batch with its rows' content and return its number."""
    made = conn.execute(_INSERT_BATCH, {"target": target, **values})
    number = first_key(made)
    content = to_content(conversions)
    run(conn, _INSERT_CONTENT, {"batch": number, "content": content})
    return number


def first_key(made: CursorResult[Any]) -> int:
    """Return the number that the database gave to an inserted row."""
    key = made.inserted_primary_key
    assert key is not None
    return int(key[0])


def update_own(conn: Connection, number: int, holder: str, **values: Any) -> bool:
    """Update a batch if this owner still holds it."""
    own = {"own_number": number, "own_holder": holder}
    return run(conn, _update_own(tuple(values)), values | own).rowcount == 1


def shrink(conn: Connection, number: int, conversions: Sequence[Conversion]) -> None:
    """Leave only these rows in a new batch; without any it goes."""
    own, content = batches.c.id == number, contents.c.batch == number
    if not conversions:
        conn.execute(delete(batches).where(own))
        conn.execute(delete(contents).where(content))
        return
    conn.execute(update(batches).where(own).values(size=len(conversions)))
    new = to_content(conversions)
    conn.execute(update(contents).where(content).values(content=new))


def merge(
    conn: Connection, target: int, first: Batch, others: Sequence[Batch]
) -> Batch:
    """Move rows into the first batch; what is left of the others are refused rows."""
    more = [conversion for batch in others for conversion in batch.conversions]
    own, content = batches.c.id == first.id, contents.c.batch == first.id
    # Rows of the batch that were refused since are looked up there as well, but for
    # those that changed and came anew.
    before = from_content(conn.scalars(select(contents.c.content).where(content)).one())
    ids = {conversion.transaction_id for conversion in more}
    kept = [c for c in before if c.transaction_id not in ids]
    conn.execute(
        update(contents).where(content).values(content=to_content(kept + more))
    )
    outbox_rows.move(conn, target, first.id, more)
    conn.execute(update(batches).where(own).values(size=batches.c.size + len(more)))
    numbers = [batch.id for batch in others]
    empty = batches.c.id.in_(numbers), batches.c.size == 0
    for number in conn.scalars(select(batches.c.id).where(*empty)).all():
        shrink(conn, number, [])
    return replace(
        first,
        conversions=[*first.conversions, *more],
        attempts=max(batch.attempts for batch in (first, *others)),
    )


def due(conn: Connection, client: str, now: datetime, after: int) -> Iterator[Any]:
    """Return what may be sent now and nobody living holds, oldest first."""
    time = to_text(now)
    waits = or_(
        and_(
            batches.c.state == RowState.PENDING,
            or_(batches.c.not_before.is_(None), batches.c.not_before <= time),
        ),
        and_(batches.c.state == RowState.HELD, batches.c.not_before <= time),
        batches.c.state == RowState.UNKNOWN,
    )
    query = (
        select(batches, targets.c.action)
        .join(targets, targets.c.id == batches.c.target)
        .where(targets.c.client == client, batches.c.id > after, waits)
        .order_by(batches.c.id)
    )
    live = _living_owners(conn, time)
    if live:
        query = query.where(
            or_(batches.c.owner.is_(None), batches.c.owner.not_in(live))
        )
    yield from conn.execute(query.limit(_DUE_AT_ONCE)).all()


def take(
    conn: Connection, found: Any, *, owner: str, client: str, now: datetime
) -> Batch | None:
    """Lease a batch if it is still as it was found, and has rows."""
    state = RowState(found.state)
    state = RowState.PENDING if state is RowState.HELD else state
    taken = conn.execute(
        update(batches)
        .where(
            batches.c.id == found.id,
            batches.c.state == found.state,
            batches.c.owner.is_not_distinct_from(found.owner),
        )
        .values(state=state, **leased(owner, now))
    )
    if not taken.rowcount:
        return None
    content = select(contents.c.content).where(contents.c.batch == found.id)
    sent = from_content(conn.scalars(content).one())
    own = outbox_rows.members(conn, found.target, found.id, sent)
    if not own:
        update_own(conn, found.id, owner, state=RowState.SKIPPED, **RETURNED)
        return None
    return Batch(
        id=found.id,
        client=client,
        action=found.action,
        state=state,
        conversions=own,
        source=found.source,
        attempts=found.attempts,
        reason=found.reason or "",
        sink=found.sink or "",
    )


def postpone(
    conn: Connection,
    target: int,
    batch: Batch,
    verdicts: Mapping[str, Verdict],
    now: datetime,
) -> None:
    """Put rows that may be sent again later into batches of their own."""
    waits: dict[tuple[timedelta, str], list[Conversion]] = {}
    for conversion in batch.conversions:
        verdict = verdicts.get(conversion.transaction_id)
        if verdict is not None and verdict.retry_after is not None:
            key = verdict.retry_after, verdict.reason
            waits.setdefault(key, []).append(conversion)
    for (wait, reason), part in waits.items():
        values = new_values(batch.source, part, RowState.PENDING, now)
        values |= {"not_before": to_text(now + wait), "reason": reason}
        values["attempts"] = batch.attempts + 1
        number = insert_batch(conn, target, values, part)
        outbox_rows.move(conn, target, number, part)


@cache
def _update_own(names: tuple[str, ...]) -> Update:
    own = (
        batches.c.id == bindparam("own_number"),
        batches.c.owner == bindparam("own_holder"),
    )
    return update(batches).where(*own).values({n: bindparam(n) for n in names})


def _living_owners(conn: Connection, time: str) -> list[str]:
    """Return who holds leases that still count."""
    query = (
        select(batches.c.owner)
        .where(batches.c.state.in_([RowState.PENDING, RowState.UNKNOWN]))
        .where(batches.c.owner.is_not(None), batches.c.lease_until > time)
        .distinct()
    )
    return [owner for owner in conn.scalars(query) if not is_gone(owner)]
