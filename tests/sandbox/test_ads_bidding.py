"""Campaign and portfolio bidding through the real client."""

from __future__ import annotations

import pytest

from sandbox.ads_client import CUSTOMER, open_ads, refusal, update

BASE = f"customers/{CUSTOMER}"
CAMPAIGN = f"{BASE}/campaigns/7000001"
TARGET = "maximize_conversion_value.target_roas"


@pytest.fixture
def ads():
    with open_ads() as running:
        running.rows("SELECT campaign.id FROM campaign")
        yield running


def change(ads, *paths, campaign=CAMPAIGN, **fields):
    return ads.mutate(
        "CampaignService", "MutateCampaigns", [update(campaign, *paths, **fields)]
    )


def strategies(ads, operation):
    response = ads.mutate(
        "BiddingStrategyService", "MutateBiddingStrategies", [operation]
    )
    return response.results[0].resource_name


def create_strategy(ads, name="Portfolio", target=3.0):
    scheme = {"target_roas": target}
    return strategies(
        ads, {"create": {"name": name, "maximize_conversion_value": scheme}}
    )


def bidding(ads):
    [row] = ads.rows(
        "SELECT campaign.bidding_strategy_type, campaign.bidding_strategy, "
        "campaign.bidding_strategy_system_status, "
        f"campaign.{TARGET} FROM campaign WHERE campaign.id = 7000001"
    )
    found = row.campaign
    return (
        found.bidding_strategy_type.name,
        found.maximize_conversion_value.target_roas,
        found.bidding_strategy,
        found.bidding_strategy_system_status.name,
    )


def test_a_target_is_set_and_unset_by_its_own_path(ads):
    change(ads, TARGET, maximize_conversion_value={"target_roas": 3.5})
    with_target = bidding(ads)

    change(ads, TARGET, maximize_conversion_value={"target_roas": 0.0})

    learning = "LEARNING_SETTING_CHANGE"
    assert with_target == ("MAXIMIZE_CONVERSION_VALUE", 3.5, "", learning)
    assert bidding(ads) == ("MAXIMIZE_CONVERSION_VALUE", 0.0, "", learning)


def test_a_reset_target_leaves_another_scheme_alone(ads):
    change(
        ads,
        "maximize_conversions.target_cpa_micros",
        maximize_conversions={"target_cpa_micros": 0},
    )

    change(ads, TARGET)

    assert bidding(ads)[0] == "MAXIMIZE_CONVERSIONS"


@pytest.mark.parametrize(
    ("paths", "fields", "error", "place"),
    [
        pytest.param(
            ("maximize_conversion_value",),
            {"maximize_conversion_value": {"target_roas": 2.0}},
            "field_mask_error.FIELD_HAS_SUBFIELDS",
            "update_mask",
            id="parent-path",
        ),
        pytest.param(
            (TARGET,),
            {"maximize_conversion_value": {"target_roas": -1.0}},
            "range_error.TOO_LOW",
            f"update.{TARGET}",
            id="negative",
        ),
        pytest.param(
            (TARGET,),
            {"maximize_conversion_value": {"target_roas": 1000.5}},
            "range_error.TOO_HIGH",
            f"update.{TARGET}",
            id="huge",
        ),
        pytest.param(
            (TARGET,),
            {"maximize_conversion_value": {"target_roas": float("nan")}},
            "field_error.INVALID_VALUE",
            f"update.{TARGET}",
            id="not-a-number",
        ),
        pytest.param(
            ("maximize_conversion_value.cpc_bid_ceiling_micros",),
            {"maximize_conversion_value": {"cpc_bid_ceiling_micros": 5}},
            "field_error.VALUE_MUST_BE_UNSET",
            "update.maximize_conversion_value",
            id="ceiling-is-for-portfolios",
        ),
        pytest.param(
            ("bidding_strategy",),
            {"bidding_strategy": f"{BASE}/biddingStrategies/1"},
            "mutate_error.RESOURCE_NOT_FOUND",
            "update.bidding_strategy",
            id="unknown-portfolio",
        ),
        pytest.param(
            ("bidding_strategy_type",),
            {"bidding_strategy_type": "TARGET_ROAS"},
            "mutate_error.RESOURCE_READ_ONLY",
            "update.bidding_strategy_type",
            id="type-is-read-only",
        ),
        pytest.param(
            ("advertising_channel_type",),
            {"advertising_channel_type": "VIDEO"},
            "field_error.IMMUTABLE_FIELD",
            "update.advertising_channel_type",
            id="channel-is-immutable",
        ),
        pytest.param(
            ("name",),
            {"name": "Generic - Coffee Beans"},
            "campaign_error.DUPLICATE_CAMPAIGN_NAME",
            "update.name",
            id="name-taken",
        ),
    ],
)
def test_a_campaign_change_is_refused(ads, paths, fields, error, place):
    actual = refusal(lambda: change(ads, *paths, **fields))

    assert actual == [(error, f"operations[0].{place}")]


def test_performance_max_keeps_to_its_two_strategies(ads):
    [row] = ads.rows(
        "SELECT campaign.resource_name FROM campaign "
        "WHERE campaign.advertising_channel_type = 'PERFORMANCE_MAX'"
    )

    actual = refusal(
        lambda: change(
            ads,
            "target_roas.target_roas",
            campaign=row.campaign.resource_name,
            target_roas={"target_roas": 2.0},
        )
    )

    code = "bidding_error.BIDDING_STRATEGY_TRANSITION_NOT_ALLOWED"
    assert actual == [(code, "operations[0].update.target_roas")]


def test_a_campaign_joins_and_leaves_a_portfolio(ads):
    portfolio = create_strategy(ads)
    change(ads, "bidding_strategy", bidding_strategy=portfolio)
    joined = bidding(ads)
    kept = refusal(lambda: strategies(ads, {"remove": portfolio}))

    change(ads, TARGET, maximize_conversion_value={"target_roas": 2.0})
    strategies(ads, {"remove": portfolio})

    assert joined[:3] == ("MAXIMIZE_CONVERSION_VALUE", 0.0, portfolio)
    code = "bidding_strategy_error.CANNOT_REMOVE_ASSOCIATED_STRATEGY"
    assert kept == [(code, "operations[0].remove")]
    assert bidding(ads)[:3] == ("MAXIMIZE_CONVERSION_VALUE", 2.0, "")


def test_a_portfolio_counts_its_campaigns_and_takes_a_new_target(ads):
    portfolio = create_strategy(ads)
    change(ads, "bidding_strategy", bidding_strategy=portfolio)

    strategies(
        ads, update(portfolio, TARGET, maximize_conversion_value={"target_roas": 4.5})
    )

    [row] = ads.rows(
        "SELECT bidding_strategy.campaign_count, bidding_strategy.type, "
        f"bidding_strategy.{TARGET} FROM bidding_strategy"
    )
    found = row.bidding_strategy
    assert (
        found.campaign_count,
        found.type_.name,
        found.maximize_conversion_value.target_roas,
    ) == (1, "MAXIMIZE_CONVERSION_VALUE", 4.5)


@pytest.mark.parametrize(
    ("paths", "fields", "error", "place"),
    [
        pytest.param(
            ("target_cpa.target_cpa_micros",),
            {"target_cpa": {"target_cpa_micros": 5}},
            "bidding_strategy_error.CANNOT_CHANGE_BIDDING_STRATEGY_TYPE",
            "update",
            id="another-scheme",
        ),
        pytest.param(
            ("name",), {}, "field_error.REQUIRED", "update.name", id="no-name"
        ),
        pytest.param(
            (
                "maximize_conversion_value.cpc_bid_ceiling_micros",
                "maximize_conversion_value.cpc_bid_floor_micros",
            ),
            {
                "maximize_conversion_value": {
                    "cpc_bid_ceiling_micros": 1,
                    "cpc_bid_floor_micros": 2,
                }
            },
            "bidding_error.CPC_BID_FLOOR_MICROS_GREATER_THAN_CPC_BID_CEILING_MICROS",
            "update.maximize_conversion_value",
            id="floor-above-ceiling",
        ),
    ],
)
def test_a_portfolio_change_is_refused(ads, paths, fields, error, place):
    portfolio = create_strategy(ads)

    actual = refusal(lambda: strategies(ads, update(portfolio, *paths, **fields)))

    assert actual == [(error, f"operations[0].{place}")]


def test_portfolio_names_are_unique(ads):
    create_strategy(ads)

    actual = refusal(lambda: create_strategy(ads))

    code = "bidding_strategy_error.DUPLICATE_NAME"
    assert actual == [(code, "operations[0].create.name")]


def test_a_removed_portfolio_takes_no_campaign_and_no_change(ads):
    portfolio = create_strategy(ads)
    strategies(ads, {"remove": portfolio})

    attached = refusal(
        lambda: change(ads, "bidding_strategy", bidding_strategy=portfolio)
    )
    changed = refusal(lambda: strategies(ads, update(portfolio, "name", name="x")))

    code = "bidding_error.CANNOT_ATTACH_BIDDING_STRATEGY_TO_CAMPAIGN"
    assert attached == [(code, "operations[0].update.bidding_strategy")]
    code = "context_error.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
    assert changed == [(code, "operations[0]")]


def test_a_removed_campaign_takes_no_change(ads):
    change(ads, "status", status="REMOVED")

    actual = refusal(lambda: change(ads, "status", status="ENABLED"))

    code = "context_error.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
    assert actual == [(code, "operations[0]")]
