"""Faults on demand and the log of calls, shared by every server of the sandbox."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

_NOTHING: Mapping[str, str] = MappingProxyType({})


class FaultKind(StrEnum):
    """What goes wrong when a fault strikes."""

    ERROR = "error"
    """The call is refused with `status`, before anything is done."""
    CUT = "cut"
    """The call is done, then the connection is closed without an answer."""
    TORN = "torn"
    """The same, in the midst of the answer, where that is HTTP of Data Manager."""
    DROP = "drop"
    """The connection is closed before anything is done."""
    SLOW = "slow"
    """The answer waits `delay` seconds."""
    SHORT_PAGE = "short_page"
    """A page comes back with half its rows and an unchanged row count."""
    REPEATED_PAGE = "repeated_page"
    """A page after the first comes back as the first one again."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One queued fault; `times` counts down as it strikes."""

    service: str
    method: str = "*"
    kind: FaultKind = FaultKind.ERROR
    status: int | str = 503
    message: str | None = None
    times: int = 1
    after: int = 0
    delay: float = 0.0
    ids: Mapping[str, str] = field(default_factory=dict)

    def matches(self, service: str, method: str, ids: Mapping[str, str]) -> bool:
        """Tell whether this fault is meant for the call."""
        return (
            self.times > 0
            and self.service == service
            and self.method in {"*", method}
            and all(ids.get(key) == value for key, value in self.ids.items())
        )


class Faults:
    """
    The queue of faults.

    `service` is `ga4`, `ga4_admin`, `google_ads` or `data_manager`; `method`
    is the method's name as in the service (`runReport`, `MutateConversionActions`)
    or `*`. `status` is an HTTP status for JSON services and a gRPC status name
    or number for gRPC ones. `after` lets that many matching calls through first.
    """

    def __init__(self) -> None:
        self._queue: list[Fault] = []
        self._latency: dict[str, float] = {}
        self._lock = threading.Lock()

    def add(
        self,
        *,
        service: str,
        method: str = "*",
        status: int | str = 503,
        kind: FaultKind | str = FaultKind.ERROR,
        message: str | None = None,
        times: int = 1,
        after: int = 0,
        delay: float = 0.0,
        property_id: str | None = None,
        customer_id: str | None = None,
    ) -> Fault:
        """Queue a fault; ids narrow it to one property or customer."""
        wanted = {"property_id": property_id, "customer_id": customer_id}
        fault = Fault(
            service=service,
            method=method,
            kind=FaultKind(kind),
            status=status,
            message=message,
            times=times,
            after=after,
            delay=delay,
            ids={key: value for key, value in wanted.items() if value is not None},
        )
        with self._lock:
            self._queue.append(fault)
        return fault

    def take(
        self, service: str, method: str, ids: Mapping[str, str] = _NOTHING
    ) -> Fault | None:
        """Return the first fault meant for this call, one strike used up."""
        with self._lock:
            for fault in self._queue:
                if not fault.matches(service, method, ids):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def set_latency(self, service: str, seconds: float) -> None:
        """Make every call of a service take at least this long."""
        with self._lock:
            self._latency[service] = seconds

    def latency(self, service: str) -> float:
        """Return the seconds every call of a service waits."""
        with self._lock:
            return self._latency.get(service, 0.0)

    def clear(self) -> None:
        """Forget all faults and latencies."""
        with self._lock:
            self._queue.clear()
            self._latency.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as the server saw it; `status` is `OK` or the status name."""

    service: str
    method: str
    time: datetime
    ids: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    status: str = "OK"


class CallLog:
    """
    Every call made to the sandbox, oldest first.

    What was sent is not kept; `listener` hears it, with the call, while it is there.
    """

    def __init__(self) -> None:
        self.listener: Callable[[Call, str], None] | None = None
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def record(self, call: Call, sent: Callable[[], str] = str) -> None:
        """Append a call; `sent` returns the request as text, if anybody listens."""
        with self._lock:
            self._calls.append(call)
        if self.listener is not None:
            self.listener(call, sent())

    def where(
        self, *, service: str | None = None, method: str | None = None, **ids: str
    ) -> tuple[Call, ...]:
        """Return the calls of a service, a method, and ids."""
        return tuple(
            call
            for call in self
            if service in {None, call.service}
            and method in {None, call.method}
            and all(call.ids.get(key) == value for key, value in ids.items())
        )

    def clear(self) -> None:
        """Forget the calls made so far."""
        with self._lock:
            self._calls.clear()

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(tuple(self._calls))

    def __len__(self) -> int:
        with self._lock:
            return len(self._calls)
