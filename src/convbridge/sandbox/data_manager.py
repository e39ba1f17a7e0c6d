"""The Data Manager: events taken in, looked at later, and told of by request."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .data_manager_checks import check_events, is_numeric_id, targets_of
from .data_manager_errors import Limits, Violation, empty_refusal, refused
from .data_manager_processing import process
from .data_manager_targets import find_targets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from .ads_service import GoogleAds
    from .data_manager_targets import Target

_KEPT = timedelta(days=50)


@dataclass(slots=True, kw_only=True)
class Destined:
    """What became of one request at one destination."""

    target: Target
    records: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def status(self) -> str:
        """Return SUCCESS, PARTIAL_SUCCESS or FAILED."""
        if not self.errors:
            return "SUCCESS"
        is_all = self.errors.total() >= self.records
        return "FAILED" if is_all else "PARTIAL_SUCCESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """One accepted request."""

    received: datetime
    destinations: tuple[Destined, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedEvent:
    """One event of an accepted request; `event` has the proto's field names."""

    request_id: str
    received: datetime
    destinations: tuple[str, ...]
    """References of the destinations it went to."""
    product_destinations: tuple[str, ...]
    """Conversion action or measurement ids of the same."""
    event: dict[str, Any]


class DataManager:
    """
    The state behind the Data Manager API; `google.data_manager` in a sandbox.

    `processing_delay` is how long a request stays PROCESSING. With `tells_fields`
    off a refusal does not say which event it is about. `event_errors` (reasons by
    transaction id) refuse a request, `record_errors` lose a record later. With
    `is_sink` events are only counted (`received_count`, `unique_ids`), to measure
    a sender.
    """

    def __init__(self, ads: GoogleAds) -> None:
        """Start empty, with the accounts and clicks of a Google Ads state."""
        self.ads = ads
        self.limits = Limits(ads.store.clock)
        self.processing_delay = timedelta(minutes=30)
        self.tells_fields = True
        self.event_errors: dict[str, str] = {}
        self.record_errors: dict[str, str] = {}
        self.is_sink = False
        self.received_count = 0
        self.unique_ids: set[int] = set()
        self._events: list[ReceivedEvent] = []
        self._requests: dict[str, Ingested] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def received_events(self) -> tuple[ReceivedEvent, ...]:
        """Return the events of every accepted request that was not validate_only."""
        return tuple(self._events)

    def ingest(self, request: dict[str, Any]) -> dict[str, Any]:
        """Take in a request, or refuse all of it for one bad record."""
        request_id = f"sandbox-dm-{next(self._ids):08d}"
        with self._lock, self.ads.store.lock:
            targets = self._check(request, request_id)
            if not request.get("validate_only"):
                self._take(request, request_id, targets)
        return {"requestId": request_id}

    def count(self, transaction_ids: Iterable[str]) -> dict[str, Any]:
        """Count events as they came, unread: what `is_sink` makes of a request."""
        with self._lock:
            for transaction_id in transaction_ids:
                self.received_count += 1
                self.unique_ids.add(hash(transaction_id or self.received_count))
            request_id = f"sandbox-dm-{next(self._ids):08d}"
            now = self.ads.store.clock.now()
            self._requests[request_id] = Ingested(received=now, destinations=())
        return {"requestId": request_id}

    def retrieve(self, request_id: str) -> Iterator[tuple[Destined, bool]]:
        """Yield each destination of a request, and whether it is still in work."""
        ingested = self._requests.get(request_id)
        if ingested is None:
            violation = Violation(reason="INVALID_REQUEST_ID", field="request_id")
            raise refused([violation], request_id)
        age = self.ads.store.clock.now() - ingested.received
        if age > _KEPT:
            violation = Violation(reason="REQUEST_TOO_OLD", field="request_id")
            raise refused([violation], request_id)
        for destined in ingested.destinations:
            yield destined, age < self.processing_delay

    def _check(self, request: dict[str, Any], request_id: str) -> list[Target]:
        destinations = request.get("destinations", [])
        targets, violations = find_targets(self.ads, destinations)
        violations += check_events(request, targets, self.ads.store.clock.now())
        violations += self._wanted(request.get("events", []))
        if violations:
            raise refused(violations, request_id, tells_fields=self.tells_fields)
        # Only the real thing minds: validate_only lets a numeric id pass.
        is_real = not request.get("validate_only")
        if is_real and any(is_numeric_id(event) for event in request["events"]):
            raise empty_refusal()
        return targets

    def _wanted(self, events: list[dict[str, Any]]) -> list[Violation]:
        return [
            Violation(reason=self.event_errors[key], field=f"events.events[{index}]")
            for index, event in enumerate(events)
            if (key := event.get("transaction_id", "")) in self.event_errors
        ]

    def _take(
        self, request: dict[str, Any], request_id: str, targets: list[Target]
    ) -> None:
        destined = tuple(Destined(target=target) for target in targets)
        now = self.ads.store.clock.now()
        for event in request["events"]:
            self._keep(request, request_id, event, destined)
        self._requests[request_id] = Ingested(received=now, destinations=destined)

    def _keep(
        self,
        request: dict[str, Any],
        request_id: str,
        event: dict[str, Any],
        destined: tuple[Destined, ...],
    ) -> None:
        consent = event.get("consent") or request.get("consent", {})
        chosen = targets_of(event, [each.target for each in destined])
        for each in destined:
            if each.target not in chosen:
                continue
            each.records += 1
            if each.target.is_analytics:
                continue
            wanted = self.record_errors.get(event.get("transaction_id", ""))
            reason = wanted or process(self.ads, each.target, event, consent)
            if reason:
                each.errors[reason] += 1
        self._events.append(
            ReceivedEvent(
                request_id=request_id,
                received=self.ads.store.clock.now(),
                destinations=tuple(target.reference for target in chosen),
                product_destinations=tuple(target.product_id for target in chosen),
                event=event,
            )
        )
