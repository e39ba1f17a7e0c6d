"""Wishes on conversion actions: import, value, primary or secondary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.classes import EventClass
from convbridge.model.money import to_minor_unit
from convbridge.model.policy import GoalMode
from convbridge.model.resources import Resource, ResourceType
from convbridge.model.values import ValueStatus
from convbridge.plan.action_settings import (
    moved_settings,
    set_by_hand,
    settings_for,
    warn_counting,
)
from convbridge.plan.context import NO_CATEGORY
from convbridge.plan.ga4 import note_refused, wish_key_event, wish_made_key_event
from convbridge.plan.wishes import Wish, Wishes

if TYPE_CHECKING:
    from decimal import Decimal

    from convbridge.model.resources import Scalar
    from convbridge.model.values import ValuedEvent
    from convbridge.plan.context import Context

PUBLISHABLE = {
    ValueStatus.OK,
    ValueStatus.GIVEN,
    ValueStatus.WEAK,
    ValueStatus.KEPT,
    ValueStatus.FROZEN,
}
"""Statuses whose value is to stand in Google Ads."""

VALUE = "value_settings.default_value"
CURRENCY = "value_settings.default_currency_code"
ALWAYS = "value_settings.always_use_default_value"
UPLOAD_CLICKS = "UPLOAD_CLICKS"
TAKES_UPLOADS = {UPLOAD_CLICKS, "WEBPAGE"}
"""Types that conversions are delivered to; a tag's takes them as a second source."""


def published_value(event: ValuedEvent) -> Decimal | None:
    """Return the value that Google Ads shall use for the event, if any."""
    return event.value if event.status in PUBLISHABLE else None


def wish_micro(ctx: Context, event: ValuedEvent) -> Wishes:
    """Return what is wanted for one micro event: valued, and secondary by default."""
    value = published_value(event)
    if value is None:
        return Wishes(notes=(f"{event.event}: no value is published: {event.reason}",))
    action = ctx.action_of(event.event)
    if action is None:
        return wish_key_event(ctx, event, per_session=True)
    biddable = ctx.goals.mode is GoalMode.ACCOUNT
    fields: dict[str, Scalar] = {
        "status": "ENABLED",
        "primary_for_goal": biddable,
        **_category(ctx, action, event),
        **_value(value, ctx.valuation.currency, always=True),
    }
    return _wish(ctx, action, event, fields)


def wish_primary(ctx: Context, event: ValuedEvent) -> Wishes:
    """
    Return what is wanted for one primary event.

    A primary that carries revenue keeps the value of each conversion; a lead gets
    the value the user gave, times its close rate. It is never made secondary.
    """
    action = ctx.action_of(event.event)
    twin = enabled_twin(ctx, event)
    if twin is not None:
        return Wishes(warnings=(_twin_warning(event, action, twin),))
    if action is None:
        return wish_key_event(ctx, event, per_session=False)
    value = published_value(event)
    fields: dict[str, Scalar] = {"status": "ENABLED", "primary_for_goal": True}
    fields |= _category(ctx, action, event)
    if event.status is ValueStatus.REVENUE:
        fields[ALWAYS] = False
    elif value is not None:
        fields |= _value(value, ctx.valuation.currency, always=True)
    return _wish(ctx, action, event, fields)


def enabled_twin(ctx: Context, event: ValuedEvent) -> Resource | None:
    """
    Return another enabled primary action of a primary event's category.

    Only while the event's own action is hidden or missing: importing it as well
    would count each conversion twice.
    """
    action = ctx.action_of(event.event)
    is_in_use = action is not None and action.fields.get("status") == "ENABLED"
    if is_in_use or not event.category:
        return None
    return next((a for a in ctx.actions if _is_primary(a, event.category)), None)


def warn_demoted(ctx: Context, wished: Wishes) -> Wishes:
    """Warn of primary actions in use that a micro event's wish makes secondary."""
    demoted = (
        action
        for wish in wished
        if wish.resource.info.get("event_class") == str(EventClass.MICRO)
        and wish.resource.fields.get("primary_for_goal") is False
        and (action := ctx.actual.get(wish.resource.key)) is not None
        and action.fields.get("status") == "ENABLED"
        and action.fields.get("primary_for_goal")
    )
    return Wishes(
        warnings=tuple(
            f"{action.name!r} is primary in Google Ads and a micro event by its class: "
            "it leaves account-wide bidding; say `class: primary` to keep it there"
            for action in demoted
        )
    )


def wish_delivered(ctx: Context, event: str, wanted: str | None) -> Wishes:
    """Return what is wanted for the action that delivered conversions go to."""
    if wanted:
        return _wish_named_upload(ctx, event, wanted)
    name = f"convbridge: {ctx.client}: {event}"
    known = ctx.named(name) or _managed_upload(ctx, event)
    if known is not None and known.info.get("type") != UPLOAD_CLICKS:
        text = f"delivery: {name!r} takes no uploads, it is of the type "
        text += f"{known.info.get('type')}; rename it, or name an action for {event}"
        return Wishes(warnings=(text,))
    fields = _settable(ctx, known, event)
    warnings = warn_counting(event, fields)
    if known is None:
        wish = _new_upload(ctx, event, name, fields)
        return Wishes(wishes=(wish,), warnings=warnings)
    reason = f"delivery: conversions of {event} are uploaded to it"
    kept = _kept(known, event, {"status": "ENABLED", **fields}, grounds="ledger")
    reason += moved_settings(known, fields)
    return Wishes(wishes=(Wish(resource=kept, reason=reason),), warnings=warnings)


def _wish_named_upload(ctx: Context, event: str, wanted: str) -> Wishes:
    """Return the settings of an action that the user made and named."""
    found = ctx.named(wanted)
    if found is None:
        owner = ctx.account.conversion_customer.dashed
        text = f"delivery: account {owner} has no conversion action {wanted!r}"
        return Wishes(warnings=(text,))
    if found.info.get("type") not in TAKES_UPLOADS:
        text = f"delivery: {found.name!r} takes no uploads, it is of the type "
        text += f"{found.info.get('type')}; name another action for {event}"
        return Wishes(warnings=(text,))
    fields = _settable(ctx, found, event)
    if not fields:
        return Wishes()
    kept = _kept(found, event, fields, grounds="config")
    reason = f"delivery: conversions of {event} are uploaded to it"
    wish = Wish(resource=kept, reason=reason + moved_settings(found, fields))
    return Wishes(wishes=(wish,), warnings=warn_counting(event, fields))


def _settable(ctx: Context, known: Resource | None, event: str) -> dict[str, Scalar]:
    """Return the settings of an upload action, those Google refused left out."""
    if known is None:
        return dict(ctx.rules.settings_of(event).fields())
    wanted = settings_for(ctx, known, event)
    return {k: v for k, v in wanted.items() if not ctx.refuses(known, k)}


def _new_upload(
    ctx: Context, event: str, name: str, settings: dict[str, Scalar]
) -> Wish:
    found = next((e for e in ctx.classification if e.event == event), None)
    category = found.category if found and found.category else "DEFAULT"
    return Wish(
        resource=Resource(
            type=ResourceType.CONVERSION_ACTION,
            key=f"new:conversion_action/{event}",
            owner=str(ctx.account.conversion_customer),
            name=name,
            fields={
                "name": name,
                "type": UPLOAD_CLICKS,
                "category": category,
                "status": "ENABLED",
                "primary_for_goal": False,
                # ONE_PER_CLICK refuses gbraid and wbraid (ConversionUploadError).
                "counting_type": "MANY_PER_CLICK",
                CURRENCY: ctx.valuation.currency,
                ALWAYS: False,
                **settings,
            },
            info={
                "event": event,
                "grounds": "ledger",
                "currency": ctx.valuation.currency,
            },
        ),
        reason=f"delivery: conversions of {event} need an action to be uploaded to",
    )


def _managed_upload(ctx: Context, event: str) -> Resource | None:
    kept = (a for a in ctx.actions if ctx.managed.get(a.key) == event)
    return next((a for a in kept if a.info.get("type") == UPLOAD_CLICKS), None)


def _kept(
    action: Resource, event: str, fields: dict[str, Scalar], *, grounds: str
) -> Resource:
    return Resource(
        type=action.type,
        key=action.key,
        owner=action.owner,
        name=action.name,
        fields=fields,
        info={"event": event, "grounds": grounds},
    )


def _wish(
    ctx: Context,
    action: Resource,
    event: ValuedEvent,
    fields: dict[str, Scalar],
) -> Wishes:
    settings = settings_for(ctx, action, event.event)
    wanted = {**fields, **settings}
    allowed = {k: v for k, v in wanted.items() if not ctx.refuses(action, k)}
    refused = wanted.keys() - allowed.keys()
    wish = Wish(
        resource=Resource(
            type=action.type,
            key=action.key,
            owner=action.owner,
            name=action.name,
            fields=allowed,
            info=_grounds(ctx, action, event),
        ),
        reason=f"{event.event_class}: {event.reason}{moved_settings(action, settings)}",
    )
    found = Wishes(
        wishes=(wish,),
        notes=set_by_hand(ctx, action, event.event)
        + note_refused(ctx, action, event, refused),
    )
    return found + wish_made_key_event(ctx, event, carries_value=VALUE in refused)


def _grounds(ctx: Context, action: Resource, event: ValuedEvent) -> dict[str, Scalar]:
    linked = ctx.linked(event.event)
    return {
        "event": event.event,
        "event_class": str(event.event_class),
        "grounds": "event" if linked and linked.key == action.key else "config",
        "currency": ctx.valuation.currency,
    }


def _category(ctx: Context, action: Resource, event: ValuedEvent) -> dict[str, Scalar]:
    """
    A category somebody chose stays; an import or a default gets ours.

    What the configuration says replaces it.
    """
    found = action.fields.get("category")
    rule = ctx.rules.rules.get(event.event)
    is_ours = action.key in ctx.managed or action.fields.get("status") == "HIDDEN"
    is_said = rule is not None and rule.category is not None
    wanted = event.category if is_said or is_ours or found in NO_CATEGORY else None
    return {"category": wanted} if wanted else {}


def _value(value: Decimal, currency: str, *, always: bool) -> dict[str, Scalar]:
    return {VALUE: to_minor_unit(value, currency), CURRENCY: currency, ALWAYS: always}


def _twin_warning(event: ValuedEvent, action: Resource | None, twin: Resource) -> str:
    if action is None:
        return f"{event.event}: counted by {twin.name!r}, which GA4 does not feed"
    return (
        f"{event.event}: {twin.name!r} is primary already; the GA4 import "
        f"{action.name!r} stays hidden, or each one would be counted twice"
    )


def _is_primary(action: Resource, category: str) -> bool:
    wanted = {"status": "ENABLED", "primary_for_goal": True, "category": category}
    return all(action.fields.get(k) == v for k, v in wanted.items())
