"""Single rows that Google refuses without saying why: is it the rows at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from convbridge.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.deliver.jobs import Job

_MOST = 10
"""Single rows refused in a row, without a reason and without any that passes:
then it is not the rows."""


class Suspect(NamedTuple):
    """A job of one row, and Google's words about it."""

    job: Job
    message: str


class Suspects:
    """Rows under suspicion by their action, until another of its rows passes."""

    def __init__(self) -> None:
        self._held: dict[str, list[Suspect]] = {}
        self._count = 0
        self._has_passed = False

    def add(self, suspect: Suspect) -> bool:
        """Keep a row; True: the action has so many that it is not the rows."""
        self._count += 1
        own = self._held.setdefault(suspect.job.action, [])
        own.append(suspect)
        return len(own) >= _MOST

    def take(self, action: str, *, has_passed: bool) -> Sequence[Suspect]:
        """Take an action's rows out; once one has passed, it was the rows."""
        self._has_passed |= has_passed
        return self._held.pop(action, ())

    def take_all(self) -> Sequence[Suspect]:
        """Take every row out."""
        found = [suspect for own in self._held.values() for suspect in own]
        self._held.clear()
        return found

    @property
    def is_nobodys_fault(self) -> bool:
        """Whether too many rows were refused, of all actions, and none passed."""
        return self._count >= _MOST and not self._has_passed


def blameless(vendor: str, message: str) -> RejectedError:
    """Return why nothing goes out although no row is to blame."""
    return RejectedError(
        f"Google refuses every row and does not say why: {message}",
        vendor=vendor,
        operation="send",
        hint="the fault is in what all rows share: account, conversion "
        "action, access; nothing was sent, the rows wait in the outbox",
    )
