"""Goals through the real client: made by Google, changed by us, linked to campaigns."""

from __future__ import annotations

import pytest

from sandbox.ads_client import (
    CUSTOMER,
    MANAGER,
    fresh_google,
    open_ads,
    refusal,
    update,
)

BASE = f"customers/{CUSTOMER}"
CAMPAIGN = f"{BASE}/campaigns/7000001"
CONFIG = f"{BASE}/conversionGoalCampaignConfigs/7000001"
PURCHASE = f"{BASE}/customerConversionGoals/PURCHASE~WEBSITE"
CAMPAIGN_PURCHASE = f"{BASE}/campaignConversionGoals/7000001~PURCHASE~WEBSITE"


@pytest.fixture
def ads():
    with open_ads() as running:
        yield running


def set_customer_goal(ads, name, *, biddable, **flags):
    return ads.mutate(
        "CustomerConversionGoalService",
        "MutateCustomerConversionGoals",
        [update(name, "biddable", biddable=biddable)],
        **flags,
    )


def set_campaign_goal(ads, name, *, biddable):
    return ads.mutate(
        "CampaignConversionGoalService",
        "MutateCampaignConversionGoals",
        [update(name, "biddable", biddable=biddable)],
    )


def custom_goals(ads, *operations, customer=CUSTOMER):
    return ads.mutate(
        "CustomConversionGoalService",
        "MutateCustomConversionGoals",
        operations,
        customer,
    )


def create_goal(ads, name, *actions, customer=CUSTOMER):
    operation = {"create": {"name": name, "conversion_actions": actions}}
    response = custom_goals(ads, operation, customer=customer)
    return response.results[0].resource_name


def configure(ads, *paths, **fields):
    return ads.mutate(
        "ConversionGoalCampaignConfigService",
        "MutateConversionGoalCampaignConfigs",
        [update(CONFIG, *paths, **fields)],
    )


def level(ads):
    [row] = ads.rows(
        "SELECT conversion_goal_campaign_config.goal_config_level, "
        "conversion_goal_campaign_config.custom_conversion_goal "
        "FROM conversion_goal_campaign_config WHERE campaign.id = 7000001"
    )
    config = row.conversion_goal_campaign_config
    return config.goal_config_level.name, config.custom_conversion_goal


def customer_goals(ads):
    rows = ads.rows(
        "SELECT customer_conversion_goal.category, customer_conversion_goal.origin, "
        "customer_conversion_goal.biddable FROM customer_conversion_goal"
    )
    goals = [row.customer_conversion_goal for row in rows]
    return {(g.category.name, g.origin.name): g.biddable for g in goals}


def test_creating_an_action_makes_its_goals(ads):
    ads.create_action(category="CONTACT")

    rows = ads.rows(
        "SELECT campaign_conversion_goal.biddable FROM campaign_conversion_goal "
        "WHERE campaign_conversion_goal.category = 'CONTACT'"
    )
    assert customer_goals(ads) == {
        ("PURCHASE", "WEBSITE"): True,
        ("CONTACT", "WEBSITE"): True,
    }
    assert [row.campaign_conversion_goal.biddable for row in rows] == [True] * 5


@pytest.mark.parametrize(
    ("category", "origin", "biddable"),
    [
        pytest.param("CONTACT", "WEBSITE", True, id="website"),
        pytest.param("CONTACT", "GOOGLE_HOSTED", False, id="hosted-contact"),
        pytest.param("DOWNLOAD", "GOOGLE_HOSTED", True, id="hosted-other"),
        pytest.param("STORE_SALE", "STORE", False, id="store"),
        pytest.param("MESSAGE_LEAD", "LOCAL_SERVICES_ADS", False, id="local"),
        pytest.param("PHONE_CALL_LEAD", "CALL_FROM_ADS", True, id="call"),
    ],
)
def test_a_goal_is_born_biddable_but_for_the_exceptions(category, origin, biddable):
    from convbridge.sandbox.ads_goals import starts_biddable
    from convbridge.sandbox.ads_messages import number

    actual = starts_biddable(
        number("ConversionActionCategory", category), number("ConversionOrigin", origin)
    )

    assert actual is biddable


def test_false_arrives_at_a_customer_goal(ads):
    set_customer_goal(ads, PURCHASE, biddable=False)

    assert customer_goals(ads) == {("PURCHASE", "WEBSITE"): False}


def test_a_campaign_goal_takes_the_campaign_out_of_the_customers_goals(ads):
    ads.rows("SELECT campaign.id FROM campaign")

    set_campaign_goal(ads, CAMPAIGN_PURCHASE, biddable=False)

    assert level(ads) == ("CAMPAIGN", "")


def test_attaching_a_custom_goal_sets_the_campaign_level(ads):
    goal = create_goal(ads, "Micro", ads.create_action(primary_for_goal=False))

    configure(ads, "custom_conversion_goal", custom_conversion_goal=goal)

    assert level(ads) == ("CAMPAIGN", goal)


def test_a_campaign_goes_back_to_the_customers_goals(ads):
    goal = create_goal(ads, "Micro", ads.create_action())
    configure(ads, "custom_conversion_goal", custom_conversion_goal=goal)

    configure(
        ads, "goal_config_level", "custom_conversion_goal", goal_config_level="CUSTOMER"
    )
    custom_goals(ads, {"remove": goal})

    assert level(ads) == ("CUSTOMER", "")


def test_a_linked_custom_goal_stays(ads):
    goal = create_goal(ads, "Micro", ads.create_action())
    configure(ads, "custom_conversion_goal", custom_conversion_goal=goal)

    actual = refusal(lambda: custom_goals(ads, {"remove": goal}))

    code = "custom_conversion_goal_error.CANNOT_REMOVE_LINKED_CUSTOM_CONVERSION_GOAL"
    assert actual == [(code, "operations[0].remove")]


ERROR = "custom_conversion_goal_error"
LIST = "operations[0].create.conversion_actions"


def test_the_same_list_twice_is_refused(ads):
    first, second = ads.create_action("one"), ads.create_action("two")
    create_goal(ads, "Micro", first, second)

    actual = refusal(lambda: create_goal(ads, "Other", second, first))

    assert actual == [(f"{ERROR}.DUPLICATE_CONVERSION_ACTION_LIST", LIST)]


def test_the_same_name_twice_is_refused(ads):
    first, second = ads.create_action("one"), ads.create_action("two")
    create_goal(ads, "Micro", first)

    actual = refusal(lambda: create_goal(ads, "Micro", second))

    place = "operations[0].create.name"
    assert actual == [(f"{ERROR}.CUSTOM_GOAL_DUPLICATE_NAME", place)]


def test_an_unknown_action_is_no_goal(ads):
    unknown = f"{BASE}/conversionActions/1"

    actual = refusal(lambda: create_goal(ads, "Micro", unknown))

    assert actual == [(f"{ERROR}.INVALID_CONVERSION_ACTION", LIST)]


def test_a_hidden_action_is_no_goal(ads):
    name = ads.create_action()
    ads.update_action(name, "status", status="HIDDEN")

    actual = refusal(lambda: create_goal(ads, "Micro", name))

    assert actual == [(f"{ERROR}.CONVERSION_ACTION_NOT_ENABLED", LIST)]


def test_an_empty_list_is_no_goal(ads):
    actual = refusal(lambda: create_goal(ads, "Micro"))

    assert actual == [("not_empty_error.EMPTY_LIST", LIST)]


def test_a_custom_goal_must_be_of_the_conversion_customer(ads):
    ads.rows("SELECT campaign.id FROM campaign")
    foreign = f"customers/{MANAGER}/customConversionGoals/1"

    actual = refusal(
        lambda: configure(ads, "custom_conversion_goal", custom_conversion_goal=foreign)
    )

    code = "CUSTOM_GOAL_DOES_NOT_BELONG_TO_GOOGLE_ADS_CONVERSION_CUSTOMER"
    place = "operations[0].update.custom_conversion_goal"
    assert actual == [(f"conversion_goal_campaign_config_error.{code}", place)]


def test_a_campaign_needs_some_goal(ads):
    ads.rows("SELECT campaign.id FROM campaign")
    set_campaign_goal(ads, CAMPAIGN_PURCHASE, biddable=False)

    actual = refusal(
        lambda: configure(ads, "goal_config_level", goal_config_level="CAMPAIGN")
    )

    code = "conversion_goal_campaign_config_error.EMPTY_CONVERSION_GOALS"
    assert actual == [(code, "operations[0].update")]


def test_a_managers_custom_goal_serves_its_clients():
    google = fresh_google(conversion_customer_id=MANAGER)
    with open_ads(google=google) as ads:
        name = ads.create_action(customer=MANAGER)
        goal = create_goal(ads, "Micro", name, customer=MANAGER)

        configure(ads, "custom_conversion_goal", custom_conversion_goal=goal)

        assert level(ads) == ("CAMPAIGN", goal)


def test_a_goal_change_starts_a_learning_period_of_a_week(ads):
    goal = create_goal(ads, "Micro", ads.create_action())
    query = (
        "SELECT campaign.bidding_strategy_system_status FROM campaign "
        "WHERE campaign.id = 7000001"
    )

    def status():
        [row] = ads.rows(query)
        return row.campaign.bidding_strategy_system_status.name

    before = status()
    configure(ads, "custom_conversion_goal", custom_conversion_goal=goal)
    during = status()
    ads.google.clock.advance(days=7)

    assert (before, during, status()) == (
        "ENABLED",
        "LEARNING_CONVERSION_SETTING_CHANGE",
        "ENABLED",
    )


def test_a_custom_goal_takes_another_list_until_it_is_removed(ads):
    first, second = ads.create_action("one"), ads.create_action("two")
    goal = create_goal(ads, "Micro", first)
    configure(ads, "custom_conversion_goal", custom_conversion_goal=goal)

    custom_goals(
        ads, update(goal, "conversion_actions", conversion_actions=[first, second])
    )
    [row] = ads.rows(
        "SELECT custom_conversion_goal.conversion_actions FROM custom_conversion_goal"
    )
    configure(
        ads, "goal_config_level", "custom_conversion_goal", goal_config_level="CUSTOMER"
    )
    custom_goals(ads, {"remove": goal})
    removed = refusal(lambda: custom_goals(ads, update(goal, "name", name="x")))
    attached = refusal(
        lambda: configure(ads, "custom_conversion_goal", custom_conversion_goal=goal)
    )

    assert list(row.custom_conversion_goal.conversion_actions) == [first, second]
    code = "context_error.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
    assert removed == [(code, "operations[0]")]
    place = "operations[0].update.custom_conversion_goal"
    assert attached == [("mutate_error.RESOURCE_NOT_FOUND", place)]


def test_a_goal_level_cannot_be_unset(ads):
    ads.rows("SELECT campaign.id FROM campaign")

    actual = refusal(lambda: configure(ads, "goal_config_level"))

    place = "operations[0].update.goal_config_level"
    assert actual == [("field_error.REQUIRED", place)]


def test_an_unknown_goal_is_not_found(ads):
    name = f"{BASE}/customerConversionGoals/CONTACT~WEBSITE"

    actual = refusal(lambda: set_customer_goal(ads, name, biddable=False))

    place = "operations[0].update.resource_name"
    assert actual == [("mutate_error.RESOURCE_NOT_FOUND", place)]
