"""What to do next about a known error code of Google's, as data."""

from __future__ import annotations

from convbridge.adapters.ads_hints import ADS_HINTS
from convbridge.adapters.scopes import LOGIN_COMMAND

# Google Ads codes are unique enough across its error enums to be the key;
# where one is not, `category.CODE` comes first. Texts: facts of November 2026,
# developers.google.com/google-ads/api/docs and /data-manager/api.
_LOG_IN = (
    "log in again: with gcloud where credentials are adc, else with a new refresh "
    "token under google; `convbridge doctor` says how"
)

HINTS: dict[str, str] = {
    # Who may call
    "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION": "access levels belong to the Cloud "
    "project since 2026-09-09: apply for Explorer or Basic access for the project "
    "that owns the OAuth client or service account, or use a test account",
    "ACTION_NOT_PERMITTED": "the login may not do this here; before API v25 this "
    "also means that the Cloud project has test access only",
    "USER_PERMISSION_DENIED": "give the login access to the account, or set "
    "google_ads.login_customer_id to the manager account above it",
    "CUSTOMER_NOT_FOUND": "check google_ads.customer_id, and that it is under "
    "google_ads.login_customer_id",
    "CUSTOMER_NOT_ENABLED": "the account is cancelled, suspended or not set up: "
    "reactivate it in Google Ads under Admin > Account settings",
    "INVALID_LOGIN_CUSTOMER_ID_SERVING_CUSTOMER_ID_COMBINATION": "the customer is not "
    "under the login customer: correct google_ads.login_customer_id or link them",
    "INVALID_LOGIN_CUSTOMER_ID": "google_ads.login_customer_id must be the manager "
    "account through which the login reaches the client",
    "INCOMPLETE_SIGNUP": "finish signing up the account at ads.google.com first",
    "DEVELOPER_TOKEN_NOT_APPROVED": "leave developer_token out (API v25 and later "
    "ignore it), or use a test account",
    "DEVELOPER_TOKEN_PROHIBITED": "this token belongs to another Cloud project: "
    "leave developer_token out",
    "DEVELOPER_TOKEN_INVALID": "leave developer_token out: it has had no use since "
    "2026-09-09",
    "DEVELOPER_TOKEN_PARAMETER_MISSING": "use API v25 or later, which needs no token",
    "NOT_ADS_USER": "the login has no Google Ads account: invite it under "
    "Admin > Access and security",
    "TWO_STEP_VERIFICATION_NOT_ENROLLED": "turn on two-step verification for the login",
    "ADVANCED_PROTECTION_NOT_ENROLLED": "enrol the login in advanced protection",
    "ORGANIZATION_NOT_RECOGNIZED": "the Cloud organization is not known to Google Ads",
    "OAUTH_TOKEN_EXPIRED": _LOG_IN,
    "OAUTH_TOKEN_REVOKED": _LOG_IN,
    "OAUTH_TOKEN_INVALID": "log in again, with the adwords scope",
    "OAUTH_TOKEN_HEADER_INVALID": "the access token was not accepted: log in again",
    "GOOGLE_ACCOUNT_DELETED": "the login no longer exists: use another one",
    "MISSING_TOS": "accept Google's terms of service at ads.google.com",
    "SERVICE_DISABLED": "enable the API for the Cloud project in its API library",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "the login was made without this API's scope; "
    f"run: {LOGIN_COMMAND}",
    "ACCESS_PROHIBITED": "this Cloud project may not use the API: ask Google Ads "
    "API support",
    # What may be called for
    "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE": "closed to new users since "
    "2026-06-15: use the Data Manager API (delivery.sink: data_manager)",
    "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED": "declare for every campaign "
    "whether it is EU political advertising (campaign settings in Google Ads), "
    "then apply again",
    "UPDATE_NOT_SUPPORTED": "Google does not let the API change this field here: "
    "set it in Google Ads under Goals > Conversions > Summary",
    "MUTATE_NOT_ALLOWED": "Google does not let the API change this here: set it in "
    "Google Ads under Goals > Conversions > Summary",
    "CREATION_NOT_SUPPORTED": "this type cannot be made by API: make it in Google "
    "Ads, or mark the key event in GA4 and link the property",
    "CANNOT_SET_RULE_BASED_ATTRIBUTION_MODELS": "use GOOGLE_ADS_LAST_CLICK or "
    "GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN",
    "DATA_DRIVEN_MODEL_WAS_NEVER_GENERATED": "data-driven attribution needs more "
    "conversions first",
    "DUPLICATE_NAME": "another one has this name (it may be hidden or removed in "
    "the list): rename it, or let convbridge use that one by naming its id",
    "CUSTOM_GOAL_DUPLICATE_NAME": "another custom goal has this name",
    "DUPLICATE_CONVERSION_ACTION_LIST": "another custom goal lists the same actions",
    "CONVERSION_ACTION_NOT_ENABLED": "every action of a custom goal must be ENABLED",
    "INVALID_CONVERSION_ACTION": "the custom goal lists an action that its owner "
    "does not have",
    "CANNOT_REMOVE_LINKED_CUSTOM_CONVERSION_GOAL": "detach the goal from its "
    "campaigns first",
    "CUSTOM_GOAL_DOES_NOT_BELONG_TO_GOOGLE_ADS_CONVERSION_CUSTOMER": "the goal must "
    "be in the account that owns the client's conversions",
    "CAMPAIGN_CANNOT_USE_UNIFIED_GOALS": "this campaign type has no conversion goals",
    "EMPTY_CONVERSION_GOALS": "leave the campaign at least one biddable goal",
    "BIDDING_STRATEGY_TRANSITION_NOT_ALLOWED": "Google does not allow this change of "
    "strategy: make it in Google Ads, or in two steps",
    "NOT_ENOUGH_CONVERSIONS": "the campaign has too few conversions for this strategy",
    "CONVERSION_TRACKING_NOT_ENABLED": "set up conversion tracking first",
    "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE": "the resource was removed; "
    "plan again",
    "RESOURCE_NOT_FOUND": "the resource is gone; plan again",
    "CONCURRENT_MODIFICATION": "somebody else is changing the account; try again",
    "FIELD_NOT_FOUND": "this API version has no such field: use google_ads_version v26",
    "UNIMPLEMENTED": "the server offers no such method in this API version: check "
    "google_ads_version and the endpoint",
    "UNSUPPORTED_VERSION": "this API version has been sunset: use v26",
    "CANNOT_BE_EXECUTED_BY_MANAGER_ACCOUNT": "google_ads.customer_id is a manager: "
    "name the client account under it",
    "REQUESTED_METRICS_FOR_MANAGER": "google_ads.customer_id is a manager: name the "
    "client account under it",
    # How much
    "quota_error.RESOURCE_EXHAUSTED": "the day's operations of the Cloud project are "
    "used up (2,880 at Explorer level): wait, or apply for Basic access",
    "RESOURCE_TEMPORARILY_EXHAUSTED": "too many requests in a short time: try again "
    "after the delay",
    "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION": "wait, then ask for less",
    "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION": "wait a day, then ask for less",
    "resource_count_limit_exceeded_error": "the account is full: remove unused ones",
}

_ALL = HINTS | ADS_HINTS

BY_KIND: dict[str, str] = {
    "auth": "run `convbridge doctor`: it names what the login lacks",
    "quota": "wait for the quota to refill; `convbridge doctor` shows what is left",
    "not_sent": "check the network, the proxy and the endpoint",
    "no_answer": "run the command again: what is unknown is read back first",
}


def known_hint(code: str | None, category: str | None) -> str | None:
    """Return the hint of a code, or else of its category."""
    keys = (f"{category}.{code}", code or "", category or "")
    return next((_ALL[key] for key in keys if key in _ALL), None)


def hint_for(*, code: str | None, category: str | None, kind: str) -> str | None:
    """Return the most specific hint there is."""
    return known_hint(code, category) or BY_KIND.get(kind)
