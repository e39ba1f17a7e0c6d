"""When the next request may go: limits are kept to, not run into."""

from __future__ import annotations

import time
from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from convbridge.ports import Clock

# Google counts a request when it arrives, some time after we do; a few seconds more
# keep one that travelled faster than those before it out of their minute.
_MINUTE = timedelta(minutes=1, seconds=3)
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
        self._sent = list(before)

    def grant(self, wanted: int, *, wait: bool) -> int:
        """
        Return how many of the wanted requests may be sent now; they count.

        With `wait` it is at least one, however long that takes.

        Raises:
            DayUsedUp: None may be sent for hours.
        """
        now = self._clock.now()
        free = self._free(now)
        if not free and wait:
            free_at = self._sent[-self._per_minute] + _MINUTE
            self._sleep((free_at - now).total_seconds())
            now, free = max(free_at, self._clock.now()), 1
        granted = min(wanted, free)
        self._sent.extend([now] * granted)
        return granted

    def _free(self, now: datetime) -> int:
        while self._sent and now - self._sent[0] >= _DAY:
            self._sent.pop(0)
        if len(self._sent) >= self._per_day:
            raise DayUsedUp(self._sent[-self._per_day] + _DAY)
        recent = bisect_right(self._sent, now - _MINUTE)
        in_minute = len(self._sent) - recent
        in_day = self._per_day - len(self._sent)
        return max(0, min(self._per_minute - in_minute, in_day))
