"""
GA4 quota: token buckets per property, and what a request costs.

Google does not publish its formula. Ours grows with what theirs is said to
grow with (days, columns, rows, filters, events read) and gives the sizes seen
in the wild: 1 for a tiny request, under 10 for most, tens for 90 days by
event, date and campaign.
"""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from .http import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .clock import Clock
    from .ga4_query import Query

PACIFIC = ZoneInfo("America/Los_Angeles")
CATEGORIES = ("core", "realtime", "funnel")
LIMITS = {
    "tokens_per_day": 200_000,
    "tokens_per_hour": 40_000,
    "tokens_per_project_per_hour": 14_000,
    "concurrent_requests": 10,
    "server_errors_per_project_per_hour": 10,
    "potentially_thresholded_requests_per_hour": 120,
}
_PREMIUM = {name: 10 * limit for name, limit in LIMITS.items()} | {
    "concurrent_requests": 50,
    "server_errors_per_project_per_hour": 50,
    "potentially_thresholded_requests_per_hour": 120,
}
EXHAUSTED = {
    "tokens_per_day": (
        "Exhausted property tokens per day. "
        "These quota tokens will return in under 24 hours."
    ),
    "tokens_per_hour": "Exhausted property tokens per hour.",
    "tokens_per_project_per_hour": (
        "Exhausted property tokens for a project per hour. These quota tokens will "
        "return in under an hour. To increase property tokens, upgrade the property "
        "to Google Analytics 360."
    ),
    "concurrent_requests": "Exhausted concurrent requests quota.",
    "server_errors_per_project_per_hour": "Exhausted server errors quota.",
    "potentially_thresholded_requests_per_hour": (
        "Exhausted potentially thresholded requests quota."
    ),
}
THRESHOLDED = frozenset(
    {"userAgeBracket", "userGender", "brandingInterest", "audienceId", "audienceName"}
)
_TOKENS = ("tokens_per_day", "tokens_per_hour", "tokens_per_project_per_hour")


@dataclass(slots=True)
class _Meter:
    """What is used up of one bucket in the window it belongs to."""

    window: object = None
    used: int = 0


@dataclass(slots=True)
class Bucket:
    """The six limits of one category of one property (and project)."""

    limits: dict[str, int]
    meters: dict[str, _Meter] = field(default_factory=dict)
    running: int = 0
    consumed: int = 0
    """All tokens ever charged: what tests and the benchmark read."""


class Quota:
    """The quota of one property."""

    def __init__(self, clock: Clock, *, is_premium: bool = False) -> None:
        self._clock = clock
        limits = _PREMIUM if is_premium else LIMITS
        self._buckets = {name: Bucket(dict(limits)) for name in CATEGORIES}
        self._lock = threading.Lock()

    def consumed(self, category: str = "core") -> int:
        """Return the tokens charged since the sandbox started."""
        return self._buckets[category].consumed

    def remaining(self, name: str, category: str = "core") -> int:
        """Return what is left of a limit, by its snake-case name."""
        with self._lock:
            return self._left(self._buckets[category], name)

    def set_remaining(self, name: str, value: int, category: str = "core") -> None:
        """Leave exactly this much of a limit, until its window ends."""
        with self._lock:
            bucket = self._buckets[category]
            if name == "concurrent_requests":
                bucket.limits[name] = value
            else:
                self._meter(bucket, name).used = bucket.limits[name] - value

    @contextmanager
    def admitted(self, category: str) -> Iterator[None]:
        """Hold a request's place, or refuse it with the 429 of its bucket."""
        with self._lock:
            bucket = self._buckets[category]
            for name in (*_TOKENS, *(key for key in LIMITS if key not in _TOKENS)):
                if name.startswith("potentially"):
                    continue
                if self._left(bucket, name) <= 0:
                    raise exhausted(name)
            bucket.running += 1
        try:
            yield
        finally:
            with self._lock:
                bucket.running -= 1

    def charge(self, category: str, tokens: int) -> None:
        """Deduct tokens from day, hour and project-hour at once."""
        with self._lock:
            bucket = self._buckets[category]
            bucket.consumed += tokens
            for name in _TOKENS:
                self._meter(bucket, name).used += tokens

    def count_thresholded(self, category: str) -> None:
        """Count a request that may be thresholded, or refuse it."""
        name = "potentially_thresholded_requests_per_hour"
        with self._lock:
            bucket = self._buckets[category]
            if self._left(bucket, name) <= 0:
                raise exhausted(name)
            self._meter(bucket, name).used += 1

    def count_server_error(self, category: str) -> None:
        """Count a 500 or 503."""
        with self._lock:
            bucket = self._buckets[category]
            self._meter(bucket, "server_errors_per_project_per_hour").used += 1

    def snapshot(self, category: str, consumed: int = 0) -> dict[str, Any]:
        """Return a PropertyQuota as JSON."""
        with self._lock:
            bucket = self._buckets[category]
            answer: dict[str, Any] = {}
            for name in LIMITS:
                status: dict[str, int] = {"remaining": self._left(bucket, name)}
                if consumed and name in _TOKENS:
                    status["consumed"] = consumed
                answer[_camel(name)] = status
            return answer

    def _left(self, bucket: Bucket, name: str) -> int:
        if name == "concurrent_requests":
            return bucket.limits[name] - bucket.running
        return max(0, bucket.limits[name] - self._meter(bucket, name).used)

    def _meter(self, bucket: Bucket, name: str) -> _Meter:
        """Days end at midnight Pacific, hours on the hour."""
        now = self._clock.now()
        window = now.astimezone(PACIFIC).date() if "day" in name else _hour(now)
        meter = bucket.meters.setdefault(name, _Meter())
        if meter.window != window:
            meter.window, meter.used = window, 0
        return meter


def _hour(now: Any) -> object:
    return now - timedelta(
        minutes=now.minute, seconds=now.second, microseconds=now.microsecond
    )


def exhausted(name: str) -> ApiError:
    """Return the 429 of a limit."""
    return ApiError(429, EXHAUSTED[name])


def report_tokens(query: Query, *, rows: int, scanned: int) -> int:
    """Return what a core report costs."""
    days = sum(each.days for each in query.ranges)
    columns = len(query.dimensions) + len(query.metrics)
    return math.ceil(
        0.5
        + days * columns / 40
        + rows / 500
        + scanned / 50_000
        + 0.1 * query.filter_count
    )


def funnel_tokens(*, steps: int, days: int, has_breakdown: bool) -> int:
    """Return what a funnel report costs."""
    return math.ceil(1 + steps / 2 + days / 30 + 2 * has_breakdown)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
