"""Restatements through the Data Manager API: the event again, with a new value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.adjustments import AdjustmentKind
from convbridge.model.conversions import RowState, SinkAnswer, Verdict

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

    max_rows = 1  # one bad record spoils a request, and adjustments are few

    def __init__(self, sink: DataManagerSink) -> None:
        self._sink = sink

    def send(
        self, adjustments: Sequence[Adjustment], conversions: Sequence[Conversion]
    ) -> SinkAnswer:
        """Send one adjustment of one conversion."""
        (adjustment,) = adjustments
        (conversion,) = conversions
        if adjustment.kind is AdjustmentKind.RETRACTION:
            return SinkAnswer(rest=_NO_RETRACTION)
        restated = conversion._replace(
            value=str(adjustment.value),
            currency=adjustment.currency or conversion.currency,
        )
        request = self._sink.encode(adjustment.action, [restated])
        raw = type(request).pb(request).events[0]
        raw.last_updated_timestamp.FromDatetime(adjustment.at)
        answer = self._sink.send(request)
        if answer.rest is not None:
            return answer
        named = answer.verdicts.get(0)
        refused = Verdict(state=RowState.REJECTED, reason=answer.message)
        return SinkAnswer(rest=named or refused)
