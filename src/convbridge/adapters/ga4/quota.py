"""GA4's quotas: what is left, when to stop, and how long to stay away."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from google.api_core import exceptions as core

from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.vendor_errors import translate, was_never_sent
from convbridge.errors import QuotaError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from convbridge.model.ids import PropertyId
    from convbridge.ports import Clock

_log = logging.getLogger(__name__)

POLICY = RetryPolicy(attempts=3, first_wait=1.0, longest_wait=30.0, timeout=120.0)

# Standard property; a 360 property has ten times as much (quotas page, 2026).
_STANDARD = {
    "tokens_per_day": 200_000,
    "tokens_per_hour": 40_000,
    "tokens_per_project_per_hour": 14_000,
}
_REFILL = {
    "tokens_per_day": timedelta(days=1),
    "tokens_per_hour": timedelta(hours=1),
    "tokens_per_project_per_hour": timedelta(hours=1),
}

# Part of the 429 text -> seconds until asking again makes sense.
_WAITS: tuple[tuple[str, float], ...] = (
    ("concurrent", 30.0),
    ("server errors", 3600.0),
    ("thresholded", 1800.0),
    ("per day", 86_400.0),
    ("per hour", 1800.0),
    ("per minute", 60.0),  # the Admin API's
)
_SERVER_ERRORS_AN_HOUR = 4
"""GA4 blocks a project after 10 server errors an hour; other tools need some."""


def wait_for(message: str) -> float:
    """
    Return how long to stay away after a 429, by its text.

    >>> wait_for("Exhausted concurrent requests quota.")
    30.0
    """
    text = message.lower()
    return next((wait for part, wait in _WAITS if part in text), 1800.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What one answer says is left of one bucket family (core, funnel)."""

    remaining: dict[str, int]
    consumed: int

    @classmethod
    def from_message(cls, quota: Any) -> Quota | None:
        """Read a `PropertyQuota` message; None when GA4 sent none."""
        found = {
            name: getattr(quota, name).remaining
            for name in _STANDARD
            if quota.HasField(name)
        }
        day = quota.tokens_per_day if quota.HasField("tokens_per_day") else None
        if not found:
            return None
        return cls(remaining=found, consumed=day.consumed if day else 0)


_AT_ONCE = 8
"""Calls of one property at a time, of the 10 that GA4 allows to all who read it."""
_at_once: WeakValueDictionary[PropertyId, threading.BoundedSemaphore] = (
    WeakValueDictionary()
)
_at_once_lock = threading.Lock()


class QuotaGate:
    """
    Lets calls of one property through while there is quota.

    At most `concurrency` calls at a time, none after a bucket ran out or fell below
    the floor, and few enough server errors that GA4 never blocks the project. Gates
    of one property share no more than its places: clients may have one property in
    common, each with a Cloud project and tokens of its own.

    Args:
        floor: Share of each token bucket that stays for the client's own
            reports and dashboards.
    """

    def __init__(
        self,
        *,
        property_id: PropertyId,
        clock: Clock,
        floor: float = 0.1,
        concurrency: int = 4,
    ) -> None:
        self.property_id = property_id
        self.tokens_used = 0
        """Tokens charged to this gate so far."""
        self._clock = clock
        self._floor = floor
        self._slots = threading.BoundedSemaphore(concurrency)
        self._places = _places_of(property_id)
        self._lock = threading.Lock()
        self._closed: dict[str, tuple[datetime, str]] = {}
        self._failures: list[datetime] = []

    def send(self, call: Callable[[], Any], *, family: str, operation: str) -> Any:
        """
        Make one attempt, or refuse it while the family's quota is closed.

        Raises:
            QuotaError: With the seconds to stay away in `retry_after`.
        """
        with self._slots, self._places:
            self._check(family, operation)
            try:
                return call()
            except (core.TooManyRequests, core.Forbidden) as exc:
                found = translate(
                    exc, vendor="ga4", operation=operation, idempotent=True
                )
                if not isinstance(found, QuotaError):
                    raise
                raise self._refused(found, family) from exc
            except core.ServerError as exc:
                self._failed(exc)
                raise

    def record(self, quota: Quota | None, *, family: str) -> None:
        """Note what an answer says is left; close the family below the floor."""
        if quota is None:
            return
        with self._lock:
            self.tokens_used += quota.consumed
        large = any(quota.remaining[n] > _STANDARD[n] for n in quota.remaining)
        for name, left in quota.remaining.items():
            size = _STANDARD[name] * (10 if large else 1)
            if left < size * self._floor:
                reason = (
                    f"{left} of about {size} {name.replace('_', ' ')} are left, "
                    f"and {self._floor:.0%} stays for other tools (ga4.quota_floor)"
                )
                self._close(family, _REFILL[name].total_seconds(), reason)

    def _check(self, family: str, operation: str) -> None:
        now = self._clock.now()
        with self._lock:
            until, reason = self._closed.get(family, (now, ""))
            hour = now - timedelta(hours=1)
            self._failures = [at for at in self._failures if at > hour]
            failures = len(self._failures)
            oldest = self._failures[0] if failures else now
        if until > now:
            raise self._error(reason, (until - now).total_seconds(), operation)
        if failures >= _SERVER_ERRORS_AN_HOUR:
            wait = (oldest + timedelta(hours=1) - now).total_seconds()
            raise self._error(
                f"{failures} server errors within an hour; GA4 blocks a project "
                "after 10",
                wait,
                operation,
            )

    def _refused(self, found: QuotaError, family: str) -> QuotaError:
        """Return the refusal with a wait: Google's own word, else by its text."""
        asked = found.retry_after
        wait = wait_for(found.message) if asked is None else asked
        if wait > POLICY.longest_wait:
            self._close(family, wait, found.message)
        return self._error(found.message, wait, found.operation)

    def _failed(self, exc: core.ServerError) -> None:
        if not (isinstance(exc, core.MethodNotImplemented) or was_never_sent(exc)):
            with self._lock:
                self._failures.append(self._clock.now())

    def _close(self, family: str, seconds: float, reason: str) -> None:
        until = self._clock.now() + timedelta(seconds=seconds)
        _log.warning(
            "quota.closed",
            extra={"property": str(self.property_id), "family": family},
        )
        with self._lock:
            self._closed[family] = (until, reason)

    def _error(self, reason: str, wait: float, operation: str) -> QuotaError:
        until = self._clock.now() + timedelta(seconds=wait)
        return QuotaError(
            f"property {self.property_id}: {reason}",
            vendor="ga4",
            operation=operation,
            code="RESOURCE_EXHAUSTED",
            retry_after=wait,
            hint=f"resume after {until:%Y-%m-%d %H:%M} UTC; other tools that read "
            "the property spend the same quota",
        )


def _places_of(property_id: PropertyId) -> threading.BoundedSemaphore:
    with _at_once_lock:
        found = _at_once.get(property_id) or threading.BoundedSemaphore(_AT_ONCE)
        _at_once[property_id] = found
        return found
