"""
The outbox: conversions accepted once, leased to one worker, sent, confirmed.

A batch is marked `unknown` before it is sent, and gets its true state with the
answer: whatever kills the worker in between leaves the truth behind. Leases are
taken by compare-and-set, so two workers never hold one batch.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from convbridge.adapters.ledger import (
    outbox_adjustments,
    outbox_batches,
    outbox_holds,
    outbox_requests,
    outbox_results,
    outbox_rows,
)
from convbridge.adapters.ledger.outbox_batches import (
    LEASE,
    RETURNED,
    first_key,
    to_text,
)
from convbridge.adapters.ledger.outbox_schema import targets
from convbridge.adapters.ledger.workers import new_owner
from convbridge.errors import LedgerError
from convbridge.model.conversions import RowState
from convbridge.model.moments import from_micros
from convbridge.model.outbox import Accepted, Batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from convbridge.adapters.ledger.engine import Database
    from convbridge.model.adjustments import Adjustment, Delivered
    from convbridge.model.conversions import Conversion, Verdict
    from convbridge.model.outbox import (
        ActionCounts,
        Draft,
        RequestResult,
        SentRequest,
        Waiting,
    )

_ANTI = ""
"""The action under which anti events are remembered."""
_HINTS = {
    "full": "the disk is full: make room and run again; nothing is lost or sent twice",
    "locked": "another process holds the ledger: wait for it, then run again",
}


class SqlOutbox:
    """
    An outbox in a SQL database; each thread needs its own.

    Args:
        database: The ledger's, migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = new_owner()
        self._targets: dict[tuple[str, str], int] = {}
        self._open: Connection | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep everything written inside in one transaction."""
        with self._writing("write") as conn:
            self._open = conn
            try:
                yield
            finally:
                self._open = None

    def accept(
        self, client: str, source: str, drafts: Sequence[Draft], *, now: datetime
    ) -> Sequence[Accepted]:
        """Take in what is new, in one transaction; due rows come leased."""
        for draft in drafts:
            self._target(client, draft.action)
            if _is_timed(draft):
                self._target(client, _ANTI)
        with self._writing("accept rows") as conn:
            return [self._accept(conn, client, source, d, now) for d in drafts]

    def claim(self, client: str, *, now: datetime, after: int = 0) -> Batch | None:
        """Lease the next batch that is due, or that a dead worker left behind."""
        with self._writing("lease a batch") as conn:
            for found in outbox_batches.due(conn, client, now, after):
                batch = outbox_batches.take(
                    conn, found, owner=self._owner, client=client, now=now
                )
                if batch is not None:
                    return batch
        return None

    def begin(self, batch: Batch, *, sink: str, now: datetime) -> bool:
        """Write down that the batch is about to be sent; False: no longer ours."""
        with self._writing("record an intent") as conn:
            return outbox_batches.update_own(
                conn,
                batch.id,
                self._owner,
                state=RowState.UNKNOWN,
                sink=sink,
                attempts=batch.attempts + 1,
                sent_at=to_text(now),
                lease_until=to_text(now + LEASE),
            )

    def finish(
        self,
        batch: Batch,
        rest: Verdict,
        *,
        verdicts: Mapping[str, Verdict],
        request_id: str | None,
        now: datetime,
    ) -> bool:
        """Write down the answer, `verdicts` by transaction id; ends the lease."""
        target = self._target(batch.client, batch.action)
        wait = rest.retry_after
        with self._writing("record an answer") as conn:
            is_ours = outbox_batches.update_own(
                conn,
                batch.id,
                self._owner,
                state=rest.state,
                reason=rest.reason or None,
                request_id=request_id,
                answered_at=to_text(now),
                not_before=to_text(now + wait) if wait else None,
                **RETURNED,
            )
            if is_ours:
                final = {t: v for t, v in verdicts.items() if v.retry_after is None}
                outbox_rows.set_verdicts(conn, target, final)
                if len(final) < len(verdicts):
                    outbox_batches.postpone(conn, target, batch, verdicts, now)
        return is_ours

    def release(self, batch: Batch, *, not_before: datetime | None = None) -> None:
        """Give a batch back unsent."""
        with self._writing("give a batch back") as conn:
            outbox_batches.update_own(
                conn,
                batch.id,
                self._owner,
                state=batch.state,
                not_before=to_text(not_before) if not_before else None,
                **RETURNED,
            )

    def split(
        self, batch: Batch, parts: Sequence[Sequence[Conversion]], *, now: datetime
    ) -> Sequence[Batch]:
        """Replace a leased batch by several, leased like it; none if no longer ours."""
        target = self._target(batch.client, batch.action)
        lease = outbox_batches.leased(self._owner, now)
        first, *others = parts
        found = [replace(batch, conversions=first)]
        with self._writing("split a batch") as conn:
            if not outbox_batches.update_own(
                conn, batch.id, self._owner, state=batch.state
            ):
                return []
            for part in others:
                values = outbox_batches.new_values(batch.source, part, batch.state, now)
                number = outbox_batches.insert_batch(conn, target, values | lease, part)
                outbox_rows.move(conn, target, number, part)
                found.append(replace(batch, id=number, conversions=part))
        return found

    def merge(self, batches: Sequence[Batch]) -> Batch:
        """Put leased batches of one action into the first; without those lost since."""
        target = self._target(batches[0].client, batches[0].action)
        with self._writing("merge batches") as conn:
            own = [
                batch
                for batch in batches
                if outbox_batches.update_own(
                    conn, batch.id, self._owner, state=batch.state
                )
            ]
            for batch in own[1:]:
                emptied = {"state": RowState.SKIPPED, **RETURNED}
                outbox_batches.update_own(conn, batch.id, self._owner, **emptied)
            if len(own) < 2:
                return own[0] if own else batches[0]
            return outbox_batches.merge(conn, target, own[0], own[1:])

    def reject(self, batch: Batch, verdicts: Mapping[str, Verdict]) -> None:
        """Write down what became of single rows of a leased batch."""
        target = self._target(batch.client, batch.action)
        with self._writing("record refused rows") as conn:
            outbox_rows.set_verdicts(conn, target, verdicts)

    def drop_held(self, client: str, anti_events: Mapping[str, int]) -> Sequence[str]:
        """Skip the rows that users' anti events fall on, and those still to come."""
        mark = self._target(client, _ANTI)
        with self._writing("drop held rows") as conn:
            query = select(targets.c.id).where(targets.c.client == client)
            own = [t for t in conn.scalars(query) if t != mark]
            return outbox_holds.drop(conn, anti_events, own=own, mark=mark)

    def find_clicks(
        self, client: str, action: str, clicks: Sequence[tuple[str, int]]
    ) -> Mapping[tuple[str, int], Sequence[str]]:
        """Return transaction ids by gclid and time (microseconds, whole seconds)."""
        target = self._target(client, action)
        with self._writing("look clicks up") as conn:
            return outbox_adjustments.find_clicks(conn, target, clicks)

    def delivered(self, client: str, adjustment: Adjustment) -> Delivered | None:
        """Return what is known of a conversion; None when it never came here."""
        target = self._target(client, adjustment.action)
        with self._writing("read a conversion") as conn:
            return outbox_adjustments.find(conn, target, adjustment)

    def record_adjustments(
        self, client: str, sent: Sequence[tuple[Adjustment, Verdict]], *, now: datetime
    ) -> None:
        """Write down adjustments that were sent, with Google's answers."""
        for adjustment, _ in sent:
            self._target(client, adjustment.action)
        with self._writing("record adjustments") as conn:
            for adjustment, verdict in sent:
                target = self._targets[client, adjustment.action]
                outbox_adjustments.record(conn, target, adjustment, verdict, now)

    def sent_requests(self, client: str) -> Sequence[SentRequest]:
        """Return the requests whose result is not known yet."""
        with self._writing("read sent requests") as conn:
            return outbox_results.sent_requests(conn, client)

    def record_result(
        self, request: SentRequest, result: RequestResult, *, now: datetime
    ) -> None:
        """Write down what Google made of a request."""
        with self._writing("record a result") as conn:
            outbox_results.record_result(conn, request, result, now)

    def counts(self, client: str) -> Sequence[ActionCounts]:
        """Return rows by action, day and state."""
        with self._writing("count rows") as conn:
            return outbox_results.counts(conn, client)

    def waiting(self, client: str, *, now: datetime) -> Sequence[Waiting]:
        """Return the rows that are still to be sent, by what they wait for."""
        with self._writing("read what waits") as conn:
            return outbox_results.waiting(conn, client, now)

    def read_requests(self, service: str) -> str | None:
        """Return what was kept of the requests to a service, and lock it."""
        with self._writing("count requests") as conn:
            return outbox_requests.read(conn, service)

    def keep_requests(self, service: str, text: str) -> None:
        """Keep it in the place of what was read."""
        with self._writing("count requests") as conn:
            outbox_requests.keep(conn, service, text)

    def _accept(
        self, conn: Connection, client: str, source: str, draft: Draft, now: datetime
    ) -> Accepted:
        target = self._targets[client, draft.action]
        rows = draft.conversions
        values = outbox_batches.new_values(source, rows, draft.state, now)
        values["reason"] = draft.reason or None
        if draft.not_before:
            values["not_before"] = to_text(from_micros(draft.not_before))
        elif draft.state is RowState.PENDING:
            values |= outbox_batches.leased(self._owner, now)
        number = outbox_batches.insert_batch(conn, target, values, rows)
        known: list[tuple[Conversion, Verdict]] = []
        if outbox_rows.insert_new(conn, target, number, rows) < len(rows):
            rows, known = outbox_rows.sort_out(conn, target, number, rows)
            outbox_batches.shrink(conn, number, rows)
        if _is_timed(draft):
            mark = self._targets[client, _ANTI]
            rows, dropped = outbox_holds.hold(conn, target, mark, rows)
            known += dropped
        batch = Batch(
            id=number,
            client=client,
            action=draft.action,
            state=draft.state,
            conversions=rows,
            source=source,
            reason=draft.reason,
        )
        return Accepted(batch=batch if rows else None, known=known)

    def _target(self, client: str, action: str) -> int:
        """Return the number of a client's action, made when first seen."""
        key = client, action
        if key not in self._targets:
            where = targets.c.client == client, targets.c.action == action
            with self._writing("register an action") as conn:
                found = conn.scalar(select(targets.c.id).where(*where))
                if found is None:
                    new = insert(targets).values(client=client, action=action)
                    found = first_key(conn.execute(new))
            self._targets[key] = found
        return self._targets[key]

    @contextmanager
    def _writing(self, what: str) -> Iterator[Connection]:
        if self._open is not None:
            yield self._open
            return
        try:
            with self._database.writing() as conn:
                yield conn
        except LedgerError as exc:
            raise _ledger_error(what, exc) from exc


def _is_timed(draft: Draft) -> bool:
    """Tell whether rows are held for an anti event, not for want of something."""
    return draft.state is RowState.HELD and draft.not_before > 0


def _ledger_error(what: str, exc: LedgerError) -> LedgerError:
    """Say what could not be done, and what that means for what was sent."""
    hint = next(
        (text for sign, text in _HINTS.items() if sign in exc.message), exc.hint
    )
    return LedgerError(f"the outbox could not {what}: {exc.message}", hint=hint)
