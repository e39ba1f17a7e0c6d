from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from convbridge.adapters.ledger.syncs import SyncJournal, SyncRecord
from plan_samples import NOW

HOUR = timedelta(hours=1)


def sync(client, *, hours=0, status="unchanged", operations=5, worth=None):
    return SyncRecord(
        client=client,
        at=NOW + hours * HOUR,
        status=status,
        operations=operations,
        tokens=12,
        worth=worth,
        currency="THB" if worth is not None else None,
    )


def test_the_last_sync_that_did_not_fail_is_told(ledger):
    journal = SyncJournal(ledger.database)
    good = sync("acme", hours=1, status="changed", worth=Decimal("1200.50"))
    for record in (sync("acme"), good, sync("acme", hours=2, status="failed")):
        journal.record(record)
    journal.record(sync("beta", status="failed"))

    assert journal.last(but="failed") == {"acme": good}


def test_operations_are_those_of_all_clients_since_a_moment(ledger):
    journal = SyncJournal(ledger.database)
    journal.record(sync("acme", hours=0, operations=100))
    journal.record(sync("acme", hours=1, operations=7, status="failed"))
    journal.record(sync("beta", hours=2, operations=30))

    assert journal.operations_since(NOW + HOUR) == 37
    assert journal.operations_since(NOW + 3 * HOUR) == 0
