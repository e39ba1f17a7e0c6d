from __future__ import annotations

import json

import pytest

from convbridge.model.classes import EventClass
from convbridge.model.policy import GoalMode, GoalPolicy
from convbridge.model.resources import ResourceType, State
from convbridge.model.rules import Condition, EventRule, Match, RuleSet
from convbridge.model.values import ValueStatus
from convbridge.plan.ga4 import event_conditions
from plan_samples import (
    PURCHASE,
    action,
    key_event,
    plan,
    property_info,
    resource,
    valued,
    world,
)

NO_GOALS = GoalPolicy(mode=GoalMode.NONE)
STREAM = "properties/111/dataStreams/5"
WAITS = "Google shows a key event in Google Ads within 24 h; the next run imports it"
LINE = valued("line_click", "3")
RULE = EventRule(
    event="line_click",
    source_event="click",
    where=(
        Condition(
            dimension="linkDomain", match=Match.IN_LIST, values=("line.me", "lin.ee")
        ),
    ),
)
RULES = RuleSet(
    template="ecommerce",
    rules={
        "line_click": RULE,
        "sign_up": EventRule(event="sign_up"),
        "purchase": EventRule(event="purchase"),
    },
)


def created(actual, *events, **changes):
    found = plan(actual, *events, **{"goals": NO_GOALS, "rules": RULES, **changes})
    return found, {c.key: {f.name: f.after for f in c.fields} for c in found.changes}


def test_an_event_google_ads_does_not_know_becomes_a_key_event():
    found, changes = created(world(), PURCHASE, valued("sign_up", "2"))

    assert changes == {
        "new:key_event/sign_up": {
            "event_name": "sign_up",
            "counting_method": "ONCE_PER_SESSION",
        }
    }
    assert found.notes[0] == f"sign_up: {WAITS}"


def test_an_event_the_config_does_not_name_is_left_to_the_user():
    found, changes = created(world(), PURCHASE, valued("scroll", "2"))

    assert changes == {}
    assert found.notes[0] == (
        "scroll: no key event in GA4, so Google Ads cannot count it; name it under "
        "`events` to have it made one"
    )


def test_a_primary_counts_each_event():
    bought = valued(
        "purchase", "1", event_class=EventClass.PRIMARY, status=ValueStatus.REVENUE
    )

    _, changes = created(State(), bought)

    assert changes["new:key_event/purchase"]["counting_method"] == "ONCE_PER_EVENT"


def test_a_key_event_google_ads_has_not_seen_yet_is_waited_for():
    found, changes = created(
        world(key_event("sign_up", 3)), PURCHASE, valued("sign_up", 2)
    )

    assert changes == {}
    assert found.notes[0] == f"sign_up: is a key event in GA4; {WAITS}"


LEVELS = [
    pytest.param("GOOGLE_ANALYTICS_STANDARD", 30, False, id="standard-full"),
    pytest.param("GOOGLE_ANALYTICS_360", 30, True, id="360-has-room"),
    pytest.param("GOOGLE_ANALYTICS_360", 50, False, id="360-full"),
    pytest.param("SERVICE_LEVEL_UNSPECIFIED", 29, True, id="unknown-has-room"),
]


@pytest.mark.parametrize(("level", "count", "is_made"), LEVELS)
def test_a_property_has_only_so_many_key_events(level, count, is_made):
    actual = State(resources=tuple(key_event(f"e{n}", n) for n in range(count)))

    found, changes = created(
        actual, valued("sign_up", 2), property_info=property_info(service_level=level)
    )

    assert bool(changes) is is_made
    assert (
        "sign_up: the property has as many custom key events as GA4 allows; unmark "
        "one in GA4 first" in found.warnings
    ) is not is_made


def test_a_derived_event_is_made_in_ga4_before_its_key_event():
    found, changes = created(
        world(),
        PURCHASE,
        LINE,
        property_info=property_info(web_streams=(STREAM,)),
    )

    assert list(changes) == [
        "new:event_create_rule/5/line_click",
        "new:key_event/line_click",
    ]
    rule = changes["new:event_create_rule/5/line_click"]
    assert (rule["destination_event"], rule["source_copy_parameters"]) == (
        "line_click",
        True,
    )
    assert [json.loads(text) for text in rule["event_conditions"]] == [
        {
            "comparison_type": "EQUALS",
            "field": "event_name",
            "negated": False,
            "value": "click",
        },
        {
            "comparison_type": "REGULAR_EXPRESSION_CASE_INSENSITIVE",
            "field": "link_domain",
            "negated": False,
            "value": r"(line\.me|lin\.ee)",
        },
    ]
    assert found.changes[0].info["parent"] == STREAM
    assert found.changes[1].after == (found.changes[0].key,)


def test_a_derived_event_that_ga4_makes_already_needs_only_its_key_event():
    made = resource(
        ResourceType.EVENT_CREATE_RULE,
        "dataStreams/5/eventCreateRules/1",
        owner="properties/111",
        destination_event="line_click",
    )

    _, changes = created(world(made), PURCHASE, LINE)

    assert list(changes) == ["new:key_event/line_click"]


def test_a_derived_event_that_cannot_be_made_here_is_left_to_a_person():
    found, changes = created(world(), PURCHASE, LINE)

    assert changes == {}
    assert found.notes[0] == (
        "line_click: make this event in "
        "GA4 Admin > Data display > Events > Create event"
    )


def test_a_derived_event_with_an_action_needs_nothing_in_ga4():
    _, changes = created(world(action(3, "line_click")), PURCHASE, LINE)

    assert len(changes) == 1
    assert next(iter(changes)).endswith("conversionActions/3")


def condition(match, *values, dimension="linkUrl", **changes):
    return Condition(dimension=dimension, match=match, values=values, **changes)


CONDITIONS = [
    pytest.param(
        condition(Match.EXACT, "a", case_sensitive=True), ("EQUALS", "a"), id="exact"
    ),
    pytest.param(
        condition(Match.IN_LIST, "a"), ("EQUALS_CASE_INSENSITIVE", "a"), id="one-of-one"
    ),
    pytest.param(
        condition(Match.BEGINS_WITH, "a"),
        ("STARTS_WITH_CASE_INSENSITIVE", "a"),
        id="begins",
    ),
    pytest.param(
        condition(Match.ENDS_WITH, "a"), ("ENDS_WITH_CASE_INSENSITIVE", "a"), id="ends"
    ),
    pytest.param(
        condition(Match.CONTAINS, "a", case_sensitive=True),
        ("CONTAINS", "a"),
        id="contains",
    ),
    pytest.param(
        condition(Match.CONTAINS, "a.b", "c", case_sensitive=True),
        ("REGULAR_EXPRESSION", r".*(a\.b|c).*"),
        id="contains-any",
    ),
    pytest.param(
        condition(Match.BEGINS_WITH, "a", "b", case_sensitive=True),
        ("REGULAR_EXPRESSION", "(a|b).*"),
        id="begins-with-any",
    ),
    pytest.param(
        condition(Match.ENDS_WITH, "a", "b", case_sensitive=True),
        ("REGULAR_EXPRESSION", ".*(a|b)"),
        id="ends-with-any",
    ),
    pytest.param(
        condition(Match.FULL_REGEXP, "a+", case_sensitive=True),
        ("REGULAR_EXPRESSION", "(a+)"),
        id="regexp",
    ),
    pytest.param(
        condition(Match.PARTIAL_REGEXP, "a+", case_sensitive=True),
        ("REGULAR_EXPRESSION", ".*(a+).*"),
        id="part-of-regexp",
    ),
]


@pytest.mark.parametrize(("given", "expected"), CONDITIONS)
def test_conditions_as_ga4_has_them(given, expected):
    rule = EventRule(event="e", source_event="click", where=(given,))

    found = [json.loads(text) for text in event_conditions(rule)]

    (own,) = [c for c in found if c["field"] == "link_url"]
    assert (own["comparison_type"], own["value"]) == expected


def test_a_negated_condition_on_a_custom_parameter():
    given = condition(Match.EXACT, "x", dimension="customEvent:form_id", negate=True)
    rule = EventRule(event="e", source_event="click", where=(given,))

    found = [json.loads(text) for text in event_conditions(rule)]

    (own,) = [c for c in found if c["field"] == "form_id"]
    assert own["negated"] is True


UNSAYABLE = [
    pytest.param(
        "e", (condition(Match.EXACT, "x", dimension="country"),), id="country"
    ),
    pytest.param("e", (condition(Match.EXACT, "x"),) * 10, id="eleven-conditions"),
    pytest.param("1e", (), id="name-starts-with-a-digit"),
    pytest.param("e" * 40, (), id="name-too-long"),
]


@pytest.mark.parametrize(("event", "where"), UNSAYABLE)
def test_what_ga4_cannot_say_is_not_said(event, where):
    assert (
        event_conditions(EventRule(event=event, source_event="c", where=where)) is None
    )
