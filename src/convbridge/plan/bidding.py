"""Wishes on bidding: Maximize Conversion Value, its target moved in small steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.policy import GoalMode
from convbridge.model.resources import Resource, ResourceType
from convbridge.plan.campaigns import campaign_id, named_campaigns
from convbridge.plan.statuses import status_notes
from convbridge.plan.wishes import Wish, Wishes

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from convbridge.model.resources import Scalar
    from convbridge.plan.context import Context

TARGET = "maximize_conversion_value.target_roas"
OLD_TARGET = "target_roas.target_roas"
PORTFOLIO = "bidding_strategy"
STATUS = "bidding_strategy_system_status"
STEP = 0.2
"""Largest share a target moves at once: Google asks for gradual changes
(support.google.com/sa360/answer/13447660) and names no number; this one is ours."""
DAYS_BETWEEN_STEPS = 14
"""Fewest days between two steps, for the bids to settle."""
COUNTING = {"MAXIMIZE_CONVERSIONS", "TARGET_CPA"}
"""Strategies that bid on the number of conversions."""
BY_VALUE = {"MAXIMIZE_CONVERSION_VALUE", "TARGET_ROAS"}
"""Strategies that bid on the value of conversions."""
_CLOSE = 0.005
"""Targets this near are one: a rescale does not chase the third digit."""


def wish_bidding(ctx: Context, goals: Wishes) -> Wishes:
    """
    Return what is wanted of the named campaigns' bidding; by default nothing.

    A target is rescaled for values that the campaign bids on: not before `goals`
    give it micro conversions, which Google Ads may not know of yet.
    """
    campaigns = named_campaigns(ctx)
    bidders = campaigns or _followers(ctx)
    statuses = ((c.name, str(c.info.get(STATUS) or "")) for c in bidders)
    found = Wishes(notes=status_notes(statuses))
    if ctx.bidding.strategy is None:
        return found
    ready = {campaign_id(w.resource) for w in goals if _attaches(w)}
    for campaign in campaigns:
        if campaign.fields.get(PORTFOLIO):
            continue
        strategy = str(campaign.info.get("bidding_strategy_type"))
        is_ready = campaign_id(campaign) in ready
        found += _wish(ctx, campaign, strategy, is_ready=is_ready)
    for key in sorted({str(c.fields.get(PORTFOLIO) or "") for c in campaigns} - {""}):
        found += _portfolio(ctx, key, ready)
    return found


def _attaches(wish: Wish) -> bool:
    is_config = wish.resource.type is ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG
    return is_config and wish.resource.fields.get("goal_config_level") == "CAMPAIGN"


def _followers(ctx: Context) -> tuple[Resource, ...]:
    """Return the campaigns that run and may bid on the account's goals."""
    if ctx.goals.mode is not GoalMode.ACCOUNT:
        return ()
    found = ctx.actual.of(ResourceType.CAMPAIGN)
    return tuple(c for c in found if c.info.get("status") == "ENABLED")


def warn_bidding(ctx: Context) -> tuple[str, ...]:
    """
    Warn of named campaigns that micro conversions would lead astray.

    A strategy that counts conversions takes a micro one for as much as a sale, and
    a target ROAS set on revenue alone is met too soon once micro values are added.
    """
    if ctx.bidding.strategy is not None:
        return ()
    found: list[str] = []
    for campaign in named_campaigns(ctx):
        strategy = str(campaign.info.get("bidding_strategy_type"))
        if strategy in COUNTING:
            text = "counts a micro conversion as much as a sale; set `bidding` too"
            found.append(f"goals: {campaign.name!r} bids by {strategy}, which {text}")
        elif strategy not in BY_VALUE:
            text = "does not bid on conversions; the goal only changes its columns"
            found.append(f"goals: {campaign.name!r} bids by {strategy}, which {text}")
        elif (target := _unscaled(ctx, campaign)) and not _is_one(ctx):
            text = f"target ROAS {target:g} was set without micro values; `target_roas:"
            multiplier = f"{ctx.valuation.troas_multiplier:.3g}"
            found.append(
                f"goals: {campaign.name!r}: {text} rescale` multiplies by {multiplier}"
            )
    return tuple(found)


def rescaled(
    current: float, goal: float, *, days_since: int | None, step: float = STEP
) -> float:
    """
    Return the next target on the way from `current` to `goal`.

    >>> rescaled(4.0, 6.0, days_since=None)
    4.8
    >>> rescaled(4.8, 6.0, days_since=3)
    4.8
    >>> rescaled(5.76, 6.0, days_since=14)
    6.0
    """
    if abs(goal / current - 1) <= _CLOSE:
        return current
    if days_since is not None and days_since < DAYS_BETWEEN_STEPS:
        return current
    low, high = current * (1 - step), current * (1 + step)
    return round(min(max(goal, low), high), 4)


def _portfolio(ctx: Context, key: str, ready: AbstractSet[str]) -> Wishes:
    """A portfolio is changed only when all its campaigns are named."""
    strategy = ctx.actual.get(key)
    users = [
        c
        for c in ctx.actual.of(ResourceType.CAMPAIGN)
        if c.fields.get(PORTFOLIO) == key
    ]
    named = {c.key for c in named_campaigns(ctx)}
    others = sorted(c.name for c in users if c.key not in named)
    if strategy is None:
        text = f"bidding: the portfolio {key} cannot be read; its campaigns are left"
        return Wishes(warnings=(text,))
    if others:
        text = f"bidding: portfolio {strategy.name!r} also holds {', '.join(others)}"
        return Wishes(warnings=(f"{text}; name them in `goals` too, or it is left",))
    is_ready = {campaign_id(c) for c in users} <= ready
    return _wish(ctx, strategy, str(strategy.info.get("type")), is_ready=is_ready)


def _wish(ctx: Context, resource: Resource, strategy: str, *, is_ready: bool) -> Wishes:
    has_it = strategy == "MAXIMIZE_CONVERSION_VALUE"
    current = resource.fields.get(TARGET) or resource.fields.get(OLD_TARGET)
    target, reason = _target(ctx, resource.key, current, is_ready=is_ready)
    if has_it and target is None:
        return Wishes()
    if resource.type is ResourceType.BIDDING_STRATEGY and not has_it:
        # The type of a portfolio is immutable (BiddingStrategy.type).
        text = f"bidding: portfolio {resource.name!r} is {strategy}, which is for good"
        return Wishes(warnings=(text,))
    fields: dict[str, Scalar] = {TARGET: target or 0.0}
    wanted = Resource(
        type=resource.type,
        key=resource.key,
        owner=resource.owner,
        name=resource.name,
        fields=fields,
        info={"grounds": "config", "baseline": current or None},
    )
    return Wishes(wishes=(Wish(resource=wanted, reason=reason, after=_goals(ctx)),))


def _unscaled(ctx: Context, campaign: Resource) -> float | None:
    """Return the target ROAS of a campaign that convbridge never moved."""
    key = campaign.fields.get(PORTFOLIO)
    holder = (ctx.actual.get(str(key)) if key else None) or campaign
    found = holder.fields.get(TARGET) or holder.fields.get(OLD_TARGET)
    is_ours = holder.key in ctx.baselines
    return float(found) if isinstance(found, int | float) and not is_ours else None


def _is_one(ctx: Context) -> bool:
    return abs(ctx.valuation.troas_multiplier - 1) <= _CLOSE


def _target(
    ctx: Context, key: str, current: Scalar, *, is_ready: bool
) -> tuple[float | None, str]:
    """Return the wanted target, and why; None is no target."""
    now = float(current) if isinstance(current, int | float) else None
    wanted = ctx.bidding.target_roas
    if isinstance(wanted, int | float):
        return float(wanted), f"bidding: target ROAS {wanted} by the config"
    if now is None or wanted is None:
        return None, "bidding: maximize conversion value, no target"
    if wanted == "keep":
        return now, "bidding: maximize conversion value, target kept"
    if not is_ready:
        return now, "bidding: target kept until the campaign bids on micro conversions"
    return _rescaled_target(ctx, key, now)


def _rescaled_target(ctx: Context, key: str, now: float) -> tuple[float, str]:
    base = ctx.baselines.get(key)
    start = base.target_roas if base else now
    days = (ctx.today - base.changed_on).days if base and ctx.today else None
    multiplier = ctx.valuation.troas_multiplier
    goal = start * multiplier
    reason = f"bidding: {start:g} x {multiplier:.3g} = {goal:.3g}, at most 20 % a step"
    return rescaled(now, goal, days_since=days), reason


def _goals(ctx: Context) -> tuple[str, ...]:
    """A target moves only after the goals it was computed for are in place."""
    customer = ctx.account.customer_id
    prefix = f"customers/{customer}/conversionGoalCampaignConfigs/"
    numbers = (c.key.rsplit("/", 1)[-1] for c in named_campaigns(ctx))
    return tuple(prefix + number for number in numbers)
