"""Stopped at any moment, each conversion is recorded once, whatever the sink."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.errors import LedgerError
from deliver.kit import counts, make_action, write_csv

LEASE = timedelta(minutes=11)


class Killed(BaseException):
    """What a kill is to the code: nothing runs after it."""


class Fuse:
    """Blows at one of the calls that go through it, before or after it is made."""

    def __init__(self, at, error=Killed):
        self.left = at
        self.error = error
        self.is_blown = False

    def burn(self):
        if self.is_blown:  # a dead process does nothing more
            raise self.error
        self.left -= 1
        if self.left < 0:
            self.is_blown = True
            raise self.error


class Fused:
    """Something whose every method burns a fuse, before the call and after it."""

    def __init__(self, inner, fuse):
        self._inner = inner
        self._fuse = fuse

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if not callable(found) or name in {"together", "drops_repetitions", "joins"}:
            return found

        def call(*args, **kwargs):
            self._fuse.burn()
            answer = found(*args, **kwargs)
            self._fuse.burn()
            return answer

        return call


def rows_of(clicks, name, count=6):
    return [
        ["sale", (c.time + timedelta(hours=2)).isoformat(), c.id, "9", f"{name}-{i}"]
        for i, c in enumerate(clicks[:count])
    ]


@pytest.mark.parametrize("events", [["sale"], ["sale", "lead", "visit"]], ids=len)
def test_killed_at_any_call_nothing_is_lost(  # noqa: PLR0917 - fixtures
    events, tmp_path, run, google, clicks, database, way
):
    sink, received = way.sink, way.received
    # Several actions' rows go in one request, each with a state of its own.
    policy = {"actions": {event: make_action(google, event) for event in events}}
    moments, is_over = 0, False
    while not is_over:
        rows = rows_of(clicks[moments:], f"M{moments}")
        rows = [[events[i % len(events)], *row[1:]] for i, row in enumerate(rows)]
        path = write_csv(tmp_path / "a.csv", rows)
        fuse = Fuse(moments)
        try:
            fused = {"outbox": Fused(SqlOutbox(database), fuse)}
            run(path, **fused, sink=Fused(sink, fuse), policy=policy)
        except Killed:
            google.clock.advance(seconds=LEASE.total_seconds())
        is_over = not fuse.is_blown
        again = run(path, outbox=SqlOutbox(database), sink=sink, policy=policy)

        wanted = {row[-1] for row in rows}
        times = Counter(o for o in received() if o in wanted)
        assert set(times) == wanted, moments
        assert max(times.values()) <= 2, moments  # the same id: counted once
        assert again.unknown + again.pending + again.rejected == 0, moments
        assert again.sent + again.duplicate >= len(rows)
        moments += 1

    kept = SqlOutbox(database).counts("siam-coffee")
    assert moments > 10
    assert sum(sum(found.states.values()) for found in kept) == 6 * moments


def test_killed_while_waiting_rows_are_put_together(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, database, sink, received
):
    policy = {"actions": {name: make_action(google, name) for name in ("sale", "lead")}}
    first = moments = 12  # after four batches were leased
    is_over = False
    while not is_over:
        start, fuse = google.clock.now(), Fuse(moments)
        times = [start - timedelta(minutes=20 * n) for n in range(4)]
        wanted = [f"W{moments}-{n}" for n in range(4)]
        rows = [
            [("sale", "lead")[n % 2], time.isoformat(), f"click-{n}", "9", wanted[n]]
            for n, time in enumerate(times)
        ]
        run(write_csv(tmp_path / "a.csv", rows), policy=policy)
        google.clock.advance(hours=7)
        try:
            fused = {"outbox": Fused(SqlOutbox(database), fuse)}
            run(None, **fused, sink=Fused(sink, fuse), policy=policy)
        except Killed:
            google.clock.advance(seconds=LEASE.total_seconds())
        is_over = not fuse.is_blown
        again = run(None, outbox=SqlOutbox(database), policy=policy)

        found = Counter(o for o in received() if o in wanted)
        assert sorted(found) == wanted, moments
        assert max(found.values()) <= 2, moments  # the same id: counted once
        assert again.unknown + again.pending + again.rejected == 0, moments
        moments += 1

    kept = SqlOutbox(database).counts("siam-coffee")
    assert moments > first + 10
    assert sum(sum(day.states.values()) for day in kept) == 4 * (moments - first)


def test_interrupted_what_came_back_is_written_down(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, outbox, clicks, way
):
    sink, received = way.sink, way.received
    path = write_csv(tmp_path / "a.csv", rows_of(clicks, "I", count=30))

    def interrupt(step, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(path, progress=interrupt, sink=sink, policy={"concurrency": 1})
    (before,) = outbox.counts("siam-coffee")
    rest = run(path, sink=sink)

    assert sorted(received()) == sorted(f"I-{i}" for i in range(30))
    assert sum(before.states.values()) == 30
    assert "unknown" not in before.states
    assert counts(rest)["duplicate"] == 30


def test_ledger_that_is_read_only_sends_nothing(tmp_path, run, clicks, database, way):
    sink, received = way.sink, way.received
    path = write_csv(tmp_path / "a.csv", rows_of(clicks, "R"))
    SqlOutbox(database).claim("siam-coffee", now=clicks[0].time)
    with database.reading() as conn:
        conn.exec_driver_sql("PRAGMA query_only = 1")

    with pytest.raises(LedgerError, match="readonly"):
        run(path, sink=sink)
    with database.reading() as conn:
        conn.exec_driver_sql("PRAGMA query_only = 0")
    first = received()
    run(path, sink=sink)

    assert first == []
    assert sorted(received()) == [f"R-{i}" for i in range(6)]


def test_repetitions_within_and_across_files_reach_google_once(
    tmp_path, run, clicks, way
):
    sink, received = way.sink, way.received
    rows = rows_of(clicks, "D")
    first = write_csv(tmp_path / "a.csv", [*rows, *rows[:3]])
    second = write_csv(tmp_path / "b.csv", [*rows[3:], *rows_of(clicks[9:], "E")])

    reports = [run(path, sink=sink) for path in (first, second, first)]

    assert [(r.sent, r.duplicate) for r in reports] == [(6, 3), (6, 3), (0, 9)]
    assert sorted(received()) == [f"{n}-{i}" for n in "DE" for i in range(6)]
