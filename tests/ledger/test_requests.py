"""The requests of one Cloud project, counted by processes that know nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.deliver.rates import RequestRate
from convbridge.testing import FixedClock
from plan_samples import NOW
from postgres import POSTGRES

WORKERS = 4


@pytest.mark.parametrize("url", ["sqlite", POSTGRES], indirect=True)
def test_workers_at_once_never_take_more_than_there_is(url):
    """Each opens the ledger for itself, as a process of its own would."""
    open_ledger(url).close()
    ready = Barrier(WORKERS)

    def work(_):
        with open_ledger(url) as ledger:
            outbox = SqlOutbox(ledger.database)
            rate = RequestRate(
                FixedClock(NOW), outbox, service="s", per_minute=37, per_day=99
            )
            ready.wait()
            total = 0
            for _ in range(20):
                with outbox.together():
                    total += rate.take(1)
            return total

    with ThreadPoolExecutor(WORKERS) as pool:
        taken = list(pool.map(work, range(WORKERS)))

    assert sum(taken) == 37
