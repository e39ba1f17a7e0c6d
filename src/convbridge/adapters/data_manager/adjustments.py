"""Restatements through the Data Manager API: the event again, with a new value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from convbridge.model.adjustments import AdjustmentKind
from convbridge.model.conversions import Part, RowState, SinkAnswer, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.adapters.data_manager.sink import DataManagerSink
    from convbridge.model.adjustments import Adjustment
    from convbridge.model.conversions import Conversion

_NO_RETRACTION = Verdict(
    state=RowState.REJECTED,
    reason="the Data Manager API has no retraction; restate the conversion to 0",
)


class DataManagerAdjustments:
    """
    Sends events again under their transaction ids, which the API takes as news.

    Args:
        sink: The one that sent the conversions.
    """

    takes_clicks = False

    def __init__(self, sink: DataManagerSink) -> None:
        self._sink = sink
        self.max_rows = sink.max_rows

    def send(
        self,
        adjustments: Sequence[Adjustment],
        conversions: Sequence[Conversion | None],
    ) -> SinkAnswer:
        """Send restatements by their action; what spoils a request is looked for."""
        verdicts: dict[int, Verdict] = {}
        actions: dict[str, list[_Row]] = {}
        pairs = zip(adjustments, conversions, strict=True)
        for number, (adjustment, conversion) in enumerate(pairs):
            if adjustment.kind is AdjustmentKind.RETRACTION:
                verdicts[number] = _NO_RETRACTION
            elif conversion is not None:
                row = _Row(number, adjustment, conversion)
                actions.setdefault(adjustment.action, []).append(row)
        for action, rows in actions.items():
            verdicts |= self._send(action, rows)
        return SinkAnswer(verdicts=verdicts, rest=_NO_RETRACTION)

    def _send(self, action: str, rows: Sequence[_Row]) -> dict[int, Verdict]:
        """Return a verdict for each row; one bad record refuses a whole request."""
        if not rows:
            return {}
        answer = self._sink.send(self._encode(action, rows))
        found = {rows[i].number: v for i, v in answer.verdicts.items() if i < len(rows)}
        if answer.rest is not None:
            return {row.number: found.get(row.number, answer.rest) for row in rows}
        if found:
            rest = [row for row in rows if row.number not in found]
            return found | self._send(action, rest)
        if len(rows) == 1:
            refused = Verdict(state=RowState.REJECTED, reason=answer.message)
            return {rows[0].number: refused}
        middle = len(rows) // 2
        return self._send(action, rows[:middle]) | self._send(action, rows[middle:])

    def _encode(self, action: str, rows: Sequence[_Row]) -> Any:
        request = self._sink.encode([Part(action, [row.restated for row in rows])])
        events = type(request).pb(request).events
        for event, row in zip(events, rows, strict=True):
            event.last_updated_timestamp.FromDatetime(row.adjustment.at)
        return request


class _Row(NamedTuple):
    number: int
    adjustment: Adjustment
    conversion: Conversion

    @property
    def restated(self) -> Conversion:
        """The conversion as it is to be known from now on."""
        return self.conversion._replace(
            value=str(self.adjustment.value),
            currency=self.adjustment.currency or self.conversion.currency,
        )
