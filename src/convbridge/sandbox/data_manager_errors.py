"""Refusals of the Data Manager API: reasons, field violations, quota limits."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from .http import ApiError

if TYPE_CHECKING:
    from .clock import Clock

DOMAIN = "datamanager.googleapis.com"
_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_REQUEST_INFO = "type.googleapis.com/google.rpc.RequestInfo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing wrong with a request: a reason of `ErrorReason` and a field."""

    reason: str
    field: str
    description: str = ""


def refused(
    violations: list[Violation], request_id: str, *, tells_fields: bool = True
) -> ApiError:
    """Return the 400 that names every violation, or only says there is one."""
    info = {
        "@type": _INFO,
        "reason": "INVALID_ARGUMENT",
        "domain": DOMAIN,
        "metadata": {"requestId": request_id},
    }
    listed = [
        {
            "field": each.field,
            "description": each.description or each.reason.replace("_", " ").lower(),
            "reason": each.reason,
        }
        for each in violations
    ]
    details: list[dict[str, Any]] = [
        info,
        {"@type": _REQUEST_INFO, "requestId": request_id},
    ]
    if tells_fields:
        details.append({"@type": _BAD_REQUEST, "fieldViolations": listed})
    return ApiError(400, "There was a problem with the request.", details=details)


def empty_refusal() -> ApiError:
    """Return a 400 without a reason, which is all a numeric transaction id gets."""
    return ApiError(400, "Request contains an invalid argument.")


def denied(reason: str = "PERMISSION_DENIED") -> ApiError:
    """Return the 403 of an account that is not there or not the caller's."""
    info = {"@type": _INFO, "reason": reason, "domain": DOMAIN, "metadata": {}}
    message = "The caller does not have permission or the resource is not found."
    return ApiError(403, message, details=[info])


class Limits:
    """
    Requests a project may make, by sliding minute and day.

    Time is the machine's or the sandbox's, whichever went further: a stopped clock
    does not stop the minute, and a test may skip it.
    """

    def __init__(self, clock: Clock) -> None:
        """Start counting, with the limits Google publishes."""
        self.per_minute = 300
        self.per_day = 100_000
        self._clock = clock
        self._times: deque[float] = deque()
        self._started = time.monotonic()
        self._origin = clock.now()

    def spend(self) -> None:
        """Count one request, or raise the 429 that names the limit."""
        now = self._elapsed()
        while self._times and self._times[0] <= now - 86_400:
            self._times.popleft()
        recent = takewhile(lambda moment: moment > now - 60, reversed(self._times))
        if len(self._times) >= self.per_day:
            raise _over("IngestionServiceRequestsPerDayPerProject", 3_600)
        if sum(1 for _ in recent) >= self.per_minute:
            raise _over("IngestionServiceRequestsPerMinutePerProject", 60)
        self._times.append(now)

    def _elapsed(self) -> float:
        simulated = (self._clock.now() - self._origin).total_seconds()
        return max(time.monotonic() - self._started, simulated)


def _over(limit: str, seconds: int) -> ApiError:
    info = {
        "@type": _INFO,
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {"service": DOMAIN, "quota_limit": limit},
    }
    message = f"Quota exceeded for quota metric and limit '{limit}'."
    return ApiError(429, message, details=[info], headers={"Retry-After": str(seconds)})
