from __future__ import annotations

import json

import pytest

from convbridge.model.policy import AudiencePolicy, GoalMode, GoalPolicy
from convbridge.plan import render_text
from convbridge.plan.wording import in_words, together
from plan_samples import plan, valued, world

CONDITION = {"comparison_type": "EQUALS", "field": "event_name", "value": "click"}
TEXTS = [
    pytest.param(json.dumps(CONDITION), "event_name EQUALS click", id="condition"),
    pytest.param(
        json.dumps({**CONDITION, "negated": True}),
        "not event_name EQUALS click",
        id="negated",
    ),
    pytest.param("Brand", "Brand", id="plain"),
    pytest.param("{broken", "{broken", id="no-json"),
    pytest.param('{"a": 1}', '{"a": 1}', id="another-json"),
]


@pytest.mark.parametrize(("text", "words"), TEXTS)
def test_what_ga4_keeps_as_json_is_told_in_words(text, words):
    assert in_words(text) == words


def test_an_audience_is_planned_in_words():
    left = AudiencePolicy(name="Left", did="add_to_cart", did_not="purchase")

    text = render_text(plan(world(), audiences=[left]))

    assert "INCLUDE add_to_cart, EXCLUDE purchase" in text
    assert "simple_filter" not in text


def test_what_is_said_of_several_events_is_said_once():
    rare = [valued(name, "2") for name in ("search", "share")]

    found = plan(world(), *rare, goals=GoalPolicy(mode=GoalMode.NONE))

    assert found.notes == (
        (
            "search, share: no key event in GA4, so Google Ads cannot count it; name "
            "it under `events` to have it made one"
        ),
        "goals: none; micro conversions stay secondary",
    )


def test_notes_keep_their_order_and_are_not_repeated():
    notes = ["a: new", "goals: none", "b: new", "a: new", "goals: none", "c: old"]

    assert together(notes, {"a", "b", "c"}) == ("a, b: new", "goals: none", "c: old")
