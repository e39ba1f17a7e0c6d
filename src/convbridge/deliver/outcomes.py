"""What became of jobs that were sent: written down, or looked into and sent again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convbridge.deliver.suspects import Suspect, Suspects, blameless
from convbridge.errors import OutcomeUnknownError, RejectedError, VendorError
from convbridge.model.conversions import RowState, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future

    from convbridge.deliver.jobs import Job, Jobs
    from convbridge.deliver.tally import Tally
    from convbridge.model.conversions import Conversion, SinkAnswer
    from convbridge.ports import Clock, ConversionSink, Outbox


class Outcomes:
    """
    Ends jobs, or puts what is left of them back among those to be sent.

    What is wrong with one action, or one row, costs the others of a request
    nothing but another request.
    """

    def __init__(
        self,
        sink: ConversionSink,
        outbox: Outbox,
        jobs: Jobs,
        *,
        clock: Clock,
        tally: Tally,
    ) -> None:
        self._sink = sink
        self._outbox = outbox
        self._jobs = jobs
        self._clock = clock
        self._tally = tally
        self._unresolved: list[Job] = []
        self._suspects = Suspects()

    def settle(self, future: Future[SinkAnswer], jobs: Sequence[Job]) -> None:
        """Write down what a request's answer means for its jobs."""
        try:
            answer = future.result()
        except OutcomeUnknownError as exc:
            for job in jobs:
                self._settle_unknown(job, exc)
        except RejectedError as exc:
            self._settle_rejected(jobs, exc)
        except VendorError as exc:
            self._tally.stop(exc)
            self.give_back(*jobs)
        else:
            self._settle_answer(jobs, answer)

    def take_unresolved(self) -> Sequence[Job]:
        """Take out the jobs that got no answer, to be sent once more."""
        found, self._unresolved = self._unresolved, []
        return found

    def settle_suspects(self) -> None:
        """End with the rows under suspicion: nothing more comes of their actions."""
        is_nobodys = self._suspects.is_nobodys_fault
        for suspect in self._suspects.take_all():
            if is_nobodys:
                reason = blameless(self._sink.name, suspect.message)
                self._close(suspect.job, reason)
            else:
                self._blame(suspect)

    def leave(self) -> None:
        """Give back what is not settled."""
        suspects = [suspect.job for suspect in self._suspects.take_all()]
        self.give_back(*self.take_unresolved(), *suspects)

    def cut(self, job: Job, parts: Sequence[Sequence[Conversion]]) -> None:
        """Make a job several; none are left of one without rows."""
        if not parts:
            done = Verdict(state=RowState.REJECTED)
            self._outbox.finish(
                job.batch, done, verdicts={}, request_id=None, now=self._clock.now()
            )
            return
        found = self._outbox.split(job.batch, parts, now=self._clock.now())
        if not found:
            self._tally.count(RowState.PENDING, sum(map(len, parts)))
        self._jobs.push(replace(job, batch=batch) for batch in found)

    def give_back(self, *jobs: Job) -> None:
        """Leave jobs to a later run."""
        for job in jobs:
            self._outbox.release(job.batch)
            self._tally.count(job.batch.state, len(job.rows))

    def _settle_unknown(self, job: Job, exc: OutcomeUnknownError) -> None:
        """Repeat once, at the end of the run, what Google will not count twice."""
        if not job.is_repeated and self._sink.drops_repetitions(job.action):
            batch = replace(
                job.batch, state=RowState.UNKNOWN, attempts=job.batch.attempts + 1
            )
            self._unresolved.append(replace(job, batch=batch, is_repeated=True))
            return
        self._end(job, Verdict(state=RowState.UNKNOWN, reason=exc.message))

    def _settle_rejected(self, jobs: Sequence[Job], exc: RejectedError) -> None:
        """Send each action alone, to see whose fault it is; or end with the one."""
        if len(jobs) == 1:
            self._close(jobs[0], exc)
            return
        for job in jobs:
            self._send_alone(job)

    def _settle_answer(self, jobs: Sequence[Job], answer: SinkAnswer) -> None:
        """Give each job what is said about it; go on with those that nobody blames."""
        start = 0
        spoilt: list[tuple[Job, Mapping[int, Verdict]]] = []
        for number, job in enumerate(jobs):
            own = answer.verdicts_of(start, len(job.rows))
            start += len(job.rows)
            about = answer.parts.get(number, answer.rest)
            if isinstance(about, VendorError):
                self._close(job, about)
            elif about is not None:
                self._clear_suspects(job.action)
                self._end(job, about, own, answer.request_id)
            else:
                spoilt.append((job, own))
        is_named = len(spoilt) < len(jobs) or any(own for _, own in spoilt)
        for job, own in spoilt:
            if is_named:
                self._go_on_without(job, own)
            else:
                self._search(job, answer.message, was_alone=len(jobs) == 1)

    def _go_on_without(self, job: Job, named: Mapping[int, Verdict]) -> None:
        """Set rows aside, and send the rest again."""
        rows = job.rows
        if named:
            verdicts = {rows[i].transaction_id: v for i, v in named.items()}
            self._outbox.reject(job.batch, verdicts)
        for i, verdict in named.items():
            self._tally.tell(rows[i], verdict, job.originals)
        rest = [c for i, c in enumerate(rows) if i not in named] if named else rows
        self.cut(job, [rest] if rest else [])

    def _search(self, job: Job, message: str, *, was_alone: bool) -> None:
        """
        Look for the bad row: first each action alone, then by halves.

        The Data Manager API refuses a request for one bad record, and may not
        say which.
        """
        middle = len(job.rows) // 2
        if not was_alone:
            self._send_alone(job)
        elif middle:
            halves = [job.rows[:middle], job.rows[middle:]]
            self.cut(replace(job, is_alone=True), halves)
        else:
            self._suspect(Suspect(job, message))

    def _send_alone(self, job: Job) -> None:
        self.cut(replace(job, is_alone=True), [job.rows])

    def _suspect(self, suspect: Suspect) -> None:
        job, message = suspect
        if self._tally.is_stopped(job.action):
            self.give_back(job)
        elif self._suspects.add(suspect):
            held = self._suspects.take(job.action, has_passed=False)
            for found in held:
                self._close(found.job, blameless(self._sink.name, message))

    def _clear_suspects(self, action: str) -> None:
        """Something of the action passed, so it was the rows after all."""
        for suspect in self._suspects.take(action, has_passed=True):
            self._blame(suspect)

    def _blame(self, suspect: Suspect) -> None:
        verdict = Verdict(state=RowState.REJECTED, reason=suspect.message)
        self._end(suspect.job, verdict)

    def _end(
        self,
        job: Job,
        rest: Verdict,
        verdicts: Mapping[int, Verdict] | None = None,
        request_id: str | None = None,
    ) -> None:
        """Write down an answer and count its rows."""
        rows, found = job.rows, verdicts or {}
        is_ours = self._outbox.finish(
            job.batch,
            rest,
            verdicts={rows[i].transaction_id: v for i, v in found.items()},
            request_id=request_id,
            now=self._clock.now(),
        )
        if not is_ours:
            return
        if rest.state is RowState.SENT or rest.state is RowState.ACCEPTED:
            self._tally.count(rest.state, len(rows) - len(found))
            told = {i: rows[i] for i in found}
        else:
            told = dict(enumerate(rows))
        for i, conversion in told.items():
            self._tally.tell(conversion, found.get(i, rest), job.originals)

    def _close(self, job: Job, exc: VendorError) -> None:
        """Send no more of an action; its rows wait."""
        self._tally.closed.setdefault(job.action, exc)
        self.give_back(job)
