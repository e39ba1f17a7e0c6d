"""Campaigns, their portfolios and their goal configs, in as few searches as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.google_ads import queries
from convbridge.adapters.google_ads.reading import to_resources
from convbridge.errors import RejectedError
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Callable

    from convbridge.model.resources import Resource

    Search = Callable[[str], list[Any]]

_CONFIG = ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG


def fetch_configured(search: Search) -> tuple[Resource, ...]:
    """
    Return campaigns, their portfolios and their goal configs, in one search or two.

    Campaigns are an attributed resource of the config, and configs are only ever
    updated: each campaign has one. Portfolios are not attributed, so they cost a
    search of their own where there are any. Where campaigns do not come along, they
    are searched for apart.
    """
    try:
        rows = search(queries.configured_campaigns())
    except RejectedError:
        rows = []
    if not rows or not all(row.campaign.resource_name for row in rows):
        configs = to_resources(_CONFIG, search(queries.resources(_CONFIG)))
        return (*configs, *fetch_campaigns(search))
    found = tuple(to_resources(_CONFIG, rows))
    return (
        *found,
        *to_resources(ResourceType.CAMPAIGN, _with_portfolios(rows, search)),
    )


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
