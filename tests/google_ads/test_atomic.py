"""One Mutate for all that a customer owns: temporary names, refusals, faults."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import grpc
import pytest

from convbridge.adapters.google_ads.connection import VERSIONS
from convbridge.errors import OutcomeUnknownError, QuotaError, UnavailableError
from convbridge.model.changes import Action, OutcomeKind
from convbridge.model.resources import ResourceType as Kind
from convbridge.testing.messages import message_factory
from google_ads.loopback import Refusal, failure, scripted
from google_ads.wishes import OWNER, PURCHASE, change, create_action, update
from sandbox.ads_client import fresh_google

ROOT = f"customers/{OWNER}"
CONFIG = f"{ROOT}/conversionGoalCampaignConfigs/7000001"
CART = f"{ROOT}/conversionActions/5009"
VALUE = "value_settings.default_value"
ALWAYS = "value_settings.always_use_default_value"
IMPORT = {
    "type": "GOOGLE_ANALYTICS_4_CUSTOM",
    "google_analytics_4_settings.event_name": "add_to_cart",
}


@pytest.fixture
def small():
    with fresh_google() as running:
        yield running


def goal_of(*actions, after=()):
    fields = {"name": "goal", "conversion_actions": actions}
    made = change(Action.CREATE, Kind.CUSTOM_CONVERSION_GOAL, "new:goal", fields)
    return replace(made, after=after)


def attach(goal="new:goal"):
    fields = {"custom_conversion_goal": goal, "goal_config_level": "CAMPAIGN"}
    found = update(Kind.CONVERSION_GOAL_CAMPAIGN_CONFIG, CONFIG, fields)
    return replace(found, after=(goal,))


def whole():
    """Return an action, the goal that lists it, and the campaign that uses it."""
    return [create_action("cart"), goal_of("new:cart", PURCHASE), attach()]


def imported(**fields):
    wanted = {"status": "ENABLED", VALUE: Decimal(5), ALWAYS: True, **fields}
    return update(Kind.CONVERSION_ACTION, CART, wanted, **IMPORT)


def writes(google):
    return [c for c in google.calls if c.method.startswith("Mutate")]


def raw(name, data):
    return type(message_factory("v26")(name)).FromString(data)


def sent(script):
    """Return the requests that arrived, raw."""
    return [raw("MutateGoogleAdsRequest", data) for data in script.requests]


def refused(*errors):
    """Return a refusal of operations: (index, category, code, path below it)."""
    found = []
    for index, category, code, *path in errors:
        elements = [{"field_name": "mutate_operations", "index": index}]
        elements += [{"field_name": name} for name in path]
        location = {"field_path_elements": elements}
        code_ = {category: code}
        found.append({"error_code": code_, "message": "No.", "location": location})
    return Refusal(grpc.StatusCode.INVALID_ARGUMENT, failure=failure(*found))


def checked():
    return message_factory("v26")("MutateGoogleAdsResponse")


def brief(outcomes):
    return [(o.change.name, str(o.kind), o.code) for o in outcomes]


def validated(open_target, changes, *answers):
    """Return the outcomes of a check that is answered as a script says."""
    with scripted(*answers) as (endpoint, script):
        outcomes = open_target(endpoint).validate(changes, names={})
    return outcomes, sent(script)


@pytest.mark.parametrize("version", VERSIONS)
def test_one_request_makes_lists_and_attaches(small, open_target, version):
    target = open_target(small.google_ads_endpoint, version=version)

    checks = target.validate(whole(), names={})
    outcomes = target.apply(whole(), names={})

    assert [o.kind for o in checks] == [OutcomeKind.APPLIED] * 3
    assert [o.error for o in outcomes] == [None] * 3
    assert len(writes(small)) == 2
    action, goal, _ = (o.resource_name for o in outcomes)
    state = target.fetch_state()
    assert set(state.get(goal).fields["conversion_actions"]) == {action, PURCHASE}
    assert state.get(CONFIG).fields["custom_conversion_goal"] == goal
    assert {o.request_id for o in outcomes} == {writes(small)[1].ids["request_id"]}


def test_a_temporary_name_is_given_where_it_is_referred_to(open_target):
    changes = [create_action("alone"), *whole()]

    _, (request,) = validated(open_target, changes, checked())

    alone, cart, goal, config = request.mutate_operations
    made = cart.conversion_action_operation.create
    listed = goal.custom_conversion_goal_operation.create
    used = config.conversion_goal_campaign_config_operation.update
    assert alone.conversion_action_operation.create.resource_name == ""
    assert made.resource_name == f"{ROOT}/conversionActions/-1"
    assert listed.resource_name == f"{ROOT}/customConversionGoals/-2"
    assert list(listed.conversion_actions) == [made.resource_name, PURCHASE]
    assert used.custom_conversion_goal == listed.resource_name
    assert (request.validate_only, request.partial_failure) == (True, False)


def test_nothing_is_made_when_one_is_refused_by_the_way(small, open_target):
    target = open_target(small.google_ads_endpoint)
    before = target.fetch_state()
    unknown = update(Kind.CAMPAIGN, f"{ROOT}/campaigns/79", {"bidding_strategy": "x"})

    outcomes = target.apply([*whole(), unknown], names={})

    assert [str(o.kind) for o in outcomes] == ["applied"] * 3 + ["rejected"]
    assert [c.status for c in writes(small)] == ["INVALID_ARGUMENT", "OK"]
    assert len(target.fetch_state()) > len(before)


def test_what_needs_a_refused_change_is_not_sent(small, open_target):
    target = open_target(small.google_ads_endpoint)
    bad = create_action("cart", type="GOOGLE_ANALYTICS_4_CUSTOM")

    outcomes = target.apply([bad, *whole()[1:], create_action("b")], names={})

    assert brief(outcomes) == [
        ("cart", "rejected", "CREATION_NOT_SUPPORTED"),
        ("goal", "skipped", None),
        ("7000001", "skipped", None),
        ("b", "applied", None),
    ]
    assert outcomes[2].error == "not sent, it needs goal, which was not applied"


VALUES = {VALUE, ALWAYS}
NAMED = "mutate_operations[0].conversion_action_operation.update." + VALUE
PLACE = (
    "GA4: Admin > Data display > Key events > add_to_cart > Set default key event value"
)


def test_fields_that_ga4_decides_are_cut_off_and_the_rest_is_asked_again(open_target):
    path = ("conversion_action_operation", "update", "value_settings", "default_value")
    no = refused((0, "mutate_error", "MUTATE_NOT_ALLOWED", *path))
    goal = goal_of(CART, PURCHASE, after=(CART,))

    outcomes, requests = validated(open_target, [imported(), goal], no, checked())

    cut, listed = outcomes
    assert (cut.kind, set(cut.change.mask)) == (OutcomeKind.REJECTED, VALUES)
    assert cut.fields == (NAMED,)
    assert cut.error == (
        f"MUTATE_NOT_ALLOWED at {NAMED}: No. Next: set {VALUE} in {PLACE}"
    )
    assert listed.kind is OutcomeKind.APPLIED
    again = requests[1].mutate_operations[0].conversion_action_operation
    assert list(again.update_mask.paths) == ["status"]
    assert len(requests) == 2


def test_a_consequence_of_a_cut_is_no_refusal(open_target):
    path = ("conversion_action_operation", "update", "value_settings", "default_value")
    no = refused(
        (0, "mutate_error", "MUTATE_NOT_ALLOWED", *path),
        (1, "custom_conversion_goal_error", "CONVERSION_ACTION_NOT_ENABLED"),
        (2, "new_resource_creation_error", "TEMP_ID_RESOURCE_HAD_ERRORS"),
    )
    goal = goal_of(CART, PURCHASE, after=(CART,))

    outcomes, _ = validated(open_target, [imported(), goal, attach()], no, checked())

    assert [str(o.kind) for o in outcomes] == ["rejected", "applied", "applied"]


def test_unnamed_fields_are_found_by_asking_again(open_target):
    """Where Google names no field, how an action counts is blamed before its value."""
    no = refused((0, "conversion_action_error", "UPDATE_NOT_SUPPORTED"))
    wanted = imported(counting_type="ONE_PER_CLICK")

    outcomes, requests = validated(open_target, [wanted], no, no, checked())

    (cut,) = outcomes
    assert set(cut.change.mask) == {*VALUES, "counting_type"}
    masks = [
        list(r.mutate_operations[0].conversion_action_operation.update_mask.paths)
        for r in requests
    ]
    assert masks == [
        ["counting_type", "status", ALWAYS, VALUE],
        ["status", ALWAYS, VALUE],
        ["status"],
    ]


def test_an_action_whose_status_is_refused_is_refused_whole(open_target):
    path = ("conversion_action_operation", "update", "status")
    no = refused((0, "mutate_error", "MUTATE_NOT_ALLOWED", *path))

    (outcome,), _ = validated(open_target, [imported()], no)

    assert outcome.change.mask == imported().mask


def test_a_refusal_for_another_reason_cuts_nothing_off(open_target):
    path = ("conversion_action_operation", "update", "value_settings", "default_value")
    no = refused((0, "range_error", "TOO_LOW", *path))

    (outcome,), _ = validated(open_target, [imported()], no)

    assert (outcome.code, outcome.change.mask) == ("TOO_LOW", imported().mask)


def test_what_google_cannot_check_yet_goes_in_a_call_of_its_own(open_target):
    no = refused((1, "custom_conversion_goal_error", "CONVERSION_ACTION_NOT_ENABLED"))
    changes = [imported(), goal_of(CART, after=(CART,)), attach()]

    outcomes, requests = validated(open_target, changes, no, checked())

    assert brief(outcomes) == [
        ("5009", "applied", None),
        ("goal", "skipped", "CONVERSION_ACTION_NOT_ENABLED"),
        ("7000001", "skipped", None),
    ]
    assert [len(r.mutate_operations) for r in requests] == [3, 1]


def test_the_same_refusal_of_what_waits_for_nothing_stands(open_target):
    no = refused((0, "custom_conversion_goal_error", "CONVERSION_ACTION_NOT_ENABLED"))

    (outcome,), _ = validated(open_target, [goal_of(CART)], no)

    assert outcome.kind is OutcomeKind.REJECTED


def test_a_goal_that_is_there_is_attached_instead_of_a_new_one(small, open_target):
    target = open_target(small.google_ads_endpoint)
    there = target.apply([goal_of(PURCHASE)], names={})[0].resource_name
    twin = replace(goal_of(PURCHASE), key="new:twin", name="twin")
    changes = [twin, attach("new:twin")]

    checks = target.validate(changes, names={})
    outcomes = target.apply(changes, names={})

    assert [(str(o.kind), o.resource_name) for o in checks] == [
        ("applied", there),
        ("applied", None),
    ]
    assert [o.resource_name for o in outcomes] == [there, CONFIG]
    assert outcomes[0].code in {
        "CUSTOM_GOAL_DUPLICATE_NAME",
        "DUPLICATE_CONVERSION_ACTION_LIST",
    }
    assert target.fetch_state().get(CONFIG).fields["custom_conversion_goal"] == there


def failing(google, error, **more):
    fault = {"service": "google_ads", "method": "Mutate", "kind": "error", **more}
    google.faults.add(**fault, status=error)


PASSING = [
    pytest.param("database_error.CONCURRENT_MODIFICATION", 0, id="concurrent"),
    pytest.param("quota_error.RESOURCE_TEMPORARILY_EXHAUSTED", 7, id="quota"),
]


@pytest.mark.parametrize(("error", "delay"), PASSING)
def test_a_write_that_google_was_too_busy_for_is_repeated_whole(
    small, open_target, error, delay
):
    waits = []
    target = open_target(small.google_ads_endpoint, sleep=waits.append)
    failing(small, error, delay=delay)

    outcomes = target.apply(whole(), names={})

    assert [o.error for o in outcomes] == [None] * 3
    assert len(writes(small)) == 2
    assert waits[0] >= delay


LASTING = [
    pytest.param(
        ("database_error.CONCURRENT_MODIFICATION", 0), UnavailableError, 3, id="busy"
    ),
    pytest.param(("quota_error.RESOURCE_EXHAUSTED", 3600), QuotaError, 1, id="day"),
]


@pytest.mark.parametrize(("fault", "kind", "calls"), LASTING)
def test_what_lasts_ends_with_nothing_done(small, open_target, fault, kind, calls):
    error, delay = fault
    target = open_target(small.google_ads_endpoint)
    before = target.fetch_state()
    failing(small, error, delay=delay, times=5)

    with pytest.raises(kind) as caught:
        target.apply(whole(), names={})

    assert len(writes(small)) == calls
    assert getattr(caught.value, "retry_after", None) == (delay or None)
    assert caught.value.request_id == writes(small)[-1].ids["request_id"]
    assert target.fetch_state() == before


def test_a_write_whose_answer_is_lost_is_not_repeated(small, open_target):
    target = open_target(small.google_ads_endpoint)
    small.faults.add(service="google_ads", method="Mutate", kind="cut")

    with pytest.raises(OutcomeUnknownError):
        target.apply(whole(), names={})

    assert len(writes(small)) == 1
    assert target.fetch_state().get(CONFIG).fields["custom_conversion_goal"]
