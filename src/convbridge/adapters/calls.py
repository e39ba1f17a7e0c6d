"""
How a vendor is called: one seam, one retry policy, one table of errors.

`Call` is the seam. An adapter is given one; production wraps Google's service
clients, `convbridge.testing` records and replays. What a call raises there is
what the vendor's library raises; `GuardedCall` turns that into `VendorError`.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import tenacity

from convbridge.adapters.telemetry import call_span
from convbridge.adapters.vendor_errors import (
    STUMBLES,
    VENDOR_EXCEPTIONS,
    is_stumble,
    translate,
)
from convbridge.errors import QuotaError, UnavailableError, VendorError

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_SHORT_TERM = {
    "RESOURCE_TEMPORARILY_EXHAUSTED",
    "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION",
}
# GA4 and the Data Manager name the quota in words only: "tokens per hour",
# "quota metric 'requests' and limit 'Requests per day'".
_LONG_TERM = re.compile(r"hour|day|daily", re.IGNORECASE)


class Call(Protocol):
    """One request, one response: `ConversionActionService.MutateConversionActions`."""

    def __call__(self, method: str, request: Any, /) -> Any:
        """Send the request and return the response, or raise the vendor's error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """
    How often and how patiently a call is repeated.

    Only what surely was not done is repeated; see `guard`.
    """

    attempts: int = 5
    first_wait: float = 1.0
    """Seconds before the second attempt; doubles from then on, plus jitter."""
    longest_wait: float = 30.0
    """A vendor that asks for a longer pause than this gets none: the error is
    raised, with `retry_after` for the scheduler."""
    timeout: float = 120.0
    """Seconds one attempt may take; Google's libraries set none of their own."""


DEFAULT_POLICY = RetryPolicy()


def guard(
    send: Callable[[], _T],
    *,
    vendor: str,
    operation: str,
    idempotent: bool,
    policy: RetryPolicy = DEFAULT_POLICY,
    sleep: Callable[[float], None] = time.sleep,
) -> _T:
    """
    Send until it succeeds, is refused, or patience ends.

    Repeated are answers that say nothing was done (no connection, a quota that
    refills soon, a concurrent change) and, where the call is `idempotent`,
    missing answers. A write without an answer raises at once.

    Raises:
        OutcomeUnknownError: A write was sent and no answer came.
        VendorError: Anything else the vendor or the network had to say.
    """

    def attempt() -> _T:
        try:
            return send()
        except (*VENDOR_EXCEPTIONS, *STUMBLES) as exc:
            if isinstance(exc, STUMBLES) and not is_stumble(exc):
                raise
            raise translate(
                exc, vendor=vendor, operation=operation, idempotent=idempotent
            ) from exc

    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(policy.attempts),
        retry=tenacity.retry_if_exception(lambda exc: _may_repeat(exc, policy)),
        wait=_Wait(policy),
        before_sleep=_log_retry,
        sleep=sleep,
        reraise=True,
    )
    with call_span(vendor, operation) as span:
        try:
            return retrying(attempt)
        finally:
            attempts = retrying.statistics.get("attempt_number", 1)
            span["convbridge.attempts"] = attempts


class GuardedCall:
    """A `Call` whose errors are convbridge's, repeated where that is safe."""

    def __init__(
        self,
        call: Call,
        *,
        vendor: str,
        policy: RetryPolicy = DEFAULT_POLICY,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._call = call
        self._vendor = vendor
        self._policy = policy
        self._sleep = sleep

    @property
    def request_id(self) -> str | None:
        """The vendor's id of the last call this thread made, where the call knows."""
        return getattr(self._call, "request_id", None)

    def __call__(self, method: str, request: Any, *, idempotent: bool) -> Any:
        """Send the request; see `guard` for what is repeated and raised."""
        return guard(
            lambda: self._call(method, request),
            vendor=self._vendor,
            operation=method,
            idempotent=idempotent,
            policy=self._policy,
            sleep=self._sleep,
        )


class _Wait:
    """Exponential, but never less than the vendor asked for; with jitter on top."""

    def __init__(self, policy: RetryPolicy) -> None:
        # wait_exponential_jitter would warn: `initial` is deprecated in tenacity 9.2.
        self._grows = tenacity.wait_exponential(policy.first_wait, policy.longest_wait)
        # Clients that were refused together would come back together.
        self._jitter = tenacity.wait_random(0, policy.first_wait)

    def __call__(self, state: tenacity.RetryCallState) -> float:
        exc = state.outcome.exception() if state.outcome else None
        asked = getattr(exc, "retry_after", None) or 0.0
        return max(float(asked), self._grows(state)) + self._jitter(state)


def _may_repeat(exc: BaseException, policy: RetryPolicy) -> bool:
    if not isinstance(exc, QuotaError | UnavailableError):
        return False
    if exc.retry_after is not None:
        return exc.retry_after <= policy.longest_wait
    return isinstance(exc, UnavailableError) or _refills_soon(exc)


def _refills_soon(exc: QuotaError) -> bool:
    """Tell a bucket that refills in seconds from one of the hour or the day."""
    if exc.vendor == "google_ads":
        return exc.code in _SHORT_TERM
    return not _LONG_TERM.search(exc.message)


def _log_retry(state: tenacity.RetryCallState) -> None:
    exc = state.outcome.exception() if state.outcome else None
    if isinstance(exc, VendorError):
        _log.info(
            "call.repeated",
            extra={
                "vendor": exc.vendor,
                "operation": exc.operation,
                "code": exc.code,
                "request_id": exc.request_id,
                "attempt": state.attempt_number,
            },
        )
