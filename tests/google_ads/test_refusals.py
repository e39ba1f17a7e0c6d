"""Every error of the services convbridge writes to becomes an outcome with a reason."""

from __future__ import annotations

from importlib import import_module

import grpc
import pytest

from convbridge.errors import AuthError, RejectedError
from convbridge.model.changes import OutcomeKind
from convbridge.model.resources import ResourceType as Kind
from convbridge.testing.messages import message_factory
from google_ads.loopback import Refusal, failure, scripted
from google_ads.wishes import PURCHASE, create_action, update

ENUMS = {
    "conversion_action_error": Kind.CONVERSION_ACTION,
    "campaign_conversion_goal_error": Kind.CAMPAIGN_CONVERSION_GOAL,
    "custom_conversion_goal_error": Kind.CUSTOM_CONVERSION_GOAL,
    "conversion_goal_campaign_config_error": Kind.CONVERSION_GOAL_CAMPAIGN_CONFIG,
    "bidding_error": Kind.CAMPAIGN,
    "bidding_strategy_error": Kind.BIDDING_STRATEGY,
    "campaign_error": Kind.CAMPAIGN,
    "mutate_error": Kind.CONVERSION_ACTION,
    "field_error": Kind.CONVERSION_ACTION,
    "field_mask_error": Kind.CONVERSION_ACTION,
    "currency_code_error": Kind.CONVERSION_ACTION,
    "range_error": Kind.CONVERSION_ACTION,
    "string_length_error": Kind.CONVERSION_ACTION,
    "context_error": Kind.CONVERSION_ACTION,
    "not_allowlisted_error": Kind.CONVERSION_ACTION,
    "resource_count_limit_exceeded_error": Kind.CONVERSION_ACTION,
    "conversion_value_rule_error": Kind.CONVERSION_ACTION,
    "conversion_value_rule_set_error": Kind.CONVERSION_ACTION,
}
FIELDS = {
    Kind.CONVERSION_ACTION: {"status": "ENABLED"},
    Kind.CUSTOMER_CONVERSION_GOAL: {"biddable": False},
    Kind.CAMPAIGN_CONVERSION_GOAL: {"biddable": False},
    Kind.CUSTOM_CONVERSION_GOAL: {"name": "g"},
    Kind.CONVERSION_GOAL_CAMPAIGN_CONFIG: {"goal_config_level": "CUSTOMER"},
    Kind.CAMPAIGN: {"maximize_conversion_value.target_roas": 0.0},
    Kind.BIDDING_STRATEGY: {"maximize_conversion_value.target_roas": 0.0},
}


def codes(category):
    module = import_module("google.ads.googleads.v26.errors.types.errors")
    field = module.ErrorCode.pb().DESCRIPTOR.fields_by_name[category]
    return [v.name for v in field.enum_type.values][2:]


def at_operation(category, code, index=0):
    path = {"field_path_elements": [{"field_name": "operations", "index": index}]}
    return {"error_code": {category: code}, "message": "No.", "location": path}


@pytest.mark.parametrize("category", ENUMS)
def test_every_code_of_a_service_is_an_outcome_with_its_reason(open_target, category):
    kind = ENUMS[category]
    change = update(kind, f"{kind}/1", FIELDS[kind])
    refusals = [
        Refusal(
            grpc.StatusCode.INVALID_ARGUMENT, failure=failure(at_operation(category, c))
        )
        for c in codes(category)
    ]

    with scripted(*refusals) as (endpoint, _):
        target = open_target(endpoint)
        outcomes = [target.apply([change], names={})[0] for _ in refusals]

    assert {o.kind for o in outcomes} <= {OutcomeKind.REJECTED}
    assert [o.code for o in outcomes] == codes(category)
    assert all(o.request_id == "req-1" for o in outcomes)
    assert all(o.error.startswith(f"{o.code} at operations[0]: No") for o in outcomes)


GA4_IMPORT = {
    "type": "GOOGLE_ANALYTICS_4_CUSTOM",
    "google_analytics_4_settings.event_name": "line_click",
}
PLACES = [
    pytest.param(
        {"value_settings.default_value": 5},
        "set value_settings.default_value in GA4: Admin > Data display > Key events > "
        "line_click > Set default key event value",
        id="value",
    ),
    pytest.param(
        {"counting_type": "ONE_PER_CLICK"},
        "set counting_type in GA4: Admin > Data display > Key events > line_click > "
        "Counting method",
        id="counting",
    ),
    pytest.param(
        {"click_through_lookback_window_days": 60},
        "set click_through_lookback_window_days in Google Ads: Goals > Conversions > "
        "Summary > 5001 > Edit settings",
        id="window",
    ),
]


@pytest.mark.parametrize(("fields", "step"), PLACES)
def test_what_a_ga4_import_refuses_is_set_by_hand_at_a_named_place(
    open_target, fields, step
):
    error = at_operation("conversion_action_error", "UPDATE_NOT_SUPPORTED")
    refusal = Refusal(grpc.StatusCode.INVALID_ARGUMENT, failure=failure(error))
    change = update(Kind.CONVERSION_ACTION, PURCHASE, fields, **GA4_IMPORT)

    with scripted(refusal) as (endpoint, _):
        outcome = open_target(endpoint).apply([change], names={})[0]

    assert outcome.error == (f"UPDATE_NOT_SUPPORTED at operations[0]: No. Next: {step}")


def answer(*names):
    """Return the answer to creates of actions, raw."""
    made = message_factory("v26")("MutateGoogleAdsResponse")
    for name in names:
        row = made.mutate_operation_responses.add()
        if name:
            row.conversion_action_result.resource_name = name
    return made


def sent(script):
    """Return the requests that arrived, raw."""
    kind = type(message_factory("v26")("MutateGoogleAdsRequest"))
    return [kind.FromString(data) for data in script.requests]


def refused(*errors, status=grpc.StatusCode.INVALID_ARGUMENT):
    return Refusal(status, failure=failure(*errors))


def test_each_operation_gets_its_own_errors_and_the_rest_is_sent_again(open_target):
    errors = [
        at_operation("field_error", "REQUIRED", 0),
        at_operation("range_error", "TOO_LOW", 0),
        at_operation("string_length_error", "TOO_LONG", 2),
    ]
    made = answer("customers/1/conversionActions/2")

    with scripted(refused(*errors), made) as (endpoint, script):
        changes = [create_action(name) for name in "abc"]
        outcomes = open_target(endpoint).apply(changes, names={})

    both = "REQUIRED at operations[0]: No; TOO_LOW at operations[0]: No. Next: "
    both += "a field is missing that Google wants: report it with the request id"
    long = "TOO_LONG at operations[2]: No. Next: the name is too long for Google: "
    long += "shorten the client's or the event's name"
    assert [(str(o.kind), o.error) for o in outcomes] == [
        ("rejected", both),
        ("applied", None),
        ("rejected", long),
    ]
    assert [len(r.mutate_operations) for r in sent(script)] == [3, 1]
    assert not any(r.partial_failure for r in sent(script))


def test_an_operation_on_anothers_resource_is_refused_alone(open_target):
    error = at_operation(
        "operation_access_denied_error", "MUTATE_NOT_PERMITTED_FOR_CUSTOMER"
    )
    denied = refused(error, status=grpc.StatusCode.PERMISSION_DENIED)

    with scripted(denied, answer("customers/1/conversionActions/2")) as (endpoint, _):
        changes = [create_action(name) for name in "ab"]
        outcomes = open_target(endpoint).apply(changes, names={})

    assert [o.code for o in outcomes] == ["MUTATE_NOT_PERMITTED_FOR_CUSTOMER", None]


WHOLE = [
    pytest.param("mutate_error", "MUTATE_NOT_ALLOWED", RejectedError, id="refused"),
    pytest.param(
        "authorization_error", "USER_PERMISSION_DENIED", AuthError, id="no-permission"
    ),
]


@pytest.mark.parametrize(("category", "code", "kind"), WHOLE)
def test_an_error_of_no_operation_is_of_the_whole_request(
    open_target, category, code, kind
):
    errors = [{"error_code": {category: code}, "message": "No."}]
    errors.append(at_operation("field_error", "REQUIRED", 1))

    with scripted(refused(*errors)) as (endpoint, _), pytest.raises(kind) as caught:
        open_target(endpoint).apply([create_action(n) for n in "ab"], names={})

    assert caught.value.code == code


def test_an_operation_that_the_answer_does_not_mention_is_unknown(open_target):
    made = answer("customers/1/conversionActions/1", "")
    changes = [create_action(name) for name in "abc"]

    with scripted(made) as (endpoint, _):
        outcomes = open_target(endpoint).apply(changes, names={})

    assert [str(o.kind) for o in outcomes] == ["applied", "unknown", "unknown"]


def test_the_request_id_of_an_answer_is_kept(open_target):
    changes = [create_action(name) for name in "ab"]
    names = ("customers/1/conversionActions/1", "customers/1/conversionActions/2")

    with scripted(answer(*names)) as (endpoint, _):
        outcomes = open_target(endpoint).apply(changes, names={})

    assert [o.request_id for o in outcomes] == ["req-1", "req-1"]
