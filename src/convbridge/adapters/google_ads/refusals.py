"""Where a person can do what Google does not let the API do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.adapters.hints import known_hint
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from convbridge.adapters.ads_failures import AdsError
    from convbridge.model.changes import Change

# Codes that mean "not through the API", whatever the field.
BY_HAND = frozenset(
    {
        "UPDATE_NOT_SUPPORTED",
        "MUTATE_NOT_ALLOWED",
        "IMMUTABLE_FIELD",
        "RESOURCE_READ_ONLY",
        "READ_ONLY",
        "OPERATION_NOT_PERMITTED_FOR_CONTEXT",
    }
)
_KEY_EVENT = "GA4: Admin > Data display > Key events > {event} > "
# Fields of GA4 imports that GA4 itself decides (support.google.com/analytics,
# 13128484 and 10632359).
_IN_GA4 = {
    "value_settings.default_value": _KEY_EVENT + "Set default key event value",
    "value_settings.default_currency_code": _KEY_EVENT + "Set default key event value",
    "value_settings.always_use_default_value": _KEY_EVENT
    + "Set default key event value",
    "counting_type": _KEY_EVENT + "Counting method",
    "attribution_model_settings.attribution_model": "GA4: Admin > Data display > "
    "Attribution settings > Channels that can receive credit",
}
_IN_ADS = {
    ResourceType.CONVERSION_ACTION: "Google Ads: Goals > Conversions > Summary > "
    "{name} > Edit settings",
    ResourceType.CUSTOMER_CONVERSION_GOAL: "Google Ads: Goals > Conversions > Summary "
    "> Edit goal",
    ResourceType.CAMPAIGN_CONVERSION_GOAL: "Google Ads: Campaigns > {name} > Settings "
    "> Goals",
    ResourceType.CUSTOM_CONVERSION_GOAL: "Google Ads: Goals > Conversions > Summary > "
    "Custom goals",
    ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG: "Google Ads: Campaigns > {name} > "
    "Settings > Goals",
    ResourceType.CAMPAIGN: "Google Ads: Campaigns > {name} > Settings > Bidding",
    ResourceType.BIDDING_STRATEGY: "Google Ads: Tools > Budgets and bidding > "
    "Bid strategies > {name}",
}


def next_step(change: Change, error: AdsError) -> str | None:
    """
    Return what to do about a refused change, with the exact place in the UI.

    GA4 imports get the place in GA4 for what GA4 decides; everything else gets
    the hint of its code.
    """
    if error.code not in BY_HAND:
        return known_hint(error.code, error.category)
    fields = _refused_fields(change, error)
    places = dict.fromkeys(_place(change, field) for field in fields)
    return "set " + ", ".join(fields) + " in " + "; ".join(places)


def _refused_fields(change: Change, error: AdsError) -> tuple[str, ...]:
    """Return the fields that Google's field path names, or else all of them."""
    _, _, path = error.field_path.partition("update.")
    named = tuple(f for f in change.mask if path and f.startswith(path))
    return named or change.mask or (change.type.value,)


def _place(change: Change, field: str) -> str:
    info = change.info or {}
    event = info.get("google_analytics_4_settings.event_name") or info.get("event")
    is_import = str(info.get("type")).startswith("GOOGLE_ANALYTICS_4_")
    if is_import and field in _IN_GA4:
        return _IN_GA4[field].format(event=event or change.name)
    return _IN_ADS.get(change.type, "Google Ads").format(name=change.name)
