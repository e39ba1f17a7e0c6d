"""Rows are read to the end: pages, streams, and what ends neither."""

from __future__ import annotations

from functools import cache

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convbridge.adapters.google_ads.messages import get_field, set_field
from convbridge.errors import DataError
from convbridge.model.policy import GoalMode
from convbridge.model.resources import ResourceType
from convbridge.testing.messages import message_factory
from google_ads.loopback import Refusal, scripted

GOALS = [ResourceType.CUSTOMER_CONVERSION_GOAL]


@cache
def new(name):
    return message_factory("v26")(name)


def account():
    page = type(new("SearchGoogleAdsResponse"))()
    row = page.results.add()
    row.customer.id = 1234567890
    row.customer.currency_code = "THB"
    return page


def goals(*categories, token="", kind="SearchGoogleAdsResponse"):
    page = type(new(kind))()
    for category in categories:
        goal = page.results.add().customer_conversion_goal
        goal.resource_name = f"customers/1234567890/customerConversionGoals/{category}"
        set_field(goal, "category", category)
    if token:
        page.next_page_token = token
    return page


def names(state):
    return [resource.info["category"] for resource in state]


def test_every_page_is_read_and_the_search_counts_once(open_target):
    pages = [goals("PURCHASE", token="2"), goals("SIGNUP", token="3"), goals("CONTACT")]

    with scripted(account(), *pages) as (endpoint, script):
        target = open_target(endpoint)
        state = target.fetch_state(GOALS)

    assert names(state) == ["PURCHASE", "SIGNUP", "CONTACT"]
    assert (len(script.requests), target.operations) == (4, 2)


def test_pages_that_go_round_are_an_error(open_target):
    page = goals("PURCHASE", token="2")

    with scripted(account(), page) as (endpoint, _):
        target = open_target(endpoint)
        with pytest.raises(DataError, match="the same page twice for 123-456-7890"):
            target.fetch_state(GOALS)


def test_where_search_is_not_offered_the_query_is_streamed(open_target):
    stream = goals("PURCHASE", "SIGNUP", kind="SearchGoogleAdsStreamResponse")
    refusal = Refusal(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")

    with scripted(account(), refusal, stream) as (endpoint, script):
        target = open_target(endpoint)
        first, second = target.fetch_state(GOALS), target.fetch_state(GOALS)

    assert names(first) == names(second) == ["PURCHASE", "SIGNUP"]
    assert len(script.requests) == 4


def test_an_account_without_a_row_is_an_error(open_target):
    empty = type(new("SearchGoogleAdsResponse"))()

    with scripted(empty) as (endpoint, _):
        target = open_target(endpoint)
        with pytest.raises(DataError, match="says nothing of 123-456-7890"):
            target.fetch_account()


def test_the_login_customer_and_routing_are_sent_and_no_token(open_target):
    with scripted(account()) as (endpoint, script):
        open_target(endpoint).fetch_account()

    sent = script.metadata[0]
    assert sent["login-customer-id"] == "9999999999"
    assert sent["x-goog-request-params"] == "customer_id=1234567890"
    assert {"developer-token", "authorization"}.isdisjoint(sent)


money = st.decimals(min_value=0, max_value=10**9, places=3)
FIELDS = st.one_of(
    st.tuples(st.just("primary_for_goal"), st.booleans()),
    st.tuples(st.just("value_settings.always_use_default_value"), st.booleans()),
    st.tuples(st.just("value_settings.default_value"), money),
    st.tuples(st.just("click_through_lookback_window_days"), st.integers(0, 90)),
    st.tuples(st.just("status"), st.sampled_from(["ENABLED", "HIDDEN", "REMOVED"])),
    st.tuples(st.just("name"), st.text(st.characters(codec="utf-8"))),
)


@given(FIELDS)
def test_what_is_set_is_what_is_read(field):
    path, value = field
    action = type(new("ConversionAction"))()

    set_field(action, path, value)
    wired = type(action).FromString(action.SerializeToString())

    assert get_field(wired, path) == value


@given(FIELDS)
def test_what_is_cleared_is_absent(field):
    path, value = field
    action = type(new("ConversionAction"))()
    set_field(action, path, value)

    set_field(action, path, None)

    assert get_field(action, path) is None


def test_campaigns_and_portfolios_are_read_apart_where_the_join_is_refused(open_target):
    refusal = Refusal(grpc.StatusCode.INVALID_ARGUMENT, "no such join")
    campaigns = type(new("SearchGoogleAdsResponse"))()
    campaign = campaigns.results.add().campaign
    campaign.resource_name = "customers/1234567890/campaigns/1"
    campaign.bidding_strategy = "customers/1234567890/biddingStrategies/2"
    portfolios = type(new("SearchGoogleAdsResponse"))()
    portfolio = portfolios.results.add().bidding_strategy
    portfolio.resource_name = campaign.bidding_strategy
    set_field(portfolio, "type", "TARGET_ROAS")
    set_field(portfolio, "target_roas.target_roas", 3.5)

    with scripted(account(), refusal, campaigns, portfolios) as (endpoint, _):
        state = open_target(endpoint).fetch_state([ResourceType.CAMPAIGN])

    found = state.get(campaign.bidding_strategy)
    assert found.fields["target_roas.target_roas"] == 3.5
    on_it = state.get(campaign.resource_name).fields
    assert on_it["bidding_strategy"] == found.key
    assert on_it["target_roas.target_roas"] is None


def found(*rows):
    """Return a page of rows, each a function that fills one."""
    page = type(new("SearchGoogleAdsResponse"))()
    for fill in rows:
        fill(page.results.add())
    return page


NAME = "customers/1234567890/campaigns/1"
PORTFOLIO = "customers/1234567890/biddingStrategies/2"


def fill_campaign(row):
    row.campaign.resource_name, row.campaign.name = NAME, "Brand"
    row.campaign.bidding_strategy = PORTFOLIO


def fill_config(row, level="CUSTOMER"):
    config = row.conversion_goal_campaign_config
    config.resource_name = "customers/1234567890/conversionGoalCampaignConfigs/1"
    config.campaign = NAME
    set_field(config, "goal_config_level", level)


def fill_both(row):
    fill_campaign(row)
    fill_config(row)


def fill_changed(row):
    fill_campaign(row)
    fill_config(row, "CAMPAIGN")


def fill_portfolio(row):
    row.bidding_strategy.resource_name = PORTFOLIO


JOINED = [
    pytest.param([found(fill_both), found(fill_portfolio)], id="in-one-search"),
    pytest.param(
        [
            Refusal(grpc.StatusCode.INVALID_ARGUMENT, "no such join"),
            found(fill_config),
            found(fill_campaign, fill_portfolio),
        ],
        id="apart-where-the-join-is-refused",
    ),
    pytest.param(
        [
            found(fill_config),
            found(fill_config),
            found(fill_campaign, fill_portfolio),
        ],
        id="apart-where-campaigns-do-not-come-along",
    ),
    pytest.param(
        [found(fill_changed), found(fill_campaign, fill_portfolio)],
        id="apart-where-maybe-only-changed-configs-came",
    ),
]


@pytest.mark.parametrize("answers", JOINED)
def test_campaign_mode_reads_campaigns_with_their_configs(open_target, answers):
    nothing = [found(), found(), found()]  # actions, goals of account and campaigns

    with scripted(account(), *nothing, *answers) as (endpoint, _):
        state = open_target(endpoint, goal_mode=GoalMode.CAMPAIGN).fetch_state()

    assert sorted((str(r.type), r.name) for r in state) == [
        ("bidding_strategy", ""),
        ("campaign", "Brand"),
        ("conversion_goal_campaign_config", "Brand"),
    ]


def test_value_rules_and_upload_summaries_are_read(open_target):
    rules = type(new("SearchGoogleAdsResponse"))()
    rule = rules.results.add().conversion_value_rule
    rule.resource_name = "customers/1234567890/conversionValueRules/9"
    set_field(rule, "action.operation", "MULTIPLY")
    set_field(rule, "action.value", 1.2)
    set_field(rule, "status", "ENABLED")
    uploads = type(new("SearchGoogleAdsResponse"))()
    row = uploads.results.add()
    summary = row.offline_conversion_upload_conversion_action_summary
    summary.conversion_action_id = 5012
    summary.conversion_action_name = "CRM sale"
    summary.total_event_count, summary.successful_event_count = 40, 35
    set_field(summary, "client", "GOOGLE_ADS_API")
    set_field(summary, "status", "NEEDS_ATTENTION")
    alert = summary.alerts.add(error_percentage=0.125)
    set_field(alert.error, "conversion_upload_error", "CLICK_NOT_FOUND")

    with scripted(account(), rules, uploads) as (endpoint, _):
        target = open_target(endpoint)
        found, sums = target.fetch_value_rules(), target.fetch_upload_summaries()

    assert [(r.name, r.fields["status"]) for r in found] == [
        ("MULTIPLY 1.2", "ENABLED")
    ]
    assert [s.to_dict() for s in sums] == [
        {
            "conversion_action_id": "5012",
            "conversion_action": "CRM sale",
            "client": "GOOGLE_ADS_API",
            "status": "NEEDS_ATTENTION",
            "total": 40,
            "successful": 35,
            "pending": 0,
            "last_upload": None,
            "alerts": ["CLICK_NOT_FOUND 12.5%"],
        }
    ]
