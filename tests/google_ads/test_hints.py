"""Every error of the services a plan writes to says what to do next."""

from __future__ import annotations

from importlib import import_module

import pytest

from convbridge.adapters.ads_failures import AdsError
from convbridge.adapters.ads_hints import ADS_HINTS
from convbridge.adapters.google_ads.connection import VERSIONS
from convbridge.adapters.google_ads.refusals import next_step
from convbridge.model.resources import ResourceType
from google_ads.wishes import update

OF_A_PLAN = (
    "bidding_strategy_error",
    "campaign_conversion_goal_error",
    "context_error",
    "conversion_action_error",
    "conversion_goal_campaign_config_error",
    "currency_code_error",
    "custom_conversion_goal_error",
    "database_error",
    "field_error",
    "field_mask_error",
    "mutate_error",
    "not_allowlisted_error",
    "quota_error",
    "range_error",
    "resource_access_denied_error",
    "resource_count_limit_exceeded_error",
    "string_length_error",
)
"""Each code of these has words of its own, or the category's own limit has."""
AROUND_IT = (
    "authentication_error",
    "authorization_error",
    "bidding_error",
    "campaign_error",
    "conversion_value_rule_error",
    "conversion_value_rule_set_error",
    "customer_error",
    "internal_error",
    "operation_access_denied_error",
    "query_error",
    "request_error",
)
"""Codes of these that a plan has no part in share the category's words."""
SPECIFIC = {
    "bidding_error": {
        "BIDDING_STRATEGY_TRANSITION_NOT_ALLOWED",
        "CANNOT_ATTACH_BIDDING_STRATEGY_TO_CAMPAIGN",
        "INVALID_BIDDING_STRATEGY_TYPE",
        "BIDDING_STRATEGY_NOT_AVAILABLE_FOR_ACCOUNT_TYPE",
        "BIDDING_STRATEGY_TYPE_INCOMPATIBLE_WITH_SHARED_BUDGET",
        "BIDDING_STRATEGY_AND_BUDGET_MUST_BE_ALIGNED",
        "BIDDING_STRATEGY_AND_BUDGET_MUST_BE_REMOVED_TOGETHER",
        "CPC_BID_FLOOR_MICROS_GREATER_THAN_CPC_BID_CEILING_MICROS",
    },
    "campaign_error": {
        "CANNOT_ATTACH_TO_BIDDING_STRATEGY",
        "CONVERSION_LAG_TOO_HIGH",
        "CONVERSION_TRACKING_NOT_ENABLED",
        "NOT_COMPATIBLE_WITH_UPLOAD_CLICKS_CONVERSION",
        "NOT_ENOUGH_CONVERSIONS",
    },
    "authorization_error": {
        "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION",
        "CUSTOMER_NOT_ENABLED",
        "USER_PERMISSION_DENIED",
    },
    "operation_access_denied_error": {"MUTATE_NOT_PERMITTED_FOR_CUSTOMER"},
}
"""Codes of the second kind that a plan does meet."""
CHANGE = update(
    ResourceType.CONVERSION_ACTION, "conversion_action/1", {"status": "ENABLED"}
)


def codes(category, version="v26"):
    module = import_module(f"google.ads.googleads.{version}.errors.types.errors")
    found = module.ErrorCode.pb().DESCRIPTOR.fields_by_name.get(category)
    return [v.name for v in found.enum_type.values][2:] if found else []


def step(category, code):
    return next_step(CHANGE, AdsError(category=category, code=code, message="No."))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("category", OF_A_PLAN + AROUND_IT)
def test_every_code_has_a_next_step(category, version):
    found = codes(category, version)

    assert found
    assert [code for code in found if not step(category, code)] == []


@pytest.mark.parametrize("category", OF_A_PLAN)
def test_what_a_plan_meets_has_words_of_its_own(category):
    assert category not in ADS_HINTS


@pytest.mark.parametrize("category", SPECIFIC)
def test_what_a_plan_may_meet_has_more_than_the_categorys_words(category):
    shared = ADS_HINTS.get(category)

    assert SPECIFIC[category] <= set(codes(category))
    assert [c for c in SPECIFIC[category] if step(category, c) == shared] == []


def test_no_hint_is_for_a_code_that_google_does_not_have():
    known = {
        f"{category}.{code}"
        for category in OF_A_PLAN + AROUND_IT
        for version in VERSIONS
        for code in codes(category, version)
    }

    assert {key for key in ADS_HINTS if "." in key} <= known
