"""Adjusting what was delivered: checked against the ledger, sent, written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.adjustments import check
from convbridge.model.conversions import RowState, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convbridge.model.adjustments import Adjustment
    from convbridge.model.conversions import Conversion
    from convbridge.ports import AdjustmentSink, Clock, Outbox

_NOT_SENT = Verdict(state=RowState.PENDING, reason="another row spoilt the request")
_NO_ROW = Verdict(state=RowState.REJECTED, reason="the ledger has no such row any more")


def adjust(
    adjustments: Iterable[Adjustment],
    *,
    client: str,
    sink: AdjustmentSink,
    outbox: Outbox,
    clock: Clock,
) -> tuple[tuple[Adjustment, Verdict], ...]:
    """
    Restate or retract delivered conversions; return what became of each.

    What Google would refuse is not sent. Adjustments are not kept for later: one
    that is too early is PENDING with the time to wait, and is to be given again.
    """
    found: list[tuple[Adjustment, Verdict]] = []
    ready: list[tuple[Adjustment, Conversion]] = []
    for adjustment in adjustments:
        known = outbox.delivered(client, adjustment.action, adjustment.transaction_id)
        refused = check(adjustment, known, now=clock.now())
        if refused is not None:
            found.append((adjustment, refused))
        elif known is None or known.conversion is None:
            found.append((adjustment, _NO_ROW))
        else:
            ready.append((adjustment, known.conversion))
    for start in range(0, len(ready), sink.max_rows):
        part = ready[start : start + sink.max_rows]
        answer = sink.send([a for a, _ in part], [c for _, c in part])
        sent = [
            (adjustment, answer.verdicts.get(i, answer.rest or _NOT_SENT))
            for i, (adjustment, _) in enumerate(part)
        ]
        outbox.record_adjustments(client, sent, now=clock.now())
        found += sent
    return tuple(found)
