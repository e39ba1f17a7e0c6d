"""Whatever breaks, each conversion is recorded once: asked for against received."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from multiprocessing import forkserver

import pytest

from convbridge.adapters.data_manager import GoogleHasher
from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.errors import LedgerError
from deliver.kit import counts, open_way, sales, small, write_csv
from deliver.lines import cutting_line
from deliver.worker import work

LOADED_LATE = (
    "google.ads.datamanager_v1",
    "google.ads.googleads.v26.services.services.conversion_upload_service",
)


@pytest.fixture
def sink(sink):
    """As usual, but that a few hundred rows are several requests."""
    return small(sink)


@pytest.fixture(scope="module")
def processes():
    """Make processes of one that has imported everything already."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["deliver.worker", *LOADED_LATE])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        forkserver.ensure_running()
    yield found
    forkserver._forkserver._stop()


@pytest.fixture
def start_worker(tmp_path, google, action, way, processes):
    """Start a delivery in a process of its own."""
    started = []

    def start(source):
        end, out = processes.Pipe(duplex=False)
        given = {
            "way": way.name,
            "endpoint": way.endpoint,
            "ledger": f"sqlite:///{tmp_path}/ledger.db",
            "source": source,
            "action": action,
            "now": google.clock.now(),
        }
        process = processes.Process(target=work, args=(out,), kwargs=given)
        process.start()
        out.close()
        started.append(process)
        return process, end

    yield start
    for process in started:
        kill(process)


def expected(count):
    return sorted(f"O{i}" for i in range(count))


def delivered(report):
    """Rows that Google has, whether it said so the first time or the second."""
    return report.sent + report.duplicate


@pytest.fixture
def source(tmp_path, clicks):
    """Write so many sales of real clicks, since Google Ads takes no others."""

    def write(count):
        rows = [
            ["sale", (c.time + timedelta(hours=2)).isoformat(), c.id, "9.5", f"O{i}"]
            for i, c in enumerate(clicks[:count])
        ]
        return write_csv(tmp_path / "a.csv", rows)

    return write


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


@pytest.mark.parametrize("way", ["grpc", "google_ads"], indirect=True)
@pytest.mark.parametrize("passed", [0, 20], ids=["after", "in the answer"])
def test_line_cut_under_a_grpc_call(run, source, google, way, passed):
    target = way.sink  # as it is opened, it reaches the sandbox itself
    with cutting_line(way.endpoint, passed, way.received) as endpoint:
        other = open_way(way.name, google, endpoint=endpoint)
        report = run(source(10), sink=other.sink)
        other.sink.close()
    settled = run(None, sink=target)

    assert Counter(way.received()) == dict.fromkeys(expected(10), 2)
    assert (report.unknown, delivered(settled)) == (10, 10)


@pytest.mark.parametrize(("kind", "times"), [("cut", 2), ("drop", 1), ("slow", 2)])
def test_no_answer_is_no_second_conversion(  # noqa: PLR0917 - fixtures
    run, source, google, way, kind, times
):
    way.break_at(google, kind=kind, delay=0.8)
    impatient = open_way(way.name, google, timeout=0.4)

    report = run(source(6), sink=impatient.sink)
    impatient.sink.close()

    # What came twice came with the same ids, so that Google counts it once.
    assert Counter(way.received()) == dict.fromkeys(expected(6), times)
    assert (delivered(report), report.requests) == (6, 2)


def test_no_answer_twice_is_told_as_unknown_and_settled_by_the_next_run(
    run, source, google, way
):
    way.break_at(google, kind="cut", times=2)

    first, second = run(source(10), sink=way.sink), run(None, sink=way.sink)

    assert counts(first) == {"read": 10, "accepted": 10, "unknown": 10}
    assert delivered(second) == 10
    assert sorted(set(way.received())) == expected(10)


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


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Google refuses every row"),
        (401, ""),
        (403, ""),
        (429, ""),
    ],
)
def test_whole_request_refused_loses_nothing(  # noqa: PLR0917 - fixtures
    run, source, google, way, status, words
):
    way.break_at(google, status=status, times=100)

    stopped = run(source(12), sink=way.sink)
    google.faults.clear()
    resumed = run(None, sink=way.sink)

    assert counts(stopped) == {"read": 12, "accepted": 12, "pending": 12}
    assert stopped.stopped.message.startswith(words)
    assert counts(resumed) == {"sent": 12}
    assert sorted(way.received()) == expected(12)


def test_quota_used_up_midway(run, source, google, way):
    way.sink.max_rows = 4
    way.break_at(google, status=429, after=1, times=9, delay=3600)
    path = source(12)

    stopped = run(path, policy={"concurrency": 1}, sink=way.sink)
    google.faults.clear()
    resumed = run(path, sink=way.sink)

    assert counts(stopped) == {"read": 12, "accepted": 12, "sent": 4, "pending": 8}
    assert counts(resumed) == {"read": 12, "sent": 8, "duplicate": 12}
    assert sorted(way.received()) == expected(12)


def test_token_expires_midway_and_is_renewed(run, source, google, way):
    def renew():
        google.access._tokens.clear()
        google.access.allow("second")
        return "second"

    google.access.allow("first")
    way.sink.max_rows = 4
    way.credentials.lasts, way.credentials.renew = 2, renew

    report = run(source(12), sink=way.sink, policy={"concurrency": 1})

    assert counts(report) == {"read": 12, "accepted": 12, "sent": 12}
    assert sorted(way.received()) == expected(12)


def test_token_that_cannot_be_renewed_stops_the_run(run, source, google, way):
    google.access.allow("first")
    way.sink.max_rows = 4
    way.credentials.lasts = 2

    stopped = run(source(12), sink=way.sink, policy={"concurrency": 1})
    way.credentials.renew = lambda: "first"
    resumed = run(None, sink=way.sink)

    assert counts(stopped) == {"read": 12, "accepted": 12, "sent": 8, "pending": 4}
    assert type(stopped.stopped).__name__ == "AuthError"
    assert counts(resumed) == {"sent": 4}
    assert sorted(way.received()) == expected(12)


def test_token_that_google_takes_no_more_stops_the_run(run, source, google, way):
    google.access.allow("second")

    stopped = run(source(12), sink=way.sink)
    google.access.allow("first")
    resumed = run(None, sink=way.sink)

    assert counts(stopped) == {"read": 12, "accepted": 12, "pending": 12}
    assert type(stopped.stopped).__name__ == "AuthError"
    assert counts(resumed) == {"sent": 12}
    assert sorted(way.received()) == expected(12)


def test_killed_while_a_request_is_on_its_way(start_worker, source, google, way):
    way.break_at(google, kind="slow", after=1, delay=2)
    path = source(200)
    process, _ = start_worker(path)
    wait_until(lambda: len(way.received()) >= 100)

    kill(process)
    report = finish(start_worker(path))

    times = Counter(way.received())
    assert sorted(times) == expected(200)
    assert max(times.values()) == 2  # with the same ids: counted once
    assert (report.unknown, report.pending, report.rejected) == (0, 0, 0)


@pytest.mark.parametrize("way", ["rest"], indirect=True)
def test_killed_before_anything_arrived(start_worker, source, google, outbox, way):
    google.faults.set_latency(way.service, 2)
    path = source(100)
    process, _ = start_worker(path)
    wait_until(lambda: outbox.counts("siam-coffee"))

    kill(process)
    google.faults.clear()
    report = finish(start_worker(path))

    assert sorted(set(way.received())) == expected(100)
    assert (report.sent, report.unknown, report.pending) == (100, 0, 0)


def test_two_processes_on_one_ledger(start_worker, source, way):
    path = source(500)

    started = [start_worker(path), start_worker(path)]
    reports = [finish(found) for found in started]

    assert sorted(way.received()) == expected(500)
    assert sum(found.sent for found in reports) == 500
    assert sum(found.accepted for found in reports) == 500


def test_disk_full(run, source, database, way):
    way.sink.max_rows = 50
    path = source(500)
    with database.writing() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 10}")

    with pytest.raises(LedgerError) as caught:
        run(path, sink=way.sink)
    with database.writing() as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
    run(path, sink=way.sink)

    assert "the disk is full" in caught.value.hint
    assert sorted(set(way.received())) == expected(500)


def test_ledger_locked(tmp_path, run, source, action, way):
    path = source(10)
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
        run(path, outbox=outbox, sink=way.sink)
    report = run(path, outbox=outbox, sink=way.sink)
    holder.close()
    impatient.close()

    assert "another process" in caught.value.hint
    assert counts(report) == {"read": 10, "accepted": 10, "sent": 10}
    assert sorted(way.received()) == expected(10)


def test_clock_that_runs_ahead_sends_nothing_too_early(
    tmp_path, run, google, clicks, way
):
    clicked, now = clicks[-1].time, google.clock.now()
    header = ["event", "time", "click_time", "gclid", "order_id"]
    rows = [
        ["sale", (now + ahead).isoformat(), clicked.isoformat(), clicks[-1].id, name]
        for name, ahead in {"O0": timedelta(minutes=50), "O1": timedelta(0)}.items()
    ]
    path = write_csv(tmp_path / "a.csv", rows, header)

    first = run(path, sink=way.sink)
    google.clock.advance(hours=1)
    second = run(path, sink=way.sink)

    assert counts(first) == {"read": 2, "accepted": 2, "sent": 1, "pending": 1}
    assert counts(second) == {"read": 2, "sent": 1, "duplicate": 2}
    assert way.received() == ["O1", "O0"]


@pytest.mark.parametrize("wrong", [["XTS", ""], ["XTS", "0"]], ids=["one", "two"])
@pytest.mark.parametrize(
    "bad", [{0}, {4}, set(range(9))], ids=["first", "middle", "everywhere"]
)
def test_bad_rows_are_told_and_the_others_sent(  # noqa: PLR0917 - fixtures
    bad, wrong, tmp_path, run, clicks, way
):
    rows = [
        ["sale", (c.time + timedelta(hours=2)).isoformat(), c.id, f"O{i}", "9"]
        + (wrong if i in bad else ["THB", ""])
        for i, c in enumerate(clicks[:9])
    ]
    header = ["event", "time", "gclid", "order_id", "value", "currency", "email"]
    path = write_csv(tmp_path / "a.csv", rows, header)
    policy = {"currencies": frozenset({"XTS"})}  # ISO knows it, Google does not

    report = run(path, sink=way.sink, policy=policy, hasher=Careless())

    sent = 9 - len(bad)
    assert (report.accepted, report.sent, report.rejected) == (9, sent, len(bad))
    assert [error.line for error in report.errors] == [i + 2 for i in sorted(bad)]
    taken = {f"O{i}" for i in range(9) if i not in bad}
    if way.name != "google_ads":  # which takes the rows beside those it refuses
        assert sorted(way.received()) == sorted(taken)


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
    process.join()


def finish(started):
    """Wait for a worker and return its report."""
    process, end = started
    assert end.poll(60)
    report = end.recv()
    process.join()
    return report


class Careless(GoogleHasher):
    """Makes hashes that are none, for Google to refuse."""

    def email(self, text):
        return text


def wait_until(is_so):
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
