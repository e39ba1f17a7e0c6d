"""Several clients of one configuration: chosen, put in order, worked on."""

from __future__ import annotations

import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from convbridge.bridge import Bridge
from convbridge.collecting import Settled
from convbridge.portfolio.ledger import RunLedger
from convbridge.portfolio.order import in_order
from convbridge.portfolio.results import ClientResult, PortfolioResult, Status
from convbridge.portfolio.spent import Spent
from convbridge.portfolio.terms import OnBusy, Terms
from convbridge.portfolio.work import Sync, Work, elsewhere, error_of, open_bridge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from concurrent.futures import Executor, Future
    from datetime import datetime

    from convbridge.ports import Clock, Progress
    from convbridge.settings import Settings

WORKERS = 24
"""Clients at a time: the work is waiting for Google, not computing."""


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
        workers: int = WORKERS,
    ) -> None:
        self.settings = settings
        self.clients = tuple(clients)
        self.workers = workers
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
        workers: int = WORKERS,
    ) -> Self:
        """
        Read the configuration and choose clients.

        Args:
            config: The file; CONVBRIDGE_CONFIG or ./convbridge.yaml when left out.
            clients: Names of clients; all when left out.
            tags: Only clients with one of these tags.
            clock: Tells the time; the computer's clock when left out.
            progress: Told of each client as it is done.
            workers: Clients at a time, in this process.

        Raises:
            ConfigError: The file is wrong, or has no such client or tag.
        """
        from convbridge.settings import load  # noqa: PLC0415 - pydantic is heavy

        settings = load(config)
        chosen = settings.select(clients, tags=tags)
        names = (client.name for client in chosen)
        return cls(settings, names, clock=clock, progress=progress, workers=workers)

    def __len__(self) -> int:
        return len(self.clients)

    def __iter__(self) -> Iterator[Bridge]:
        """Yield each client's bridge, opened and closed in turn."""
        with RunLedger(self.settings.ledger) as ledger:
            for client in self.clients:
                with open_bridge(
                    self.settings, client, self._clock, ledger=ledger
                ) as bridge:
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
        max_minutes: float | None = None,
        on_busy: OnBusy = OnBusy.LEAVE,
        keep: Callable[[ClientResult], ClientResult] | None = None,
    ) -> PortfolioResult:
        """
        Sync every client, the most overdue first; see `Bridge.sync`.

        With `yes` each client is locked for the run, and the ledger remembers when
        it was done and what it spent.

        Args:
            yes: Apply the plans; without it the plans are all there is.
            lifted: Limits that a person lifted, by name.
            executor: Where the work is done; see `run`.
            on_result: Told of each client as it is done, in this thread.
            max_minutes: No client is begun after so many minutes; those left come
                first next time.
            on_busy: What to do about a client that another run is on.
            keep: Makes of each result what is kept until the end; with thousands
                of clients, something smaller than the whole.
        """
        terms = Terms(
            holder=_holder(self._now().isoformat()) if yes else "",
            begin_before=self._deadline(max_minutes),
            on_busy=on_busy,
            projects=self._projects(),
        )
        work = Work(job=Sync(yes=yes, lifted=frozenset(lifted)), terms=terms)
        told = self._told(on_result, keep)
        return self._run(work, executor, told, is_urgent_first=yes)

    def plan(self, **how: Any) -> PortfolioResult:
        """Plan every client and change nothing; `how` is as for `run`."""
        return self.run(Bridge.plan, **how)

    def check(self, **how: Any) -> PortfolioResult:
        """Check every client; see `Bridge.check`; `how` is as for `run`."""
        return self.run(Bridge.check, **how)

    def report(self, **how: Any) -> PortfolioResult:
        """Return all that there is to know of each client; see `Bridge.report`."""
        return self.run(Bridge.report, **how)

    def run(
        self,
        job: Callable[[Bridge], Any],
        *,
        executor: Executor | None = None,
        on_result: Callable[[ClientResult], None] | None = None,
        max_minutes: float | None = None,
        keep: Callable[[ClientResult], ClientResult] | None = None,
    ) -> PortfolioResult:
        """
        Run a job for every client.

        Args:
            job: Takes a client's bridge; for other processes a module's function.
            executor: Any `concurrent.futures.Executor`, such as Dask's
                `Client.get_executor()`; threads of this process when left out.
            on_result: Told of each client as it is done, in this thread.
            max_minutes: No client is begun after so many minutes.
            keep: Makes of each result what is kept until the end.
        """
        terms = Terms(
            begin_before=self._deadline(max_minutes), projects=self._projects()
        )
        work = Work(job=job, terms=terms)
        return self._run(work, executor, self._told(on_result, keep))

    def _told(
        self,
        on_result: Callable[[ClientResult], None] | None,
        keep: Callable[[ClientResult], ClientResult] | None,
    ) -> _Told:
        return _Told(on_result, keep, self._progress, total=len(self.clients))

    def _run(
        self,
        work: Work,
        executor: Executor | None,
        told: _Told,
        *,
        is_urgent_first: bool = False,
    ) -> PortfolioResult:
        with RunLedger(self.settings.ledger) as ledger:
            order = (
                in_order(ledger(), self.clients) if is_urgent_first else self.clients
            )
            if executor is None:
                found = self._in_threads(work, order, told, ledger)
            else:
                there = partial(elsewhere, self._path(), work)
                spent = Spent(work.terms.projects)
                found = _gather(executor, there, order, told, spent)
        return PortfolioResult(results=tuple(found[c] for c in self.clients))

    def _in_threads(
        self, work: Work, order: Iterable[str], told: _Told, ledger: RunLedger
    ) -> dict[str, ClientResult]:
        stop = threading.Event()
        here = partial(
            work, self.settings, clock=self._clock, pause=stop, ledger=ledger
        )
        spent = Spent(work.terms.projects)

        def begin(client: str) -> ClientResult:
            result = spent.refusal(client) or here(client)
            spent.note(result)  # before this thread begins the next
            settled()
            return result

        size = min(self.workers, len(self.clients) or 1)
        with Settled() as settled, ThreadPoolExecutor(size) as pool:
            try:
                return _gather(pool, begin, order, told, spent)
            except BaseException:  # Ctrl-C: what runs ends, nothing new begins
                stop.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _now(self) -> datetime:
        from convbridge.adapters.clock import SystemClock  # noqa: PLC0415 - lazy

        return (self._clock or SystemClock()).now()

    def _deadline(self, minutes: float | None) -> datetime | None:
        return None if minutes is None else self._now() + timedelta(minutes=minutes)

    def _projects(self) -> dict[str, str]:
        """Return the Cloud project of each client that has not the file's own."""
        clients = self.settings.clients.items()
        found = {name: self.settings.project_of(said) for name, said in clients}
        return {name: project for name, project in found.items() if project}

    def _path(self) -> str:
        return str(self.settings.base / Path(self.settings.source).name)


class _Told:
    """Who hears of each result, and what of it is kept."""

    def __init__(
        self,
        on_result: Callable[[ClientResult], None] | None,
        keep: Callable[[ClientResult], ClientResult] | None,
        progress: Progress | None,
        *,
        total: int,
    ) -> None:
        self._on_result, self._keep, self._progress = on_result, keep, progress
        self._done, self._total = 0, total

    def __call__(self, result: ClientResult) -> ClientResult:
        self._done += 1
        if self._on_result:
            self._on_result(result)
        if self._progress:
            self._progress("clients", self._done, self._total)
        return self._keep(result) if self._keep else result


def _gather(
    executor: Executor,
    work: Callable[[str], ClientResult],
    order: Iterable[str],
    told: _Told,
    spent: Spent,
) -> dict[str, ClientResult]:
    futures = {executor.submit(work, client): client for client in order}
    found: dict[str, ClientResult] = {}
    for future in as_completed(tuple(futures)):
        client = futures.pop(future)
        result = _result_of(future, client, spent)
        found[client] = told(result)
        if spent.note(result):
            for waiting, its in futures.items():
                if spent.refusal(its):
                    waiting.cancel()
    return found


def _result_of(future: Future[ClientResult], client: str, spent: Spent) -> ClientResult:
    """A worker that died takes its own client down, and no other."""
    if future.cancelled():
        return spent.refusal(client) or ClientResult(
            client=client, left=Status.NOT_BEGUN
        )
    error = future.exception()
    if error is None:
        return future.result()
    return ClientResult(client=client, error=error_of(error))


def _holder(at: str) -> str:
    return f"{socket.gethostname()}/{os.getpid()} of {at}"
