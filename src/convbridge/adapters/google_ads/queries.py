"""
What is asked of Google Ads, in plain GAQL.

One resource per query and simple conditions: joins beyond Google's documented
attributed resources, and fields a version lacks, fail the whole query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.google_ads.messages import has_path
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convbridge.model.dates import DateWindow

ACCOUNT = (
    "customer.id",
    "customer.descriptive_name",
    "customer.currency_code",
    "customer.time_zone",
    "customer.status",
    "customer.manager",
    "customer.test_account",
    "customer.conversion_tracking_setting.google_ads_conversion_customer",
    "customer.conversion_tracking_setting.conversion_tracking_status",
    "customer.conversion_tracking_setting.accepted_customer_data_terms",
)

ENHANCED_CONVERSIONS = (
    "customer.conversion_tracking_setting.effective_enablement_setting",
    "customer.conversion_tracking_setting.enhanced_conversions_for_leads_enabled",
)
"""Enhanced conversions for leads: the first in v26, the second before it."""

CONVERSION_ACTION = (
    "conversion_action.resource_name",
    "conversion_action.id",
    "conversion_action.name",
    "conversion_action.status",
    "conversion_action.type",
    "conversion_action.origin",
    "conversion_action.category",
    "conversion_action.owner_customer",
    "conversion_action.primary_for_goal",
    "conversion_action.counting_type",
    "conversion_action.click_through_lookback_window_days",
    "conversion_action.view_through_lookback_window_days",
    "conversion_action.value_settings.default_value",
    "conversion_action.value_settings.default_currency_code",
    "conversion_action.value_settings.always_use_default_value",
    "conversion_action.attribution_model_settings.attribution_model",
    "conversion_action.google_analytics_4_settings.event_name",
    "conversion_action.google_analytics_4_settings.property_id",
    "conversion_action.google_analytics_4_settings.property_name",
)

CUSTOMER_GOAL = (
    "customer_conversion_goal.resource_name",
    "customer_conversion_goal.category",
    "customer_conversion_goal.origin",
    "customer_conversion_goal.biddable",
)

CAMPAIGN_GOAL = (
    "campaign_conversion_goal.resource_name",
    "campaign_conversion_goal.campaign",
    "campaign_conversion_goal.category",
    "campaign_conversion_goal.origin",
    "campaign_conversion_goal.biddable",
)

CUSTOM_GOAL = (
    "custom_conversion_goal.resource_name",
    "custom_conversion_goal.id",
    "custom_conversion_goal.name",
    "custom_conversion_goal.conversion_actions",
    "custom_conversion_goal.status",
)

GOAL_CONFIG = (
    "conversion_goal_campaign_config.resource_name",
    "conversion_goal_campaign_config.campaign",
    "conversion_goal_campaign_config.goal_config_level",
    "conversion_goal_campaign_config.custom_conversion_goal",
)

CAMPAIGN = (
    "campaign.resource_name",
    "campaign.id",
    "campaign.name",
    "campaign.status",
    "campaign.advertising_channel_type",
    "campaign.bidding_strategy_type",
    "campaign.bidding_strategy_system_status",
    "campaign.bidding_strategy",
    "campaign.maximize_conversion_value.target_roas",
    "campaign.target_roas.target_roas",
)

PORTFOLIO = (
    "bidding_strategy.resource_name",
    "bidding_strategy.id",
    "bidding_strategy.name",
    "bidding_strategy.type",
    "bidding_strategy.maximize_conversion_value.target_roas",
    "bidding_strategy.target_roas.target_roas",
)
"""Attributed to campaign, so one search reads a campaign with its portfolio."""

VALUE_RULE = (
    "conversion_value_rule.resource_name",
    "conversion_value_rule.id",
    "conversion_value_rule.action.operation",
    "conversion_value_rule.action.value",
    "conversion_value_rule.status",
    "conversion_value_rule.owner_customer",
    "conversion_value_rule.device_condition.device_types",
    "conversion_value_rule.geo_location_condition.geo_target_constants",
    "conversion_value_rule.geo_location_condition.excluded_geo_target_constants",
    "conversion_value_rule.audience_condition.user_lists",
    "conversion_value_rule.audience_condition.user_interests",
)

CUSTOMER_CLIENT = (
    "customer_client.client_customer",
    "customer_client.id",
    "customer_client.descriptive_name",
    "customer_client.currency_code",
    "customer_client.time_zone",
    "customer_client.level",
    "customer_client.manager",
    "customer_client.test_account",
    "customer_client.status",
)

CONVERSIONS = (
    "campaign.id",
    "campaign.name",
    "segments.date",
    "segments.conversion_action",
    "segments.conversion_action_name",
    "metrics.conversions",
    "metrics.conversions_value",
    "metrics.all_conversions",
    "metrics.all_conversions_value",
)

COSTS = (
    "campaign.id",
    "campaign.name",
    "segments.date",
    "metrics.cost_micros",
    "metrics.clicks",
    "metrics.impressions",
)
"""Cost cannot be split by conversion action, so it is a query of its own."""

UPLOAD = (
    "resource_name",
    "client",
    "status",
    "conversion_action_id",
    "conversion_action_name",
    "total_event_count",
    "successful_event_count",
    "pending_event_count",
    "last_upload_date_time",
    "alerts",
)

_KEPT: dict[ResourceType, tuple[tuple[str, ...], str]] = {
    ResourceType.CONVERSION_ACTION: (
        CONVERSION_ACTION,
        "FROM conversion_action WHERE conversion_action.status != 'REMOVED'",
    ),
    ResourceType.CUSTOMER_CONVERSION_GOAL: (
        CUSTOMER_GOAL,
        "FROM customer_conversion_goal",
    ),
    ResourceType.CAMPAIGN_CONVERSION_GOAL: (
        CAMPAIGN_GOAL,
        "FROM campaign_conversion_goal",
    ),
    ResourceType.CUSTOM_CONVERSION_GOAL: (
        CUSTOM_GOAL,
        "FROM custom_conversion_goal WHERE custom_conversion_goal.status != 'REMOVED'",
    ),
    ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG: (
        GOAL_CONFIG,
        "FROM conversion_goal_campaign_config",
    ),
    ResourceType.CAMPAIGN: (
        CAMPAIGN + PORTFOLIO,
        "FROM campaign WHERE campaign.status != 'REMOVED'",
    ),
    ResourceType.CONVERSION_VALUE_RULE: (
        VALUE_RULE,
        "FROM conversion_value_rule WHERE conversion_value_rule.status != 'REMOVED'",
    ),
}


def select(fields: Iterable[str], rest: str) -> str:
    """Return a query over the fields."""
    return f"SELECT {', '.join(fields)} {rest}"


def resources(kind: ResourceType) -> str:
    """Return the query that reads every resource of a type still in use."""
    return select(*_KEPT[kind])


def removed_actions() -> str:
    """Return the query on conversion actions that somebody removed."""
    rest = "FROM conversion_action WHERE conversion_action.status = 'REMOVED'"
    return select(CONVERSION_ACTION, rest)


def account(row: Any) -> str:
    """Return the query on the account itself, with what the version's row has."""
    wanted = (f for f in ENHANCED_CONVERSIONS if has_path(row.DESCRIPTOR, f))
    return select((*ACCOUNT, *wanted), "FROM customer")


def campaigns_alone() -> str:
    """Return the query on campaigns without their portfolios."""
    return select(CAMPAIGN, _KEPT[ResourceType.CAMPAIGN][1])


def configured_campaigns() -> str:
    """Return the query on campaigns with their goal configs: each has one."""
    rest = "FROM conversion_goal_campaign_config WHERE campaign.status != 'REMOVED'"
    return select(GOAL_CONFIG + CAMPAIGN, rest)


def portfolios_alone() -> str:
    """Return the query on portfolio bidding strategies."""
    return select(PORTFOLIO, "FROM bidding_strategy")


def hierarchy() -> str:
    """Return the query on the accounts under a manager, itself included."""
    return select(CUSTOMER_CLIENT, "FROM customer_client")


def uploads() -> str:
    """Return the query on what became of uploads, by conversion action."""
    resource = "offline_conversion_upload_conversion_action_summary"
    return select((f"{resource}.{field}" for field in UPLOAD), f"FROM {resource}")


def conversions(window: DateWindow) -> str:
    """Return the query on conversions by campaign, action and day."""
    return select(CONVERSIONS, f"FROM campaign WHERE {_during(window)}")


def costs(window: DateWindow) -> str:
    """Return the query on costs by campaign and day."""
    return select(COSTS, f"FROM campaign WHERE {_during(window)}")


def _during(window: DateWindow) -> str:
    return f"segments.date BETWEEN '{window.start}' AND '{window.end}'"
