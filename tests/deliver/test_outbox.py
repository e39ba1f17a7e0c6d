"""One behaviour for every database: accepted once, leased once, told truly."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from convbridge.adapters.ledger import open_ledger, workers
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.adapters.ledger.outbox_batches import LEASE
from convbridge.adapters.ledger.outbox_content import from_content, to_content
from convbridge.model.conversions import Conversion, RowState, Verdict
from convbridge.model.moments import to_micros
from convbridge.model.outbox import Draft, ReasonCount, RequestResult
from postgres import POSTGRES

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CLIENT = "siam-coffee"
SENT = Verdict(state=RowState.SENT)


@pytest.fixture(params=["sqlite", POSTGRES])
def database(request, tmp_path):
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/ledger.db"
    ledger = open_ledger(url if is_sqlite else request.getfixturevalue("postgres_url"))
    with ledger.database.writing() as conn:
        for table in ("targets", "rows", "batches", "holds"):
            conn.exec_driver_sql(f"DELETE FROM outbox_{table}")
    yield ledger.database
    ledger.close()


@pytest.fixture
def outbox(database):
    return SqlOutbox(database)


@pytest.fixture
def other(database):
    return SqlOutbox(database)


def conversion(number, **fields):
    usual = {"line": number + 1, "event": "sale", "action": "5012", "gclid": "g"}
    usual |= {"transaction_id": f"O{number}", "time": 1_795_000_000_000_000}
    return Conversion(**usual | fields)


def draft(*numbers, **fields):
    return Draft(action="5012", conversions=[conversion(n) for n in numbers], **fields)


def accept(outbox, *drafts):
    return outbox.accept(CLIENT, "a.csv", drafts, now=NOW)


def ids(batch):
    return [c.transaction_id for c in batch.conversions]


def states(outbox):
    found = [counts.states for counts in outbox.counts(CLIENT)]
    return {str(s): n for each in found for s, n in each.items()}


def test_rows_are_accepted_once(outbox, other):
    (first,) = accept(outbox, draft(1, 2, 2))
    (second,) = accept(other, draft(2, 3))

    assert ids(first.batch) == ["O1", "O2"]
    assert [c.transaction_id for c, _ in first.known] == ["O2"]
    assert ids(second.batch) == ["O3"]
    assert [(c.transaction_id, v.state) for c, v in second.known] == [
        ("O2", RowState.PENDING)
    ]


def test_clients_and_actions_do_not_share_ids(outbox):
    accept(outbox, draft(1))

    (action,) = outbox.accept(
        CLIENT, "a", [Draft(action="6", conversions=[conversion(1)])], now=NOW
    )
    (client,) = outbox.accept("other", "a", [draft(1)], now=NOW)

    assert action.batch is not None
    assert client.batch is not None


def test_leased_batch_is_nobody_elses_until_the_lease_ends(outbox, other):
    (accepted,) = accept(outbox, draft(1))

    during = other.claim(CLIENT, now=NOW)
    after = other.claim(CLIENT, now=NOW + LEASE)

    assert during is None
    assert after.id == accepted.batch.id
    assert not outbox.begin(accepted.batch, sink="x", now=NOW + LEASE)


def test_batch_of_a_dead_process_is_free_at_once(outbox, other, monkeypatch):
    process = multiprocessing.get_context("spawn").Process()
    process.start()
    process.join()
    host, _, token, own = outbox._owner.rsplit("/", 3)
    outbox._owner = f"{host}/{process.pid}/{token}/{own}"
    (accepted,) = accept(outbox, draft(1))

    assert other.claim(CLIENT, now=NOW).id == accepted.batch.id


def test_worker_that_is_elsewhere_or_alive_is_not_gone():
    me = workers.new_owner()

    assert not workers.is_gone(me)
    assert not workers.is_gone("elsewhere/1/abc/def")
    assert workers.is_gone(me.replace(workers._PROCESS, "before"))


def test_batch_is_unknown_from_intent_to_answer(outbox):
    (accepted,) = accept(outbox, draft(1, 2))
    seen = [states(outbox)]

    outbox.begin(accepted.batch, sink="data_manager", now=NOW)
    seen.append(states(outbox))
    outbox.finish(accepted.batch, SENT, verdicts={}, request_id="r", now=NOW)
    seen.append(states(outbox))

    assert seen == [{"pending": 2}, {"unknown": 2}, {"sent": 2}]


def test_answer_after_the_lease_was_lost_changes_nothing(outbox, other):
    (accepted,) = accept(outbox, draft(1))
    outbox.begin(accepted.batch, sink="x", now=NOW)
    taken = other.claim(CLIENT, now=NOW + LEASE)

    is_kept = outbox.finish(
        accepted.batch, SENT, verdicts={}, request_id="r", now=NOW + LEASE
    )

    assert taken.state is RowState.UNKNOWN
    assert is_kept is False
    assert states(outbox) == {"unknown": 1}


def test_a_batch_whose_lease_was_lost_is_not_cut(outbox, other):
    (accepted,) = accept(outbox, draft(1, 2))
    other.claim(CLIENT, now=NOW + LEASE)

    parts = [accepted.batch.conversions[:1], accepted.batch.conversions[1:]]
    found = outbox.split(accepted.batch, parts, now=NOW + LEASE)

    assert found == []
    assert other.claim(CLIENT, now=NOW + LEASE) is None


def test_verdicts_are_kept_row_by_row_and_waits_are_sent_later(outbox):
    (accepted,) = accept(outbox, draft(1, 2, 3))
    outbox.begin(accepted.batch, sink="x", now=NOW)
    verdicts = {
        "O1": Verdict(state=RowState.REJECTED, code="BAD", reason="words"),
        "O2": Verdict(state=RowState.PENDING, retry_after=timedelta(hours=6)),
    }

    outbox.finish(accepted.batch, SENT, verdicts=verdicts, request_id="r", now=NOW)
    early = outbox.claim(CLIENT, now=NOW + timedelta(hours=5))
    later = outbox.claim(CLIENT, now=NOW + timedelta(hours=6))

    assert states(outbox) == {"sent": 1, "rejected": 1, "pending": 1}
    assert early is None
    assert ids(later) == ["O2"]


def test_split_batches_share_the_rows(outbox, other):
    (accepted,) = accept(outbox, draft(1, 2, 3))
    one, two = outbox.split(
        accepted.batch,
        [accepted.batch.conversions[:1], accepted.batch.conversions[1:]],
        now=NOW,
    )

    outbox.release(one)
    outbox.release(two)
    first = other.claim(CLIENT, now=NOW)
    second = other.claim(CLIENT, now=NOW, after=first.id)

    assert [ids(first), ids(second)] == [["O1"], ["O2", "O3"]]
    assert states(outbox) == {"pending": 3}


def test_merged_batches_are_one_with_all_their_rows(outbox, other):
    found = accept(outbox, draft(1, 2), draft(3), draft(4, 5), draft(6))
    one, two, three, four = (accepted.batch for accepted in found)
    refused = Verdict(state=RowState.REJECTED, code="BAD", reason="words")
    for batch in (one, three):
        outbox.reject(batch, {ids(batch)[0]: refused})
    rest = [replace(b, conversions=b.conversions[1:]) for b in (one, three)]

    merged = outbox.merge([rest[0], two, rest[1]])
    outbox.release(four)
    before = states(outbox)
    outbox.begin(merged, sink="x", now=NOW)
    outbox.finish(merged, SENT, verdicts={}, request_id="r", now=NOW)
    again = accept(other, draft(1, 2, 3, 4, 5, 6), draft(7))

    assert (merged.id, ids(merged)) == (one.id, ["O2", "O3", "O5"])
    assert before == {"pending": 4, "rejected": 2}
    assert states(outbox) == {"sent": 3, "rejected": 2, "pending": 2}
    assert [v.state for _, v in again[0].known] == [
        RowState.REJECTED,
        RowState.SENT,
        RowState.SENT,
        RowState.REJECTED,
        RowState.SENT,
        RowState.PENDING,
    ]
    assert ids(other.claim(CLIENT, now=NOW)) == ["O6"]


def test_a_row_that_changed_is_merged_as_it_is_now(outbox):
    (first,) = accept(outbox, draft(1, 2))
    refused = Verdict(state=RowState.REJECTED, code="BAD", reason="words")
    outbox.reject(first.batch, {"O1": refused})
    rest = replace(first.batch, conversions=first.batch.conversions[1:])
    changed = Draft(action="5012", conversions=[conversion(1, value="7")])
    (second,) = accept(outbox, changed)

    outbox.release(outbox.merge([rest, second.batch]))
    found = outbox.claim(CLIENT, now=NOW)

    assert {c.transaction_id: c.value for c in found.conversions} == {
        "O1": "7",
        "O2": None,
    }
    assert len(found.conversions) == 2


def test_batches_that_somebody_else_holds_by_now_are_not_merged(outbox, other):
    found = accept(outbox, draft(1), draft(2), draft(3))
    one, two, three = (accepted.batch for accepted in found)
    outbox.release(three)
    later = NOW + LEASE - timedelta(seconds=1)
    taken = other.claim(CLIENT, now=later)

    merged = outbox.merge([three, one, two])

    assert taken.id == three.id
    assert (merged.id, ids(merged)) == (one.id, ["O1", "O2"])
    assert ids(outbox.merge([three, three])) == ["O3"]
    assert outbox.begin(three, sink="x", now=NOW) is False


def test_writing_together_is_all_or_nothing(outbox):
    (accepted,) = accept(outbox, draft(1))

    def fail():
        with outbox.together():
            outbox.begin(accepted.batch, sink="x", now=NOW)
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert states(outbox) == {"pending": 1}


def test_results_are_counted_by_reason(outbox):
    (accepted,) = accept(outbox, draft(1, 2, 3))
    outbox.begin(accepted.batch, sink="x", now=NOW)
    outbox.finish(accepted.batch, SENT, verdicts={}, request_id="r", now=NOW)
    (request,) = outbox.sent_requests(CLIENT)
    dropped = ReasonCount(
        rows=2, verdict=Verdict(state=RowState.DUPLICATE, code="DUPLICATE_GCLID")
    )

    result = RequestResult(is_finished=True, errors=(dropped,))
    outbox.record_result(request, result, now=NOW)

    (counts,) = outbox.counts(CLIENT)
    assert states(outbox) == {"accepted": 1, "duplicate": 2}
    assert dict(counts.reasons) == {"DUPLICATE_GCLID": 2}
    assert outbox.sent_requests(CLIENT) == []


def test_request_that_may_pass_later_goes_out_again(outbox):
    (accepted,) = accept(outbox, draft(1, 2))
    outbox.begin(accepted.batch, sink="x", now=NOW)
    outbox.finish(accepted.batch, SENT, verdicts={}, request_id="r", now=NOW)
    (request,) = outbox.sent_requests(CLIENT)
    wait = Verdict(
        state=RowState.PENDING, code="TOO_RECENT_CLICK", retry_after=timedelta(hours=6)
    )

    result = RequestResult(
        is_finished=True, errors=(ReasonCount(rows=1, verdict=wait),)
    )
    outbox.record_result(request, result, now=NOW)

    assert outbox.claim(CLIENT, now=NOW + timedelta(hours=5)) is None
    assert ids(outbox.claim(CLIENT, now=NOW + timedelta(hours=6))) == ["O1", "O2"]


def test_what_waits_is_told_by_its_reason(outbox):
    soon = to_micros(NOW + timedelta(hours=5))
    accept(
        outbox,
        draft(1, 2, not_before=soon),
        draft(3, not_before=soon + 1_000_000),
        draft(4, state=RowState.HELD, reason="no consent"),
        draft(5),
    )

    found = [
        (w.rows, w.state, w.reason, w.until) for w in outbox.waiting(CLIENT, now=NOW)
    ]

    assert sorted(found) == [
        (1, RowState.HELD, "no consent", None),
        (1, RowState.PENDING, "they go out with the next delivery", None),
        (
            3,
            RowState.PENDING,
            "their click or their conversion action is younger than six hours",
            NOW + timedelta(hours=5),
        ),
    ]


def test_content_is_what_was_put_in():
    rows = [
        conversion(1),
        conversion(2, value="0", address=("a", "b", "PL", "1"), email="e", held="why"),
    ]

    found = from_content(to_content(rows))

    assert [
        row._replace(address=row.address and tuple(row.address)) for row in found
    ] == rows
    assert from_content(to_content(rows[:1])) == rows[:1]
