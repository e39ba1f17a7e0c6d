"""Changes to key events, at an Admin API that somebody else might have written."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.ga4.opening import open_ga4_target
from convbridge.model.access import GoogleAccess
from convbridge.model.changes import Action, Change, FieldChange, OutcomeKind
from convbridge.model.ids import PropertyId
from convbridge.model.resources import ResourceType
from convbridge.testing import FixedClock
from foreign.conftest import NOW
from foreign.servers import Answer, answering, error, scripted

NAME = "properties/1/keyEvents/7"
VALUE = {"default_value.numeric_value": Decimal("12.3")}
CURRENCY = {"default_value.currency_code": "THB"}
THERE = error(409, "Key event already exists.", "ALREADY_EXISTS")


def change(action, key=NAME, **fields):
    found = {name.replace("__", "."): value for name, value in fields.items()}
    return Change(
        action=action,
        type=ResourceType.KEY_EVENT,
        key=key,
        owner="properties/1",
        name="add_to_cart",
        fields=tuple(
            FieldChange(name=name, before=None, after=value)
            for name, value in found.items()
        ),
        reason="a test asks for it",
    )


MARK = change(
    Action.CREATE,
    "new:key_event/add_to_cart",
    event_name="add_to_cart",
    counting_method="ONCE_PER_SESSION",
)


def apply(served, *changes):
    target = open_ga4_target(
        GoogleAccess(ga4_endpoint=served.endpoint),
        AnonymousCredentials(),
        property_id=PropertyId("1"),
        clock=FixedClock(NOW),
    )
    outcomes = target.apply(changes, names={})
    target.close()
    return [(o.kind, o.resource_name, o.code) for o in outcomes]


def strict(request):
    """Take an update only with a mask, and nothing beside what it names."""
    if request.method == "GET":
        held = {"numericValue": 5, "currencyCode": "THB"}
        return Answer(body={"name": NAME, "eventName": "x", "defaultValue": held})
    body = json.loads(request.body)
    (mask,) = parse_qs(request.query)["updateMask"]
    named = set(mask.split(","))
    value = body.get("defaultValue")
    is_whole = value is None or len(value) == 2
    if not named <= {"countingMethod", "defaultValue"} or not is_whole:
        return error(400, "Invalid update mask.", "INVALID_ARGUMENT")
    beside = body.keys() - named - {"name"}
    return error(400, f"Not in the mask: {beside}") if beside else Answer(body=body)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"counting_method": "ONCE_PER_EVENT"}, id="method"),
        pytest.param({**VALUE, **CURRENCY}, id="value"),
        pytest.param(VALUE, id="half a value"),
        pytest.param(dict.fromkeys([*VALUE, *CURRENCY]), id="no value any more"),
        pytest.param(
            {**VALUE, **CURRENCY, "counting_method": "ONCE_PER_EVENT"}, id="both"
        ),
    ],
)
def test_an_update_names_what_it_says_and_no_more(fields):
    with answering(strict) as served:
        assert apply(served, change(Action.UPDATE, **fields)) == [
            (OutcomeKind.APPLIED, NAME, None)
        ]


def test_a_key_event_that_somebody_made_meanwhile_is_taken_as_it_is():
    listed = {"keyEvents": [{"name": NAME, "eventName": "add_to_cart"}]}

    with scripted(THERE, Answer(body=listed)) as served:
        ((kind, name, code),) = apply(served, MARK)

    assert (kind, name) == (OutcomeKind.APPLIED, NAME)
    assert code in {"ALREADY_EXISTS", "HTTP_409"}


def test_a_conflict_about_another_key_event_stays_a_refusal():
    with scripted(THERE, Answer(body={})) as served:
        ((kind, name, _),) = apply(served, MARK)

    assert (kind, name) == (OutcomeKind.REJECTED, None)
