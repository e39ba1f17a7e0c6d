"""From checked rows to batches in the outbox, and on to the sender."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.deliver.originals import Originals
from convbridge.model.conversion_columns import Conversions
from convbridge.model.conversions import RowState, Verdict
from convbridge.model.outbox import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convbridge.deliver.sending import Sender
    from convbridge.deliver.tally import Tally
    from convbridge.model.conversions import Conversion
    from convbridge.model.outbox import Accepted
    from convbridge.ports import Clock, Outbox

_SLOT = 600_000_000
"""Waiting rows are batched by when they may go, rounded up to ten minutes."""


class Intake:
    """
    Collects rows until `flush` accepts them into the outbox.

    Args:
        max_rows: Largest batch, which is the largest request of the sink.
    """

    def __init__(
        self,
        client: str,
        source: str,
        outbox: Outbox,
        *,
        sender: Sender,
        tally: Tally,
        clock: Clock,
        max_rows: int,
    ) -> None:
        self._client = client
        self._source = source
        self._outbox = outbox
        self._sender = sender
        self._tally = tally
        self._clock = clock
        self._max_rows = max_rows
        self._due: dict[str, list[Sequence[Conversion]]] = {}
        self._waiting: dict[tuple[str, int, str], list[Conversion]] = {}
        self._anti: dict[str, int] = {}
        self._originals = Originals()
        self._held: set[str] = set()

    def add(self, conversion: Conversion, original: Sequence[Any]) -> None:
        """Take a row in; it is nowhere but in memory until the next flush."""
        if not conversion.action:
            self._add_anti(conversion)
            return
        self._originals.add(conversion.transaction_id, original)
        if conversion.wait_until or conversion.held:
            slot = -(-conversion.wait_until // _SLOT) * _SLOT
            key = conversion.action, slot, conversion.held
            self._waiting.setdefault(key, []).append(conversion)
        else:
            parts = self._due.setdefault(conversion.action, [])
            if parts and isinstance(parts[-1], list):
                parts[-1].append(conversion)
            else:
                parts.append([conversion])

    def add_plain(self, found: Conversions, originals: Sequence[Any]) -> None:
        """Take in rows of one action that may go at once."""
        self._originals.add_all(found.column("transaction_id"), originals)
        self._due.setdefault(found[0].action, []).append(found)

    def flush(self) -> None:
        """Accept what was added, and send what is due."""
        if self._anti:
            self._drop_held()
        drafts = list(self._drafts())
        originals = self._originals
        self._due, self._waiting, self._originals = {}, {}, Originals()
        now = self._clock.now()
        found = self._outbox.accept(self._client, self._source, drafts, now=now)
        for draft, accepted in zip(drafts, found, strict=True):
            self._count(draft, accepted, originals)
        due = zip(map(_is_due, drafts), found, strict=True)
        batches = [new.batch for is_due, new in due if is_due and new.batch]
        self._sender.submit(batches, originals)
        self._sender.flush()

    def _drafts(self) -> Iterator[Draft]:
        for action, parts in self._due.items():
            is_cut = {len(part) for part in parts} == {self._max_rows}
            whole = parts if is_cut else self._pieces(Conversions.join(parts))
            for part in whole:
                yield Draft(action=action, conversions=part)
        for (action, slot, held), rows in self._waiting.items():
            state = RowState.HELD if held else RowState.PENDING
            for part in self._pieces(Conversions.of(rows)):
                yield Draft(
                    action=action,
                    conversions=part,
                    state=state,
                    not_before=slot,
                    reason=held,
                )

    def _pieces(self, rows: Conversions) -> Iterator[Sequence[Conversion]]:
        size = self._max_rows
        return (rows[i : i + size] for i in range(0, len(rows), size))

    def _count(self, draft: Draft, accepted: Accepted, originals: Originals) -> None:
        rows = accepted.batch.conversions if accepted.batch else ()
        self._tally.accepted += len(rows)
        for conversion, verdict in accepted.known:
            self._count_known(conversion, verdict, originals)
        if _is_due(draft):
            return
        if draft.state is RowState.HELD:
            for conversion in rows:
                held = Verdict(state=RowState.HELD, reason=f"held: {draft.reason}")
                self._tally.tell(conversion, held, originals)
            if draft.not_before:
                self._held.update(c.transaction_id for c in rows)
        else:
            self._tally.count(RowState.PENDING, len(rows))

    def _count_known(
        self, conversion: Conversion, verdict: Verdict, originals: Originals
    ) -> None:
        """Count a row that was there before; refused and held ones say so again."""
        if verdict.state in {RowState.REJECTED, RowState.HELD, RowState.SKIPPED}:
            self._tally.tell(conversion, verdict, originals)
        else:
            self._tally.count(RowState.DUPLICATE, 1)

    def _add_anti(self, conversion: Conversion) -> None:
        key = conversion.user_key
        self._anti[key] = max(conversion.time, self._anti.get(key, 0))
        self._tally.count(RowState.SKIPPED, 1)

    def _drop_held(self) -> None:
        dropped = self._outbox.drop_held(self._client, self._anti)
        here = self._held.intersection(dropped)
        self._tally.count(RowState.HELD, -len(here))
        self._tally.count(RowState.SKIPPED, len(dropped))
        self._held -= here
        self._anti = {}


def _is_due(draft: Draft) -> bool:
    return draft.state is RowState.PENDING and not draft.not_before
