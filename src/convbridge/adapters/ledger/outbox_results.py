"""What Google made of sent requests, and the outbox in numbers."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select, update

from convbridge.adapters.ledger.outbox_batches import to_text
from convbridge.adapters.ledger.outbox_schema import batches, rows, targets
from convbridge.model.conversions import RowState
from convbridge.model.outbox import ActionCounts, SentRequest, Waiting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from sqlalchemy import Connection

    from convbridge.model.outbox import RequestResult

_MOST_ATTEMPTS = 5
_YOUNG = "their click or their conversion action is younger than six hours"
_NEXT = "they go out with the next delivery"


def sent_requests(conn: Connection, client: str) -> Sequence[SentRequest]:
    """Return the requests whose result is not known yet, oldest first."""
    query = (
        select(batches, targets.c.action)
        .join(targets, targets.c.id == batches.c.target)
        .where(targets.c.client == client, batches.c.state == RowState.SENT)
        .where(batches.c.request_id.is_not(None))
        .order_by(batches.c.id)
    )
    return [
        SentRequest(
            batch_id=row.id,
            request_id=row.request_id,
            action=row.action,
            rows=row.size,
            sent_at=datetime.fromisoformat(row.sent_at),
            attempts=row.attempts,
        )
        for row in conn.execute(query)
    ]


def record_result(
    conn: Connection, request: SentRequest, result: RequestResult, now: datetime
) -> None:
    """Write down a finished request; ask for a repetition where that helps."""
    if not result.is_finished:
        return
    values: dict[str, Any] = {"state": _state(request, result)}
    failed = {e.verdict.code: [e.verdict.state, e.rows] for e in result.errors}
    values["result"] = json.dumps({"errors": failed, "warnings": dict(result.warnings)})
    wait = _wait(request, result)
    if wait is not None:
        values["state"] = RowState.PENDING
        values["not_before"] = to_text(now + wait)
    own = batches.c.id == request.batch_id, batches.c.state == RowState.SENT
    conn.execute(update(batches).where(*own).values(**values))


def counts(conn: Connection, client: str) -> Sequence[ActionCounts]:
    """Return rows by action, day (UTC) and state."""
    found: dict[tuple[str, str], Counter[RowState]] = {}
    reasons: dict[tuple[str, str], Counter[str]] = {}
    for row in conn.execute(_batch_query(client)):
        key = row.action, (row.sent_at or row.created_at)[:10]
        states = found.setdefault(key, Counter())
        why = reasons.setdefault(key, Counter())
        states[RowState(row.state)] += row.size
        for code, (state, number) in _failed(row.result):
            states[RowState(row.state)] -= number
            states[RowState(state)] += number
            why[code] += number
    for row in conn.execute(_row_query(client)):
        key = row.action, (row.sent_at or row.created_at)[:10]
        found[key][RowState(row.batch_state)] -= row.rows
        found[key][RowState(row.state)] += row.rows
        reasons[key][row.code or row.reason or ""] += row.rows
    return [
        ActionCounts(action=key[0], day=key[1], states=+states, reasons=reasons[key])
        for key, states in sorted(found.items())
    ]


def waiting(conn: Connection, client: str, now: datetime) -> Sequence[Waiting]:
    """Return the rows that are still to be sent, by what they wait for."""
    own = (
        select(rows.c.batch, func.count().label("rows"))
        .where(rows.c.state.is_not(None))
        .group_by(rows.c.batch)
        .subquery()
    )
    left = func.sum(batches.c.size - func.coalesce(own.c.rows, 0))
    is_young = case((batches.c.not_before > to_text(now), 1), else_=0).label("is_young")
    names = targets.c.action, batches.c.state, batches.c.reason, is_young
    query = (
        select(
            *names, left.label("rows"), func.min(batches.c.not_before).label("until")
        )
        .join(targets, targets.c.id == batches.c.target)
        .outerjoin(own, own.c.batch == batches.c.id)
        .where(targets.c.client == client)
        .where(batches.c.state.in_([RowState.PENDING, RowState.HELD]))
        .group_by(*names)
        .order_by(*names)
    )
    return [
        Waiting(
            action=row.action,
            rows=int(row.rows),
            state=RowState(row.state),
            reason=row.reason or (_YOUNG if row.is_young else _NEXT),
            until=datetime.fromisoformat(row.until) if row.is_young else None,
        )
        for row in conn.execute(query)
        if row.rows
    ]


def _state(request: SentRequest, result: RequestResult) -> RowState:
    """Return the state of the rows that no reason is counted against."""
    failed = sum(e.rows for e in result.errors)
    states = {e.verdict.state for e in result.errors}
    if failed >= request.rows and len(states) == 1:
        return states.pop()
    return result.rest


def _wait(request: SentRequest, result: RequestResult) -> timedelta | None:
    """Return how long to wait before sending it all again; None: never."""
    waits = [e.verdict.retry_after for e in result.errors if e.verdict.retry_after]
    return max(waits) if waits and request.attempts < _MOST_ATTEMPTS else None


def _failed(result: str | None) -> list[tuple[str, tuple[str, int]]]:
    found: dict[str, tuple[str, int]] = json.loads(result)["errors"] if result else {}
    return list(found.items())


def _batch_query(client: str) -> Any:
    return (
        select(
            targets.c.action,
            batches.c.state,
            batches.c.size,
            batches.c.sent_at,
            batches.c.created_at,
            batches.c.result,
        )
        .join(targets, targets.c.id == batches.c.target)
        .where(targets.c.client == client)
    )


def _row_query(client: str) -> Any:
    """Return rows with a state of their own, counted."""
    columns = (
        targets.c.action,
        batches.c.sent_at,
        batches.c.created_at,
        batches.c.state.label("batch_state"),
        rows.c.state,
        rows.c.code,
        rows.c.reason,
    )
    return (
        select(*columns, func.count().label("rows"))
        .select_from(rows)
        .join(batches, batches.c.id == rows.c.batch)
        .join(targets, targets.c.id == batches.c.target)
        .where(targets.c.client == client, rows.c.state.is_not(None))
        .group_by(*columns)
    )
