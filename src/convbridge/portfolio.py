"""Many clients: each in isolation, the results in a stable order."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from convbridge.bridge import Bridge, Connections
from convbridge.errors import ConvbridgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from concurrent.futures import Executor

    from convbridge.ports import Clock, Progress
    from convbridge.settings import Settings

_log = logging.getLogger(__name__)

WORKERS = 16
"""Clients at a time: the work is waiting for Google, not computing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientResult:
    """What one client's work came to: a value, or the error that stopped it."""

    client: str
    value: Any = None
    error: ConvbridgeError | None = None

    @property
    def is_failed(self) -> bool:
        """Whether the client's work stopped, or its run did."""
        return self.error is not None or self._report_error() is not None

    def _report_error(self) -> ConvbridgeError | None:
        report = getattr(self.value, "report", None)
        return getattr(report, "error", None)

    def to_dict(self) -> dict[str, Any]:
        """Return the value as JSON-ready data, or the error in its place."""
        if self.error is None:
            found: dict[str, Any] = self.value.to_dict()
            return found
        return {
            "client": self.client,
            "run": None,
            "outcomes": [],
            "error": self.error.to_dict(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioResult:
    """The results of all clients, in the configuration's order."""

    results: tuple[ClientResult, ...]

    def __iter__(self) -> Iterator[ClientResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    @property
    def failed(self) -> tuple[ClientResult, ...]:
        """The clients that need a person."""
        return tuple(r for r in self.results if r.is_failed)

    @property
    def exit_code(self) -> int:
        """0, or 1 when a client failed; a client alone has its error's own code."""
        if not self.failed:
            return 0
        error = self.failed[0].error
        return error.exit_code if error and len(self.results) == 1 else 1

    def to_dict(self) -> list[dict[str, Any]]:
        """Return one entry per client."""
        return [r.to_dict() for r in self.results]


class Portfolio:
    """
    Several clients of one configuration file.

    One client's error is contained and reported; it never stops another. Nothing
    mutable is shared: each client has its own credentials, connections, caches
    and ledger transactions.
    """

    def __init__(
        self,
        settings: Settings,
        clients: Iterable[str],
        *,
        clock: Clock | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.settings = settings
        self.clients = tuple(clients)
        self._clock = clock
        self._progress = progress

    @classmethod
    def from_config(
        cls,
        config: str | Path | None = None,
        *,
        clients: Iterable[str] = (),
        tags: Iterable[str] = (),
        clock: Clock | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """
        Read the configuration and choose clients.

        Args:
            config: The file; CONVBRIDGE_CONFIG or ./convbridge.yaml when left out.
            clients: Names of clients; all when left out.
            tags: Only clients with one of these tags.
            clock: Tells the time; the computer's clock when left out.
            progress: Told of each client as it is done.

        Raises:
            ConfigError: The file is wrong, or has no such client or tag.
        """
        from convbridge.settings import load  # noqa: PLC0415 - pydantic is heavy

        settings = load(config)
        chosen = settings.select(clients, tags=tags)
        names = (client.name for client in chosen)
        return cls(settings, names, clock=clock, progress=progress)

    def __len__(self) -> int:
        return len(self.clients)

    def __iter__(self) -> Iterator[Bridge]:
        """Yield each client's bridge, opened and closed in turn."""
        for client in self.clients:
            with _bridge(self.settings, client, self._clock) as bridge:
                yield bridge

    def __repr__(self) -> str:
        return f"<Portfolio of {len(self.clients)} clients: {self.settings.source}>"

    def sync(
        self,
        *,
        yes: bool = False,
        lifted: AbstractSet[str] = frozenset(),
        executor: Executor | None = None,
        on_result: Callable[[ClientResult], None] | None = None,
    ) -> PortfolioResult:
        """Sync every client; see `Bridge.sync`."""
        job = partial(_sync, yes=yes, lifted=frozenset(lifted))
        return self.run(job, executor=executor, on_result=on_result)

    def run(
        self,
        job: Callable[[Bridge], Any],
        *,
        executor: Executor | None = None,
        on_result: Callable[[ClientResult], None] | None = None,
    ) -> PortfolioResult:
        """
        Run a job for every client.

        Args:
            job: Takes a client's bridge; for other processes a module's function.
            executor: Any `concurrent.futures.Executor`, such as Dask's
                `Client.get_executor()`; threads of this process when left out.
            on_result: Told of each client as it is done, in this thread.
        """
        if executor is not None:
            work = partial(_elsewhere, self._path(), job)
            return self._gather(executor, work, on_result)
        work = partial(_contained, self.settings, job, clock=self._clock)
        with ThreadPoolExecutor(min(WORKERS, len(self.clients) or 1)) as pool:
            return self._gather(pool, work, on_result)

    def _gather(
        self,
        executor: Executor,
        work: Callable[[str], ClientResult],
        on_result: Callable[[ClientResult], None] | None,
    ) -> PortfolioResult:
        futures = {executor.submit(work, client): client for client in self.clients}
        found: dict[str, ClientResult] = {}
        for done, future in enumerate(as_completed(futures), start=1):
            client = futures[future]
            found[client] = _result_of(future, client)
            if on_result:
                on_result(found[client])
            if self._progress:
                self._progress("clients", done, len(self.clients))
        return PortfolioResult(results=tuple(found[c] for c in self.clients))

    def _path(self) -> str:
        return str(self.settings.base / Path(self.settings.source).name)


def _result_of(future: Any, client: str) -> ClientResult:
    """A worker that died takes its own client down, and no other."""
    error = future.exception()
    if error is None:
        result: ClientResult = future.result()
        return result
    return ClientResult(client=client, error=_as_ours(error))


def _as_ours(error: BaseException) -> ConvbridgeError:
    if isinstance(error, ConvbridgeError):
        return error
    return ConvbridgeError(
        f"{type(error).__name__} in convbridge or its machine",
        hint="run this client alone with --debug to see where; please report it",
    )


def _sync(bridge: Bridge, *, yes: bool, lifted: AbstractSet[str]) -> Any:
    return bridge.sync(yes=yes, lifted=lifted)


def _bridge(settings: Settings, client: str, clock: Clock | None) -> Bridge:
    from convbridge.adapters.clock import SystemClock  # noqa: PLC0415 - lazy

    found = settings.client(client)
    return Bridge(Connections(settings, found, clock=clock or SystemClock()))


def _contained(
    settings: Settings,
    job: Callable[[Bridge], Any],
    client: str,
    *,
    clock: Clock | None = None,
) -> ClientResult:
    """The one place where any error of a client is caught: others must go on."""
    try:
        with _bridge(settings, client, clock) as bridge:
            return ClientResult(client=client, value=job(bridge))
    except Exception as error:  # noqa: BLE001 - one client never stops another
        _log.debug("client.failed", extra={"client": client}, exc_info=True)
        return ClientResult(client=client, error=_as_ours(error))


def _elsewhere(path: str, job: Callable[[Bridge], Any], client: str) -> ClientResult:
    """Run a client's job in another process, which reads the file for itself."""
    return _contained(_settings_of(path, Path(path).stat().st_mtime_ns), job, client)


@lru_cache(maxsize=1)
def _settings_of(path: str, _changed: int) -> Settings:
    from convbridge.settings import load  # noqa: PLC0415 - pydantic is heavy

    return load(path)
