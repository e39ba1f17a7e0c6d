"""Limits of the Cloud project are kept to, not run into."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convbridge.deliver.rates import DayUsedUp, RequestRate
from deliver.kit import NOW, counts, sales, small, write_csv

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Clock:
    """A clock that goes on when somebody sleeps."""

    def __init__(self):
        self.time = NOW

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += timedelta(seconds=seconds)


@given(
    per_minute=st.integers(1, 5),
    per_day=st.integers(1, 12),
    steps=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 70)), max_size=12),
)
def test_no_minute_and_no_day_has_more_requests_than_allowed(
    per_minute, per_day, steps
):
    clock = Clock()
    rate = RequestRate(clock, per_minute=per_minute, per_day=per_day, sleep=clock.sleep)
    sent, ends = [], []

    for wanted, pause in steps:
        clock.sleep(pause)
        try:
            granted = rate.grant(wanted, wait=True)
        except DayUsedUp as exc:
            ends.append(exc.until)
            break
        assert 1 <= granted <= wanted
        sent += [clock.now()] * granted

    assert not ends or (ends, len(sent)) == ([sent[0] + DAY], per_day)
    for first in sent:
        assert sum(first <= time < first + MINUTE for time in sent) <= per_minute
        assert sum(first <= time < first + DAY for time in sent) <= per_day


def test_requests_of_earlier_runs_count():
    clock = Clock()
    before = [NOW - timedelta(seconds=20)] * 2
    rate = RequestRate(clock, per_minute=3, per_day=9, before=before, sleep=clock.sleep)

    granted = [rate.grant(2, wait=False), rate.grant(2, wait=True)]

    assert (granted, clock.now()) == ([1, 1], NOW + timedelta(seconds=43))


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
