"""Sending batches: intent, request, answer; several requests at a time."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from convbridge.deliver.originals import Originals
from convbridge.deliver.rates import DayUsedUp
from convbridge.errors import (
    LedgerError,
    OutcomeUnknownError,
    RejectedError,
    VendorError,
)
from convbridge.model.conversions import RowState, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from convbridge.deliver.rates import RequestRate
    from convbridge.deliver.tally import Tally
    from convbridge.model.conversions import Conversion, SinkAnswer
    from convbridge.model.outbox import Batch
    from convbridge.ports import Clock, ConversionSink, Outbox

_SUSPECTS = 10
"""Single rows refused in a row, without a reason and without any that passes:
then it is not the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A batch to be sent, with its rows as the source had them."""

    batch: Batch
    originals: Originals
    """Empty for batches of earlier runs."""
    is_repeated: bool = False


class Sender:
    """
    Sends batches and writes down what became of them.

    Requests are built, and the outbox is written, by the caller's thread alone;
    the others only wait for Google.
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
        self._flying: dict[Future[SinkAnswer], Job] = {}
        self._queue: list[Job] = []
        self._unresolved: list[Job] = []
        self._suspects: list[tuple[Job, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        # What is on its way may arrive; its batch stays `unknown` in the outbox.
        self._pool.shutdown(wait=True, cancel_futures=True)
        if kind is not None and not issubclass(kind, LedgerError):
            self._leave()

    def submit(self, batch: Batch, originals: Originals) -> None:
        """Send a batch as soon as there is room."""
        self._queue.append(Job(batch=batch, originals=originals))
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
        if batch.state is RowState.UNKNOWN and not is_safe:
            self._give_back(Job(batch=batch, originals=Originals()))
            return
        self.submit(batch, Originals())

    def drain(self) -> None:
        """Wait for every answer; send once more what got none, where that is safe."""
        self._work(most=0)
        unresolved, self._unresolved = self._unresolved, []
        self._queue += unresolved
        self._work(most=0)
        for job, message in self._suspects:
            self._end(job, Verdict(state=RowState.REJECTED, reason=message))
        self._suspects.clear()

    def _leave(self) -> None:
        """Write down what came back before an interruption; give back the rest."""
        with self._outbox.together():
            flown, self._flying = self._flying, {}
            for future, job in flown.items():
                if future.cancelled():
                    self._give_back(job)
                else:
                    self._settle(future, job)
            suspects = [job for job, _ in self._suspects]
            for job in (*self._queue, *self._unresolved, *suspects):
                self._give_back(job)

    def _work(self, *, most: int) -> None:
        """Send what is queued, and wait until few enough requests are flying."""
        while self._queue or len(self._flying) > most:
            done = [future for future in self._flying if future.done()]
            free = self._concurrency - len(self._flying) + len(done)
            wanted = min(free, len(self._queue))
            if not done and not wanted:
                done = self._wait()
            # One commit for several batches: each waits for the disk.
            with self._outbox.together():
                for future in done:
                    self._settle(future, self._flying.pop(future))
                granted = self._grant(wanted)
                begun = self._begin(granted)
            for job in begun:
                batch = job.batch
                request = self._sink.encode(batch.action, batch.conversions)
                self._tally.requests += 1
                self._flying[self._pool.submit(self._sink.send, request)] = job
            if wanted and not granted:
                self._wait()

    def _wait(self) -> list[Future[SinkAnswer]]:
        """Wait for an answer; while there is none to come, for the minute to pass."""
        if self._flying:
            return list(wait(self._flying, return_when=FIRST_COMPLETED)[0])
        self._rate.wait()
        return []

    def _grant(self, wanted: int) -> int:
        """Return how many batches may go now; all, to be given back, when stopped."""
        if self._tally.stopped is not None:
            return wanted
        try:
            return self._rate.take(wanted)
        except DayUsedUp as exc:
            self._stop(exc.error(self._sink.name))
            return wanted

    def _begin(self, most: int) -> list[Job]:
        """Write down what is sent next; the caller sends it once that is kept."""
        begun: list[Job] = []
        for job in [self._queue.pop() for _ in range(most)]:
            rows = job.batch.conversions
            now = self._clock.now()
            if self._tally.stopped is not None:
                self._give_back(job)
            elif len(rows) > self._sink.max_rows:
                self._cut(job, _pieces(rows, self._sink.max_rows))
            elif self._outbox.begin(job.batch, sink=self._sink.name, now=now):
                begun.append(job)
            else:
                self._tally.count(RowState.PENDING, len(rows))
        return begun

    def _settle(self, future: Future[SinkAnswer], job: Job) -> None:
        try:
            answer = future.result()
        except OutcomeUnknownError as exc:
            self._settle_unknown(job, exc)
        except VendorError as exc:
            self._stop(exc)
            self._give_back(job)
        else:
            if answer.rest is not None:
                self._clear_suspects()
                self._end(job, answer.rest, answer)
            else:
                self._settle_spoilt(job, answer)

    def _settle_unknown(self, job: Job, exc: OutcomeUnknownError) -> None:
        """Repeat once, at the end of the run, what Google will not count twice."""
        if not job.is_repeated and self._sink.drops_repetitions(job.batch.action):
            batch = replace(
                job.batch, state=RowState.UNKNOWN, attempts=job.batch.attempts + 1
            )
            again = Job(batch=batch, originals=job.originals, is_repeated=True)
            self._unresolved.append(again)
            return
        self._end(job, Verdict(state=RowState.UNKNOWN, reason=exc.message))

    def _settle_spoilt(self, job: Job, answer: SinkAnswer) -> None:
        """
        Go on without the rows that are named, or look for them by halves.

        The Data Manager API refuses a request for one bad record, and may not
        say which.
        """
        rows = job.batch.conversions
        named = {i: v for i, v in answer.verdicts.items() if i < len(rows)}
        if named:
            verdicts = {rows[i].transaction_id: v for i, v in named.items()}
            self._outbox.reject(job.batch, verdicts)
            for i, verdict in named.items():
                self._tally.tell(rows[i], verdict, job.originals)
            rest = [c for i, c in enumerate(rows) if i not in named]
            self._cut(job, [rest] if rest else [])
        elif len(rows) > 1:
            middle = len(rows) // 2
            self._cut(job, [rows[:middle], rows[middle:]])
        else:
            self._suspect(job, answer.message)

    def _cut(self, job: Job, parts: Sequence[Sequence[Conversion]]) -> None:
        if not parts:
            done = Verdict(state=RowState.REJECTED)
            self._outbox.finish(
                job.batch, done, verdicts={}, request_id=None, now=self._clock.now()
            )
            return
        found = self._outbox.split(job.batch, parts, now=self._clock.now())
        jobs = [Job(batch=batch, originals=job.originals) for batch in found]
        self._queue += reversed(jobs)

    def _suspect(self, job: Job, message: str) -> None:
        if self._tally.stopped is not None:
            self._give_back(job)
            return
        self._suspects.append((job, message))
        if len(self._suspects) < _SUSPECTS:
            return
        self._stop(
            RejectedError(
                f"Google refuses every row and does not say why: {message}",
                vendor=self._sink.name,
                operation="send",
                hint="the fault is in what all rows share: account, conversion "
                "action, access; nothing was sent, the rows wait in the outbox",
            )
        )
        for held, _ in self._suspects:
            self._give_back(held)
        self._suspects.clear()

    def _clear_suspects(self) -> None:
        """Something passed, so it was the rows after all."""
        for job, message in self._suspects:
            self._end(job, Verdict(state=RowState.REJECTED, reason=message))
        self._suspects.clear()

    def _end(self, job: Job, rest: Verdict, answer: SinkAnswer | None = None) -> None:
        """Write down an answer and count its rows."""
        rows = job.batch.conversions
        verdicts = answer.verdicts if answer else {}
        is_ours = self._outbox.finish(
            job.batch,
            rest,
            verdicts={rows[i].transaction_id: v for i, v in verdicts.items()},
            request_id=answer.request_id if answer else None,
            now=self._clock.now(),
        )
        if not is_ours:
            return
        if rest.state is RowState.SENT or rest.state is RowState.ACCEPTED:
            self._tally.count(rest.state, len(rows) - len(verdicts))
            told = {i: rows[i] for i in verdicts}
        else:
            told = dict(enumerate(rows))
        for i, conversion in told.items():
            self._tally.tell(conversion, verdicts.get(i, rest), job.originals)

    def _give_back(self, job: Job) -> None:
        self._outbox.release(job.batch)
        self._tally.count(job.batch.state, len(job.batch.conversions))

    def _stop(self, exc: VendorError) -> None:
        if self._tally.stopped is None:
            self._tally.stopped = exc


def _pieces(rows: Sequence[Conversion], size: int) -> list[Sequence[Conversion]]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]
