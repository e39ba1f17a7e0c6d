"""Whatever breaks, each conversion is recorded once: asked for against received."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError

from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.errors import LedgerError
from deliver.kit import ONE_TRY, counts, open_sink, sales, small, write_csv

WORKER = """
import json, sys
from datetime import datetime
from pathlib import Path
from convbridge.adapters.data_manager import GoogleHasher
from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.deliver import deliver
from convbridge.model.conversions import DeliveryPolicy
from deliver.kit import open_sink, small

endpoint, ledger, source, action, now = sys.argv[1:]
class Clock:
    def now(self):
        return datetime.fromisoformat(now)
report = deliver(
    source,
    client="siam-coffee",
    sink=small(open_sink(endpoint)),
    outbox=SqlOutbox(open_ledger(ledger).database),
    policy=DeliveryPolicy(
        actions={"sale": action}, time_zone="Asia/Bangkok", currency="THB",
        concurrency=2,
    ),
    hasher=GoogleHasher(),
    clock=Clock(),
    progress=lambda step, done, total: print(done, flush=True),
    sleep=lambda seconds: None,
)
print(json.dumps(report.to_dict()))
"""


@pytest.fixture
def sink(sink):
    """As usual, but that a few hundred rows are several requests."""
    return small(sink)


@pytest.fixture
def start_worker(tmp_path, google, action):
    """Start a delivery in a process of its own."""
    started = []

    def start(source):
        arguments = [
            google.data_manager_endpoint,
            f"sqlite:///{tmp_path}/ledger.db",
            str(source),
            action,
            google.clock.now().isoformat(),
        ]
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        kill(process)


def expected(count):
    return sorted(f"O{i}" for i in range(count))


@pytest.mark.parametrize(
    "kind", ["cut", "torn", "drop"], ids=["after", "in the answer", "before"]
)
@pytest.mark.parametrize("after", [0, 1, 2], ids=["first", "middle", "last"])
def test_connection_cut(  # noqa: PLR0917 - fixtures
    kind, after, tmp_path, run, google, sink, received
):
    sink.max_rows = 20  # three requests
    google.faults.add(
        service="data_manager", method="ingestEvents", kind=kind, after=after
    )
    path = write_csv(tmp_path / "a.csv", sales(50))

    report = run(path)

    assert counts(report) == {"read": 50, "accepted": 50, "sent": 50}
    assert sorted(set(received())) == expected(50)
    assert report.requests == 4


def test_no_answer_twice_is_told_as_unknown_and_settled_by_the_next_run(
    tmp_path, run, google, received
):
    google.faults.add(service="data_manager", kind="cut", times=2)
    path = write_csv(tmp_path / "a.csv", sales(10))

    first, second = run(path), run(None)

    assert counts(first) == {"read": 10, "accepted": 10, "unknown": 10}
    assert counts(second) == {"sent": 10}
    assert sorted(set(received())) == expected(10)


def test_time_out_after_commit(tmp_path, run, google, action, received):
    google.faults.add(service="data_manager", kind="slow", delay=0.6)
    impatient = RetryPolicy(attempts=1, timeout=0.25)
    sink = small(open_sink(google.data_manager_endpoint, policy=impatient))

    report = run(write_csv(tmp_path / "a.csv", sales(10)), sink=sink)

    assert counts(report) == {"read": 10, "accepted": 10, "sent": 10}
    assert Counter(Counter(received()).values()) == {2: 10}  # same ids: counted once


def test_repeated_requests_are_counted_once_by_google(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, outbox, sink, clicks
):
    google.faults.add(service="data_manager", kind="cut")
    rows = [
        ["sale", click.time.isoformat(), click.id, "1", f"O{i}"]
        for i, click in enumerate(clicks[:20])
    ]

    run(write_csv(tmp_path / "a.csv", rows))
    google.clock.advance(hours=1)
    (request,) = outbox.sent_requests("siam-coffee")
    found = sink.fetch_results(request.request_id, [request.action])

    assert [(e.verdict.code, e.rows) for e in found[request.action].errors] == [
        ("DUPLICATE_TRANSACTION_ID", 20)
    ]


def test_whole_request_refused_without_a_word(tmp_path, run, google, received):
    google.faults.add(service="data_manager", status=400, times=100)
    path = write_csv(tmp_path / "a.csv", sales(40))

    stopped = run(path)
    google.faults.clear()
    resumed = run(None)

    assert counts(stopped) == {"read": 40, "accepted": 40, "pending": 40}
    assert stopped.stopped.message.startswith("Google refuses every row")
    assert counts(resumed) == {"sent": 40}
    assert sorted(received()) == expected(40)


def test_quota_used_up_midway(tmp_path, run, google, received):
    google.faults.add(service="data_manager", status=429, after=1, times=9, delay=3600)
    path = write_csv(tmp_path / "a.csv", sales(600))

    stopped = run(path, policy={"concurrency": 1})
    google.faults.clear()
    resumed = run(path)

    assert counts(stopped) == {
        "read": 600,
        "accepted": 600,
        "sent": 200,
        "pending": 400,
    }
    assert counts(resumed) == {"read": 600, "sent": 400, "duplicate": 600}
    assert sorted(received()) == expected(600)


def test_token_expires_midway_and_is_renewed(tmp_path, run, google, received):
    google.access.allow("new")
    sink = small(open_sink(google.data_manager_endpoint))
    sink._client.transport._session.credentials = Expiring("old", "new")

    report = run(write_csv(tmp_path / "a.csv", sales(300)), sink=sink)

    assert counts(report) == {"read": 300, "accepted": 300, "sent": 300}
    assert sorted(received()) == expected(300)


def test_token_that_cannot_be_renewed_stops_the_run(tmp_path, run, google, received):
    google.access.allow("new")
    sink = small(open_sink(google.data_manager_endpoint))
    sink._client.transport._session.credentials = Expiring("old")

    stopped = run(write_csv(tmp_path / "a.csv", sales(3)), sink=sink)
    resumed = run(None, sink=with_token(google, "new"))

    assert counts(stopped) == {"read": 3, "accepted": 3, "pending": 3}
    assert type(stopped.stopped).__name__ == "AuthError"
    assert counts(resumed) == {"sent": 3}
    assert sorted(received()) == expected(3)


def test_killed_while_a_request_is_on_its_way(tmp_path, start_worker, google, received):
    google.faults.add(service="data_manager", kind="slow", after=1, delay=9)
    path = write_csv(tmp_path / "a.csv", sales(800))
    worker = start_worker(path)
    wait_until(lambda: len(received()) >= 400)

    kill(worker)
    report = finish(start_worker(path))

    assert set(received()) == set(expected(800))
    assert (report["unknown"], report["pending"], report["rejected"]) == (0, 0, 0)


def test_killed_before_anything_arrived(
    tmp_path, start_worker, google, outbox, received
):
    google.faults.set_latency("data_manager", 9)
    path = write_csv(tmp_path / "a.csv", sales(300))
    worker = start_worker(path)
    wait_until(lambda: outbox.counts("siam-coffee"))

    kill(worker)
    google.faults.clear()
    report = finish(start_worker(path))

    assert set(received()) == set(expected(300))
    assert (report["sent"], report["unknown"], report["pending"]) == (300, 0, 0)


def test_two_processes_on_one_ledger(tmp_path, start_worker, received):
    path = write_csv(tmp_path / "a.csv", sales(1_000))

    workers = [start_worker(path), start_worker(path)]
    reports = [finish(worker) for worker in workers]

    assert sorted(received()) == expected(1_000)
    assert sum(found["sent"] for found in reports) == 1_000
    assert sum(found["accepted"] for found in reports) == 1_000


def test_disk_full(tmp_path, run, database, google, received):
    path = write_csv(tmp_path / "a.csv", sales(1_200))
    with database.writing() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 10}")

    with pytest.raises(LedgerError) as caught:
        run(path)
    with database.writing() as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
    run(path)

    assert "the disk is full" in caught.value.hint
    assert sorted(set(received())) == expected(1_200)


def test_ledger_locked(tmp_path, run, action, received):
    path = write_csv(tmp_path / "a.csv", sales(10))
    url = f"sqlite:///{tmp_path}/ledger.db"
    holder = open_ledger(url)
    impatient = open_ledger(url)
    with impatient.database.reading() as conn:
        conn.exec_driver_sql("PRAGMA busy_timeout = 50")
    outbox = SqlOutbox(impatient.database)

    with (
        holder.database.writing(),
        pytest.raises(LedgerError, match="locked") as caught,
    ):
        run(path, outbox=outbox)
    report = run(path, outbox=outbox)
    holder.close()
    impatient.close()

    assert "another process" in caught.value.hint
    assert counts(report) == {"read": 10, "accepted": 10, "sent": 10}
    assert sorted(received()) == expected(10)


def test_clock_that_runs_ahead_sends_nothing_too_early(tmp_path, run, google):
    ahead = google.clock.now().replace(tzinfo=None).isoformat() + "+00:00"
    rows = [["sale", ahead, "g", "1", "O1"]]

    report = run(write_csv(tmp_path / "a.csv", rows))

    assert counts(report) == {"read": 1, "accepted": 1, "pending": 1}


def test_two_threads_never_lease_one_batch(tmp_path, run, google, database, outbox):
    google.faults.add(service="data_manager", status=400, times=1_000)
    run(write_csv(tmp_path / "a.csv", sales(1_000)))
    taken, now = [], google.clock.now()

    def work():
        own, after = SqlOutbox(database), 0
        while (batch := own.claim("siam-coffee", now=now, after=after)) is not None:
            after = batch.id
            taken.append(batch.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) >= 5
    assert len(taken) == len(set(taken))


def kill(process):
    process.kill()
    process.wait()
    process.stdout.close()


def finish(process):
    """Wait for a worker and return its report."""
    out, _ = process.communicate(timeout=60)
    return json.loads(out.splitlines()[-1])


def wait_until(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Expiring(AnonymousCredentials):
    """Credentials whose token is replaced when Google says 401."""

    def __init__(self, *tokens):
        super().__init__()
        self.token, *self._next = tokens

    def before_request(self, request, method, url, headers):
        headers["authorization"] = f"Bearer {self.token}"

    def refresh(self, request):
        if not self._next and self.token == "old":
            raise RefreshError("invalid_grant: Token has been expired or revoked.")
        self.token = self._next.pop(0) if self._next else self.token


def with_token(google, token):
    sink = small(open_sink(google.data_manager_endpoint, policy=ONE_TRY))
    sink._client.transport._session.credentials = Expiring(token)
    return sink
