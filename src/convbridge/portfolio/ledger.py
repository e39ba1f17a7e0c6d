"""The ledger of one run over many clients, in this process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from convbridge.adapters.ledger import SqlLedger


class RunLedger:
    """
    One ledger for all clients of a run, opened when a client first asks for it.

    It is one database whichever client asks, and transactions are each caller's own.
    A ledger per client would connect, look at the schema and compile every query
    again for each of them.

    Args:
        url: Of the ledger.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._opening = threading.Lock()
        self._ledger: SqlLedger | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._ledger is not None:
            self._ledger.close()

    def __call__(self) -> SqlLedger:
        """
        Return the ledger.

        Raises:
            LedgerError: It cannot be opened; whoever asks next tries again.
        """
        from convbridge.adapters.ledger import open_ledger  # noqa: PLC0415 - lazy

        with self._opening:
            if self._ledger is None:
                self._ledger = open_ledger(self._url)
            return self._ledger
