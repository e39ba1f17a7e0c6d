"""Conversion actions and custom goals that live in a manager account."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convbridge.model.changes import Action
from convbridge.model.resources import ResourceType as Kind
from google_ads.conftest import CUSTOMER, LOGIN
from google_ads.wishes import change, create_action, update
from sandbox.ads_client import fresh_google

CONFIG = f"customers/{CUSTOMER}/conversionGoalCampaignConfigs/7000001"


@pytest.fixture
def shared(open_target):
    with fresh_google(conversion_customer_id=str(LOGIN)) as google:
        yield open_target(google.google_ads_endpoint)


def in_manager(wish):
    return replace(wish, owner=str(LOGIN))


def test_the_manager_owns_the_actions_and_the_client_the_campaigns(shared):
    state = shared.fetch_state()

    assert shared.fetch_account().conversion_customer == LOGIN
    actions = state.of(Kind.CONVERSION_ACTION)
    assert actions
    assert {a.owner for a in actions} == {str(LOGIN)}
    assert {c.owner for c in state.of(Kind.CAMPAIGN)} == {str(CUSTOMER)}


def test_a_goal_of_the_manager_is_put_on_a_campaign_of_the_client(shared):
    action = shared.apply([in_manager(create_action("cart"))], names={})[0]
    goal = in_manager(
        change(
            Action.CREATE,
            Kind.CUSTOM_CONVERSION_GOAL,
            "new:goal",
            {"name": "goal", "conversion_actions": ("new:cart",)},
        )
    )
    named = shared.apply([goal], names={"new:cart": action.resource_name})[0]
    attach = {
        "custom_conversion_goal": named.resource_name,
        "goal_config_level": "CAMPAIGN",
    }
    kind = Kind.CONVERSION_GOAL_CAMPAIGN_CONFIG

    outcome = shared.apply([update(kind, CONFIG, attach)], names={})[0]

    assert outcome.error is None
    assert named.resource_name.startswith(f"customers/{LOGIN}/")
    assert shared.fetch_state().get(CONFIG).fields == attach


def test_one_request_goes_to_each_owner(shared):
    own = create_action("own")

    outcomes = shared.apply([own, in_manager(create_action("shared"))], names={})

    assert [str(o.kind) for o in outcomes] == ["rejected", "applied"]
    assert shared.operations == 2
