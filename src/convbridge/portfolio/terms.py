"""On which terms a client is begun: time left, quota left, nobody else on it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from convbridge.errors import BusyError
from convbridge.portfolio.results import ClientResult, Status

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping
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
    projects: Mapping[str, str] = field(default_factory=dict)
    """The Cloud project of each client that has not the file's own."""

    def refusal(self, connections: Connections) -> ClientResult | None:
        """Return the result of a client for which the time is over."""
        if self._is_over(connections.clock.now()):
            return _not_begun(connections, "the time for this run was over")
        return None

    def quota_refusal(self, connections: Connections) -> ClientResult | None:
        """
        Return the result of a client for which the project has no operations left.

        Asked once the client is locked: clients that are at work, in any process,
        are counted by their locks as if they took what a client is expected to.
        """
        from convbridge.adapters.ledger.syncs import (  # noqa: PLC0415 - lazy
            SyncJournal,
        )

        client, now = connections.client, connections.clock.now()
        limit = connections.settings.google_of(client).google_ads_operations_a_day
        if limit is None or not self.holder:
            return None
        journal = SyncJournal(connections.ledger.database)
        only, but = self._peers(client.name)
        spent = journal.operations_since(now - DAY, only=only, but=but)
        others = journal.locked(lock_name(""), at=now) - {client.name} - but
        others = others if only is None else others & only
        if spent + _EXPECTED_OPERATIONS * (1 + len(others)) <= limit:
            return None
        reason = (
            f"{spent} of the project's {limit} Google Ads operations a day are spent"
        )
        first = journal.first_spent(now - DAY, only=only, but=but)
        if first is not None:
            reason += f", and the first come back {first + DAY:%F %H:%M} UTC"
        if others:
            reason += f"; other clients at work: {len(others)}"
        return _not_begun(connections, reason)

    def _peers(self, client: str) -> tuple[set[str] | None, set[str]]:
        """
        Return who shares the client's project: only those, or all but those.

        Clients that the ledger alone knows of count with the file's own project.
        """
        mine = self.projects.get(client)
        if mine is None:
            return None, set(self.projects)
        return {name for name, its in self.projects.items() if its == mine}, set()

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


def _not_begun(connections: Connections, reason: str) -> ClientResult:
    name = connections.client.name
    return ClientResult(client=name, left=Status.NOT_BEGUN, reason=reason)


def lock_name(client: str) -> str:
    """
    Return the name of a sync's lease, beside the lease of the apply within it.

    A tab is in no client's name.
    """
    return f"sync\t{client}"
