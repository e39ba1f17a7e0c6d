"""Batches on their way out, and which of them go together in one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convbridge.deliver.originals import Originals
    from convbridge.model.conversions import Conversion
    from convbridge.model.outbox import Batch
    from convbridge.ports import ConversionSink

_HELD = 10
"""Small batches wait for company, but no more than these."""


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


class Jobs:
    """
    Jobs that wait to be sent, the last one in first.

    The quota is counted in requests, so small batches of different actions share
    one. Never two of the same action: Google's answers count by action.
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
            is_all: Whether no further jobs come; else there must be enough rows
                to fill a request, or too many jobs to keep.
        """
        if is_all or len(self._waiting) >= _HELD:
            return bool(self._waiting)
        return sum(len(job.rows) for job in self._waiting) >= self._sink.max_rows

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
        first = self._waiting.pop()
        found = [first]
        if not self._is_sociable(first):
            return found
        rows, actions = len(first.rows), {first.action}
        for job in reversed(self._waiting):
            if len(found) >= self._sink.max_actions or rows >= self._sink.max_rows:
                break
            fits = rows + len(job.rows) <= self._sink.max_rows
            if fits and job.action not in actions and self._is_sociable(job):
                found.append(job)
                rows += len(job.rows)
                actions.add(job.action)
        own = {job.batch.id for job in found}
        self._waiting = [job for job in self._waiting if job.batch.id not in own]
        return found

    def _is_sociable(self, job: Job) -> bool:
        return not job.is_alone and self._sink.joins(job.action)
