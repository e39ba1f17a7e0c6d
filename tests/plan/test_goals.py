from __future__ import annotations

from dataclasses import replace

import pytest

from convbridge.model.ids import CustomerId
from convbridge.model.policy import GoalMode, GoalPolicy
from convbridge.model.resources import ResourceType, State
from convbridge.model.values import ValueStatus
from convbridge.plan import apply_to
from plan_samples import (
    ALWAYS,
    CART,
    CURRENCY,
    CUSTOMER,
    PURCHASE,
    VALUE,
    account,
    action,
    config,
    custom_goal,
    plan,
    resource,
    valued,
    world,
)

ROOT = f"customers/{CUSTOMER}"
GOAL = ResourceType.CUSTOM_CONVERSION_GOAL
CONFIG = ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG
ONE, TWO = f"{ROOT}/conversionActions/1", f"{ROOT}/conversionActions/2"


def of(found, *types):
    """Return {(action, key): {field: after}} of the changes of some types."""
    return {
        (str(c.action), c.key): {f.name: f.after for f in c.fields}
        for c in found.changes
        if c.type in types
    }


def settled(actual, **changes):
    """Return the state once the plan is applied, and the goal has its number."""
    found = plan(actual, **changes)
    text = "new:custom_conversion_goal/acme"
    after = apply_to(actual, found.changes)
    name = f"{ROOT}/customConversionGoals/5"
    return State(resources=tuple(renamed(r, text, name) for r in after))


def renamed(found, old, new):
    fields = {k: new if v == old else v for k, v in found.fields.items()}
    return replace(found, key=new if found.key == old else found.key, fields=fields)


def test_micro_actions_join_the_primary_in_a_custom_goal_of_the_named_campaigns():
    found = plan(world())

    assert of(found, GOAL, CONFIG) == {
        ("create", "new:custom_conversion_goal/acme"): {
            "name": "convbridge: acme",
            "conversion_actions": (ONE, TWO),
        },
        ("update", f"{ROOT}/conversionGoalCampaignConfigs/7"): {
            "custom_conversion_goal": "new:custom_conversion_goal/acme",
            "goal_config_level": "CAMPAIGN",
        },
    }
    assert [c.type for c in found.changes] == [
        ResourceType.CONVERSION_ACTION,
        GOAL,
        CONFIG,
    ]
    assert found.changes[2].reason == (
        "goals: the campaign bids on 'convbridge: acme'; it no longer follows the "
        "account's goals"
    )


def test_the_second_plan_has_nothing_to_do():
    found = plan(settled(world()))

    assert found.is_empty
    assert found.kept == 4
    assert found.warnings == ()


NAMES = [
    pytest.param(("7", "8"), [7, 8], id="ids"),
    pytest.param(("brand*",), [7], id="pattern-in-any-case"),
    pytest.param(("*", "7"), [7, 8], id="each-once"),
]


@pytest.mark.parametrize(("campaigns", "expected"), NAMES)
def test_campaigns_are_named_by_id_or_pattern(campaigns, expected):
    found = plan(world(), goals=GoalPolicy(campaigns=campaigns))

    assert [key for _, key in of(found, CONFIG)] == [
        f"{ROOT}/conversionGoalCampaignConfigs/{number}" for number in expected
    ]
    assert found.warnings == ()


def test_a_campaign_nobody_has_is_a_warning_and_nothing_is_attached():
    found = plan(world(), goals=GoalPolicy(campaigns=("Brnd*",)))

    assert found.warnings == ("goals: no campaign of account 123-456-7890 is 'Brnd*'",)
    assert found.notes == (
        "goals: no campaign is named, so micro conversions stay secondary",
    )
    assert of(found, GOAL, CONFIG) == {}


def test_without_a_primary_no_campaign_bids_on_micro_conversions():
    actual = world()

    found = plan(actual, CART)

    assert of(found, GOAL, CONFIG) == {}
    (warning,) = found.warnings
    assert warning == (
        "goals: no primary conversion action is enabled; bidding on micro conversions "
        "alone is refused"
    )


def test_without_a_micro_event_there_is_no_goal():
    found = plan(world(), PURCHASE)

    assert of(found, GOAL, CONFIG) == {}
    assert found.notes == ("goals: no micro conversion is ready to bid on",)


def test_a_micro_event_that_lost_its_value_stays_in_the_goal_it_is_in():
    young = replace(CART, status=ValueStatus.IMMATURE)

    found = plan(settled(world()), PURCHASE, young)

    assert found.is_empty


def test_an_event_google_ads_does_not_know_is_not_in_the_goal():
    found = plan(world(), PURCHASE, CART, valued("sign_up", "1"))

    (fields,) = of(found, GOAL).values()
    assert fields["conversion_actions"] == (ONE, TWO)


def test_a_goal_of_ours_gets_the_new_list():
    actual = world(custom_goal(5, "convbridge: acme", 1, 9))

    found = plan(actual)

    assert of(found, GOAL) == {
        ("update", f"{ROOT}/customConversionGoals/5"): {
            "conversion_actions": (ONE, TWO)
        }
    }


def test_a_goal_with_the_same_list_is_used_whoever_made_it():
    ours = custom_goal(5, "convbridge: acme", 1)
    actual = world(custom_goal(6, "Handmade", 2, 1), ours)

    found = plan(actual)

    assert of(found, GOAL) == {}
    (fields,) = of(found, CONFIG).values()
    assert fields["custom_conversion_goal"] == f"{ROOT}/customConversionGoals/6"


def test_the_tag_that_counts_the_primary_stands_in_the_goal_for_its_import():
    tag = action(
        9, name="Tag", status="ENABLED", category="PURCHASE", primary_for_goal=True
    )
    kept = tuple(r for r in world() if r.key != ONE)
    actual = State(resources=(*kept, action(1, "purchase"), tag))

    found = plan(actual)

    (fields,) = of(found, GOAL).values()
    assert fields["conversion_actions"] == (TWO, tag.key)


def test_a_primary_action_that_google_will_not_enable_is_not_in_the_goal():
    kept = tuple(r for r in world() if r.key != ONE)
    actual = State(resources=(*kept, action(1, "purchase")))

    found = plan(actual, refused={(ONE, "status")})

    assert of(found, GOAL) == {}
    assert "bidding on micro conversions alone is refused" in found.warnings[-1]


def test_a_removed_goal_is_not_there():
    actual = world(custom_goal(5, "convbridge: acme", 1, 2, status="REMOVED"))

    (made,) = of(plan(actual), GOAL)
    assert made == ("create", "new:custom_conversion_goal/acme")


def test_a_custom_goal_belongs_to_the_conversion_customer():
    manager = CustomerId("9999999999")

    found = plan(world(), account=account(conversion_customer=manager))

    owners = {c.type: c.owner for c in found.changes}
    assert (owners[GOAL], owners[CONFIG]) == (manager, CUSTOMER)


def test_a_campaign_without_config_row_gets_one_written():
    actual = State(
        resources=tuple(r for r in world() if not r.key.endswith("Configs/7"))
    )

    (found,) = [c for c in plan(actual).changes if c.type is CONFIG]

    assert found.reason == "goals: the campaign bids on 'convbridge: acme'"


def test_actions_the_campaign_loses_are_named():
    call = action(9, name="Calls", status="ENABLED", primary_for_goal=True)
    hidden = action(10, name="Old", primary_for_goal=True)
    cart = action(2, "add_to_cart", status="ENABLED", primary_for_goal=True)
    resources = tuple(r for r in world() if r.key != TWO)
    actual = State(resources=(*resources, cart, call, hidden))

    before, after = plan(actual), plan(settled(actual))

    assert "goals: the named campaigns will no longer bid on Calls" in before.warnings
    assert after.warnings == ()


def test_no_goals_are_touched_when_none_are_wanted():
    found = plan(world(), goals=GoalPolicy(mode=GoalMode.NONE, campaigns=("7",)))

    assert [c.name for c in found.changes] == ["Acme (web) add_to_cart"]


LET_GO = [
    pytest.param(GoalPolicy(campaigns=("Generic",)), id="another-is-named"),
    pytest.param(GoalPolicy(mode=GoalMode.NONE), id="no-goals-any-more"),
]


@pytest.mark.parametrize("goals", LET_GO)
def test_a_campaign_nobody_names_any_more_is_let_go(goals):
    key = f"{ROOT}/conversionGoalCampaignConfigs/7"

    found = plan(settled(world()), goals=goals, managed={key: ""})

    assert of(found, CONFIG)["update", key] == {
        "custom_conversion_goal": None,
        "goal_config_level": "CUSTOMER",
    }


def test_a_campaign_somebody_else_attached_is_not_let_go():
    found = plan(settled(world()), goals=GoalPolicy(mode=GoalMode.NONE))

    assert of(found, CONFIG) == {}


CUSTOMER_GOAL = ResourceType.CUSTOMER_CONVERSION_GOAL
CAMPAIGN_GOAL = ResourceType.CAMPAIGN_CONVERSION_GOAL


def customer_goal(category, *, biddable):
    return resource(
        CUSTOMER_GOAL, f"customerConversionGoals/{category}~WEBSITE", biddable=biddable
    )


def campaign_goal(number, category, *, biddable=False):
    path = f"campaignConversionGoals/{number}~{category}~WEBSITE"
    return resource(CAMPAIGN_GOAL, path, biddable=biddable)


def test_account_mode_makes_micro_events_biddable_everywhere():
    actual = world(
        customer_goal("ADD_TO_CART", biddable=False),
        customer_goal("PURCHASE", biddable=False),
    )

    found = plan(actual, goals=GoalPolicy(mode=GoalMode.ACCOUNT))

    changes = of(found, ResourceType.CONVERSION_ACTION, CUSTOMER_GOAL)
    assert changes["update", TWO]["primary_for_goal"] is True
    assert changes["update", f"{ROOT}/customerConversionGoals/ADD_TO_CART~WEBSITE"] == {
        "biddable": True
    }
    assert len(changes) == 2


EVERYWHERE = (
    "goals: account; every campaign that follows the account's goals bids on Acme "
    "(web) add_to_cart"
)


def test_a_goal_google_has_not_made_yet_comes_with_the_next_run():
    found = plan(world(), goals=GoalPolicy(mode=GoalMode.ACCOUNT))

    assert found.notes == (
        EVERYWHERE,
        "goals: Google has no goal ADD_TO_CART~WEBSITE yet; the next run sets it",
    )


CAMPAIGN = GoalPolicy(mode=GoalMode.CAMPAIGN, campaigns=("7",))


def campaign_world(*extra):
    return world(
        customer_goal("ADD_TO_CART", biddable=True),
        campaign_goal(7, "ADD_TO_CART"),
        campaign_goal(8, "ADD_TO_CART"),
        *extra,
    )


def test_campaign_mode_turns_the_account_goal_off_before_the_action_is_primary():
    found = plan(campaign_world(), goals=CAMPAIGN)

    account_goal = f"{ROOT}/customerConversionGoals/ADD_TO_CART~WEBSITE"
    assert [(c.key, {f.name: f.after for f in c.fields}) for c in found.changes] == [
        (account_goal, {"biddable": False}),
        (
            TWO,
            {
                "category": "ADD_TO_CART",
                "primary_for_goal": True,
                "status": "ENABLED",
                ALWAYS: True,
                VALUE: CART.value,
            },
        ),
        (f"{ROOT}/campaignConversionGoals/7~ADD_TO_CART~WEBSITE", {"biddable": True}),
        (
            f"{ROOT}/conversionGoalCampaignConfigs/7",
            {"goal_config_level": "CAMPAIGN"},
        ),
    ]
    assert found.changes[-1].reason == (
        "goals: campaign, it bids on its own goals; it no longer follows the account's "
        "goals"
    )
    assert CURRENCY not in found.changes[1].mask


def test_campaign_mode_sets_the_level_where_the_goal_is_biddable_already():
    """Google's own goals are born biddable: only the level keeps them from use."""
    actual = world(
        customer_goal("ADD_TO_CART", biddable=True),
        campaign_goal(7, "ADD_TO_CART", biddable=True),
    )

    found = of(plan(actual, goals=CAMPAIGN), CONFIG)

    assert found == {
        ("update", f"{ROOT}/conversionGoalCampaignConfigs/7"): {
            "goal_config_level": "CAMPAIGN"
        }
    }


ATTACHED = [
    pytest.param((), "it leaves its custom goal", id="unread"),
    pytest.param(
        (custom_goal(5, "Sales", 1),), "it leaves its custom goal 'Sales'", id="read"
    ),
]


@pytest.mark.parametrize(("goals", "said"), ATTACHED)
def test_campaign_mode_leaves_a_custom_goal_and_says_so(goals, said):
    goal = f"{ROOT}/customConversionGoals/5"
    kept = [r for r in campaign_world() if not r.key.endswith("Configs/7")]
    attached = config(7, "Brand search", level="CAMPAIGN", goal=goal)

    found = plan(State(resources=(*kept, attached, *goals)), goals=CAMPAIGN)

    assert of(found, CONFIG) == {
        ("update", attached.key): {"custom_conversion_goal": None}
    }
    assert (
        found.changes[-1].reason == f"goals: campaign, it bids on its own goals; {said}"
    )


@pytest.mark.parametrize(
    ("named", "goal", "is_let_go"),
    [
        pytest.param("8", None, True, id="no-longer-named"),
        pytest.param("7", None, False, id="named"),
        pytest.param("7", f"{ROOT}/customConversionGoals/5", True, id="custom-before"),
    ],
)
def test_campaign_mode_lets_go_of_what_it_does_not_name(*, named, goal, is_let_go):
    kept = [r for r in world() if not r.key.endswith("Configs/7")]
    ours = config(7, "Brand search", level="CAMPAIGN", goal=goal)
    mode = GoalPolicy(mode=GoalMode.CAMPAIGN, campaigns=(named,))

    found = plan(State(resources=(*kept, ours)), goals=mode, managed={ours.key: ""})

    assert (("update", ours.key) in of(found, CONFIG)) is is_let_go


def test_campaign_mode_comes_to_rest():
    actual = campaign_world()

    again = plan(apply_to(actual, plan(actual, goals=CAMPAIGN).changes), goals=CAMPAIGN)

    assert again.is_empty
    assert again.warnings == ()


def test_campaign_mode_without_campaigns_does_nothing():
    goals = GoalPolicy(mode=GoalMode.CAMPAIGN, campaigns=("nobody",))

    found = plan(campaign_world(), goals=goals)

    assert [c.key for c in found.changes] == [TWO]
    assert found.warnings == ("goals: no campaign of account 123-456-7890 is 'nobody'",)


def test_a_category_that_a_primary_shares_cannot_be_told_apart():
    other = action(
        9, name="Tag", status="ENABLED", category="ADD_TO_CART", primary_for_goal=True
    )

    found = plan(campaign_world(other), goals=CAMPAIGN)

    (change,) = found.changes
    assert (change.key, "primary_for_goal" in change.mask) == (TWO, False)
    (warning,) = found.warnings
    assert warning == (
        "goals: ADD_TO_CART~WEBSITE also holds a primary action; campaign goals cannot "
        "tell them apart, so its micro events stay secondary"
    )


def test_a_primary_field_google_refuses_is_not_promoted():
    refused = {(TWO, "primary_for_goal")}

    found = plan(campaign_world(), goals=CAMPAIGN, refused=refused)

    (change,) = [c for c in found.changes if c.key == TWO]
    assert "primary_for_goal" not in change.mask


def test_a_delivered_event_has_no_goal_of_its_own_yet():
    found = plan(campaign_world(), goals=CAMPAIGN, delivery_actions={"call": None})

    assert found.notes == ()


def test_a_goal_of_a_new_category_is_waited_for_in_campaign_mode():
    other = valued("call", "2", category="CONTACT")
    found = plan(
        campaign_world(action(3, "call")),
        PURCHASE,
        CART,
        other,
        goals=CAMPAIGN,
    )

    assert found.notes == (
        "goals: Google has no goal CONTACT~WEBSITE yet; the next run sets it",
    )


def test_a_goal_of_ours_that_somebody_renamed_is_still_ours():
    renamed = custom_goal(5, "Micro", 1)

    found = plan(world(renamed), managed={renamed.key: ""})

    assert of(found, GOAL) == {
        ("update", renamed.key): {"conversion_actions": (ONE, TWO)}
    }
