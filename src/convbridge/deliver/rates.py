"""When the next request may go: limits are kept to, not run into."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from convbridge.errors import QuotaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from convbridge.ports import Clock, Outbox

# Google counts a request when it arrives, some time after we do; a few seconds more
# keep one that travelled faster than those before it out of their minute.
_MINUTE = 63_000
_DAY = 86_400_000
_SECOND = 1_000
_TEN_MINUTES = 600_000
_Taken = list[list[int]]
"""Milliseconds since 1970 and requests; those close together count as the last."""


class DayUsedUp(Exception):  # noqa: N818 - not a fault: the rest goes tomorrow
    """The day's requests are spent; `until` tells when the first comes back."""

    def __init__(self, until: datetime) -> None:
        super().__init__(str(until))
        self.until = until

    def error(self, vendor: str) -> QuotaError:
        """Return what stops the run."""
        return QuotaError(
            "the day's requests of the Cloud project are used up",
            vendor=vendor,
            operation="send",
            code="REQUESTS_PER_DAY",
            hint=f"the rest waits in the outbox; run again after {self.until:%F %H:%M} "
            "UTC",
        )


class RequestRate:
    """
    Spaces requests to one service by a sliding minute and a sliding day.

    Google's limits are the Cloud project's, so they are shared by all that deliver
    with one ledger: other clients, other processes, other machines. Programs without
    the ledger are not seen, so Google may still say 429.

    Args:
        outbox: Keeps what was taken; its transactions make taking safe.
        service: Whose limits they are.
        sleep: Waits for the minute.
    """

    def __init__(
        self,
        clock: Clock,
        outbox: Outbox,
        *,
        service: str,
        per_minute: int = 300,
        per_day: int = 100_000,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._outbox = outbox
        self._service = service
        self._per_minute = per_minute
        self._per_day = per_day
        self._sleep = sleep
        self._free_at = self._awake = 0

    def take(self, wanted: int) -> int:
        """
        Return how many of the wanted requests may be sent now; they count.

        To be called within `outbox.together()`, so that nobody else takes the same.

        Raises:
            DayUsedUp: None may be sent for hours.
        """
        if not wanted:
            return 0
        now = max(_millis(self._clock.now()), self._awake)
        said = json.loads(self._outbox.read_requests(self._service) or "{}")
        minute = _since(said.get("minute", []), now - _MINUTE)
        day = _since(said.get("day", []), now - _DAY)
        in_minute, in_day = _sum(minute), _sum(day)
        if in_day >= self._per_day:
            raise DayUsedUp(_moment(day[0][0] + _DAY))
        granted = min(wanted, self._per_minute - in_minute, self._per_day - in_day)
        if granted <= 0:
            self._free_at = minute[0][0] + _MINUTE
            return 0
        _add(minute, now, granted, within=_SECOND)
        _add(day, now, granted, within=_TEN_MINUTES)
        text = json.dumps({"minute": minute, "day": day}, separators=(",", ":"))
        self._outbox.keep_requests(self._service, text)
        return granted

    def wait(self) -> None:
        """Sleep until `take`, which gave nothing, may give something."""
        pause = self._free_at - _millis(self._clock.now())
        self._sleep(max(0, pause) / 1_000)
        self._awake = self._free_at  # also where a clock is behind what was slept

    def hold(self) -> None:
        """
        Take one request, however long that takes.

        Raises:
            QuotaError: None may be sent for hours.
        """
        while not self._take_one():
            self.wait()

    def _take_one(self) -> bool:
        with self._outbox.together():
            try:
                return bool(self.take(1))
            except DayUsedUp as exc:
                raise exc.error(self._service) from exc


def _since(taken: _Taken, moment: int) -> _Taken:
    return [entry for entry in taken if entry[0] > moment]


def _sum(taken: _Taken) -> int:
    return sum(requests for _, requests in taken)


def _add(taken: _Taken, now: int, requests: int, *, within: int) -> None:
    if taken and taken[-1][0] // within >= now // within:
        taken[-1] = [max(now, taken[-1][0]), taken[-1][1] + requests]
    else:
        taken.append([now, requests])


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000)


def _moment(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1_000, UTC)
