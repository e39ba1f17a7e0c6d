"""Adjusting what was delivered: checked against the ledger, sent, written down."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from convbridge.errors import OutcomeUnknownError, VendorError
from convbridge.model.adjustments import check
from convbridge.model.conversions import RowState, Verdict
from convbridge.model.moments import to_micros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from convbridge.model.adjustments import Adjustment, Delivered
    from convbridge.model.conversions import Conversion, SinkAnswer
    from convbridge.ports import Clock

_SECOND = 1_000_000
_CLICKS_AT_ONCE = 400
_NOT_SENT = Verdict(state=RowState.PENDING, reason="another row spoilt the request")
_UNANSWERED = Verdict(state=RowState.UNKNOWN, reason="sent, and no answer came")
_NEVER_HERE = Verdict(
    state=RowState.REJECTED,
    reason="no conversion with that click and time was delivered",
)
_SEVERAL = Verdict(
    state=RowState.REJECTED,
    reason="several conversions have that click and time; give the order_id",
)


class AdjustmentSink(Protocol):
    """Where conversions are restated and retracted."""

    @property
    def max_rows(self) -> int:
        """Largest number of adjustments in one request."""
        ...

    @property
    def takes_clicks(self) -> bool:
        """Whether a conversion the ledger does not know is told by click and time."""
        ...

    def send(
        self,
        adjustments: Sequence[Adjustment],
        conversions: Sequence[Conversion | None],
    ) -> SinkAnswer:
        """Send adjustments of these conversions, row by row the same length."""
        ...


class AdjustmentBook(Protocol):
    """What was delivered, and what was done to it since; an outbox is one."""

    def find_clicks(
        self, client: str, action: str, clicks: Sequence[tuple[str, int]]
    ) -> Mapping[tuple[str, int], Sequence[str]]:
        """Return transaction ids by gclid and time (microseconds, whole seconds)."""
        ...

    def delivered(self, client: str, adjustment: Adjustment) -> Delivered | None:
        """Return what is known of a conversion; None when it never came here."""
        ...

    def record_adjustments(
        self, client: str, sent: Sequence[tuple[Adjustment, Verdict]], *, now: datetime
    ) -> None:
        """Write down adjustments that were sent, with Google's answers."""
        ...


def adjust(
    adjustments: Iterable[Adjustment],
    *,
    client: str,
    sink: AdjustmentSink,
    outbox: AdjustmentBook,
    clock: Clock,
    pace: Callable[[], None] = lambda: None,
) -> tuple[Sequence[Verdict], VendorError | None]:
    """
    Restate or retract delivered conversions; return what became of each.

    What Google would refuse is not sent. Adjustments are not kept for later: one
    that is too early is PENDING with the time to wait, and is to be given again.
    Each is written down as unknown before it is sent: one that got no answer is
    sent again when it is given again, which both of Google's services take as the
    same one.

    Args:
        adjustments: What is to be changed, with what.
        client: Whose conversions they are.
        sink: Where they go.
        outbox: What was delivered.
        clock: Tells ages.
        pace: Waits until one more request may go, such as `RequestRate.hold`.

    Returns:
        A verdict for each adjustment, in their order, and why Google ended the run
        early, if it did.
    """
    run = _Run(client, sink, outbox, clock, pace)
    for start, part in _parts(list(adjustments)):
        run.take(start, part)
    run.flush()
    return [run.verdicts[i] for i in sorted(run.verdicts)], run.stopped


class _Run:
    """One run: what is ready to go out together, and what became of the rest."""

    def __init__(
        self,
        client: str,
        sink: AdjustmentSink,
        outbox: AdjustmentBook,
        clock: Clock,
        pace: Callable[[], None],
    ) -> None:
        self._client = client
        self._sink = sink
        self._outbox = outbox
        self._clock = clock
        self._pace = pace
        self._ready: dict[int, tuple[Adjustment, Conversion | None]] = {}
        self._ids: set[tuple[str, str]] = set()
        self.verdicts: dict[int, Verdict] = {}
        self.stopped: VendorError | None = None

    def take(self, start: int, part: Sequence[Adjustment]) -> None:
        """Check some adjustments, and send those that may go."""
        known = self._clicks(part)
        for number, adjustment in enumerate(part, start):
            self._take(number, adjustment, known)

    def flush(self) -> None:
        """Send what is ready, intent first."""
        ready, self._ready = self._ready, {}
        self._ids.clear()
        if not ready:
            return
        rows = list(ready.values())
        self._record([adjustment for adjustment, _ in rows], [_UNANSWERED] * len(rows))
        found = self._send(rows)
        self._record([adjustment for adjustment, _ in rows], found)
        self.verdicts.update(zip(ready, found, strict=True))

    def _take(
        self,
        number: int,
        wish: Adjustment,
        known: Mapping[tuple[str, str, int], Sequence[str]],
    ) -> None:
        adjustment = self._named(wish, known)
        if isinstance(adjustment, Verdict):
            self.verdicts[number] = adjustment
            return
        name = adjustment.action, adjustment.transaction_id
        # What was just sent about the same conversion decides about the next.
        if name in self._ids or len(self._ready) >= self._sink.max_rows:
            self.flush()
        found = self._outbox.delivered(self._client, adjustment)
        refused = check(adjustment, found, now=self._clock.now())
        is_ours = found is not None and found.conversion is not None
        if refused is None and not is_ours and not self._sink.takes_clicks:
            refused = _NEVER_HERE
        if refused is None and self.stopped is not None:
            refused = _stopped(self.stopped)
        if refused is not None:
            self.verdicts[number] = refused
            return
        self._ready[number] = adjustment, found.conversion if found else None
        self._ids.add(name)

    def _clicks(
        self, part: Sequence[Adjustment]
    ) -> Mapping[tuple[str, str, int], Sequence[str]]:
        """Return the transaction ids of what rows tell by click and time."""
        wanted: dict[str, list[tuple[str, int]]] = {}
        for row in part:
            if row.click is not None:
                wanted.setdefault(row.action, []).append(_click(row))
        return {
            (action, *click): ids
            for action, clicks in wanted.items()
            for click, ids in self._outbox.find_clicks(
                self._client, action, clicks
            ).items()
        }

    @staticmethod
    def _named(
        wish: Adjustment, known: Mapping[tuple[str, str, int], Sequence[str]]
    ) -> Adjustment | Verdict:
        """Return the adjustment under the id its conversion was delivered with."""
        if wish.click is None:
            return wish
        ids = known.get((wish.action, *_click(wish)), ())
        if len(ids) > 1:
            return _SEVERAL
        return replace(wish, transaction_id=ids[0], click=None) if ids else wish

    def _send(
        self, rows: Sequence[tuple[Adjustment, Conversion | None]]
    ) -> Sequence[Verdict]:
        try:
            self._pace()
            answer = self._sink.send([a for a, _ in rows], [c for _, c in rows])
        except OutcomeUnknownError as exc:
            unknown = Verdict(state=RowState.UNKNOWN, reason=exc.message)
            return [unknown] * len(rows)
        except VendorError as exc:
            self.stopped = exc
            return [_stopped(exc)] * len(rows)
        rest = answer.rest or _NOT_SENT
        return [answer.verdicts.get(i, rest) for i in range(len(rows))]

    def _record(self, sent: Sequence[Adjustment], found: Sequence[Verdict]) -> None:
        pairs = list(zip(sent, found, strict=True))
        self._outbox.record_adjustments(self._client, pairs, now=self._clock.now())


def _click(adjustment: Adjustment) -> tuple[str, int]:
    assert adjustment.click is not None
    micros = to_micros(adjustment.click.time)
    return adjustment.click.gclid, micros - micros % _SECOND


def _parts(rows: Sequence[Adjustment]) -> Iterable[tuple[int, Sequence[Adjustment]]]:
    for start in range(0, len(rows), _CLICKS_AT_ONCE):
        yield start, rows[start : start + _CLICKS_AT_ONCE]


def _stopped(exc: VendorError) -> Verdict:
    return Verdict(state=RowState.PENDING, reason=f"not sent: {exc.message}")
