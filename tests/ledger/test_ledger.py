"""One suite of behaviour for every database a ledger can live in."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from convbridge.errors import LedgerError
from convbridge.model.changes import Outcome, OutcomeKind
from convbridge.model.journal import Run, Verb
from convbridge.model.values import PublishedValue
from plan_samples import NOW, VALUE, begin, plan, world

CHANGES = plan(world()).changes


def outcome(number=0, kind=OutcomeKind.APPLIED, **changes):
    return Outcome(change=CHANGES[number], kind=kind, **changes)


def test_a_run_is_named_by_time_and_plan(ledger):
    assert [begin(ledger), begin(ledger), begin(ledger)] == [
        "20261122T090000Z-7f3a91c2",
        "20261122T090000Z-7f3a91c2-2",
        "20261122T090000Z-7f3a91c2-3",
    ]


def test_a_run_is_read_back_with_its_end(ledger):
    first = begin(ledger)
    later = NOW + timedelta(hours=1)
    second = begin(ledger, at=later, undoes=first, verb=Verb.ROLLBACK)
    ledger.end_run(first, at=NOW + timedelta(minutes=1), error="QuotaError: daily")
    begin(ledger, client="other")

    found = ledger.read_runs("acme")

    assert found == (
        Run(
            id=first,
            client="acme",
            account="1234567890",
            verb=Verb.APPLY,
            plan_digest="7f3a91c2e5d4",
            actor="ann@host",
            started_at=NOW,
            ended_at=NOW + timedelta(minutes=1),
            error="QuotaError: daily",
        ),
        Run(
            id=second,
            client="acme",
            account="1234567890",
            verb=Verb.ROLLBACK,
            plan_digest="7f3a91c2e5d4",
            actor="ann@host",
            started_at=later,
            undoes=first,
        ),
    )
    assert found[0].to_dict()["ended_at"] == "2026-11-22T09:01:00+00:00"
    assert found[1].to_dict()["ended_at"] is None


def test_a_run_ends_once(ledger):
    run = begin(ledger)
    ledger.end_run(run, at=NOW)

    with pytest.raises(LedgerError, match="cannot write the ledger"):
        ledger.end_run(run, at=NOW)


def test_intents_come_back_whole_and_in_order(ledger):
    run = begin(ledger)

    ids = ledger.record_intents(run, CHANGES, at=NOW)

    found = ledger.read_entries("acme")
    assert [e.id for e in found] == list(ids)
    assert [e.change for e in found] == list(CHANGES)
    assert {(e.run, e.actor, e.verb, e.at, e.outcome, e.kind) for e in found} == {
        (run, "ann@host", Verb.APPLY, NOW, None, OutcomeKind.UNKNOWN)
    }


def test_an_outcome_keeps_every_word_of_google(ledger):
    (number,) = ledger.record_intents(begin(ledger), CHANGES[:1], at=NOW)
    given = outcome(
        kind=OutcomeKind.REJECTED,
        resource_name="customers/1/x/2",
        error="นี่คือ\u2028 error 'quoted'",
        code="UPDATE_NOT_SUPPORTED",
        request_id="req-1",
        fields=(VALUE,),
    )

    ledger.record_outcomes({number: given}, at=NOW)

    (found,) = ledger.read_entries("acme")
    assert found.outcome == given


def test_the_last_word_on_an_entry_counts(ledger):
    one, two, three = ledger.record_intents(begin(ledger), CHANGES, at=NOW)
    ledger.record_outcomes(
        {one: outcome(0, OutcomeKind.UNKNOWN), two: outcome(1)}, at=NOW
    )

    before = [e.id for e in ledger.read_unknown("acme")]
    ledger.record_outcomes({one: outcome(0)}, at=NOW)
    after = [e.id for e in ledger.read_unknown("acme")]

    assert (before, after) == ([one, three], [three])
    assert [e.kind for e in ledger.read_entries("acme")] == [
        OutcomeKind.APPLIED,
        OutcomeKind.APPLIED,
        OutcomeKind.UNKNOWN,
    ]


def test_clients_and_runs_are_kept_apart(ledger):
    first = begin(ledger)
    second = begin(ledger)
    other = begin(ledger, client="other")
    ledger.record_intents(first, CHANGES[:1], at=NOW)
    ledger.record_intents(second, CHANGES[1:], at=NOW)
    ledger.record_intents(other, CHANGES, at=NOW)

    assert len(ledger.read_entries("acme")) == 3
    assert len(ledger.read_entries("acme", run=second)) == 2
    assert ledger.read_entries("acme", run=other) == ()
    assert len(ledger.read_unknown("other")) == 3
    assert ledger.read_entries("nobody") == ()


def test_intents_are_written_all_or_nothing(ledger):
    run = begin(ledger)
    broken = replace(CHANGES[1], info={"x": object()})

    with pytest.raises(TypeError):
        ledger.record_intents(run, [CHANGES[0], broken], at=NOW)

    assert ledger.read_entries("acme") == ()


def test_nothing_is_written_for_nothing(ledger):
    run = begin(ledger)

    assert ledger.record_intents(run, [], at=NOW) == ()
    ledger.record_outcomes({}, at=NOW)
    ledger.record_published("acme", {}, at=NOW)

    assert ledger.read_published("acme") == {}


def test_the_last_published_value_of_each_event_is_kept_exactly(ledger):
    old = PublishedValue(value=Decimal("4.10"), published_on=date(2026, 11, 1))
    new = PublishedValue(
        value=Decimal("5.20"),
        published_on=date(2026, 11, 22),
        low=Decimal("4.00"),
        high=Decimal("6.00"),
        smoothed=5.123,
        smoothed_on=date(2026, 11, 21),
    )
    ledger.record_published("acme", {"cart": old, "view": old}, at=NOW)
    ledger.record_published("acme", {"cart": new}, at=NOW)
    ledger.record_published("other", {"cart": old}, at=NOW)

    assert ledger.read_published("acme") == {"cart": new, "view": old}


def test_a_lease_lets_one_run_in(ledger):
    with ledger.lease("acme", holder="one", at=NOW):
        with (
            pytest.raises(LedgerError, match="acme is being changed by run one, until"),
            ledger.lease("acme", holder="two", at=NOW),
        ):
            pytest.fail("two runs at once")
        with ledger.lease("other", holder="three", at=NOW):
            pass

    with ledger.lease("acme", holder="two", at=NOW):
        pass


def test_of_many_at_once_a_lease_lets_one_in(ledger):
    start, end = threading.Barrier(6), threading.Barrier(6)
    let_in = []

    def work(holder):
        start.wait()
        try:
            with ledger.lease("acme", holder=holder, at=NOW):
                let_in.append(holder)
                end.wait()
        except LedgerError:
            end.wait()

    threads = [threading.Thread(target=work, args=(f"run {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(let_in) == 1


def test_a_lease_is_given_back_when_the_run_fails(ledger):
    with pytest.raises(KeyboardInterrupt), ledger.lease("acme", holder="one", at=NOW):
        raise KeyboardInterrupt

    with ledger.lease("acme", holder="two", at=NOW):
        pass


def test_a_lease_that_ran_out_is_taken_over(ledger):
    first = ledger.lease("acme", holder="one", at=NOW)
    first.__enter__()

    with ledger.lease("acme", holder="two", at=NOW + timedelta(minutes=30)):
        first.__exit__(None, None, None)
        with (
            pytest.raises(LedgerError, match="by run two"),
            ledger.lease("acme", holder="three", at=NOW + timedelta(minutes=31)),
        ):
            pytest.fail("the first run gave back what was no longer its own")


def test_threads_share_a_ledger(ledger):
    failures = []

    def work(client):
        try:
            run = begin(ledger, client=client)
            for change in CHANGES:
                (number,) = ledger.record_intents(run, [change], at=NOW)
                done = Outcome(change=change, kind=OutcomeKind.APPLIED)
                ledger.record_outcomes({number: done}, at=NOW)
        except LedgerError as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(f"c{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    for number in range(6):
        found = ledger.read_entries(f"c{number}")
        assert [e.change for e in found] == list(CHANGES)
        assert {e.kind for e in found} == {OutcomeKind.APPLIED}


def test_the_ledger_names_itself_without_a_password(ledger):
    assert repr(ledger).startswith("<SqlLedger ")
