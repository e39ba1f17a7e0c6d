"""The dimensions and metrics the sandbox knows: names, types, categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension: how it is made, and how GA4's own interface calls it."""

    ui_name: str
    kind: str
    category: str


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its type on the wire and the restriction that hides it."""

    ui_name: str
    type: str
    category: str
    restricted_by: str = ""


def _dimensions(kind: str, category: str, **names: str) -> dict[str, Dimension]:
    return {name: Dimension(text, kind, category) for name, text in names.items()}


DIMENSIONS: Mapping[str, Dimension] = {
    **_dimensions("event", "Event", eventName="Event name"),
    **_dimensions("key_event", "Event", isKeyEvent="Is key event"),
    **_dimensions(
        "date",
        "Time",
        date="Date",
        year="Year",
        month="Month",
        day="Day",
        week="Week",
        yearMonth="Year month",
        dayOfWeek="Day of week",
        dayOfWeekName="Day of week name",
    ),
    **_dimensions("hour", "Time", hour="Hour", dateHour="Date + hour (YYYYMMDDHH)"),
    **_dimensions(
        "session",
        "Traffic source",
        sessionDefaultChannelGroup="Session default channel group",
        sessionPrimaryChannelGroup="Session primary channel group",
        sessionSource="Session source",
        sessionMedium="Session medium",
        sessionSourceMedium="Session source / medium",
        sessionCampaignId="Session campaign ID",
        sessionCampaignName="Session campaign",
        sessionGoogleAdsCampaignId="Session Google Ads campaign ID",
        sessionGoogleAdsCampaignName="Session Google Ads campaign",
        sessionGoogleAdsCampaignType="Session Google Ads campaign type",
        sessionGoogleAdsAdNetworkType="Session Google Ads ad network type",
        sessionGoogleAdsCustomerId="Session Google Ads customer ID",
        sessionGoogleAdsAccountName="Session Google Ads account name",
    ),
    **_dimensions("session", "Platform / device", deviceCategory="Device category"),
    **_dimensions("session", "Geography", country="Country"),
    **_dimensions("session", "User", newVsReturning="New / returning"),
    **_dimensions(
        "attributed",
        "Attribution",
        defaultChannelGroup="Default channel group",
        source="Source",
        medium="Medium",
        sourceMedium="Source / medium",
        campaignId="Campaign ID",
        campaignName="Campaign",
        googleAdsCampaignId="Google Ads campaign ID",
        googleAdsCampaignName="Google Ads campaign",
        googleAdsCampaignType="Google Ads campaign type",
        googleAdsCustomerId="Google Ads customer ID",
        googleAdsAccountName="Google Ads account name",
    ),
    **_dimensions(
        "parameter",
        "Page / screen",
        pagePath="Page path",
        pageTitle="Page title",
    ),
    **_dimensions(
        "parameter",
        "Link",
        linkDomain="Link domain",
        linkUrl="Link URL",
        outbound="Outbound",
        fileName="File name",
        fileExtension="File extension",
    ),
    **_dimensions(
        "parameter",
        "General",
        percentScrolled="Percent scrolled",
        searchTerm="Search term",
        method="Method",
    ),
    # Known to GA4 and empty here; asking for one may threshold the report.
    **_dimensions(
        "constant",
        "User",
        audienceId="Audience ID",
        audienceName="Audience name",
        userAgeBracket="Age",
        userGender="Gender",
        brandingInterest="Interests",
    ),
    **_dimensions("transaction", "Ecommerce", transactionId="Transaction ID"),
    **_dimensions("currency", "Ecommerce", currencyCode="Currency"),
    **_dimensions(
        "constant",
        "Platform / device",
        platform="Platform",
        streamId="Stream ID",
        streamName="Stream name",
        hostName="Hostname",
    ),
}


def _metrics(
    type_: str, category: str, restricted_by: str = "", **names: str
) -> dict[str, Metric]:
    return {
        name: Metric(text, type_, category, restricted_by)
        for name, text in names.items()
    }


METRICS: Mapping[str, Metric] = {
    **_metrics(
        "TYPE_INTEGER",
        "Event",
        eventCount="Event count",
        screenPageViews="Views",
        addToCarts="Add to carts",
        checkouts="Checkouts",
        itemViewEvents="Item view events",
    ),
    **_metrics(
        "TYPE_FLOAT",
        "Event",
        eventValue="Event value",
        eventCountPerUser="Event count per user",
        eventsPerSession="Events per session",
        keyEvents="Key events",
    ),
    **_metrics(
        "TYPE_INTEGER",
        "User",
        totalUsers="Total users",
        activeUsers="Active users",
        newUsers="New users",
    ),
    **_metrics(
        "TYPE_INTEGER",
        "Session",
        sessions="Sessions",
        engagedSessions="Engaged sessions",
    ),
    **_metrics(
        "TYPE_FLOAT",
        "Session",
        engagementRate="Engagement rate",
        sessionKeyEventRate="Session key event rate",
        userKeyEventRate="User key event rate",
    ),
    **_metrics(
        "TYPE_INTEGER",
        "Ecommerce",
        transactions="Transactions",
        ecommercePurchases="Ecommerce purchases",
        totalPurchasers="Total purchasers",
    ),
    **_metrics("TYPE_FLOAT", "Ecommerce", purchaserRate="Purchaser rate"),
    **_metrics(
        "TYPE_CURRENCY",
        "Revenue",
        "REVENUE_DATA",
        totalRevenue="Total revenue",
        purchaseRevenue="Purchase revenue",
        grossPurchaseRevenue="Gross purchase revenue",
        refundAmount="Refund amount",
    ),
    **_metrics(
        "TYPE_CURRENCY", "Advertising", "COST_DATA", advertiserAdCost="Ads cost"
    ),
    **_metrics(
        "TYPE_INTEGER",
        "Advertising",
        advertiserAdClicks="Ads clicks",
        advertiserAdImpressions="Ads impressions",
    ),
    **_metrics(
        "TYPE_CURRENCY",
        "Advertising",
        "COST_DATA",
        advertiserAdCostPerClick="Ads cost per click",
        advertiserAdCostPerKeyEvent="Ads cost per key event",
    ),
    **_metrics(
        "TYPE_FLOAT", "Advertising", "COST_DATA", returnOnAdSpend="Return on ad spend"
    ),
}

COST_METRICS = frozenset(
    name for name, metric in METRICS.items() if metric.category == "Advertising"
)
KEY_EVENT_METRICS = ("keyEvents", "sessionKeyEventRate", "userKeyEventRate")
# The names before 2024-05-06, still accepted.
DEPRECATED: Mapping[str, str] = {
    "isConversionEvent": "isKeyEvent",
    "conversions": "keyEvents",
    "sessionConversionRate": "sessionKeyEventRate",
    "userConversionRate": "userKeyEventRate",
    "advertiserAdCostPerConversion": "advertiserAdCostPerKeyEvent",
    "purchaserConversionRate": "purchaserRate",
}


def canonical(name: str) -> str:
    """Return today's name of a dimension or metric."""
    head, colon, event = name.partition(":")
    return DEPRECATED.get(head, head) + colon + event


def metric_type(name: str) -> str:
    """Return a metric's type; a key event's own count is an integer."""
    name = canonical(name)
    if name.startswith("keyEvents:"):
        return "TYPE_INTEGER"
    return METRICS[name.partition(":")[0]].type
