"""Limits of the Cloud project are kept to, not run into."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Condition

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.deliver.rates import DayUsedUp, RequestRate
from convbridge.errors import QuotaError
from deliver.kit import NOW, counts, open_sink, sales, small, write_csv

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Clock:
    """A clock that goes on when somebody sleeps."""

    def __init__(self):
        self.time = NOW

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += timedelta(seconds=seconds)


@pytest.fixture(scope="module")
def book():
    with open_ledger("sqlite://") as ledger:
        yield SqlOutbox(ledger.database)


def rate_of(book, clock, service, *, per_minute=3, per_day=9):
    return RequestRate(
        clock,
        book,
        service=service,
        per_minute=per_minute,
        per_day=per_day,
        sleep=clock.sleep,
    )


def take(book, rate, wanted):
    with book.together():
        return rate.take(wanted)


SERVICES = (f"service {number}" for number in count())


class Sleepers:
    """Time goes on when all sleep: no request is on its way while it jumps."""

    def __init__(self, clock, workers):
        self.clock = clock
        self.workers = workers
        self.changed = Condition()
        self.pauses = []

    def sleep(self, seconds):
        with self.changed:
            pauses = self.pauses
            pauses.append(seconds)
            self._pass()
            self.changed.wait_for(lambda: self.pauses is not pauses)

    def leave(self):
        with self.changed:
            self.workers -= 1
            self._pass()

    def _pass(self):
        if self.pauses and len(self.pauses) == self.workers:
            self.clock.advance(seconds=max(self.pauses))
            self.pauses = []
            self.changed.notify_all()


@settings(deadline=None)  # each step is a transaction
@given(
    per_minute=st.integers(1, 5),
    per_day=st.integers(1, 12),
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.integers(1, 6), st.integers(0, 70)),
        max_size=12,
    ),
)
def test_no_minute_and_no_day_has_more_requests_than_allowed_whoever_asks(
    per_minute, per_day, steps, book
):
    clock, service = Clock(), next(SERVICES)
    limits = {"per_minute": per_minute, "per_day": per_day}
    clients = [rate_of(book, clock, service, **limits) for _ in range(3)]
    sent, ends = [], []

    for client, wanted, pause in steps:
        clock.sleep(pause)
        try:
            while not (granted := take(book, clients[client], wanted)):
                clients[client].wait()
        except DayUsedUp as exc:
            ends.append(exc.until)
            break
        assert 1 <= granted <= wanted
        sent += [clock.now()] * granted

    if ends:
        assert len(sent) == per_day
        assert sent[0] + DAY <= ends[0] < sent[0] + DAY + timedelta(minutes=10)
    for first in sent:
        assert sum(first <= time < first + MINUTE for time in sent) <= per_minute
        assert sum(first <= time < first + DAY for time in sent) <= per_day


def test_requests_of_others_and_of_earlier_runs_count(book):
    clock, service = Clock(), next(SERVICES)
    take(book, rate_of(book, clock, service), 2)
    clock.sleep(20)
    rate = rate_of(book, clock, service)

    granted = [take(book, rate, 2), take(book, rate, 2)]
    rate.wait()
    granted.append(take(book, rate, 2))

    assert (granted, clock.now()) == ([1, 0, 2], NOW + timedelta(seconds=63))


def test_each_service_has_limits_of_its_own(book):
    clock = Clock()
    one, other = (rate_of(book, clock, next(SERVICES)) for _ in range(2))

    assert [take(book, one, 9), take(book, one, 9), take(book, other, 9)] == [3, 0, 3]


def test_what_was_taken_and_not_kept_was_not_sent(book):
    rate = rate_of(book, Clock(), next(SERVICES))

    def stumble():
        with book.together():
            return rate.take(3) / 0

    with pytest.raises(ZeroDivisionError):
        stumble()

    assert take(book, rate, 3) == 3


def test_a_single_request_waits_for_the_minute_and_not_for_the_day(book):
    clock = Clock()
    rate = rate_of(book, clock, next(SERVICES), per_minute=1, per_day=2)

    rate.hold()
    rate.hold()

    assert clock.now() == NOW + timedelta(seconds=63)
    with pytest.raises(QuotaError, match="day's requests") as caught:
        rate.hold()
    assert "run again after 2026-11-23 04:0" in caught.value.hint


def test_the_requests_of_a_day_take_little_room(book):
    clock, service = Clock(), next(SERVICES)
    rate = rate_of(book, clock, service, per_minute=300, per_day=100_000)

    for _ in range(300):
        take(book, rate, 1)
        clock.sleep(280)

    assert len(book.read_requests(service)) < 4_000


def test_clients_side_by_side_share_the_minute_of_their_project(
    tmp_path, run, google, database
):
    google.data_manager.limits.per_minute = 4
    started = google.clock.now()
    sleepers = Sleepers(google.clock, 3)

    def deliver_one(number):
        sink = small(open_sink(google.data_manager_endpoint))
        path = write_csv(tmp_path / f"{number}.csv", sales(600, start=1_000 * number))
        policy = {"requests_per_minute": 4}
        outbox = SqlOutbox(database)
        try:
            return run(
                path,
                client=f"c{number}",
                sink=sink,
                policy=policy,
                outbox=outbox,
                sleep=sleepers.sleep,
            )
        finally:
            sink.close()
            sleepers.leave()

    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(deliver_one, range(3)))

    answers = [call.status for call in google.calls.where(method="ingestEvents")]
    assert [report.sent for report in reports] == [600] * 3
    assert answers == ["OK"] * 9
    assert google.clock.now() - started >= 2 * MINUTE


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_delivery_waits_for_the_minute_and_is_never_refused(
    concurrency, tmp_path, run, google, sink
):
    google.data_manager.limits.per_minute = 3
    path = write_csv(tmp_path / "a.csv", sales(1_600))
    policy = {"requests_per_minute": 3, "concurrency": concurrency}
    started = google.clock.now()

    report = run(path, sink=small(sink), policy=policy)

    answers = [call.status for call in google.calls.where(method="ingestEvents")]
    assert counts(report) == {"read": 1_600, "accepted": 1_600, "sent": 1_600}
    assert answers == ["OK"] * 8
    assert google.clock.now() - started >= 2 * MINUTE


def test_what_the_day_does_not_take_goes_the_next_day(tmp_path, run, google, sink):
    google.data_manager.limits.per_day = 2
    path = write_csv(tmp_path / "a.csv", sales(600))
    policy = {"requests_per_day": 2}

    first = run(path, sink=small(sink), policy=policy)
    google.clock.advance(hours=25)
    second = run(None, sink=small(sink), policy=policy)

    assert counts(first) == {
        "read": 600,
        "accepted": 600,
        "sent": 400,
        "pending": 200,
    }
    assert first.stopped.code == "REQUESTS_PER_DAY"
    assert counts(second) == {"sent": 200}
