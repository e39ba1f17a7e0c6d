"""The one clock of the sandbox: real, or stopped at a moment and moved by hand."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class Clock:
    """
    What Google's servers think the time is.

    With a moment it stands still there, and only `advance` moves it: tests
    stay the same whatever the day. Without one it is the machine's clock plus
    whatever `advance` added.
    """

    def __init__(self, moment: datetime | None = None) -> None:
        if moment is not None and moment.tzinfo is None:
            raise ValueError("the sandbox clock needs a datetime with a time zone")
        self._moment = moment
        self._added = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the time in UTC."""
        moment = self._moment or datetime.now(UTC)
        with self._lock:
            return moment.astimezone(UTC) + self._added

    def advance(self, *, days: float = 0, hours: float = 0, seconds: float = 0) -> None:
        """Move the clock forward."""
        with self._lock:
            self._added += timedelta(days=days, hours=hours, seconds=seconds)
