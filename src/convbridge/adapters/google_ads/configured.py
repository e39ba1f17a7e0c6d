"""Campaigns, their portfolios and their goal configs, in as few searches as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.google_ads import queries
from convbridge.adapters.google_ads.messages import get_field
from convbridge.adapters.google_ads.reading import to_resources
from convbridge.errors import RejectedError
from convbridge.model.resources import Resource, ResourceType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        seen = {row.campaign.resource_name for row in rows}
        if kept and {c.key for c in _alone(campaigns)} <= seen:
            kept.put(fact, data=True)
    else:
        found = _with_portfolios(rows, search)
        campaigns = tuple(to_resources(ResourceType.CAMPAIGN, found))
    alone = {_number(c): c for c in _alone(campaigns)}
    configs = {_number(c): c for c in to_resources(_CONFIG, rows)}
    # A config may outlive its campaign.
    listed = [config for number, config in configs.items() if number in alone]
    unlisted = [_follows(c) for number, c in alone.items() if number not in configs]
    return (*listed, *unlisted, *campaigns)


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


def _alone(found: Sequence[Resource]) -> list[Resource]:
    """Return the campaigns without their portfolios."""
    return [c for c in found if c.type is ResourceType.CAMPAIGN]


def _number(resource: Resource) -> str:
    return resource.key.rpartition("/")[2]


def _follows(campaign: Resource) -> Resource:
    """Return the config of a campaign that has none listed: it follows the account."""
    name = f"conversionGoalCampaignConfigs/{_number(campaign)}"
    return Resource(
        type=_CONFIG,
        key=f"customers/{campaign.owner}/{name}",
        owner=campaign.owner,
        name=campaign.name,
        fields={"goal_config_level": "CUSTOMER", "custom_conversion_goal": None},
        info={"campaign": campaign.key},
    )
