"""On which terms a client is begun: time left, quota left, nobody else on it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from convbridge.errors import BusyError
from convbridge.portfolio.results import ClientResult, Status

if TYPE_CHECKING:
    import threading
    from datetime import datetime

    from convbridge.bridge import Connections

DAY = timedelta(days=1)
_EXPECTED_OPERATIONS = 15
"""What a client is expected to spend at Google Ads before it is known."""


class OnBusy(StrEnum):
    """What to do about a client that another run is on."""

    LEAVE = "leave"
    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    What has to hold before a client is begun; the same in every process.

    Google's quota of operations is the Cloud project's: all clients share it, and
    a sliding day of it is what the ledger's syncs add up to.
    """

    holder: str = ""
    """Names this run to others; without it no client is locked."""
    begin_before: datetime | None = None
    """No client is begun after this moment."""
    on_busy: OnBusy = OnBusy.LEAVE
    operations_a_day: int | None = None
    """Google Ads API operations of the project; None: as many as Google gives."""

    def refusal(self, connections: Connections) -> ClientResult | None:
        """Return the result of a client that is not begun, and why."""
        from convbridge.adapters.ledger.syncs import (  # noqa: PLC0415 - lazy
            SyncJournal,
        )

        client, now = connections.client.name, connections.clock.now()
        reason = None
        if self.begin_before and now >= self.begin_before:
            reason = "the time for this run was over"
        elif self.operations_a_day is not None:
            journal = SyncJournal(connections.ledger.database)
            spent = journal.operations_since(now - DAY)
            if spent + _EXPECTED_OPERATIONS > self.operations_a_day:
                reason = (
                    f"{spent} of the project's {self.operations_a_day} Google Ads "
                    "operations a day are spent"
                )
        if reason is None:
            return None
        return ClientResult(client=client, left=Status.NOT_BEGUN, reason=reason)

    def lock(
        self, connections: Connections, pause: threading.Event
    ) -> tuple[ExitStack, ClientResult | None]:
        """
        Take the client for this run, or say who has it.

        Args:
            connections: The client's.
            pause: Waited on between attempts; setting it ends the waiting.
        """
        stack, client = ExitStack(), connections.client.name
        while self.holder:
            now = connections.clock.now()
            lease = connections.ledger.lease(
                lock_name(client), holder=self.holder, at=now
            )
            try:
                stack.enter_context(lease)
            except BusyError as busy:
                may_wait = self.on_busy is OnBusy.WAIT and not self._is_over(now)
                if may_wait and not pause.wait(1.0):
                    continue
                reason = f"run {busy.holder} is on it"
                return stack, ClientResult(
                    client=client, left=Status.BUSY, reason=reason
                )
            break
        return stack, None

    def _is_over(self, now: datetime) -> bool:
        return self.begin_before is not None and now >= self.begin_before


def lock_name(client: str) -> str:
    """
    Return the name of a sync's lease, beside the lease of the apply within it.

    A tab is in no client's name.
    """
    return f"sync\t{client}"
