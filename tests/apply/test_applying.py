from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from convbridge.adapters.ledger import open_ledger
from convbridge.apply import Report, apply_plan, resolve_unknown
from convbridge.apply.groups import grouped
from convbridge.errors import (
    AuthError,
    LedgerError,
    OutcomeUnknownError,
    QuotaError,
    RejectedError,
    StalePlanError,
    UnsafePlanError,
)
from convbridge.model.changes import Outcome, OutcomeKind
from convbridge.model.journal import Verb
from convbridge.model.policy import BiddingPolicy, GoalPolicy, Limits
from convbridge.model.resources import ResourceType, State, System
from convbridge.plan import make_plan, remember, rollback, state_digest
from plan_samples import (
    CUSTOMER,
    NOW,
    VALUE,
    FakeGoogle,
    Ticking,
    account,
    action,
    custom_goal,
    google,
    plan,
    property_info,
    shared,
    state_of,
    wishes,
    world,
)

ADS = System.GOOGLE_ADS
ROOT = f"customers/{CUSTOMER}"
CART = f"{ROOT}/conversionActions/2"
CONFIG = f"{ROOT}/conversionGoalCampaignConfigs/7"
GOAL = "new:custom_conversion_goal/acme"


@pytest.fixture
def ledger():
    with open_ledger("sqlite://") as found:
        yield found


@pytest.fixture
def targets():
    return google(world())


def run(found, targets, ledger, **changes):
    given = {"clock": Ticking(), "actor": "ann@host", **changes}
    return apply_plan(found, targets=targets, ledger=ledger, **given)


def kinds(report):
    return [str(o.kind) for o in report.outcomes]


def vendor_error(kind, message="no", **changes):
    return kind(message, vendor="google_ads", operation="Mutate", **changes)


def test_a_plan_is_applied_in_few_calls_after_everything_was_validated(targets, ledger):
    report = run(plan(world()), targets, ledger)

    assert report.is_complete
    assert targets[System.GA4].calls == ["fetch"]
    assert targets[ADS].calls == [
        "fetch",
        ("validate", (CART, GOAL, CONFIG)),
        ("apply", (CART, GOAL, CONFIG)),
    ]


def test_each_owner_gets_a_call_of_its_own_in_an_order_that_works(targets, ledger):
    report = run(shared(plan(world())), targets, ledger)

    assert report.is_complete
    assert targets[ADS].calls[1:] == [
        ("validate", (CART, GOAL)),
        ("validate", (CONFIG,)),
        ("apply", (CART, GOAL)),
        ("apply", (CONFIG,)),
    ]


def test_one_call_takes_as_many_changes_as_google_does():
    found = plan(world()).changes

    groups = [[c.key for c in group] for group in grouped(found, most=2)]

    assert groups == [[CART, GOAL], [CONFIG]]


def test_applying_twice_changes_nothing(targets, ledger):
    run(plan(world()), targets, ledger)
    before = state_of(targets)

    second = plan(before)
    report = run(second, targets, ledger)

    assert second.is_empty
    assert report.outcomes == ()
    assert state_of(targets) == before


def test_names_of_what_was_created_reach_what_refers_to_it(targets, ledger):
    run(plan(world()), targets, ledger)

    goal = f"{ROOT}/customConversionGoals/901"
    assert targets[ADS].state.get(CONFIG).fields["custom_conversion_goal"] == goal
    (entry,) = [e for e in ledger.read_entries("acme") if e.change.key == CONFIG]
    assert {f.name: f.after for f in entry.change.fields} == {
        "custom_conversion_goal": goal,
        "goal_config_level": "CAMPAIGN",
    }


def test_what_a_list_refers_to_gets_its_name_too(targets, ledger):
    found = plan(world(), delivery_actions={"call": None})
    goal = next(
        c for c in found.changes if c.type is ResourceType.CUSTOM_CONVERSION_GOAL
    )
    (actions,) = [f for f in goal.fields if f.name == "conversion_actions"]
    both = replace(actions, after=(*actions.after, "new:conversion_action/call"))
    fields = tuple(both if f is actions else f for f in goal.fields)
    changes = tuple(
        replace(goal, fields=fields) if c is goal else c for c in found.changes
    )

    run(replace(found, changes=changes), targets, ledger)

    made = targets[ADS].state.get(f"{ROOT}/customConversionGoals/902")
    assert f"{ROOT}/conversionActions/901" in made.fields["conversion_actions"]


def test_the_ledger_says_who_when_what_why_and_what_became_of_it(targets, ledger):
    report = run(plan(world()), targets, ledger)

    (found,) = ledger.read_runs("acme")
    assert (found.id, found.verb, found.actor) == (report.run, Verb.APPLY, "ann@host")
    assert (found.ended_at is not None, found.error) == (True, None)
    rows = [row for e in ledger.read_entries("acme") for row in e.rows()]
    assert len(rows) == 8
    assert {row["outcome"] for row in rows} == {"applied"}


def test_intent_stands_in_the_ledger_before_each_call(targets, ledger):
    seen = []

    def look(when, changes):
        if when == "before":
            seen.append([str(e.kind) for e in ledger.read_entries("acme")])

    targets[ADS].on_call = look

    run(shared(plan(world())), targets, ledger)

    assert seen == [["unknown", "unknown"], ["applied", "applied", "unknown"]]


def test_rollback_restores_what_was_there(targets, ledger):
    report = run(plan(world()), targets, ledger)

    entries = ledger.read_entries("acme", run=report.run)
    actual = state_of(targets)
    back = make_plan(
        rollback(entries, actual),
        actual=actual,
        client="acme",
        account=account(),
        made_at=NOW,
    )
    later = Ticking(at=NOW.replace(hour=10))
    undone = run(back, targets, ledger, undoes=report.run, clock=later)

    assert undone.is_complete
    assert sorted(r.key for r in state_of(targets)) == sorted(r.key for r in world())
    for resource in world():
        assert state_of(targets).get(resource.key).fields == resource.fields
    assert ledger.read_runs("acme")[-1].undoes == report.run
    assert ledger.read_runs("acme")[-1].verb is Verb.ROLLBACK
    managed = remember(ledger.read_entries("acme")).managed
    assert f"{ROOT}/customConversionGoals/901" not in managed


def test_a_world_that_moved_is_not_touched(targets, ledger):
    found = plan(world())
    moved = action(2, "add_to_cart", status="ENABLED")
    kept = tuple(r for r in targets[ADS].state if r.key != CART)
    targets[ADS].state = State(resources=(*kept, moved))

    with pytest.raises(StalePlanError) as caught:
        run(found, targets, ledger)

    assert str(caught.value) == (
        "account 123-456-7890 moved since the plan was made: Acme (web) add_to_cart\n"
        "Hint: plan again, read it, and apply that"
    )
    assert targets[ADS].calls == ["fetch"]
    assert ledger.read_runs("acme")[0].error.startswith("StalePlanError: account 12")


def test_a_world_that_moved_elsewhere_is_told_as_such(targets, ledger):
    found = plan(world())
    new = action(3, "new")
    targets[ADS].state = State(resources=(*targets[ADS].state, new))

    with pytest.raises(StalePlanError, match="something the plan does not change"):
        run(found, targets, ledger)


def test_a_plan_beyond_its_limits_starts_no_run(targets, ledger):
    with pytest.raises(UnsafePlanError):
        run(plan(world()), targets, ledger, limits=Limits(max_changes=1))

    assert ledger.read_runs("acme") == ()
    assert targets[ADS].calls == []


def test_a_lifted_limit_lets_the_plan_pass(targets, ledger):
    unlinked = plan(world(), property_info=property_info(google_ads_links=()))

    assert run(unlinked, targets, ledger, lifted={"unlinked"}).is_complete


def test_what_google_refuses_at_validation_is_not_sent_nor_what_needs_it(
    targets, ledger
):
    refused = {ResourceType.CONVERSION_ACTION: "UPDATE_NOT_SUPPORTED"}
    targets[ADS].refuse = lambda change: refused.get(change.type)

    report = run(plan(world()), targets, ledger)

    assert kinds(report) == ["rejected", "skipped", "skipped"]
    assert [o.error for o in report.outcomes] == [
        "Google says UPDATE_NOT_SUPPORTED",
        "not sent, it needs Acme (web) add_to_cart, which was not applied",
        "not sent, it needs convbridge: acme, which was not applied",
    ]
    assert [c for c in targets[ADS].calls if c[0] == "apply"] == []
    assert state_of(targets) == state_of(google(world()))
    assert (CART, VALUE) in remember(ledger.read_entries("acme")).refused


def test_what_is_independent_of_a_refusal_is_still_made(targets, ledger):
    targets[ADS].refuse = lambda change: "NO" if change.key == CART else None
    found = plan(world(), delivery_actions={"call": None})

    report = run(found, targets, ledger)

    assert kinds(report) == ["rejected", "applied", "skipped", "skipped"]


def test_a_refusal_that_an_earlier_change_clears_is_no_refusal(targets, ledger):
    """A goal may list an action that is enabled only by the change before it."""

    def refuse(change):
        listed = change.type is ResourceType.CUSTOM_CONVERSION_GOAL
        enabled = targets[ADS].state.get(CART).fields["status"] == "ENABLED"
        return "CONVERSION_ACTION_NOT_ENABLED" if listed and not enabled else None

    targets[ADS].refuse = refuse

    report = run(plan(world()), targets, ledger)

    assert report.is_complete
    assert targets[ADS].calls[-2:] == [("apply", (CART,)), ("apply", (GOAL, CONFIG))]


def test_a_whole_call_refused_at_validation_rejects_its_changes(targets, ledger):
    error = vendor_error(RejectedError, "bad mask", reasons=("status: no",), hint="fix")
    targets[ADS].refuse = lambda change: error if change.key == CART else None

    report = run(shared(plan(world())), targets, ledger)

    assert kinds(report) == ["rejected", "rejected", "skipped"]
    assert report.outcomes[0].error == "bad mask; status: no (fix)"


def on_nth_apply(number, error):
    """Return an `on_call` that fails before the given call is made."""
    count = 0

    def fail(when, changes):
        nonlocal count
        count += when == "before"
        if count == number and when == "before":
            raise error

    return fail


def test_a_call_refused_after_validation_rejects_its_changes(targets, ledger):
    error = vendor_error(RejectedError, "moved", code="X", request_id="r-1")
    targets[ADS].on_call = on_nth_apply(2, error)

    report = run(shared(plan(world())), targets, ledger)

    assert kinds(report) == ["applied", "applied", "rejected"]
    assert report.outcomes[2].code == "X"
    assert report.outcomes[2].request_id == "r-1"
    assert report.error is None


def test_a_quota_that_ends_halfway_stops_the_run(targets, ledger):
    targets[ADS].on_call = on_nth_apply(2, vendor_error(QuotaError, "daily quota"))

    report = run(shared(plan(world())), targets, ledger)

    assert kinds(report) == ["applied", "applied", "skipped"]
    assert report.outcomes[2].error == "daily quota"
    assert isinstance(report.error, QuotaError)
    assert ledger.read_runs("acme")[0].error == "QuotaError: daily quota"
    assert ledger.read_unknown("acme") == ()


def test_a_call_without_answer_stops_its_account_and_is_read_back(targets, ledger):
    error = vendor_error(OutcomeUnknownError, "no answer")
    targets[ADS].on_call = on_nth_apply(1, error)

    report = run(shared(plan(world())), targets, ledger)

    assert kinds(report) == ["unknown", "unknown", "skipped"]
    assert report.outcomes[2].error == (
        "not sent, it needs convbridge: acme, which was not applied"
    )
    assert report.error is error
    targets[ADS].on_call = None
    again = run(plan(state_of(targets)), targets, ledger)
    assert again.is_complete
    assert ledger.read_unknown("acme") == ()


def test_an_account_that_answers_goes_on_when_another_does_not(targets, ledger):
    found = plan(
        world(),
        *wishes(world()).notes,
        delivery_actions={},
        bidding=BiddingPolicy(strategy="maximize_conversion_value", target_roas=4.0),
        goals=GoalPolicy(campaigns=("7",)),
    )
    owners = {c.key: "2222222222" if c.key == CART else c.owner for c in found.changes}
    changes = tuple(replace(c, owner=owners[c.key], after=()) for c in found.changes)
    answers = {CART: OutcomeKind.UNKNOWN}
    targets[ADS] = Answering(targets[ADS].state, answers)

    report = run(replace(found, changes=changes), targets, ledger)

    assert kinds(report) == ["unknown", "applied", "applied", "applied"]


class Answering(FakeGoogle):
    """A Google whose answers are given."""

    def __init__(self, state, answers):
        super().__init__(state=state, system=ADS)
        self.answers = answers

    def apply(self, changes, *, names):
        found = [self.answers.get(c.key, OutcomeKind.APPLIED) for c in changes]
        return tuple(
            Outcome(change=c, kind=kind, resource_name=c.key)
            for c, kind in zip(changes, found, strict=True)
        )


class Checking(FakeGoogle):
    """A Google that says more of some changes when it checks them."""

    said: dict

    def validate(self, changes, *, names):
        answers = super().validate(changes, names=names)
        return tuple(self.said.get(a.change.key, lambda o: o)(a) for a in answers)


def checking(targets, **said):
    targets[ADS] = Checking(state=targets[ADS].state, system=ADS)
    targets[ADS].said = said
    return targets[ADS]


def test_a_goal_that_is_there_is_used_and_stays_when_the_run_is_undone(targets, ledger):
    there = custom_goal(5, "Somebody's", 1, 2)
    targets[ADS].state |= State(resources=(there,))
    code = "DUPLICATE_CONVERSION_ACTION_LIST"
    found = {"resource_name": there.key, "code": code}
    ads = checking(targets, **{GOAL: lambda o: replace(o, **found)})
    planned = plan(world())
    digest = state_digest(state_of(targets))

    report = run(replace(planned, actual_digest=digest), targets, ledger)

    assert report.is_complete
    assert ads.calls[-1] == ("apply", (CART, CONFIG))
    assert ads.state.get(CONFIG).fields["custom_conversion_goal"] == there.key
    entries = ledger.read_entries("acme", run=report.run)
    back = rollback(entries, state_of(targets))
    assert there.key not in {w.resource.key for w in back}


def test_what_is_left_of_a_change_that_was_refused_in_part_is_made(targets, ledger):
    def cut(outcome):
        part = outcome.change.only({VALUE})
        code = "MUTATE_NOT_ALLOWED"
        return replace(outcome, change=part, kind=OutcomeKind.REJECTED, code=code)

    ads = checking(targets, **{CART: cut})

    report = run(plan(world()), targets, ledger)

    assert kinds(report) == ["applied", "rejected", "applied", "applied"]
    applied, refused, *_ = report.outcomes
    assert VALUE not in applied.change.mask
    assert refused.change.mask == (VALUE,)
    assert ads.state.get(CART).fields["status"] == "ENABLED"
    assert ads.state.get(CART).fields[VALUE] == Decimal(1)
    memory = remember(ledger.read_entries("acme"))
    assert memory.refused == {(CART, VALUE)}
    assert (CART, "status") in memory.applied
    assert (CART, VALUE) not in memory.applied


ASKING = [
    pytest.param(vendor_error(AuthError), id="no-permission"),
    pytest.param(vendor_error(QuotaError), id="quota"),
]


@pytest.mark.parametrize("error", ASKING)
def test_google_that_cannot_be_asked_is_an_error_and_nothing_is_changed(
    error, targets, ledger
):
    targets[ADS].refuse = lambda _: error

    with pytest.raises(type(error)):
        run(plan(world()), targets, ledger)

    assert state_of(targets) == state_of(google(world()))
    assert ledger.read_entries("acme") == ()


def test_a_run_that_meets_another_leaves(targets, ledger):
    with (
        ledger.lease("acme", holder="first", at=NOW),
        pytest.raises(LedgerError, match="acme is being changed by run first"),
    ):
        run(plan(world()), targets, ledger)

    assert targets[ADS].calls == []


def test_a_ledger_that_cannot_be_written_stops_before_anything_is_read(
    targets, tmp_path
):
    path = tmp_path / "ledger.db"
    open_ledger(f"sqlite:///{path}").close()

    with (
        open_ledger(f"sqlite:///file:{path}?mode=ro&uri=true") as ledger,
        pytest.raises(LedgerError, match="nothing is sent to Google without"),
    ):
        run(plan(world()), targets, ledger)

    assert targets[ADS].calls == []


def test_an_empty_plan_is_a_run_that_changes_nothing(targets, ledger):
    empty = replace(plan(world()), changes=())

    report = run(empty, targets, ledger)

    assert report.is_complete
    assert str(report) == f"acme   run {report.run}   nothing to do"


def test_progress_is_told_of_each_call(targets, ledger):
    told = []

    run(plan(world()), targets, ledger, progress=lambda *step: told.append(step))

    assert told == [("apply", 0, 1), ("apply", 1, 1)]


def test_nothing_unknown_is_nothing_to_resolve(ledger):
    assert resolve_unknown(ledger, "acme", world(), clock=Ticking()) == ()


def small_report(**changes):
    (change, *_) = plan(world()).changes
    bad = Outcome(
        change=replace(change, name="<b>\x1b"),
        kind=OutcomeKind.REJECTED,
        error="no <i>",
        code="X",
    )
    given = {"client": "acme", "run": "r1", "plan_digest": "d", "outcomes": (bad,)}
    return Report(**{**given, **changes})


def test_a_report_shows_itself():
    report = small_report(error=vendor_error(QuotaError, "daily"))

    assert str(report) == (
        "acme   run r1   1 rejected\n"
        "  ✗ rejected  update <b>?: no <i>\n"
        "  stopped: google_ads Mutate: daily"
    )
    assert repr(report) == (
        "<Report acme r1: 0 applied, 1 rejected, 0 skipped, 0 unknown>"
    )
    assert "<td>&lt;b&gt;\x1b</td><td>no &lt;i&gt;</td>" in report._repr_html_()
    assert not report.is_complete


def test_a_refusal_that_several_changes_share_is_said_once():
    changes = plan(world()).changes
    kinds = [OutcomeKind.REJECTED, OutcomeKind.APPLIED, OutcomeKind.REJECTED]
    outcomes = tuple(
        Outcome(
            change=replace(change, name=name),
            kind=kind,
            error=None if kind is OutcomeKind.APPLIED else "no permission",
        )
        for change, name, kind in zip(changes * 3, "abc", kinds, strict=False)
    )

    assert str(small_report(outcomes=outcomes)) == (
        "acme   run r1   1 applied, 2 rejected\n"
        "  ✗ rejected  2 changes: no permission\n"
        "      update a\n"
        "      update c\n"
        "  ✓ applied  create b"
    )


ENDS = [
    pytest.param(OutcomeKind.APPLIED, None, 0, id="applied"),
    pytest.param(OutcomeKind.REJECTED, None, 7, id="rejected"),
    pytest.param(OutcomeKind.UNKNOWN, None, 7, id="unknown"),
    pytest.param(OutcomeKind.SKIPPED, None, 7, id="skipped"),
    pytest.param(OutcomeKind.APPLIED, LedgerError("full"), 8, id="stopped"),
]


@pytest.mark.parametrize(("kind", "error", "code"), ENDS)
def test_a_run_that_did_not_make_everything_does_not_end_with_0(kind, error, code):
    (change, *_) = plan(world()).changes
    outcome = Outcome(change=change, kind=kind)

    assert small_report(outcomes=(outcome,), error=error).exit_code == code


def test_a_report_is_json():
    data = small_report(error=vendor_error(QuotaError, "daily")).to_dict()

    assert data["client"] == "acme"
    assert data["run"] == "r1"
    assert data["error"]["type"] == "QuotaError"
    assert data["outcomes"] == [
        {
            "resource": "conversion_action",
            "name": "<b>\x1b",
            "action": "update",
            "outcome": "rejected",
            "resource_name": None,
            "error": "no <i>",
            "code": "X",
            "request_id": None,
            "fields": [],
        }
    ]
    assert small_report().to_dict()["error"] is None
