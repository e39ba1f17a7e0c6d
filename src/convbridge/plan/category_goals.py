"""Wishes on the goals Google keeps by category: of the account, of a campaign."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convbridge.model.resources import Resource, ResourceType
from convbridge.plan.campaigns import campaign_id, named_campaigns
from convbridge.plan.wishes import Wish, Wishes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convbridge.plan.context import Context

CUSTOMER = ResourceType.CUSTOMER_CONVERSION_GOAL
CAMPAIGN = ResourceType.CAMPAIGN_CONVERSION_GOAL
CONFIG = ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG


def wish_account_goals(ctx: Context, wished: Wishes) -> Wishes:
    """
    Make the micro events' goals biddable in the whole account.

    Google makes a goal for each category and origin by itself once an action of
    it exists; a goal that is not there yet comes with the next run.
    """
    wanted = _goal_names(ctx, wished)
    found = [g for g in ctx.actual.of(CUSTOMER) if _kind(g) in wanted]
    reason = "goals: account, biddable in every campaign that follows the account"
    wishes = tuple(_biddable(g, reason, value=True) for g in found)
    names = sorted(w.resource.name for w in _actions(wished, "micro"))
    text = "goals: account; every campaign that follows the account's goals bids on "
    notes = (text + ", ".join(names),) if names else ()
    return Wishes(wishes=wishes, notes=notes + _missing(wanted, found))


def wish_campaign_goals(ctx: Context, wished: Wishes) -> Wishes:
    """
    Make the micro events' goals biddable in the named campaigns only.

    The account's goal of the category is turned off first, or every other campaign
    would bid on it too; a category that a primary action shares cannot be told
    apart this way and is left alone. The campaigns are set to their own goals by
    name: Google does it by itself only where a campaign's goal changes, and the way
    back has to know.
    """
    if not named_campaigns(ctx):
        note = "goals: no campaign is named, so micro conversions stay secondary"
        return Wishes(notes=(note,))
    wanted, shared = _goal_names(ctx, wished), _primary_kinds(ctx, wished)
    numbers = {campaign_id(c) for c in named_campaigns(ctx)}
    campaign = [
        g
        for g in ctx.actual.of(CAMPAIGN)
        if _kind(g) in wanted - shared and campaign_id(g) in numbers
    ]
    customer = [g for g in ctx.actual.of(CUSTOMER) if _kind(g) in wanted - shared]
    on = "goals: campaign, biddable here"
    off = "goals: campaign, so the category is not biddable account-wide"
    wishes = [_biddable(g, off, value=False) for g in customer]
    wishes += [_biddable(g, on, value=True) for g in campaign]
    for config in ctx.actual.of(CONFIG):
        goals = [g.key for g in campaign if campaign_id(g) == campaign_id(config)]
        wishes += [_own(ctx, config, after=goals)] if goals else []
    warnings = tuple(
        f"goals: {c}~{o} also holds a primary action; campaign goals cannot tell them "
        "apart, so its micro events stay secondary"
        for c, o in sorted(wanted & shared)
    )
    notes = _missing(wanted - shared, campaign)
    return Wishes(wishes=tuple(wishes), notes=notes, warnings=warnings)


def promote(ctx: Context, wished: Wishes, goals: Wishes) -> Wishes:
    """
    Make the micro actions primary whose account-wide goal is turned off.

    Only then does `primary_for_goal` reach the named campaigns and no others.
    """
    off = {
        _kind(w.resource): w.resource.key
        for w in goals
        if w.resource.type is CUSTOMER and w.resource.fields.get("biddable") is False
    }
    wishes = tuple(_promoted(ctx, wish, off) for wish in wished)
    return replace(wished, wishes=wishes)


def _promoted(ctx: Context, wish: Wish, off: Mapping[tuple[str, str], str]) -> Wish:
    kind = next(iter(_kinds(ctx, Wishes(wishes=(wish,)), "micro")), None)
    goal = off.get(kind) if kind else None
    if goal is None or "primary_for_goal" not in wish.resource.fields:
        return wish
    fields = {**wish.resource.fields, "primary_for_goal": True}
    resource = replace(wish.resource, fields=fields)
    return replace(wish, resource=resource, after=(*wish.after, goal))


def _own(ctx: Context, config: Resource, *, after: Iterable[str]) -> Wish:
    """Set a campaign to its own goals, and to no custom one."""
    effects = "bids on its own goals"
    if config.fields.get("goal_config_level") != "CAMPAIGN":
        effects += "; it no longer follows the account's goals"
    if attached := config.fields.get("custom_conversion_goal"):
        goal = ctx.actual.get(str(attached))
        effects += f"; it leaves its custom goal{f' {goal.name!r}' if goal else ''}"
    fields = {"custom_conversion_goal": None, "goal_config_level": "CAMPAIGN"}
    resource = replace(config, fields=fields, info={**config.info, "grounds": "config"})
    reason = f"goals: campaign, it {effects}"
    return Wish(resource=resource, reason=reason, after=tuple(after))


def _goal_names(ctx: Context, wished: Wishes) -> set[tuple[str, str]]:
    return set(_kinds(ctx, wished, "micro"))


def _primary_kinds(ctx: Context, wished: Wishes) -> set[tuple[str, str]]:
    ours = {w.resource.key for w in wished}
    strangers = {
        (str(a.fields.get("category")), str(a.info.get("origin") or "WEBSITE"))
        for a in ctx.actions
        if a.key not in ours
        and a.fields.get("status") == "ENABLED"
        and a.fields.get("primary_for_goal")
    }
    return strangers | set(_kinds(ctx, wished, "primary"))


def _kinds(ctx: Context, wished: Wishes, event_class: str) -> Iterable[tuple[str, str]]:
    for wish in _actions(wished, event_class):
        action = ctx.actual.get(wish.resource.key)
        before = action.fields if action else {}
        origin = action.info.get("origin") if action else None
        category = wish.resource.fields.get("category") or before.get("category")
        yield str(category), str(origin or "WEBSITE")


def _actions(wished: Wishes, event_class: str) -> Iterable[Wish]:
    for wish in wished:
        is_action = wish.resource.type is ResourceType.CONVERSION_ACTION
        if is_action and wish.resource.info.get("event_class") == event_class:
            yield wish


def _kind(goal: Resource) -> tuple[str, str]:
    parts = goal.key.rsplit("/", 1)[-1].split("~")
    return parts[-2], parts[-1]


def _biddable(goal: Resource, reason: str, *, value: bool) -> Wish:
    resource = Resource(
        type=goal.type,
        key=goal.key,
        owner=goal.owner,
        name=goal.name,
        fields={"biddable": value},
        info={"grounds": "config"},
    )
    return Wish(resource=resource, reason=reason)


def _missing(
    wanted: set[tuple[str, str]], found: Iterable[Resource]
) -> tuple[str, ...]:
    there = {_kind(goal) for goal in found}
    return tuple(
        f"goals: Google has no goal {category}~{origin} yet; the next run sets it"
        for category, origin in sorted(wanted - there)
    )
