"""One client's share of the work: contained, in any thread or process."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convbridge.adapters.telemetry import client_span
from convbridge.bridge import Bridge, Connections
from convbridge.errors import ConvbridgeError
from convbridge.portfolio.results import ClientResult, Status
from convbridge.portfolio.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from convbridge.adapters.ledger import SqlLedger
    from convbridge.bridge import SyncResult
    from convbridge.ports import Clock
    from convbridge.settings import Settings

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """The job of `Portfolio.sync`."""

    yes: bool
    lifted: frozenset[str] = frozenset()

    def __call__(self, bridge: Bridge) -> SyncResult:
        """Sync the client."""
        return bridge.sync(yes=self.yes, lifted=self.lifted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A job, and the terms on which a client is begun; it can be pickled."""

    job: Callable[[Bridge], Any]
    terms: Terms = field(default_factory=Terms)

    def __call__(
        self,
        settings: Settings,
        client: str,
        *,
        clock: Clock | None = None,
        pause: threading.Event | None = None,
        ledger: Callable[[], SqlLedger] | None = None,
    ) -> ClientResult:
        """Do the job for one client; whatever it raises becomes its result."""
        started = time.perf_counter()
        with client_span(client) as span:
            opened = partial(open_bridge, settings, client, clock, ledger=ledger)
            result = self._contained(client, opened, pause or threading.Event())
            found = replace(result, seconds=time.perf_counter() - started)
            span.end(status=str(found.status), error=found.stopped_by)
        _log.info(
            "client.done",
            extra={
                "client": client,
                "status": str(found.status),
                "seconds": round(found.seconds, 3),
            },
        )
        return found

    def _contained(
        self, client: str, opened: Callable[[], Bridge], pause: threading.Event
    ) -> ClientResult:
        """The one place where any error of a client is caught: others must go on."""
        connections = None
        try:
            with opened() as bridge:
                connections = bridge.connections
                return self._on_terms(bridge, pause)
        except Exception as error:  # noqa: BLE001 - one client never stops another
            _log.debug("client.failed", extra={"client": client}, exc_info=True)
            return ClientResult(
                client=client,
                error=error_of(error),
                operations=connections.operations() if connections else 0,
                tokens=connections.tokens() if connections else 0,
            )

    def _on_terms(self, bridge: Bridge, pause: threading.Event) -> ClientResult:
        connections = bridge.connections
        refused = self.terms.refusal(connections)
        if refused:
            return refused
        lock, left = self.terms.lock(connections, pause)
        with lock:
            left = left or self.terms.quota_refusal(connections)
            return left or self._recorded(bridge)

    def _recorded(self, bridge: Bridge) -> ClientResult:
        """Do the job, and write down in the ledger how it ended."""
        connections = bridge.connections
        try:
            result = ClientResult(client=bridge.client, value=self.job(bridge))
        except Exception as error:
            if self.terms.holder and not isinstance(error, MemoryError):
                _record(connections, Status.FAILED)
            raise
        if self.terms.holder:
            valuation = getattr(result.value, "valuation", None)
            _record(connections, result.status, valuation)
        return replace(result, delivered=_delivered(connections))


def _record(connections: Connections, status: Status, valuation: Any = None) -> None:
    from convbridge.adapters.ledger.syncs import (  # noqa: PLC0415 - lazy
        SyncJournal,
        SyncRecord,
    )

    done = SyncRecord(
        client=connections.client.name,
        at=connections.clock.now(),
        status=str(status),
        operations=connections.operations(),
        tokens=connections.tokens(),
        worth=valuation.revenue if valuation else None,
        currency=valuation.currency if valuation else None,
    )
    SyncJournal(connections.ledger.database).record(done)


def _delivered(connections: Connections) -> dict[str, int]:
    """Return what the outbox sent since yesterday, for clients that deliver."""
    if not connections.client.delivery.actions:
        return {}
    from convbridge.adapters.ledger.outbox import SqlOutbox  # noqa: PLC0415 - lazy

    since = (connections.clock.now() - timedelta(days=1)).date().isoformat()
    found: Counter[str] = Counter()
    outbox = SqlOutbox(connections.ledger.database)
    for counts in outbox.counts(connections.client.name):
        if counts.day >= since:
            found.update({str(state): n for state, n in counts.states.items()})
    return dict(found)


def error_of(error: BaseException) -> ConvbridgeError:
    """Return the error as ours; a stranger's text may hold anything and is dropped."""
    if isinstance(error, ConvbridgeError):
        return error
    return ConvbridgeError(
        f"{type(error).__name__} in convbridge or its machine",
        hint="run this client alone with --debug to see where; please report it",
    )


def open_bridge(
    settings: Settings,
    client: str,
    clock: Clock | None,
    *,
    ledger: Callable[[], SqlLedger] | None = None,
) -> Bridge:
    """Return the bridge of one client, with connections of its own to Google."""
    from convbridge.adapters.clock import SystemClock  # noqa: PLC0415 - lazy

    found = settings.client(client)
    clock = clock or SystemClock()
    return Bridge(Connections(settings, found, clock=clock, ledger=ledger))


def elsewhere(path: str, work: Work, client: str) -> ClientResult:
    """Run a client's job in another process, which reads the file for itself."""
    return work(_settings_of(path, Path(path).stat().st_mtime_ns), client)


@lru_cache(maxsize=1)
def _settings_of(path: str, _changed: int) -> Settings:
    from convbridge.settings import load  # noqa: PLC0415 - pydantic is heavy

    return load(path)
