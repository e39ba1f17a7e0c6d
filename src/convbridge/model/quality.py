"""How far numbers can be trusted: flags with a reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Effect(StrEnum):
    """What a flag does to the values computed from flagged data."""

    NOTE = "note"
    """Shown, changes nothing."""
    WIDEN = "widen"
    """The effective sample shrinks and intervals widen."""
    IMMATURE = "immature"
    """No new value is published for the event."""
    FREEZE = "freeze"
    """The published value stays as it is and a person is asked to look."""
    REFUSE = "refuse"
    """Nothing is valued from these data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFlag:
    """One reason to trust some of the data less."""

    code: str
    """`thresholding`, `other_row`, `sampling`, `truncation`, `restricted_revenue`,
    `restricted_cost`, `missing_days`, `not_final`, `tag_stopped`, `tag_doubled`,
    `renamed`, `users_without_ids`, `empty`, `clamped`, ..."""
    effect: Effect
    reason: str
    event: str | None = None
    """The event concerned; None for all."""
    factor: float = 1.0
    """For `widen`: the share of the sample that counts, in (0, 1]."""
    days: int | None = None
    """For a break that lasts: the days since, up to the window's end."""
    ratio: float | None = None
    """For a change of a rate: how many times as often as before."""

    def to_dict(self) -> dict[str, Any]:
        """Return the flag as JSON-ready data."""
        return {
            "code": self.code,
            "effect": str(self.effect),
            "reason": self.reason,
            "event": self.event,
            "factor": self.factor,
            "days": self.days,
            "ratio": self.ratio,
        }
