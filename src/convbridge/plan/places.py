"""Where a person sets what Google does not let the API set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.model.resources import Scalar

GA4_EVENT = "google_analytics_4_settings.event_name"
_KEY_EVENT = "GA4: Admin > Data display > Key events > {event} > "
_DEFAULT_VALUE = _KEY_EVENT + "Set default key event value"
# Fields of GA4 imports that GA4 itself decides (support.google.com/analytics,
# 13128484 and 10632359).
_IN_GA4 = {
    "value_settings.default_value": _DEFAULT_VALUE,
    "value_settings.default_currency_code": _DEFAULT_VALUE,
    "value_settings.always_use_default_value": _DEFAULT_VALUE,
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


def place_of(
    kind: ResourceType, field: str, *, name: str, info: Mapping[str, Scalar]
) -> str:
    """
    Return the place in the user interface where a field is set.

    For GA4 imports that is GA4, where GA4 decides.

    Args:
        kind: The type of the resource.
        field: The field-mask path.
        name: What the resource is called.
        info: Its facts: the type, and the event of an import.
    """
    if is_ga4_import(info) and field in _IN_GA4:
        event = info.get(GA4_EVENT) or info.get("event") or name
        return _IN_GA4[field].format(event=event)
    return _IN_ADS.get(kind, "Google Ads").format(name=name)


def is_ga4_import(info: Mapping[str, Scalar]) -> bool:
    """Tell whether a conversion action was made from a GA4 key event."""
    return str(info.get("type")).startswith("GOOGLE_ANALYTICS_4_")
