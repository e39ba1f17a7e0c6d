"""Restatements through the Data Manager API: the event again, with a new value."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from convbridge.errors import RejectedError, VendorError
from convbridge.model.adjustments import AdjustmentKind
from convbridge.model.conversions import Part, RowState, SinkAnswer, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
        """Send restatements; what spoils a request is looked for."""
        verdicts: dict[int, Verdict] = {}
        actions: dict[str, list[_Row]] = {}
        pairs = zip(adjustments, conversions, strict=True)
        for number, (adjustment, conversion) in enumerate(pairs):
            if adjustment.kind is AdjustmentKind.RETRACTION:
                verdicts[number] = _NO_RETRACTION
            elif conversion is not None:
                row = _Row(number, adjustment, conversion)
                actions.setdefault(adjustment.action, []).append(row)
        errors: list[VendorError] = []
        for group in self._groups(actions):
            verdicts |= self._send(group, errors)
        if errors and not any(v.state is RowState.SENT for v in verdicts.values()):
            raise errors[0]
        return SinkAnswer(verdicts=verdicts, rest=_NO_RETRACTION)

    def _groups(self, actions: Mapping[str, list[_Row]]) -> Iterator[_Group]:
        """Yield what goes together in a request."""
        joined = iter([a for a in actions if self._sink.joins(a)])
        while names := list(islice(joined, self._sink.max_actions)):
            yield {name: actions[name] for name in names}
        yield from ({a: rows} for a, rows in actions.items() if not self._sink.joins(a))

    def _send(self, group: _Group, errors: list[VendorError]) -> dict[int, Verdict]:
        """Return a verdict for each row; one bad record refuses a whole request."""
        try:
            answer = self._sink.send(self._encode(group))
        except RejectedError as exc:
            if len(group) > 1:
                return self._send_apart(group, errors)
            answer = SinkAnswer(parts={0: exc})
        found, left = _read(answer, group, errors)
        if not left:
            return found
        if found:
            return found | self._send(left, errors)
        if len(left) > 1:
            return self._send_apart(left, errors)
        return self._search(left, answer.message, errors)

    def _send_apart(
        self, group: _Group, errors: list[VendorError]
    ) -> dict[int, Verdict]:
        found: dict[int, Verdict] = {}
        for action, rows in group.items():
            found |= self._send({action: rows}, errors)
        return found

    def _search(
        self, group: _Group, message: str, errors: list[VendorError]
    ) -> dict[int, Verdict]:
        """Look for the bad row of an action by halves."""
        ((action, rows),) = group.items()
        if len(rows) == 1:
            refused = Verdict(state=RowState.REJECTED, reason=message)
            return {rows[0].number: refused}
        middle = len(rows) // 2
        halves = rows[:middle], rows[middle:]
        first, second = (self._send({action: half}, errors) for half in halves)
        return first | second

    def _encode(self, group: _Group) -> Any:
        parts = [
            Part(action, [r.restated for r in rows]) for action, rows in group.items()
        ]
        request = self._sink.encode(parts)
        events = type(request).pb(request).events
        for event, row in zip(events, chain(*group.values()), strict=True):
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


_Group = dict[str, list[_Row]]
"""Rows of a request, by action."""


def _read(
    answer: SinkAnswer, group: _Group, errors: list[VendorError]
) -> tuple[dict[int, Verdict], _Group]:
    """Return what is said of rows, and the rows of which nothing is."""
    found: dict[int, Verdict] = {}
    left: _Group = {}
    start = 0
    for number, (action, rows) in enumerate(group.items()):
        own = answer.verdicts_of(start, len(rows))
        start += len(rows)
        about = answer.parts.get(number, answer.rest)
        if isinstance(about, VendorError):
            errors.append(about)
            reason = f"not sent: {about.message}"
            about = Verdict(state=RowState.PENDING, reason=reason)
        found |= {rows[i].number: verdict for i, verdict in own.items()}
        rest = [row for i, row in enumerate(rows) if i not in own]
        if about is not None:
            found |= {row.number: about for row in rest}
        elif rest:
            left[action] = rest
    return found, left
