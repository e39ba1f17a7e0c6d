"""What became of conversions, by action and day: sent is not accepted is not used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from convbridge.model.conversions import RowState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.model.outbox import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStatus:
    """Rows of one conversion action that were sent on one day (UTC)."""

    action: str
    day: str
    states: Mapping[RowState, int] = field(default_factory=dict)
    attributed: float | None = None
    """Conversions in Google Ads' metrics that day; None: not asked for."""
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Rows by Google's reason, or ours."""

    @property
    def sent(self) -> int:
        """Rows that Google took, whatever it made of them."""
        taken = (RowState.SENT, RowState.ACCEPTED, RowState.ATTRIBUTED)
        return sum(self.states.get(s, 0) for s in taken)

    def to_dict(self) -> dict[str, Any]:
        """Return the day as JSON-ready data."""
        counts = {str(s): self.states.get(s, 0) for s in RowState}
        return {
            "action": self.action,
            "day": self.day,
            **counts,
            "sent": self.sent,
            "attributed": self.attributed,
            "reasons": dict(self.reasons),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """One client's deliveries, read back from Google."""

    client: str
    days: tuple[DayStatus, ...] = ()
    unfinished: int = 0
    """Requests that Google is still working on."""
    alerts: tuple[str, ...] = ()
    """What a person should look at."""
    waiting: tuple[Waiting, ...] = ()
    """What is not sent yet, and why."""
    events: Mapping[str, str] = field(default_factory=dict)
    """The event of each conversion action, where it is known."""

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per action and day."""
        return [
            {"event": self.events.get(day.action), **day.to_dict()} for day in self.days
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return the status as JSON-ready data."""
        return {
            "client": self.client,
            "unfinished": self.unfinished,
            "alerts": list(self.alerts),
            "waiting": [found.to_dict() for found in self.waiting],
            "days": self.rows(),
        }
