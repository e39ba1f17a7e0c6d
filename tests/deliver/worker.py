"""A delivery in a process of its own, which can be killed."""

from __future__ import annotations

from convbridge.adapters.data_manager import GoogleHasher
from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.deliver import deliver
from convbridge.model.conversions import DeliveryPolicy
from convbridge.testing import FixedClock
from deliver.kit import CLIENT, open_way


def work(out, *, way, endpoint, ledger, source, action, now):
    """Deliver a file, in requests of 50 rows, and send the report."""
    sink = open_way(way, None, endpoint, timeout=30).sink
    sink.max_rows = 50
    report = deliver(
        source,
        client=CLIENT,
        sink=sink,
        outbox=SqlOutbox(open_ledger(ledger).database),
        policy=DeliveryPolicy(
            actions={"sale": action},
            time_zone="Asia/Bangkok",
            currency="THB",
            concurrency=2,
        ),
        hasher=GoogleHasher(),
        clock=FixedClock(now),
        sleep=lambda seconds: None,
    )
    out.send(report)
