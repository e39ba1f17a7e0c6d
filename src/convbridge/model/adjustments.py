"""Adjustments of delivered conversions, and the rules Google has for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from convbridge.model.conversions import RowState, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from convbridge.errors import VendorError
    from convbridge.model.conversions import Conversion

LIMIT = timedelta(days=54)
"""ConversionAdjustmentUploadError.CONVERSION_EXPIRED: no adjustment after that."""
REST = timedelta(hours=24)
"""TOO_RECENT_CONVERSION: none before that."""
_AHEAD = timedelta(hours=1)
"""How far a source's clock may run ahead of ours."""
_DELIVERED = (RowState.SENT, RowState.ACCEPTED, RowState.ATTRIBUTED, RowState.DUPLICATE)


class AdjustmentKind(StrEnum):
    """What is done to a conversion."""

    RESTATEMENT = "restatement"
    """It is worth something else."""
    RETRACTION = "retraction"
    """It did not happen after all."""


class ClickTime(NamedTuple):
    """A conversion told by its click and its time, to the second."""

    gclid: str
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """One change to a conversion that was delivered."""

    action: str
    transaction_id: str
    """Of the conversion; made from click and time where the row gives those."""
    kind: AdjustmentKind
    at: datetime
    value: Decimal | None = None
    """The whole new value, for a restatement; 0 is final."""
    currency: str | None = None
    click: ClickTime | None = None
    """What the row gives in place of an order id."""

    @property
    def act(self) -> tuple[AdjustmentKind, datetime, Decimal | None]:
        """What is done and when, by which repetitions are told."""
        return self.kind, self.at, self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What the ledger knows of the conversion an adjustment is about."""

    time: datetime
    state: RowState
    conversion: Conversion | None = None
    """The row as it was sent."""
    before: Sequence[Adjustment] = ()
    """Adjustments sent before, oldest first."""
    unanswered: Sequence[Adjustment] = ()
    """Adjustments sent before, of which nobody knows whether they arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedRow:
    """What became of one row of adjustments."""

    line: int
    """Where it stood in the source; 1 is a file's header."""
    verdict: Verdict
    adjustment: Adjustment | None = None
    """None when the row was no adjustment."""

    def to_dict(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        known = self.adjustment
        return {
            "line": self.line,
            "transaction_id": known.transaction_id if known else None,
            "kind": str(known.kind) if known else None,
            "state": str(self.verdict.state),
            "reason": self.verdict.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentReport:
    """What became of each row, in the source's order."""

    client: str
    outcomes: tuple[AdjustedRow, ...]
    stopped: VendorError | None = None
    """Why the run ended early; what was not sent is pending."""

    def count(self, state: RowState) -> int:
        """Return how many rows ended so."""
        return sum(row.verdict.state is state for row in self.outcomes)

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per row."""
        return [row.to_dict() for row in self.outcomes]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        states = ("sent", "accepted", "duplicate", "pending", "rejected", "unknown")
        return {
            "client": self.client,
            "read": len(self.outcomes),
            **{name: self.count(RowState(name)) for name in states},
            "rows": self.rows(),
        }

    def __str__(self) -> str:
        counts = self.to_dict()
        del counts["client"], counts["rows"]
        text = ", ".join(f"{n} {name}" for name, n in counts.items() if n)
        return f"{self.client}   {text or 'nothing to adjust'}"

    def __repr__(self) -> str:
        return f"<AdjustmentReport {self}>"


def check(
    adjustment: Adjustment, delivered: Delivered | None, *, now: datetime
) -> Verdict | None:
    """Return why an adjustment must not be sent now; None: send it."""
    if delivered is None:
        return _refused("no conversion with that id was delivered")
    if delivered.state not in _DELIVERED:
        return _refused(f"the conversion is {delivered.state}, not delivered")
    if adjustment.kind is AdjustmentKind.RESTATEMENT and (
        adjustment.value is None or adjustment.value < 0
    ):
        return _refused("a restatement needs the whole new value, 0 or more")
    return _check_times(adjustment, delivered, now) or _check_before(
        adjustment, delivered
    )


def _check_times(
    adjustment: Adjustment, delivered: Delivered, now: datetime
) -> Verdict | None:
    if adjustment.at <= delivered.time:
        return _refused("the adjustment is before its conversion")
    if adjustment.at > now + _AHEAD:
        return _refused(f"its time {adjustment.at} is in the future")
    age = now - delivered.time
    if age > LIMIT:
        return _refused(f"the conversion is {age.days} days old; Google takes 54")
    if age < REST:
        return Verdict(
            state=RowState.PENDING,
            reason="the conversion is younger than 24 hours",
            retry_after=REST - age,
        )
    return None


def _check_before(adjustment: Adjustment, delivered: Delivered) -> Verdict | None:
    for earlier in delivered.unanswered:
        if earlier.act != adjustment.act:
            return Verdict(
                state=RowState.PENDING,
                reason=f"the {earlier.kind} of {earlier.at} got no answer: send that "
                "again first",
            )
    for earlier in delivered.before:
        if earlier.kind is AdjustmentKind.RETRACTION:
            return _refused("the conversion was retracted; that is final")
        if earlier.value == 0:
            return _refused("the conversion was restated to 0; that is final")
        if adjustment.at <= earlier.at:
            return _refused(f"it was adjusted at {earlier.at}; this must be later")
    return None


def _refused(reason: str) -> Verdict:
    return Verdict(state=RowState.REJECTED, reason=reason)
