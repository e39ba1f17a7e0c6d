"""Batches on their way out, and which of them go together in one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convbridge.model.conversions import RowState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convbridge.deliver.originals import Originals
    from convbridge.model.conversions import Conversion
    from convbridge.model.outbox import Batch
    from convbridge.ports import ConversionSink


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A batch to be sent, with its rows as the source had them."""

    batch: Batch
    originals: Originals
    """Empty for batches of earlier runs."""
    is_repeated: bool = False
    is_alone: bool = False
    """Whether it shares a request with none: one of its rows may be bad."""

    @property
    def rows(self) -> Sequence[Conversion]:
        """The batch's conversions."""
        return self.batch.conversions

    @property
    def action(self) -> str:
        """The batch's conversion action."""
        return self.batch.action

    def merges_with(self, other: Job) -> bool:
        """Tell whether a batch of the same action and this one can become one."""
        states = {self.batch.state, other.batch.state}
        is_alike = self.batch.attempts == other.batch.attempts
        return (
            states == {RowState.PENDING}
            and is_alike
            and self.originals is other.originals
        )


class Jobs:
    """
    Jobs that wait to be sent, the last one in first.

    The quota is counted in requests, so small batches share one. Those of the same
    action only where they become one batch: Google's answers count by action.
    """

    def __init__(self, sink: ConversionSink) -> None:
        self._sink = sink
        self._waiting: list[Job] = []

    def push(self, jobs: Iterable[Job]) -> None:
        """Put jobs in; they leave in this order, before those that are there."""
        self._waiting += reversed(list(jobs))

    def is_ready(self, *, is_all: bool) -> bool:
        """
        Tell whether a request can be made up.

        Args:
            is_all: Whether no further jobs come for now; else there must be enough
                rows to fill a request.
        """
        rows = sum(len(job.rows) for job in self._waiting)
        return rows >= (1 if is_all else self._sink.max_rows)

    def take(self, most: int, *, is_all: bool) -> list[list[Job]]:
        """Take out so many requests, as far as they are ready."""
        found: list[list[Job]] = []
        while len(found) < most and self.is_ready(is_all=is_all):
            found.append(self._take_one())
        return found

    def clear(self) -> list[Job]:
        """Take everything out."""
        found, self._waiting = self._waiting, []
        return found

    def _take_one(self) -> list[Job]:
        found = [self._waiting.pop()]
        left: list[Job] = []
        room = self._sink.max_rows - len(found[0].rows)
        while self._waiting and room:
            job = self._waiting.pop()
            if len(job.rows) <= room and self._fits(job, found):
                found.append(job)
                room -= len(job.rows)
            else:
                left.append(job)
        self.push(left)
        return found

    def _fits(self, job: Job, found: Sequence[Job]) -> bool:
        if job.is_alone or found[0].is_alone:
            return False
        if same := [other for other in found if other.action == job.action]:
            return job.merges_with(same[0])
        actions = {other.action for other in found}
        return len(actions) < self._sink.max_actions and all(
            map(self._sink.joins, (job.action, found[0].action))
        )
