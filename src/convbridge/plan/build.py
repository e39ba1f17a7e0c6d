"""The desired state: what a valuation asks of GA4 and Google Ads."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from convbridge.errors import DataError
from convbridge.model.classes import EventClass
from convbridge.model.policy import GoalMode
from convbridge.plan.actions import (
    published_value,
    warn_demoted,
    wish_delivered,
    wish_micro,
    wish_primary,
)
from convbridge.plan.audiences import wish_audiences
from convbridge.plan.bidding import wish_bidding
from convbridge.plan.breaks import warn_breaks
from convbridge.plan.category_goals import promote
from convbridge.plan.context import Context
from convbridge.plan.goals import wish_goals
from convbridge.plan.value_rules import tell_value_rules
from convbridge.plan.wishes import Breach, Wishes
from convbridge.plan.wording import together

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import date

    from convbridge.model.accounts import Account, PropertyInfo
    from convbridge.model.classes import Classification
    from convbridge.model.policy import AudiencePolicy, BiddingPolicy, GoalPolicy
    from convbridge.model.resources import Resource, State
    from convbridge.model.rules import RuleSet
    from convbridge.model.values import Valuation, ValuedEvent
    from convbridge.plan.memory import Baseline

LARGEST_VALUE = Decimal(1_000_000_000)
"""A value beyond this is a mistake in any currency."""


def build_desired(
    valuation: Valuation,
    classification: Classification,
    *,
    actual: State,
    account: Account,
    property_info: PropertyInfo,
    rules: RuleSet,
    goals: GoalPolicy,
    bidding: BiddingPolicy,
    delivery_actions: Mapping[str, str | None] | None = None,
    managed: Mapping[str, str] | None = None,
    refused: AbstractSet[tuple[str, str]] = frozenset(),
    baselines: Mapping[str, Baseline] | None = None,
    today: date | None = None,
    value_rules: Iterable[Resource] = (),
    audiences: Iterable[AudiencePolicy] = (),
    removed: Iterable[Resource] = (),
) -> Wishes:
    """
    Return what the values ask for, field by field, with a reason for each resource.

    Args:
        valuation: The values to publish.
        classification: Classes and categories of the events.
        actual: What GA4 and Google Ads hold now.
        account: The client's Google Ads account.
        property_info: The client's GA4 property.
        rules: The user's word on events.
        goals: Where micro conversions become biddable.
        bidding: What to do with bidding; by default nothing.
        delivery_actions: Conversion action (id or name) of each event that is
            delivered; None makes one.
        managed: Keys of what convbridge created or imported, with the event.
        refused: Fields Google refused to change before, as (key, field).
        baselines: Targets before convbridge first changed them, by key.
        today: The day in the property's zone, for steps between targets.
        value_rules: Conversion value rules, where `actual` does not hold them:
            they are shown, never planned.
        audiences: People to win back, as audiences in GA4.
        removed: Conversion actions that somebody removed, where `actual` lacks the
            action of an event that GA4 marks: such an event is not waited for.

    Raises:
        DataError: A value is negative, not a number or absurd, or GA4 and Google
            Ads count in different currencies.
    """
    _check_values(valuation)
    _check_currencies(valuation, account, property_info)
    ctx = Context(
        valuation=valuation,
        classification=classification,
        actual=actual,
        account=account,
        property_info=property_info,
        rules=rules,
        goals=goals,
        bidding=bidding,
        delivery_actions=delivery_actions or {},
        managed=managed or {},
        refused=refused,
        baselines=baselines or {},
        today=today,
        value_rules=tuple(value_rules),
        audiences=tuple(audiences),
        removed=tuple(removed),
    )
    return _wishes(ctx)


def _wishes(ctx: Context) -> Wishes:
    found = Wishes(
        breaches=_unlinked(ctx), notes=_shared(ctx), warnings=warn_breaks(ctx)
    )
    found += tell_value_rules(ctx)
    wished = Wishes()
    for event in ctx.valuation:
        wished += _wish_event(ctx, event)
    for name, wanted in sorted(ctx.delivery_actions.items()):
        wished += wish_delivered(ctx, name, wanted)
    wished += wish_audiences(ctx)
    goals = wish_goals(ctx, wished)
    if ctx.goals.mode is GoalMode.CAMPAIGN:
        wished = promote(ctx, wished, goals)
    wished += warn_demoted(ctx, wished)
    asked = _unique(wished + goals + wish_bidding(ctx, goals))
    events = {e.event for e in ctx.valuation}
    return found + replace(asked, notes=together(asked.notes, events))


def _wish_event(ctx: Context, event: ValuedEvent) -> Wishes:
    if event.event_class is EventClass.MICRO:
        return wish_micro(ctx, event)
    if event.event_class is EventClass.PRIMARY:
        return wish_primary(ctx, event)
    return Wishes()


def _unique(wished: Wishes) -> Wishes:
    """Two events that share one resource: the first wish stands, and it is said."""
    kept = {w.resource.key: w for w in reversed(wished.wishes)}
    shared = [w for w in wished if kept[w.resource.key] is not w]
    warnings = tuple(
        f"{w.resource.info.get('event')}: {w.resource.name!r} is used by "
        f"{kept[w.resource.key].resource.info.get('event')} already; left out"
        for w in shared
        if not w.resource.fields.items() <= kept[w.resource.key].resource.fields.items()
    )
    wishes = tuple(w for w in wished if w not in shared)
    return replace(wished, wishes=wishes, warnings=wished.warnings + warnings)


def _check_values(valuation: Valuation) -> None:
    faults = [
        f"{e.event}: {value}"
        for e in valuation
        if (value := published_value(e)) is not None and not _is_sane(value)
    ]
    if faults:
        raise DataError(
            f"values that cannot be published: {', '.join(faults)}",
            hint="a value is a number from 0 to 1,000,000,000; Google Ads takes no "
            "negative value by any documented rule",
        )


def _is_sane(value: Decimal) -> bool:
    return value.is_finite() and 0 <= value <= LARGEST_VALUE


def _check_currencies(
    valuation: Valuation, account: Account, property_info: PropertyInfo
) -> None:
    found = {
        f"GA4 property {property_info.property_id}": property_info.currency,
        f"Google Ads account {account.customer_id.dashed}": account.currency,
        "the values": valuation.currency,
    }
    if len(set(found.values())) > 1:
        text = ", ".join(f"{who} in {currency}" for who, currency in found.items())
        raise DataError(
            f"the currencies differ: {text}",
            hint="convbridge converts no currencies; set the GA4 property's currency "
            "to the Google Ads account's",
        )


def _unlinked(ctx: Context) -> tuple[Breach, ...]:
    links = set(ctx.property_info.google_ads_links)
    if links & {ctx.account.customer_id, ctx.account.conversion_customer}:
        return ()
    property_id = ctx.property_info.property_id
    text = f"GA4 property {property_id} is not linked to Google Ads account "
    text += f"{ctx.account.customer_id.dashed}; link it in GA4 Admin > Product links"
    if not ctx.property_info.links_known:
        text = f"the login may not read the Google Ads links of property {property_id}"
    return (Breach(limit="unlinked", message=text),)


def _shared(ctx: Context) -> tuple[str, ...]:
    owner = ctx.account.conversion_customer
    if owner == ctx.account.customer_id:
        return ()
    text = f"conversion actions and custom goals belong to {owner.dashed}; a change "
    return (f"{text}there holds for every client that shares them",)
