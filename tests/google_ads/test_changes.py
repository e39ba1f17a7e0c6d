"""Changes made at the sandbox over a real socket, read back from it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from convbridge.model.changes import Action, OutcomeKind
from convbridge.model.resources import ResourceType as Kind
from google_ads.wishes import PURCHASE, change, create_action, remove, update

OWNER = "customers/1234567890"
BRAND = f"{OWNER}/campaigns/7000001"
BEANS = f"{OWNER}/campaigns/7000002"
CONFIG = f"{OWNER}/conversionGoalCampaignConfigs/7000001"


def brief(outcomes):
    return [(o.change.name, str(o.kind), o.code) for o in outcomes]


def applied(target, *changes, names=None):
    outcomes = target.apply(changes, names=names or {})
    assert [o.kind for o in outcomes] == [OutcomeKind.APPLIED] * len(changes)
    return outcomes


def goal_of(name, *actions):
    return change(
        Action.CREATE,
        Kind.CUSTOM_CONVERSION_GOAL,
        f"new:{name}",
        {"name": name, "conversion_actions": actions},
    )


@pytest.mark.parametrize(
    ("fields", "read_back"),
    [
        pytest.param(
            {"value_settings.default_value": Decimal(0)}, Decimal(0), id="value-0"
        ),
        pytest.param(
            {"value_settings.always_use_default_value": False}, False, id="false"
        ),
        pytest.param({"primary_for_goal": False}, False, id="secondary"),
        pytest.param({"status": "HIDDEN"}, "HIDDEN", id="status"),
        pytest.param(
            {"value_settings.default_value": Decimal("52.35")},
            Decimal("52.35"),
            id="value",
        ),
    ],
)
def test_an_update_arrives_as_it_was_asked_for(target, fields, read_back):
    created = applied(
        target,
        create_action("cart", primary_for_goal=True),
    )[0].resource_name

    applied(target, update(Kind.CONVERSION_ACTION, created, fields))

    found = target.fetch_state().get(created)
    assert [found.fields[name] for name in fields] == [read_back]


def test_a_created_action_has_every_field_of_the_wish(target):
    wish = create_action("cart")
    created = applied(target, wish)[0].resource_name

    found = target.fetch_state().get(created)

    wanted = {f.name: f.after for f in wish.fields if f.name != "type"}
    assert {name: found.fields[name] for name in wanted} == wanted
    assert found.info["type"] == "UPLOAD_CLICKS"


def test_one_bad_operation_refuses_itself_alone(target):
    bad = create_action("bad", type="GOOGLE_ANALYTICS_4_CUSTOM")

    outcomes = target.apply([create_action("a"), bad, create_action("b")], names={})

    assert brief(outcomes) == [
        ("a", "applied", None),
        ("bad", "rejected", "CREATION_NOT_SUPPORTED"),
        ("b", "applied", None),
    ]
    assert outcomes[1].error == (
        "CREATION_NOT_SUPPORTED at mutate_operations[1].conversion_action_operation"
        ".create.type: Creation not supported. Next: this type cannot be made by API: "
        "make it in Google Ads, or mark the key event in GA4 and link the property"
    )
    assert outcomes[1].request_id


def test_a_service_without_partial_failure_still_applies_the_good_ones(target):
    action = applied(target, create_action("a"))[0].resource_name
    applied(target, goal_of("g", PURCHASE, action))
    goal = target.fetch_state().of(Kind.CUSTOM_CONVERSION_GOAL)[0].key
    fields = {"custom_conversion_goal": goal, "goal_config_level": "CAMPAIGN"}
    missing = CONFIG.replace("7000001", "79")

    outcomes = target.apply(
        [
            update(Kind.CONVERSION_GOAL_CAMPAIGN_CONFIG, missing, fields),
            update(Kind.CONVERSION_GOAL_CAMPAIGN_CONFIG, CONFIG, fields),
        ],
        names={},
    )

    assert brief(outcomes) == [
        ("79", "rejected", "RESOURCE_NOT_FOUND"),
        ("7000001", "applied", None),
    ]
    assert target.fetch_state().get(CONFIG).fields == fields


def test_a_custom_goal_is_let_go_before_it_goes(target):
    action = applied(target, create_action("a"))[0].resource_name
    goal = applied(target, goal_of("g", PURCHASE, action))[0].resource_name
    attach = {"custom_conversion_goal": goal, "goal_config_level": "CAMPAIGN"}
    detach = {"custom_conversion_goal": None, "goal_config_level": "CUSTOMER"}
    kind = Kind.CONVERSION_GOAL_CAMPAIGN_CONFIG
    applied(target, update(kind, CONFIG, attach))

    early = target.apply([remove(Kind.CUSTOM_CONVERSION_GOAL, goal)], names={})
    applied(target, update(kind, CONFIG, detach))
    applied(target, remove(Kind.CUSTOM_CONVERSION_GOAL, goal))

    assert early[0].code == "CANNOT_REMOVE_LINKED_CUSTOM_CONVERSION_GOAL"
    state = target.fetch_state()
    assert state.get(CONFIG).fields == detach
    assert state.of(Kind.CUSTOM_CONVERSION_GOAL) == ()


def test_a_wish_points_to_what_another_wish_became(target):
    created = applied(target, create_action("a"))[0].resource_name

    outcome = applied(target, goal_of("g", "new:a"), names={"new:a": created})[0]

    found = target.fetch_state().get(outcome.resource_name)
    assert found.fields["conversion_actions"] == (created,)


def test_a_reference_to_nothing_is_skipped(target):
    outcomes = target.validate([goal_of("g", "new:a")], names={})

    assert brief(outcomes) == [("g", "skipped", None)]
    assert outcomes[0].error == "refers to new:a, which does not exist yet"


def test_the_same_create_twice_finds_the_first(target):
    first = applied(target, create_action("a"))[0]

    again = applied(target, create_action("a"))[0]

    assert again.resource_name == first.resource_name
    assert (again.code, again.error) == ("DUPLICATE_NAME", None)


def test_another_action_of_the_same_name_is_not_ours(target):
    applied(target, create_action("a"))

    outcome = target.apply([create_action("a", category="CONTACT")], names={})[0]

    assert (outcome.kind, outcome.code) == (OutcomeKind.REJECTED, "DUPLICATE_NAME")


def test_a_goal_with_the_same_actions_is_reused(target):
    action = applied(target, create_action("a"))[0].resource_name
    first = applied(target, goal_of("g", PURCHASE, action))[0].resource_name

    outcome = applied(target, goal_of("h", action, PURCHASE))[0]

    assert outcome.resource_name == first
    assert outcome.code == "DUPLICATE_CONVERSION_ACTION_LIST"


def test_a_check_changes_nothing(target):
    before = target.fetch_state()
    settings = {"maximize_conversion_value.target_roas": 4.0}

    outcomes = target.validate(
        [create_action("a"), update(Kind.CAMPAIGN, BEANS, settings)], names={}
    )

    assert [str(o.kind) for o in outcomes] == ["applied", "applied"]
    assert target.fetch_state() == before


@pytest.mark.parametrize("target_roas", [0.0, 4.25])
def test_a_campaign_is_switched_to_value_bidding(target, target_roas):
    fields = {"maximize_conversion_value.target_roas": target_roas}

    applied(target, update(Kind.CAMPAIGN, BRAND, fields))

    found = target.fetch_state().get(BRAND)
    assert found.info["bidding_strategy_type"] == "MAXIMIZE_CONVERSION_VALUE"
    assert found.fields["maximize_conversion_value.target_roas"] == target_roas


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (
            Kind.CUSTOMER_CONVERSION_GOAL,
            f"{OWNER}/customerConversionGoals/PURCHASE~WEBSITE",
        ),
        (
            Kind.CAMPAIGN_CONVERSION_GOAL,
            f"{OWNER}/campaignConversionGoals/7000001~PURCHASE~WEBSITE",
        ),
    ],
)
def test_a_goal_is_taken_out_of_bidding(target, kind, key):
    applied(target, update(kind, key, {"biddable": False}))

    assert target.fetch_state().get(key).fields == {"biddable": False}


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        (
            {"counting_type": "TWICE"},
            "counting_type cannot be 'TWICE': one of ONE_PER_CLICK, MANY_PER_CLICK",
        ),
        (
            {"default_value": Decimal(1)},
            (
                "google.ads.googleads.v26.resources.ConversionAction has no field "
                "'default_value'"
            ),
        ),
    ],
    ids=["enum", "field"],
)
def test_what_the_api_does_not_know_is_not_sent(target, fields, error):
    outcome = target.apply(
        [update(Kind.CONVERSION_ACTION, PURCHASE, fields)], names={}
    )[0]

    assert (outcome.kind, outcome.error) == (OutcomeKind.REJECTED, error)
    assert target.operations == 0


def test_campaigns_are_neither_made_nor_removed(target):
    outcomes = target.apply([remove(Kind.CAMPAIGN, BRAND)], names={})

    assert outcomes[0].kind is OutcomeKind.SKIPPED


def test_an_action_that_was_removed_meanwhile_says_so(target):
    created = applied(target, create_action("a"))[0].resource_name
    applied(target, remove(Kind.CONVERSION_ACTION, created))

    wish = update(Kind.CONVERSION_ACTION, created, {"primary_for_goal": True})
    outcome = target.apply([wish], names={})[0]

    assert outcome.kind is OutcomeKind.REJECTED
    assert outcome.error.endswith("plan again")
    assert target.fetch_state().get(created) is None


def test_an_action_renamed_in_the_ui_is_changed_all_the_same(target):
    created = applied(target, create_action("a"))[0].resource_name
    applied(target, update(Kind.CONVERSION_ACTION, created, {"name": "renamed"}))

    applied(target, update(Kind.CONVERSION_ACTION, created, {"status": "HIDDEN"}))

    found = target.fetch_state().get(created)
    assert (found.name, found.fields["status"]) == ("renamed", "HIDDEN")
