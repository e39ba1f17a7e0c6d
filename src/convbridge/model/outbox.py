"""Batches: the unit in which conversions are accepted, leased, sent, confirmed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from convbridge.model.conversions import RowState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from convbridge.model.conversions import Conversion, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Rows to be accepted together: one action, one state, one time to wait for."""

    action: str
    conversions: Sequence[Conversion]
    state: RowState = RowState.PENDING
    not_before: int = 0
    """Microseconds since 1970."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows of one conversion action that share a lease and a state, and go together."""

    id: int
    client: str
    action: str
    state: RowState
    conversions: Sequence[Conversion]
    source: str = ""
    attempts: int = 0
    reason: str = ""
    sink: str = ""
    """Where it was sent last, if it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of a draft: the new rows, and those the outbox had already."""

    batch: Batch | None
    """The new rows under this worker's lease; None when there are none."""
    known: Sequence[tuple[Conversion, Verdict]] = ()
    """Rows the outbox had already, with what became of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """A batch's request, whose processing Google has not finished reporting."""

    batch_id: int
    request_id: str
    """Shared by the batches that went together, each of an action of its own."""
    action: str
    rows: int
    """The batch's, not those of the whole request."""
    sent_at: datetime
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    """How many rows of an action failed for one reason, and what that means."""

    rows: int
    verdict: Verdict
    """`code` is Google's reason; PENDING with `retry_after` asks for a repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestResult:
    """What Google made of an action's rows in a request: counts, it names none."""

    is_finished: bool
    errors: tuple[ReasonCount, ...] = ()
    warnings: Mapping[str, int] = field(default_factory=dict)
    rest: RowState = RowState.ACCEPTED
    """What became of the rows that no reason is counted against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Rows of one action that wait in the outbox for the same thing."""

    action: str
    rows: int
    state: RowState
    reason: str = ""
    until: datetime | None = None
    """When the first of them may go; None: when what they lack is given."""
    event: str = ""
    """The action's event, where it is known."""

    def __str__(self) -> str:
        until = f", the first until {self.until:%F %H:%M} UTC" if self.until else ""
        name = self.event or self.action
        rows = "1 row waits" if self.rows == 1 else f"{self.rows:,} rows wait"
        return f"{name}: {rows}{until}: {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "action": self.action,
            "event": self.event or None,
            "rows": self.rows,
            "state": str(self.state),
            "reason": self.reason,
            "until": self.until.isoformat() if self.until else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCounts:
    """Rows of one action sent on one day (UTC), by state."""

    action: str
    day: str
    states: Mapping[RowState, int]
    reasons: Mapping[str, int] = field(default_factory=dict)
