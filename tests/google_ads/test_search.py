"""Rows are read to the end: pages, streams, and what ends neither."""

from __future__ import annotations

from functools import cache

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convbridge.adapters.google_ads.messages import get_field, set_field
from convbridge.errors import DataError
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
