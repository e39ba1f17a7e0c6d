"""When the next request may go: limits are kept to, not run into."""

from __future__ import annotations

import time
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from convbridge.ports import Clock

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class DayUsedUp(Exception):  # noqa: N818 - not a fault: the rest goes tomorrow
    """The day's requests are spent; `until` tells when the first comes back."""

    def __init__(self, until: datetime) -> None:
        super().__init__(str(until))
        self.until = until


class RequestRate:
    """
    Spaces requests by a sliding minute and a sliding day.

    Waits for the minute, and raises for the day. Requests of earlier runs count
    where the ledger knows of them; other programs of the same Cloud project do
    not, so Google may still say 429.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        per_minute: int,
        per_day: int,
        before: Iterable[datetime] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._per_minute = per_minute
        self._per_day = per_day
        self._sleep = sleep
        self._sent = deque(before, maxlen=per_day)

    def wait(self) -> None:
        """
        Return when a request may be sent; it counts from then.

        Raises:
            DayUsedUp: None may be sent for hours.
        """
        now = self._clock.now()
        if len(self._sent) == self._per_day and now - self._sent[0] < _DAY:
            raise DayUsedUp(self._sent[0] + _DAY)
        if len(self._sent) >= self._per_minute:
            free_at = self._sent[-self._per_minute] + _MINUTE
            if free_at > now:
                self._sleep((free_at - now).total_seconds())
                now = max(free_at, self._clock.now())
        self._sent.append(now)
