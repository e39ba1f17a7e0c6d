"""Sending batches: intent, request, answer; several requests at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Self

from convbridge.deliver.jobs import Job, Jobs
from convbridge.deliver.originals import Originals
from convbridge.deliver.outcomes import Outcomes
from convbridge.deliver.rates import DayUsedUp
from convbridge.errors import LedgerError
from convbridge.model.conversions import Part, RowState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from concurrent.futures import Future

    from convbridge.deliver.rates import RequestRate
    from convbridge.deliver.tally import Tally
    from convbridge.model.conversions import SinkAnswer
    from convbridge.model.outbox import Batch
    from convbridge.ports import Clock, ConversionSink, Outbox


class Sender:
    """
    Sends batches and writes down what became of them.

    Requests are built, and the outbox is written, by the caller's thread alone;
    the others only wait for Google. A request may hold several actions' batches,
    each with its own state in the outbox.
    """

    def __init__(
        self,
        sink: ConversionSink,
        outbox: Outbox,
        *,
        rate: RequestRate,
        clock: Clock,
        tally: Tally,
        concurrency: int,
    ) -> None:
        self._sink = sink
        self._outbox = outbox
        self._rate = rate
        self._clock = clock
        self._tally = tally
        self._concurrency = concurrency
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="deliver")
        self._flying: dict[Future[SinkAnswer], list[Job]] = {}
        self._jobs = Jobs(sink)
        self._no_originals = Originals()
        self._outcomes = Outcomes(sink, outbox, self._jobs, clock=clock, tally=tally)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # What is on its way may arrive; its batch stays `unknown` in the outbox.
        self._pool.shutdown(wait=True, cancel_futures=True)
        if kind is not None and not issubclass(kind, LedgerError):
            self._leave()

    def submit(self, batches: Iterable[Batch], originals: Originals) -> None:
        """Send batches as soon as there is room; small ones may wait for others."""
        self._jobs.push(Job(batch=batch, originals=originals) for batch in batches)
        self._work(most=self._concurrency - 1)

    def resend(self, batch: Batch) -> None:
        """
        Send a batch of an earlier run.

        One that got no answer goes only where it went before, and only if Google
        drops repetitions there; else it stays unknown.
        """
        is_safe = batch.sink == self._sink.name and self._sink.drops_repetitions(
            batch.action
        )
        job = Job(batch=batch, originals=self._no_originals)
        most = self._sink.max_rows
        if batch.state is RowState.UNKNOWN and not is_safe:
            self._outcomes.give_back(job)
        elif len(job.rows) > most:  # of a sink that takes more at once
            starts = range(0, len(job.rows), most)
            self._outcomes.cut(job, [job.rows[i : i + most] for i in starts])
            self._work(most=self._concurrency - 1)
        else:
            self.submit([batch], job.originals)

    def flush(self) -> None:
        """Send what waits for other batches: none come for now."""
        self._work(most=self._concurrency - 1, is_all=True)

    def drain(self) -> None:
        """Wait for every answer; send once more what got none, where that is safe."""
        self._work(most=0, is_all=True)
        self._jobs.push(self._outcomes.take_unresolved())
        self._work(most=0, is_all=True)
        self._outcomes.settle_suspects()

    def _leave(self) -> None:
        """Write down what came back before an interruption; give back the rest."""
        with self._outbox.together():
            flown, self._flying = self._flying, {}
            for future, jobs in flown.items():
                if future.cancelled():
                    self._outcomes.give_back(*jobs)
                else:
                    self._outcomes.settle(future, jobs)
            self._outcomes.give_back(*self._jobs.clear())
            self._outcomes.leave()

    def _work(self, *, most: int, is_all: bool = False) -> None:
        """Send what is ready, and wait until few enough requests are flying."""
        while self._jobs.is_ready(is_all=is_all) or len(self._flying) > most:
            done = [future for future in self._flying if future.done()]
            is_full = len(self._flying) - len(done) >= self._concurrency
            if not done and (is_full or not self._jobs.is_ready(is_all=is_all)):
                done = self._wait()
            # One commit for several batches: each waits for the disk.
            with self._outbox.together():
                for future in done:
                    self._outcomes.settle(future, self._flying.pop(future))
                free = self._concurrency - len(self._flying)
                requests = self._take(free, is_all=is_all)
                granted = self._grant(len(requests))
                self._jobs.push(chain.from_iterable(requests[granted:]))
                begun = [self._begin(jobs) for jobs in requests[:granted]]
            for jobs in filter(None, begun):
                self._send(jobs)
            if requests and not granted and self._tally.stopped is None:
                self._wait()

    def _take(self, free: int, *, is_all: bool) -> list[list[Job]]:
        """Return what goes out next; gives back what is not to go any more."""
        found: list[list[Job]] = []
        for jobs in self._jobs.take(free, is_all=is_all):
            own = [job for job in jobs if not self._tally.is_stopped(job.action)]
            others = (job for job in jobs if self._tally.is_stopped(job.action))
            self._outcomes.give_back(*others)
            if own:
                found.append(own)
        return found

    def _send(self, jobs: list[Job]) -> None:
        request = self._sink.encode([Part(job.action, job.rows) for job in jobs])
        self._tally.requests += 1
        self._flying[self._pool.submit(self._sink.send, request)] = jobs

    def _wait(self) -> list[Future[SinkAnswer]]:
        """Wait for answers; while there is none to come, for the minute to pass."""
        if not self._flying:
            self._rate.wait()
        # Half of them at once, and half on their way: a commit takes long.
        half = (len(self._flying) + 1) // 2
        return list(islice(as_completed(self._flying), half))

    def _grant(self, wanted: int) -> int:
        """Return how many requests may go now."""
        try:
            return self._rate.take(wanted)
        except DayUsedUp as exc:
            self._tally.stop(exc.error(self._sink.name))
            return 0

    def _begin(self, jobs: Sequence[Job]) -> list[Job]:
        """Write down what is sent next; the caller sends it once that is kept."""
        by_action: dict[str, list[Job]] = {}
        for job in jobs:
            by_action.setdefault(job.action, []).append(job)
        begun: list[Job] = []
        now = self._clock.now()
        for job in map(self._merged, by_action.values()):
            if self._outbox.begin(job.batch, sink=self._sink.name, now=now):
                begun.append(job)
            else:
                self._tally.count(RowState.PENDING, len(job.rows))
        return begun

    def _merged(self, jobs: Sequence[Job]) -> Job:
        """Return an action's jobs as one."""
        first = jobs[0]
        if len(jobs) == 1:
            return first
        batch = self._outbox.merge([job.batch for job in jobs])
        lost = sum(len(job.rows) for job in jobs) - len(batch.conversions)
        self._tally.count(RowState.PENDING, lost)  # another worker has them now
        return replace(first, batch=batch)
