"""
What to do next about an error of the Google Ads services that a plan writes to.

Keys are `category.CODE`; a category alone is for codes that convbridge's own
requests have no part in. Texts: docstrings of API v26, facts of November 2026.
"""

from __future__ import annotations

_APP = "app conversion actions are changed in Google Ads under Goals > Conversions"
_DATA_DRIVEN = (
    "use GOOGLE_ADS_LAST_CLICK, or wait until the action has conversions enough for a "
    "data-driven model"
)
_SA360 = "set the goals in Search Ads 360: it manages this campaign"
_LOCAL = "set the goals in Google Ads: Local Services campaigns have goals of their own"
_STORE = "leave store sales and store visits out of the goal"
_DEFECT = "this is a defect of convbridge: report it with the request id"
_SHARED_BUDGET = (
    "give the strategy and its campaigns one budget, or each campaign its own, in "
    "Google Ads > Tools > Budgets and bidding"
)
_BY_HAND = "set the strategy in Google Ads: Campaigns > Settings > Bidding"
_RULES = "convbridge changes no value rules: Google Ads > Goals > Conversions > "
_RULES += "Value rules"

_CONVERSION_ACTION = {
    "DUPLICATE_APP_ID": _APP,
    "TWO_CONVERSION_ACTIONS_BIDDING_ON_SAME_APP_DOWNLOAD": _APP,
    "BIDDING_ON_SAME_APP_DOWNLOAD_AS_GLOBAL_ACTION": _APP,
    "DATA_DRIVEN_MODEL_EXPIRED": _DATA_DRIVEN,
    "DATA_DRIVEN_MODEL_STALE": _DATA_DRIVEN,
    "DATA_DRIVEN_MODEL_UNKNOWN": _DATA_DRIVEN,
}
_CUSTOM_GOAL = {
    "NON_BIDDABLE_CONVERSION_ACTION_NOT_ELIGIBLE_FOR_CUSTOM_GOAL": "the goal lists an "
    "action that Google never bids on: give its event class noise, or name another "
    "action for it",
}
_GOAL_CONFIG = {
    "CANNOT_USE_CAMPAIGN_GOAL_FOR_SEARCH_ADS_360_MANAGED_CAMPAIGN": _SA360,
    "STORE_SALE_STORE_VISIT_CANNOT_BE_BOTH_INCLUDED": _STORE,
    "PERFORMANCE_MAX_CAMPAIGN_CANNOT_USE_CUSTOM_GOAL_WITH_STORE_SALES": _STORE,
    "CANNOT_DISABLE_CAMPAIGN_OVERRIDE_GOALS_FOR_LOCAL_SERVICES_CAMPAIGN": _LOCAL,
}
_CAMPAIGN_GOAL = {
    "CANNOT_USE_CAMPAIGN_GOAL_FOR_SEARCH_ADS_360_MANAGED_CAMPAIGN": _SA360,
    "CANNOT_USE_STORE_SALE_GOAL_FOR_PERFORMANCE_MAX_CAMPAIGN": _STORE,
    "CANNOT_UNLINK_LOCAL_SERVICES_GOAL_FROM_LOCAL_SERVICES_CAMPAIGN": _LOCAL,
    "GOAL_NOT_ALLOWED_FOR_LOCAL_SERVICES_CAMPAIGN": _LOCAL,
    "LOCAL_SERVICES_GOAL_NOT_ALLOWED_FOR_NON_LOCAL_SERVICES_CAMPAIGN": _LOCAL,
}
_BIDDING = {
    "CANNOT_ATTACH_BIDDING_STRATEGY_TO_CAMPAIGN": "the campaign takes no portfolio of "
    "this kind: take it out of the portfolio in Google Ads, or leave bidding alone",
    "INVALID_BIDDING_STRATEGY_TYPE": "this type of campaign has no Maximize Conversion "
    "Value: leave it out of `goals.campaigns`, or leave bidding alone",
    "BIDDING_STRATEGY_NOT_AVAILABLE_FOR_ACCOUNT_TYPE": "the account has no strategies "
    "that bid on value: leave bidding alone",
    "BIDDING_STRATEGY_TYPE_INCOMPATIBLE_WITH_SHARED_BUDGET": _SHARED_BUDGET,
    "BIDDING_STRATEGY_AND_BUDGET_MUST_BE_ALIGNED": _SHARED_BUDGET,
    "BIDDING_STRATEGY_AND_BUDGET_MUST_BE_ATTACHED_TO_THE_SAME_CAMPAIGNS_TO_ALIGN": (
        _SHARED_BUDGET
    ),
    "BIDDING_STRATEGY_AND_BUDGET_MUST_BE_REMOVED_TOGETHER": _SHARED_BUDGET,
    "CPC_BID_FLOOR_MICROS_GREATER_THAN_CPC_BID_CEILING_MICROS": "correct the lowest "
    "and the highest bid of the strategy in Google Ads",
    "NOT_COMPATIBLE_WITH_PAYMENT_MODE": "let the campaign pay for clicks (Google Ads: "
    "Campaigns > Settings > Bidding)",
}
_STRATEGY = {
    "DUPLICATE_NAME": "another portfolio has this name: rename one in Google Ads",
    "CANNOT_CHANGE_BIDDING_STRATEGY_TYPE": "the type of a portfolio is for good: make "
    "a new one in Google Ads and move the campaigns there",
    "CANNOT_REMOVE_ASSOCIATED_STRATEGY": "take its campaigns out first",
    "BIDDING_STRATEGY_NOT_SUPPORTED": _BY_HAND,
    "INCOMPATIBLE_BIDDING_STRATEGY_AND_BIDDING_STRATEGY_GOAL_TYPE": _BY_HAND,
}
_CAMPAIGN = {
    "CANNOT_ATTACH_TO_BIDDING_STRATEGY": "the campaign takes no portfolio: leave it "
    "out of the portfolio in Google Ads",
    "CONVERSION_LAG_TOO_HIGH": "its conversions come too late for this strategy: bid "
    "on events nearer to the click",
    "NOT_COMPATIBLE_WITH_UPLOAD_CLICKS_CONVERSION": "the campaign cannot bid on "
    "uploaded conversions: leave it out of `goals.campaigns`",
    "NOT_COMPATIBLE_WITH_BIDDING_STRATEGY_TYPE": _BY_HAND,
    "NOT_COMPATIBLE_WITH_GOOGLE_ATTRIBUTION_CONVERSIONS": "set `attribution_model: "
    "GOOGLE_ADS_LAST_CLICK` for the actions this campaign bids on",
}
_MUTATE = {
    "ID_EXISTS_IN_MULTIPLE_MUTATES": _DEFECT,
    "INCONSISTENT_FIELD_VALUES": "two fields contradict each other: plan again",
    "RESOURCE_NOT_IN_GOOGLE_ADS": "the resource is another Google product's and is "
    "changed there",
    "RESOURCE_ALREADY_EXISTS": "it is there already: plan again",
    "RESOURCE_DOES_NOT_SUPPORT_VALIDATE_ONLY": _DEFECT,
    "OPERATION_DOES_NOT_SUPPORT_PARTIAL_FAILURE": _DEFECT,
    "RESOURCE_READ_ONLY": "Google keeps this itself: change it in Google Ads",
}
_FIELD = {
    "REQUIRED": "a field is missing that Google wants: report it with the request id",
    "IMMUTABLE_FIELD": "the field is set once, when the resource is made",
    "INVALID_VALUE": "the configuration has a value that Google does not take here",
    "VALUE_MUST_BE_UNSET": "Google wants the field left out here: take it out of the "
    "configuration",
    "REQUIRED_NONEMPTY_LIST": "the list may not be empty: name at least one event",
    "FIELD_CANNOT_BE_CLEARED": "the field can be changed, and not taken away",
    "BLOCKED_VALUE": "Google's policies do not allow this value",
    "FIELD_CAN_ONLY_BE_CLEARED": "the field is on its way out: it can only be emptied",
}
_MASK = {
    "FIELD_HAS_SUBFIELDS": _DEFECT,
    "FIELD_MASK_NOT_ALLOWED": _DEFECT,
    "FIELD_MASK_MISSING": _DEFECT,
}
_VALUES = {
    "currency_code_error.UNSUPPORTED": "Google Ads takes no values in this currency: "
    "use the account's own",
    "range_error.TOO_LOW": "the value is under Google's least: raise it",
    "range_error.TOO_HIGH": "the value is over Google's most: lower it",
    "string_length_error.TOO_SHORT": "the name is too short for Google",
    "string_length_error.TOO_LONG": "the name is too long for Google: shorten the "
    "client's or the event's name",
    "string_length_error.EMPTY": "the name may not be empty",
    "context_error.OPERATION_NOT_PERMITTED_FOR_CONTEXT": "Google does not allow this "
    "change here: make it in Google Ads",
    "database_error.DATA_CONSTRAINT_VIOLATION": "Google could not store the change: "
    "plan again, and change fewer things at once",
    "database_error.REQUEST_TOO_LARGE": "the change is too large: name fewer events",
    "quota_error.PAYMENTS_PROFILE_ACTIVATION_RATE_LIMIT_EXCEEDED": "too many payments "
    "profiles were activated: wait a day",
}
_ACCESS = {
    "authorization_error.ACTION_NOT_PERMITTED_FOR_SUSPENDED_ACCOUNT": "the account is "
    "suspended: resolve that in Google Ads first",
    "authorization_error.PROJECT_DISABLED": "enable the Google Ads API for the Cloud "
    "project in its API library",
    "authorization_error.CLOUD_PROJECT_NOT_UNDER_ORGANIZATION": "move the Cloud "
    "project into your organization",
    "resource_access_denied_error.WRITE_ACCESS_DENIED": "the login may only read: give "
    "it standard access under Admin > Access and security",
    "operation_access_denied_error.MUTATE_NOT_PERMITTED_FOR_CUSTOMER": "conversion "
    "actions of this account belong to another one: link the login to the conversion "
    "customer that `convbridge doctor` names",
    "operation_access_denied_error.CREATE_AS_REMOVED_NOT_PERMITTED": _DEFECT,
}
_BY_CATEGORY = {
    "authentication_error": "log in again; `convbridge doctor` names what is missing",
    "authorization_error": "the login may not do this: give it standard access under "
    "Admin > Access and security, and see `convbridge doctor`",
    "bidding_error": _BY_HAND,
    "campaign_error": "the campaign's other settings stand against it: look at them in "
    "Google Ads, or leave the campaign out of `goals.campaigns`",
    "conversion_value_rule_error": _RULES,
    "conversion_value_rule_set_error": _RULES,
    "customer_error": "finish setting up the account at ads.google.com",
    "internal_error": "Google failed: run the command again, what is unknown is read "
    "back first",
    "operation_access_denied_error": "Google does not allow this operation here: make "
    "the change in Google Ads",
    "query_error": "this API version cannot answer what is asked: use "
    "google_ads_version v26, or report it with the request id",
    "request_error": _DEFECT,
}
_BY_CODE = {
    "bidding_error": _BIDDING,
    "bidding_strategy_error": _STRATEGY,
    "campaign_conversion_goal_error": _CAMPAIGN_GOAL,
    "campaign_error": _CAMPAIGN,
    "conversion_action_error": _CONVERSION_ACTION,
    "conversion_goal_campaign_config_error": _GOAL_CONFIG,
    "custom_conversion_goal_error": _CUSTOM_GOAL,
    "field_error": _FIELD,
    "field_mask_error": _MASK,
    "mutate_error": _MUTATE,
}
ADS_HINTS: dict[str, str] = {
    f"{category}.{code}": hint
    for category, hints in _BY_CODE.items()
    for code, hint in hints.items()
}
ADS_HINTS |= _VALUES | _ACCESS | _BY_CATEGORY
"""Hints by `category.CODE`, or by category."""
