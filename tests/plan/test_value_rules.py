from __future__ import annotations

import pytest

from convbridge.model.policy import GoalMode, GoalPolicy
from convbridge.model.resources import ResourceType
from plan_samples import plan, resource, world

NO_GOALS = GoalPolicy(mode=GoalMode.NONE)
THEN = "reported and bid on; what convbridge sets is metrics.original_conversion_value"
MOBILE = {"device_condition.device_types": ("MOBILE", "TABLET")}
PLACES = {
    "geo_location_condition.geo_target_constants": ("geoTargetConstants/2764",),
    "audience_condition.user_lists": ("customers/1/userLists/9",),
}


def rule(operation, value=1.2, *, info=None, **fields):
    return resource(
        ResourceType.CONVERSION_VALUE_RULE,
        "conversionValueRules/1",
        f"{operation} {value:g}",
        info=info,
        action__operation=operation,
        action__value=value,
        **fields,
    )


TOLD = [
    pytest.param(
        rule("MULTIPLY", info=MOBILE),
        "value rule 'MULTIPLY 1.2' multiplies by 1.2 for devices MOBILE, TABLET",
        id="multiply-by-device",
    ),
    pytest.param(
        rule("ADD", 5.0, info=PLACES),
        "value rule 'ADD 5' adds 5 for places 2764 and user lists 9",
        id="add-by-place-and-audience",
    ),
    pytest.param(
        rule("NEW"), "value rule 'NEW 1.2' changes values by 1.2", id="unknown"
    ),
]


@pytest.mark.parametrize(("found", "told"), TOLD)
def test_value_rules_are_told_with_their_effect(found, told):
    within = plan(world(found), goals=NO_GOALS)
    beside = plan(world(), goals=NO_GOALS, value_rules=[found])

    assert within.notes == beside.notes
    assert within.notes[0] == f"{told}: {THEN}"


def test_a_rule_that_sets_the_value_is_a_warning():
    found = plan(world(rule("SET", 3.0)), goals=NO_GOALS)

    assert found.warnings == (
        f"value rule 'SET 3' sets 3, whatever convbridge sets: {THEN}",
    )


def test_a_paused_rule_does_nothing():
    found = plan(world(rule("SET", status="PAUSED")), goals=NO_GOALS)

    assert (found.notes, found.warnings) == (plan(world(), goals=NO_GOALS).notes, ())
