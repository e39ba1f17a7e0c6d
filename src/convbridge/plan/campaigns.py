"""The campaigns the config names, by id or name pattern."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from convbridge.model.resources import Resource
    from convbridge.plan.context import Context


def campaign_id(resource: Resource) -> str:
    """Return the campaign a resource belongs to: its own id, or the one it is for."""
    path = str(resource.info.get("campaign") or resource.key)
    return path.rsplit("/", 1)[-1].split("~", 1)[0]


def named_campaigns(ctx: Context) -> tuple[Resource, ...]:
    """Return the campaigns that the goals name, each once, in the account's order."""
    found = ctx.actual.of(ResourceType.CAMPAIGN)
    wanted = ctx.goals.campaigns
    return tuple(c for c in found if any(_matches(c, pattern) for pattern in wanted))


def unmatched_patterns(ctx: Context) -> tuple[str, ...]:
    """Return a warning for each id or pattern that no campaign answers to."""
    found = ctx.actual.of(ResourceType.CAMPAIGN)
    customer = ctx.account.customer_id.dashed
    return tuple(
        f"goals: no campaign of account {customer} is {pattern!r}"
        for pattern in ctx.goals.campaigns
        if not any(_matches(c, pattern) for c in found)
    )


def _matches(campaign: Resource, pattern: str) -> bool:
    if pattern.isdigit() and campaign_id(campaign) == pattern:
        return True
    return fnmatchcase(campaign.name.casefold(), pattern.casefold())
