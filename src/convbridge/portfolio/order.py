"""Who comes first: the most overdue, then the most valuable, then by name."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from convbridge.portfolio.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convbridge.adapters.ledger import SqlLedger
    from convbridge.adapters.ledger.syncs import SyncRecord


def in_order(ledger: SqlLedger, clients: Iterable[str]) -> tuple[str, ...]:
    """
    Return the clients in the order in which they should be synced.

    Those never synced come first, then those whose last good sync is the most
    days ago. Among equals the largest revenue comes first; revenues in different
    currencies are not compared, the largest of each currency go together.
    """
    from convbridge.adapters.ledger.syncs import SyncJournal  # noqa: PLC0415 - lazy

    last = SyncJournal(ledger.database).last(but=str(Status.FAILED))
    return ordered(clients, last)


def ordered(clients: Iterable[str], last: Mapping[str, SyncRecord]) -> tuple[str, ...]:
    """Return the clients by their last good syncs."""
    names = tuple(clients)
    rank = _ranks([last[name] for name in names if name in last])

    def key(name: str) -> tuple[int, int, str]:
        if name not in last:
            return 0, 0, name
        return last[name].at.date().toordinal(), rank[name], name

    return tuple(sorted(names, key=key))


def _ranks(records: Iterable[SyncRecord]) -> dict[str, int]:
    """Return each client's place among those of its currency, 0 the largest."""
    by_currency: dict[str | None, list[SyncRecord]] = {}
    for record in records:
        by_currency.setdefault(record.currency, []).append(record)
    return {
        record.client: place
        for group in by_currency.values()
        for place, record in enumerate(sorted(group, key=_worth))
    }


def _worth(record: SyncRecord) -> tuple[Decimal, str]:
    return -(record.worth or Decimal(0)), record.client
