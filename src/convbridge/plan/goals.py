"""Wishes on goals: where micro conversions become biddable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from convbridge.model.classes import EventClass
from convbridge.model.policy import GoalMode
from convbridge.model.resources import Resource, ResourceType
from convbridge.plan.actions import enabled_twin
from convbridge.plan.bidding import warn_bidding
from convbridge.plan.campaigns import campaign_id, named_campaigns, unmatched_patterns
from convbridge.plan.category_goals import wish_account_goals, wish_campaign_goals
from convbridge.plan.wishes import Wish, Wishes

if TYPE_CHECKING:
    from convbridge.model.values import ValuedEvent
    from convbridge.plan.context import Context

MOST_NAMES = 5
"""Actions a reason names; the field lists all of them."""
CONFIG = ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG


def wish_goals(ctx: Context, wished: Wishes) -> Wishes:
    """Return what is wanted of goals, given the wishes on conversion actions."""
    found = _wanted(ctx, wished)
    return found + _let_go(ctx, found)


def goal_name(client: str) -> str:
    """Return the name of a client's custom conversion goal."""
    return f"convbridge: {client}"


def _wanted(ctx: Context, wished: Wishes) -> Wishes:
    match ctx.goals.mode:
        case GoalMode.CUSTOM:
            return _custom(ctx, wished)
        case GoalMode.CAMPAIGN:
            found = Wishes(warnings=unmatched_patterns(ctx))
            return found + wish_campaign_goals(ctx, wished)
        case GoalMode.ACCOUNT:
            return wish_account_goals(ctx, wished)
        case GoalMode.NONE:
            return Wishes(notes=("goals: none; micro conversions stay secondary",))
        case never:
            assert_never(never)


def _custom(ctx: Context, wished: Wishes) -> Wishes:
    found = Wishes(warnings=unmatched_patterns(ctx))
    campaigns = named_campaigns(ctx)
    if not campaigns:
        note = "goals: no campaign is named, so micro conversions stay secondary"
        return found + Wishes(notes=(note,))
    primaries = _biddable(ctx, wished, EventClass.PRIMARY)
    micros = _biddable(ctx, wished, EventClass.MICRO)
    if not micros:
        return found + Wishes(notes=("goals: no micro conversion is ready to bid on",))
    if not primaries:
        text = "goals: no primary conversion action is enabled; bidding on micro "
        return found + Wishes(warnings=(text + "conversions alone is refused",))
    goal = _goal(ctx, tuple(sorted(primaries + micros)))
    configs = tuple(_config(ctx, c, goal.resource) for c in campaigns)
    warnings = _left_out(ctx, goal.resource) + warn_bidding(ctx)
    return found + Wishes(wishes=(goal, *configs), warnings=warnings)


def _biddable(ctx: Context, wished: Wishes, event_class: EventClass) -> tuple[str, ...]:
    """
    Return the actions of a class that are enabled once the wishes come true.

    A micro event without a new value stays in the goal that has it now: what is
    published stays.
    """
    now = _current(ctx)
    listed = set(_actions_of(now)) if now else set()
    is_primary = event_class is EventClass.PRIMARY
    keys: list[str] = []
    for event in (e for e in ctx.valuation if e.event_class is event_class):
        action = _carrier(ctx, event)
        wish = wished.get(action.key) if action else None
        if action and _will_be_enabled(action, wish):
            is_wanted = is_primary or wish is not None or action.key in listed
            keys += [action.key] if is_wanted else []
    return tuple(keys)


def _carrier(ctx: Context, event: ValuedEvent) -> Resource | None:
    is_primary = event.event_class is EventClass.PRIMARY
    twin = enabled_twin(ctx, event) if is_primary else None
    return twin or ctx.action_of(event.event)


def _will_be_enabled(action: Resource, wish: Wish | None) -> bool:
    wanted = wish.resource.fields.get("status") if wish else None
    return "ENABLED" in {wanted, action.fields.get("status")}


def _goal(ctx: Context, actions: tuple[str, ...]) -> Wish:
    """
    Return the goal with exactly these actions: reused, updated or new.

    Google refuses a second goal with the same list (DUPLICATE_CONVERSION_ACTION_LIST),
    so a goal that has it is used whoever made it.
    """
    twin = next((g for g in _goals(ctx) if set(_actions_of(g)) == set(actions)), None)
    known = twin or _current(ctx)
    name = known.name if known else goal_name(ctx.client)
    return Wish(
        resource=Resource(
            type=ResourceType.CUSTOM_CONVERSION_GOAL,
            key=known.key if known else f"new:custom_conversion_goal/{ctx.client}",
            owner=known.owner if known else str(ctx.account.conversion_customer),
            name=name,
            fields={"name": name, "conversion_actions": actions},
            info={"grounds": "ledger"},
        ),
        reason=f"goals: custom, {len(actions)} conversion actions to bid on: "
        f"{_names(ctx, actions)}",
    )


def _names(ctx: Context, actions: tuple[str, ...]) -> str:
    found = (ctx.actual.get(key) for key in actions)
    names = [action.name for action in found if action]
    rest = len(names) - MOST_NAMES
    more = f" (+{rest})" if rest > 0 else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _config(ctx: Context, campaign: Resource, goal: Resource) -> Wish:
    number = campaign_id(campaign)
    found = ctx.actual.of(CONFIG)
    known = next((c for c in found if campaign_id(c) == number), None)
    level = known.fields.get("goal_config_level") if known else None
    side_effect = (
        "; it no longer follows the account's goals" if level == "CUSTOMER" else ""
    )
    customer = str(ctx.account.customer_id)
    return Wish(
        resource=Resource(
            type=CONFIG,
            key=f"customers/{customer}/conversionGoalCampaignConfigs/{number}",
            owner=customer,
            name=campaign.name,
            fields={
                "custom_conversion_goal": goal.key,
                "goal_config_level": "CAMPAIGN",
            },
            info={"campaign": campaign.key, "grounds": "config"},
        ),
        reason=f"goals: the campaign bids on {goal.name!r}{side_effect}",
        after=(goal.key,),
    )


def _let_go(ctx: Context, wanted: Wishes) -> Wishes:
    """Let campaigns that convbridge attached and nobody names any more go back."""
    left = [
        config
        for config in ctx.actual.of(CONFIG)
        if config.key in ctx.managed
        and config.fields.get("goal_config_level") == "CAMPAIGN"
        and not _stays(ctx, config, wanted)
    ]
    reason = "goals: convbridge lets go; the campaign follows the account's goals again"
    fields = {"custom_conversion_goal": None, "goal_config_level": "CUSTOMER"}
    return Wishes(
        wishes=tuple(
            Wish(
                resource=replace(c, fields=fields, info={"grounds": "ledger"}),
                reason=reason,
            )
            for c in left
        )
    )


def _stays(ctx: Context, config: Resource, wanted: Wishes) -> bool:
    is_named = campaign_id(config) in {campaign_id(c) for c in named_campaigns(ctx)}
    if ctx.goals.mode is GoalMode.CAMPAIGN:
        is_own = is_named and not config.fields.get("custom_conversion_goal")
        return is_own or wanted.get(config.key) is not None
    return is_named and ctx.goals.mode is GoalMode.CUSTOM


def _left_out(ctx: Context, goal: Resource) -> tuple[str, ...]:
    """Warn of actions the campaigns bid on now and will not with the custom goal."""
    listed = set(_actions_of(goal))
    names = [
        a.name
        for a in ctx.actions
        if a.key not in listed
        and a.fields.get("status") == "ENABLED"
        and a.fields.get("primary_for_goal")
        and not _is_micro(ctx, a)
    ]
    if not names or _attached_everywhere(ctx, goal):
        return ()
    text = ", ".join(sorted(names))
    return (f"goals: the named campaigns will no longer bid on {text}",)


def _attached_everywhere(ctx: Context, goal: Resource) -> bool:
    configs = {campaign_id(c): c for c in ctx.actual.of(CONFIG)}
    return all(
        (found := configs.get(campaign_id(c))) is not None
        and found.fields.get("custom_conversion_goal") == goal.key
        for c in named_campaigns(ctx)
    )


def _is_micro(ctx: Context, action: Resource) -> bool:
    micros = (e.event for e in ctx.valuation if e.event_class is EventClass.MICRO)
    linked = (ctx.action_of(event) for event in micros)
    return any(found is not None and found.key == action.key for found in linked)


def _goals(ctx: Context) -> tuple[Resource, ...]:
    found = ctx.actual.of(ResourceType.CUSTOM_CONVERSION_GOAL)
    return tuple(g for g in found if g.fields.get("status") != "REMOVED")


def _current(ctx: Context) -> Resource | None:
    """Return the client's goal: the one of its name, or ours that was renamed."""
    name = goal_name(ctx.client)
    named = next((g for g in _goals(ctx) if g.name == name), None)
    return named or next((g for g in _goals(ctx) if g.key in ctx.managed), None)


def _actions_of(goal: Resource) -> tuple[str, ...]:
    found = goal.fields.get("conversion_actions")
    return found if isinstance(found, tuple) else ()
