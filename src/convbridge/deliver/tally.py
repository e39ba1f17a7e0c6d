"""Counting what became of rows, and writing down those not delivered."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from convbridge.model.conversions import DeliveryReport, RowError, RowState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convbridge.deliver.dead_letters import DeadLetters
    from convbridge.deliver.originals import Originals
    from convbridge.errors import VendorError
    from convbridge.model.conversions import Conversion, Verdict

_ERRORS_KEPT = 1_000
_SENT = frozenset({RowState.SENT, RowState.ACCEPTED, RowState.ATTRIBUTED})
_REFUSED = frozenset({RowState.REJECTED, RowState.SKIPPED})
_WAITING = frozenset({RowState.PENDING, RowState.HELD})


class Tally:
    """The numbers of one run, growing."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._states: Counter[RowState] = Counter()
        self._errors: list[RowError] = []
        self.read = 0
        self.accepted = 0
        self.requests = 0
        self.stopped: VendorError | None = None
        self.closed: dict[str, VendorError] = {}
        """Actions of which nothing more is sent in this run, and why."""
        self.letters: DeadLetters | None = None

    def stop(self, exc: VendorError) -> None:
        """Send nothing more in this run."""
        self.stopped = self.stopped or exc

    def is_stopped(self, action: str) -> bool:
        """Tell whether nothing more of an action is sent in this run."""
        return self.stopped is not None or action in self.closed

    def count(self, state: RowState, rows: int) -> None:
        """Count rows that ended in a state; a negative number takes them back."""
        self._states[state] += rows

    def refuse(
        self, line: int, row: Sequence[Any] | None, reason: str, state: RowState
    ) -> None:
        """Count a row of this run that never got into the outbox."""
        self.count(state, 1)
        self._note(RowError(line=line, reason=reason, state=state), row)

    def tell(
        self, conversion: Conversion, verdict: Verdict, originals: Originals
    ) -> None:
        """Count a row and note it if it was not delivered."""
        self.count(verdict.state, 1)
        if verdict.state in _SENT or verdict.state is RowState.DUPLICATE:
            return
        key = conversion.transaction_id
        reason = f"{verdict.code}: {verdict.reason}" if verdict.code else verdict.reason
        error = RowError(
            line=conversion.line, reason=reason, state=verdict.state, transaction_id=key
        )
        self._note(error, originals.get(key))

    def report(self) -> DeliveryReport:
        """Return the numbers as they are now."""
        states = self._states
        return DeliveryReport(
            client=self._client,
            read=self.read,
            accepted=self.accepted,
            sent=sum(states[s] for s in _SENT),
            duplicate=states[RowState.DUPLICATE],
            skipped=states[RowState.SKIPPED],
            rejected=states[RowState.REJECTED],
            pending=sum(states[s] for s in _WAITING),
            unknown=states[RowState.UNKNOWN],
            requests=self.requests,
            errors=(*self._errors, *self._stop_errors()),
            stopped=self.stopped or next(iter(self.closed.values()), None),
        )

    def _note(self, error: RowError, row: Sequence[Any] | None) -> None:
        if len(self._errors) < _ERRORS_KEPT:
            self._errors.append(error)
        if self.letters is not None and error.state in _REFUSED:
            self.letters.write(error, row)

    def _stop_errors(self) -> Iterator[RowError]:
        """Yield why the run, and why single actions, ended early."""
        whys: dict[str, list[str]] = {}
        for action, exc in self.closed.items():
            whys.setdefault(_why(exc), []).append(action)
        told = [
            f"stopped: {', '.join(actions)}: {why}" for why, actions in whys.items()
        ]
        if self.stopped is not None:
            told.insert(0, f"stopped: {_why(self.stopped)}")
        for reason in told:
            yield RowError(line=None, reason=reason, state=RowState.PENDING)


def _why(exc: VendorError) -> str:
    return "; ".join([exc.message, *exc.reasons])
