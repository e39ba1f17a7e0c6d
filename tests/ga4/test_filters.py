"""Conditions as GA4 filters, and the fields that are left to it."""

from __future__ import annotations

import pytest
from google.analytics.data_v1alpha.types import FunnelFilterExpression
from google.analytics.data_v1beta.types import FilterExpression

from convbridge.adapters.ga4.filters import (
    condition_filter,
    rest_filter,
    rule_filter,
    step_filter,
)
from convbridge.model.rules import Condition, EventRule, Match


def text(match_type, value, *, case_sensitive=False):
    return {
        "match_type": match_type,
        "value": value,
        "case_sensitive": case_sensitive,
    }


def on(field, test):
    return {"filter": {"field_name": field, "string_filter": test}}


CASES = [
    pytest.param(
        Condition(dimension="pagePath", match=Match.EXACT, values=("/thanks",)),
        on("pagePath", text("EXACT", "/thanks")),
        id="exact",
    ),
    pytest.param(
        Condition(
            dimension="linkUrl",
            match=Match.BEGINS_WITH,
            values=("tel:",),
            case_sensitive=True,
        ),
        on("linkUrl", text("BEGINS_WITH", "tel:", case_sensitive=True)),
        id="case rules are explicit",
    ),
    pytest.param(
        Condition(dimension="linkUrl", match=Match.CONTAINS, values=("a", "b")),
        {
            "or_group": {
                "expressions": [
                    on("linkUrl", text("CONTAINS", "a")),
                    on("linkUrl", text("CONTAINS", "b")),
                ]
            }
        },
        id="several values are alternatives",
    ),
    pytest.param(
        Condition(dimension="linkDomain", match=Match.IN_LIST, values=("a", "b")),
        {
            "filter": {
                "field_name": "linkDomain",
                "in_list_filter": {"values": ["a", "b"], "case_sensitive": False},
            }
        },
        id="list",
    ),
    pytest.param(
        Condition(
            dimension="searchTerm", match=Match.FULL_REGEXP, values=(".*",), negate=True
        ),
        {"not_expression": on("searchTerm", text("FULL_REGEXP", ".*"))},
        id="negated",
    ),
]


@pytest.mark.parametrize(("condition", "expected"), CASES)
def test_conditions_become_filters(condition, expected):
    found = condition_filter(condition)

    assert found == expected
    FilterExpression(found)  # the vendor's message takes it as it is


LINE = EventRule(
    event="line",
    source_event="click",
    where=(Condition(dimension="linkDomain", match=Match.EXACT, values=("line.me",)),),
)
OUT = EventRule(
    event="out",
    source_event="click",
    where=(
        Condition(dimension="outbound", match=Match.EXACT, values=("true",)),
        Condition(dimension="country", match=Match.EXACT, values=("Thailand",)),
    ),
)
CLICK = on("eventName", text("EXACT", "click", case_sensitive=True))


def test_a_later_rule_leaves_out_what_an_earlier_one_takes():
    assert rule_filter(OUT, earlier=[LINE]) == {
        "and_group": {
            "expressions": [
                CLICK,
                on("outbound", text("EXACT", "true")),
                on("country", text("EXACT", "Thailand")),
                {"not_expression": on("linkDomain", text("EXACT", "line.me"))},
            ]
        }
    }


def test_the_rest_of_a_parent_leaves_out_all_its_rules():
    assert rest_filter("click", [LINE]) == {
        "and_group": {
            "expressions": [
                CLICK,
                {"not_expression": on("linkDomain", text("EXACT", "line.me"))},
            ]
        }
    }


def test_funnel_steps_test_parameters_inside_the_event_and_fields_beside_it():
    found = step_filter(OUT)

    assert found == {
        "and_group": {
            "expressions": [
                {
                    "funnel_event_filter": {
                        "event_name": "click",
                        "funnel_parameter_filter_expression": {
                            "funnel_parameter_filter": {
                                "event_parameter_name": "outbound",
                                "string_filter": text("EXACT", "true"),
                            }
                        },
                    }
                },
                {
                    "funnel_field_filter": {
                        "field_name": "country",
                        "string_filter": text("EXACT", "Thailand"),
                    }
                },
            ]
        }
    }
    FunnelFilterExpression(found)


def test_a_custom_dimension_is_its_parameter_in_a_funnel():
    rule = EventRule(
        event="big",
        source_event="generate_lead",
        where=(
            Condition(dimension="customEvent:plan", match=Match.EXACT, values=("pro",)),
        ),
    )

    event = step_filter(rule)["funnel_event_filter"]

    parameter = event["funnel_parameter_filter_expression"]["funnel_parameter_filter"]
    assert parameter["event_parameter_name"] == "plan"
