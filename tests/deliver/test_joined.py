"""Small batches of several actions share a request, and no action pays for another."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convbridge.adapters.data_manager.sink import DataManagerSink
from convbridge.deliver import delivery_status
from convbridge.deliver.jobs import Job, Jobs
from convbridge.deliver.originals import Originals
from convbridge.model.conversions import RowState
from convbridge.model.ids import PropertyId
from convbridge.model.outbox import Batch
from deliver.kit import (
    CLIENT,
    CUSTOMER,
    counts,
    make_action,
    open_sink,
    sales,
    write_csv,
)

EVENTS = [f"micro_{n}" for n in range(6)]
ROWS = 5
REFUSED = "INVALID_CONVERSION_ACTION_ID"


@pytest.fixture
def actions(google):
    """Six events' actions."""
    return {event: make_action(google, event) for event in EVENTS}


@pytest.fixture
def rows(clicks):
    """Five rows of each event, with a click of their own and an id that names it."""
    return [
        [event, (c.time + timedelta(hours=2)).isoformat(), c.id, "9", f"{event}-{n}"]
        for at, event in enumerate(EVENTS)
        for n, c in enumerate(clicks[at * ROWS : (at + 1) * ROWS])
    ]


@pytest.fixture
def requests(google):
    """Statuses of the calls that brought conversions, in their order."""
    return lambda: [
        call.status
        for call in google.calls.where(service="data_manager", method="ingestEvents")
    ]


@pytest.fixture
def recorded(google):
    """How often Google counts each conversion, by action and id."""
    return lambda: Counter(
        (found.action.rpartition("/")[2], found.order_id)
        for found in google.ads.book.recorded()
    )


def once(actions, rows, but=()):
    """What Google counts when each row came to its action, and only there."""
    return Counter((actions[row[0]], row[4]) for row in rows if row[0] not in but)


def test_six_actions_go_out_in_one_request(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, actions, rows, requests, recorded
):
    report = run(write_csv(tmp_path / "a.csv", rows), policy={"actions": actions})

    events = google.data_manager.received_events()
    assert counts(report) == {"read": 30, "accepted": 30, "sent": 30}
    assert requests() == ["OK"]
    assert report.requests == 1
    assert recorded() == once(actions, rows)
    assert {e.product_destinations for e in events} == {(a,) for a in actions.values()}


def test_one_request_costs_the_day_one(tmp_path, run, actions, rows):
    policy = {"actions": actions, "requests_per_day": 1}
    path = write_csv(tmp_path / "a.csv", rows)
    more = write_csv(tmp_path / "b.csv", [[*row[:4], f"{row[4]}b"] for row in rows])

    first, second = run(path, policy=policy), run(more, policy=policy)

    assert counts(first) == {"read": 30, "accepted": 30, "sent": 30}
    assert counts(second) == {"read": 30, "accepted": 30, "pending": 30}
    assert second.stopped.code == "REQUESTS_PER_DAY"


def test_each_action_gets_its_own_result_and_a_request_is_asked_about_once(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, outbox, sink, actions, rows
):
    lost = google.data_manager.record_errors
    lost |= {row[4]: "PROCESSING_ERROR_REASON_NO_CONSENT" for row in rows[:2]}
    lost |= {row[4]: "PROCESSING_ERROR_REASON_INVALID_GCLID" for row in rows[5:10]}
    run(write_csv(tmp_path / "a.csv", rows), policy={"actions": actions})

    found = []
    for minutes in (1, 60):
        google.clock.advance(seconds=60 * minutes)
        status = delivery_status(
            client=CLIENT, sink=sink, outbox=outbox, clock=google.clock
        )
        found.append((status.unfinished, {d.action: d.states for d in status.days}))

    first, second, *others = actions.values()
    asked = google.calls.where(method="retrieveRequestStatus")
    assert [unfinished for unfinished, _ in found] == [1, 0]
    assert len(asked) == 2
    assert found[1][1] == {
        first: {RowState.ACCEPTED: 3, RowState.SKIPPED: 2},
        second: {RowState.REJECTED: 5},
        **{action: {RowState.ACCEPTED: 5} for action in others},
    }


@pytest.mark.parametrize("way", ["rest", "grpc"], indirect=True)
@pytest.mark.parametrize("bad", [0, 3, 5], ids=["first", "middle", "last"])
def test_an_action_that_is_gone_waits_and_the_others_go(  # noqa: PLR0917 - fixtures
    bad, tmp_path, run, way, actions, rows, requests, recorded
):
    gone = {**actions, EVENTS[bad]: "4040"}
    path = write_csv(tmp_path / "a.csv", rows)

    report = run(path, sink=way.sink, policy={"actions": gone})
    kept = run(None, sink=way.sink, policy={"actions": gone})

    assert counts(report) == {"read": 30, "accepted": 30, "sent": 25, "pending": 5}
    assert report.stopped.code == REFUSED
    assert "delivery.actions" in report.stopped.hint
    assert [e.reason.split(": ")[:2] for e in report.errors] == [["stopped", "4040"]]
    assert counts(kept) == {"pending": 5}
    assert recorded() == once(actions, rows, but=[EVENTS[bad]])
    assert requests() == ["INVALID_ARGUMENT", "OK", "INVALID_ARGUMENT"]


def test_two_actions_that_are_gone_are_told_at_once(  # noqa: PLR0917 - fixtures
    tmp_path, run, actions, rows, requests, recorded
):
    gone = {**actions, EVENTS[1]: "4040", EVENTS[4]: "4141"}

    report = run(write_csv(tmp_path / "a.csv", rows), policy={"actions": gone})

    told = [error.reason.split(": ")[1] for error in report.errors]
    assert counts(report) == {"read": 30, "accepted": 30, "sent": 20, "pending": 10}
    assert sorted(told) == ["4040", "4141"]
    assert requests() == ["INVALID_ARGUMENT", "OK"]
    assert recorded() == once(actions, rows, but=[EVENTS[1], EVENTS[4]])


def test_an_action_that_is_gone_costs_one_request_however_many_rows_it_has(
    tmp_path, run, action, sink, received
):
    sink.max_rows = 20
    rows = [*sales(60), *[["lead", *row[1:]] for row in sales(20, start=60)]]
    policy = {"actions": {"sale": "4040", "lead": action}, "requests_per_day": 2}

    report = run(
        write_csv(tmp_path / "a.csv", rows), policy=policy | {"concurrency": 1}
    )

    assert counts(report) == {"read": 80, "accepted": 80, "sent": 20, "pending": 60}
    assert report.requests == 2
    assert [e.reason.split(": ")[1] for e in report.errors] == ["4040"]
    assert sorted(received()) == sorted(f"O{i}" for i in range(60, 80))


def test_an_action_that_is_gone_is_found_although_nothing_is_named(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, actions, rows, recorded
):
    google.data_manager.tells_fields = False
    path = write_csv(tmp_path / "a.csv", rows)

    report = run(path, policy={"actions": {**actions, EVENTS[2]: "4040"}})

    assert report.sent == 25
    assert recorded() == once(actions, rows, but=[EVENTS[2]])


def test_a_new_action_waits_six_hours_and_the_others_go(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, actions, rows, recorded
):
    late = {**actions, EVENTS[1]: make_action(google, "late", hours=0)}
    path = write_csv(tmp_path / "a.csv", rows)

    report = run(path, policy={"actions": late})
    before = recorded()
    google.clock.advance(hours=7)
    again = run(None, policy={"actions": late})

    assert counts(report) == {"read": 30, "accepted": 30, "sent": 25, "pending": 5}
    assert before == once(late, rows, but=[EVENTS[1]])
    assert counts(again) == {"sent": 5}
    assert recorded() == once(late, rows)


@pytest.mark.parametrize("is_named", [True, False], ids=["named", "not named"])
@pytest.mark.parametrize("bad", [{0}, {14, 29}], ids=["one", "of two actions"])
def test_bad_rows_cost_no_other_row_of_any_action(  # noqa: PLR0917 - fixtures
    is_named, bad, tmp_path, run, google, actions, rows, recorded
):
    google.data_manager.tells_fields = is_named
    google.data_manager.event_errors |= {rows[n][4]: "INVALID_EVENT" for n in bad}

    report = run(write_csv(tmp_path / "a.csv", rows), policy={"actions": actions})

    good = [row for n, row in enumerate(rows) if n not in bad]
    assert (report.sent, report.rejected) == (30 - len(bad), len(bad))
    assert {e.line for e in report.errors} == {n + 2 for n in bad}
    assert recorded() == once(actions, good)


def test_what_is_wrong_with_the_account_loses_nothing(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, actions, rows, recorded
):
    google.faults.add(service="data_manager", status=400, times=500)
    path = write_csv(tmp_path / "a.csv", rows)

    stopped = run(path, policy={"actions": actions})
    google.faults.clear()
    resumed = run(None, policy={"actions": actions})

    assert counts(stopped) == {"read": 30, "accepted": 30, "pending": 30}
    assert stopped.stopped.message.startswith("Google refuses every row")
    assert counts(resumed) == {"sent": 30}
    assert recorded() == once(actions, rows)


@pytest.mark.parametrize("kind", ["cut", "torn", "drop"])
@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_without_an_answer_each_conversion_counts_once(  # noqa: PLR0917 - fixtures
    kind, times, tmp_path, run, google, actions, rows, requests, recorded
):
    google.faults.add(service="data_manager", kind=kind, times=times)
    path = write_csv(tmp_path / "a.csv", rows)

    report = run(path, policy={"actions": actions})
    resumed = run(path, policy={"actions": actions})

    expected = {1: {"sent": 30}, 2: {"unknown": 30}}[times]
    assert counts(report) == {"read": 30, "accepted": 30} | expected
    assert resumed.sent == (0 if times == 1 else 30)
    assert resumed.unknown == 0
    assert len(requests()) == times + 1
    assert recorded() == once(actions, rows)


def test_google_ads_takes_several_actions_at_once_too(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, ads_sink, actions, rows, recorded
):
    gone = {**actions, EVENTS[4]: "4040"}
    rows[7][2] = "!"  # cannot be decoded
    path = write_csv(tmp_path / "a.csv", rows)

    report = run(path, policy={"actions": gone}, sink=ads_sink)

    good = [row for row in rows if row[2] != "!"]
    assert (report.requests, report.sent) == (1, 24)
    assert (report.pending, report.rejected) == (5, 1)
    assert recorded() == once(gone, good, but=[EVENTS[4]])


def test_a_stream_of_google_analytics_goes_by_itself(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, actions, rows, requests
):
    property_id = PropertyId("111111111")
    sink = open_sink(google.data_manager_endpoint, property_id=property_id)
    header = ["event", "time", "gclid", "value", "order_id", "client_id"]
    both = {**actions, EVENTS[0]: f"G-{property_id}", EVENTS[1]: f"G-{property_id}"}
    path = write_csv(tmp_path / "a.csv", [[*row, "1.2"] for row in rows], header)

    report = run(path, policy={"actions": both}, sink=sink)

    found = google.data_manager.received_events()
    shared = Counter(event.request_id for event in found)
    assert (report.sent, report.errors) == (30, ())
    assert sorted(shared.values()) == [10, 20]
    assert {e.product_destinations for e in found} == {(a,) for a in both.values()}


def test_what_waited_for_different_times_goes_out_together(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, clicks, actions, requests, recorded
):
    start = google.clock.now()
    rows = []
    for n, event in enumerate(EVENTS * 5):
        moment = start - timedelta(minutes=12 * n)
        rows.append([event, moment.isoformat(), clicks[-1 - n].id, "9", f"{event}-{n}"])
    path = write_csv(tmp_path / "a.csv", rows)

    first = run(path, policy={"actions": actions})
    google.clock.advance(hours=7)
    second = run(path, policy={"actions": actions})

    assert counts(first) == {"read": 30, "accepted": 30, "pending": 30}
    assert counts(second) == {"read": 30, "sent": 30, "duplicate": 30}
    assert requests() == ["OK"]
    assert recorded() == once(actions, rows)


def test_merged_batches_are_settled_when_nothing_answers(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, outbox, clicks, actions, recorded
):
    start = google.clock.now()
    rows = []
    for n in range(6):
        moment = start - timedelta(minutes=20 * n)
        rows.append(
            [EVENTS[n % 2], moment.isoformat(), clicks[-1 - n].id, "9", f"W-{n}"]
        )
    run(write_csv(tmp_path / "a.csv", rows), policy={"actions": actions})
    google.clock.advance(hours=7)
    google.faults.add(service="data_manager", kind="cut", times=2)

    unknown, settled = (run(None, policy={"actions": actions}) for _ in range(2))

    assert (counts(unknown), counts(settled)) == ({"unknown": 6}, {"sent": 6})
    assert recorded() == once(actions, rows)
    assert sum(sum(d.states.values()) for d in outbox.counts(CLIENT)) == 6


SINK = DataManagerSink(None, operating_customer=CUSTOMER)
SIZES = st.sampled_from([1, 5, 400, 1_000, 1_999, 2_000])
STATES = st.sampled_from([RowState.PENDING, RowState.UNKNOWN])
NAMES = st.sampled_from([*map(str, range(14)), "G-1", "G-2"])


@given(
    batches=st.lists(st.tuples(NAMES, SIZES, STATES, st.booleans()), max_size=40),
    is_all=st.booleans(),
)
def test_jobs_leave_once_within_googles_limits(batches, is_all):
    jobs, originals = Jobs(SINK), Originals()
    put_in = [
        Job(batch=batch(n, *fields), originals=originals, is_alone=is_alone)
        for n, (*fields, is_alone) in enumerate(batches)
    ]
    jobs.push(put_in)

    requests = jobs.take(99, is_all=is_all)
    left = jobs.clear()

    out = [job.batch.id for request in requests for job in request]
    assert sorted(out + [job.batch.id for job in left]) == list(range(len(batches)))
    assert sum(len(job.rows) for job in left) < (1 if is_all else 2_000)
    for request in requests:
        names = {job.action for job in request}
        assert len(names) <= 10
        assert sum(len(job.rows) for job in request) <= 2_000
        assert len(names) == 1 or not any(name.startswith("G-") for name in names)
        assert len(request) == 1 or not any(job.is_alone for job in request)
        unknown = [j.action for j in request if j.batch.state is RowState.UNKNOWN]
        pending = {j.action for j in request if j.batch.state is RowState.PENDING}
        assert len(unknown) == len(set(unknown))
        assert not pending.intersection(unknown)


def batch(number, action, size, state):
    return Batch(
        id=number,
        client=CLIENT,
        action=action,
        state=state,
        conversions=range(size),
    )
