"""Campaigns, their portfolios and their goal configs, in as few searches as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.google_ads import queries
from convbridge.adapters.google_ads.messages import get_field
from convbridge.adapters.google_ads.reading import to_resources
from convbridge.errors import RejectedError
from convbridge.model.resources import Resource, ResourceType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from convbridge.adapters.kept import Kept
    from convbridge.model.ids import CustomerId

    Search = Callable[[str], list[Any]]

_CONFIG = ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG


def fetch_configured(
    search: Search, *, customer_id: CustomerId, kept: Kept | None = None
) -> tuple[Resource, ...]:
    """
    Return campaigns, their portfolios and their goal configs, in one search or two.

    Campaigns are an attributed resource of the config, and configs are only ever
    updated: each campaign has one. Portfolios are not attributed, so they cost a
    search of their own where there are any. Where campaigns do not come along, or
    maybe not all of them, they are searched for apart; that all come is kept.
    """
    fact = f"configs-{customer_id}"
    try:
        rows = search(queries.configured_campaigns())
    except RejectedError:
        rows = []
    if not rows or not all(row.campaign.resource_name for row in rows):
        rows = search(queries.resources(_CONFIG))
        campaigns = fetch_campaigns(search)
    elif _may_be_few(rows) and not (kept and kept.get(fact)):
        campaigns = fetch_campaigns(search)
        if kept and _keys(campaigns) <= {row.campaign.resource_name for row in rows}:
            kept.put(fact, data=True)
    else:
        found = _with_portfolios(rows, search)
        campaigns = tuple(to_resources(ResourceType.CAMPAIGN, found))
    configs = tuple(to_resources(_CONFIG, rows))
    return (*configs, *_unlisted(configs, campaigns), *campaigns)


def fetch_campaigns(search: Search) -> tuple[Resource, ...]:
    """Return campaigns and their portfolios, in two searches where one is refused."""
    try:
        rows = search(queries.resources(ResourceType.CAMPAIGN))
    except RejectedError:
        rows = _with_portfolios(search(queries.campaigns_alone()), search)
    return tuple(to_resources(ResourceType.CAMPAIGN, rows))


def _with_portfolios(rows: list[Any], search: Search) -> list[Any]:
    has_any = any(row.campaign.bidding_strategy for row in rows)
    return rows + search(queries.portfolios_alone()) if has_any else rows


def _may_be_few(rows: Sequence[Any]) -> bool:
    """Tell whether only the configs came that somebody has changed."""
    levels = (
        get_field(row.conversion_goal_campaign_config, "goal_config_level")
        for row in rows
    )
    return all(level == "CAMPAIGN" for level in levels)


def _keys(campaigns: Sequence[Resource]) -> set[str]:
    return {c.key for c in campaigns if c.type is ResourceType.CAMPAIGN}


def _unlisted(
    configs: Sequence[Resource], campaigns: Sequence[Resource]
) -> Iterator[Resource]:
    """Yield the configs of campaigns that have none listed: they follow the account."""
    lacking = _keys(campaigns) - {config.info["campaign"] for config in configs}
    for campaign in (c for c in campaigns if c.key in lacking):
        collection, _, number = campaign.key.rpartition("/")
        customer = collection.removesuffix("/campaigns")
        yield Resource(
            type=_CONFIG,
            key=f"{customer}/conversionGoalCampaignConfigs/{number}",
            owner=campaign.owner,
            name=campaign.name,
            fields={"goal_config_level": "CUSTOMER", "custom_conversion_goal": None},
            info={"campaign": campaign.key},
        )
