"""Campaigns and their goal configs, read together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.google_ads import queries
from convbridge.adapters.google_ads.reading import to_resources
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Callable

    from convbridge.model.resources import Resource


def fetch_configured(search: Callable[[str], list[Any]]) -> tuple[Resource, ...]:
    """
    Return campaigns, their portfolios and their goal configs, in one search or two.

    Campaigns are an attributed resource of the config, and configs are only ever
    updated: each campaign has one. Portfolios are not attributed, so they cost a
    search of their own where there are any.

    Raises:
        RejectedError: Google does not take the query.
    """
    rows = search(queries.configured_campaigns())
    configs = to_resources(ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG, rows)
    found = tuple(configs)
    if any(row.campaign.bidding_strategy for row in rows):
        rows = rows + search(queries.portfolios_alone())
    return (*found, *to_resources(ResourceType.CAMPAIGN, rows))
