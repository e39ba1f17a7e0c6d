"""Every GA4 field that is read; docs/reference/ga4-fields.md says why."""

from __future__ import annotations

from convbridge.model.parameters import EVENT_PARAMETERS

DATE = "date"
EVENT = "eventName"
CHANNEL = "sessionDefaultChannelGroup"
CAMPAIGN_ID = "sessionGoogleAdsCampaignId"
CAMPAIGN_NAME = "sessionGoogleAdsCampaignName"
DEVICE = "deviceCategory"

EVENT_COUNT = "eventCount"
EVENT_VALUE = "eventValue"
TOTAL_USERS = "totalUsers"
PURCHASERS = "totalPurchasers"
REVENUE = "purchaseRevenue"
TRANSACTIONS = "transactions"
COST = "advertiserAdCost"
CLICKS = "advertiserAdClicks"
IMPRESSIONS = "advertiserAdImpressions"

COLUMNS: dict[str, str] = {
    DATE: "date",
    EVENT: "event",
    CHANNEL: "channel",
    CAMPAIGN_ID: "campaign_id",
    CAMPAIGN_NAME: "campaign_name",
    DEVICE: "device",
    EVENT_COUNT: "count",
    EVENT_VALUE: "value",
    TOTAL_USERS: "users",
    PURCHASERS: "purchasers",
    REVENUE: "revenue",
    TRANSACTIONS: "transactions",
    COST: "cost",
    CLICKS: "clicks",
    IMPRESSIONS: "impressions",
}
"""The column of our tables that holds a GA4 field."""

_CUSTOM = "customEvent:"


def event_parameter(dimension: str) -> str | None:
    """
    Return the event parameter that fills a dimension, where one does.

    >>> event_parameter("linkDomain"), event_parameter("customEvent:plan")
    ('link_domain', 'plan')
    """
    if dimension.startswith(_CUSTOM):
        return dimension.removeprefix(_CUSTOM)
    return EVENT_PARAMETERS.get(dimension)
