from __future__ import annotations

import json

import pytest

from convbridge.model.policy import AudiencePolicy, GoalMode, GoalPolicy
from convbridge.model.resources import ResourceType
from plan_samples import PURCHASE, plan, resource, world

NO_GOALS = GoalPolicy(mode=GoalMode.NONE)
LEFT = AudiencePolicy(name="Left the cart", did="add_to_cart", did_not="purchase")


def planned(*audiences, extra=()):
    found = plan(world(*extra), PURCHASE, audiences=audiences, goals=NO_GOALS)
    return found, [c for c in found.changes if c.type is ResourceType.AUDIENCE]


def made(name, number=1):
    return resource(
        ResourceType.AUDIENCE,
        f"audiences/{number}",
        name,
        owner="properties/111",
        display_name=name,
    )


def test_people_who_left_a_cart_become_an_audience():
    _, (change,) = planned(LEFT)

    fields = {f.name: f.after for f in change.fields}
    clauses = [json.loads(text) for text in fields.pop("filter_clauses")]
    assert fields == {
        "display_name": "Left the cart",
        "description": "convbridge: did add_to_cart, and not purchase, in 30 days",
        "membership_duration_days": 30,
        "exclusion_duration_mode": "EXCLUDE_TEMPORARILY",
    }
    assert [c["clause_type"] for c in clauses] == ["INCLUDE", "EXCLUDE"]
    assert clauses[0]["simple_filter"]["filter_expression"] == {
        "and_group": {
            "filter_expressions": [
                {
                    "or_group": {
                        "filter_expressions": [
                            {"event_filter": {"event_name": "add_to_cart"}}
                        ]
                    }
                }
            ]
        }
    }


def test_an_audience_without_exclusion_has_one_clause():
    _, (change,) = planned(AudiencePolicy(name="Carts", did="add_to_cart", days=7))

    clauses = next(f.after for f in change.fields if f.name == "filter_clauses")
    assert len(clauses) == 1
    assert change.reason == "audiences: did add_to_cart, in 7 days"


def test_an_audience_that_is_there_is_left():
    found, changes = planned(LEFT, extra=[made("Left the cart")])

    assert (changes, found.warnings) == ([], ())


@pytest.mark.parametrize("days", [0, 541])
def test_a_membership_ga4_does_not_allow_is_told(days):
    found, changes = planned(AudiencePolicy(name="x", did="e", days=days))

    assert (changes, found.warnings) == ([], ("audience 'x': 1 to 540 days",))


def test_a_property_has_only_so_many_audiences():
    extra = [made(f"a{n}", n) for n in range(100)]

    found, changes = planned(LEFT, extra=extra)

    assert changes == []
    assert found.warnings == ("audience 'Left the cart': GA4 has no room left",)
