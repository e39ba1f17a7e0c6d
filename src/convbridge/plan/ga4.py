"""Wishes on GA4: key events, event create rules, and values GA4 has to carry."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from convbridge.model.money import to_minor_unit
from convbridge.model.parameters import EVENT_PARAMETERS
from convbridge.model.resources import Resource, ResourceType
from convbridge.model.rules import Match
from convbridge.plan.places import place_of
from convbridge.plan.wishes import Wish, Wishes

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from convbridge.model.resources import Scalar
    from convbridge.model.rules import Condition, EventRule
    from convbridge.model.values import ValuedEvent
    from convbridge.plan.context import Context

KEY_EVENTS = {"GOOGLE_ANALYTICS_STANDARD": 30, "GOOGLE_ANALYTICS_360": 50}
"""Custom key events a property may have."""

COMPARISONS = {
    Match.EXACT: "EQUALS",
    Match.BEGINS_WITH: "STARTS_WITH",
    Match.ENDS_WITH: "ENDS_WITH",
    Match.CONTAINS: "CONTAINS",
    Match.FULL_REGEXP: "REGULAR_EXPRESSION",
    Match.PARTIAL_REGEXP: "REGULAR_EXPRESSION",
    Match.IN_LIST: "REGULAR_EXPRESSION",
}
VALUE = "value_settings.default_value"
_VALUES = "value_settings."
_RULE_FIELDS = {"eventName": "event_name", **EVENT_PARAMETERS}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,38}")


def wish_key_event(ctx: Context, event: ValuedEvent, *, per_session: bool) -> Wishes:
    """
    Ask for the key event that Google Ads will make a conversion action from.

    Only for events the config names: a key event shows in every GA4 report, and a
    property has few of them. A micro event counts once per session, unless the
    configuration says otherwise: its value is a user's, not a click's.
    """
    waits = (
        "Google shows a key event in Google Ads within 24 h; the next run imports it"
    )
    if ctx.key_event(event.event) is not None:
        found = wish_made_key_event(ctx, event, carries_value=False)
        if lost := ctx.lost_action(event.event):
            text = f"{event.event}: its conversion action {lost} is gone from Google "
            text += "Ads, where removing is for good; import the key event anew under "
            text += "Goals > Conversions > Summary > New conversion action"
            return found + Wishes(warnings=(text,))
        return found + Wishes(notes=(f"{event.event}: is a key event in GA4; {waits}",))
    if event.event not in ctx.rules.rules:
        text = "no key event in GA4, so Google Ads cannot count it; name it under "
        return Wishes(notes=(f"{event.event}: {text}`events` to have it made one",))
    if _key_events_left(ctx) < 1:
        limit = "the property has as many custom key events as GA4 allows"
        return Wishes(warnings=(f"{event.event}: {limit}; unmark one in GA4 first",))
    source = _wish_source(ctx, event)
    if source is None:
        where = "GA4 Admin > Data display > Events > Create event"
        return Wishes(notes=(f"{event.event}: make this event in {where}",))
    default = "ONCE_PER_SESSION" if per_session else "ONCE_PER_EVENT"
    method = _method_said(ctx, event) or default
    wish = _new_key_event(ctx, event, method, source)
    return source + Wishes(wishes=(wish,), notes=(f"{event.event}: {waits}",))


def note_refused(
    ctx: Context, action: Resource, event: ValuedEvent, refused: AbstractSet[str]
) -> tuple[str, ...]:
    """Say what is set where, of the fields that Google refused before."""
    has_carrier = ctx.key_event(event.event) is not None
    is_carried = VALUE in refused and event.value is not None and has_carrier
    by_hand = {f for f in refused if not (is_carried and f.startswith(_VALUES))}
    found: list[str] = []
    if is_carried:
        text = "Google does not let the API set its value; GA4's key event carries it"
        found.append(f"{action.name!r}: {text}")
    if by_hand:
        names = ", ".join(sorted(name.rsplit(".", 1)[-1] for name in by_hand))
        text = f"Google does not let the API set {names}; set it in "
        found.append(f"{action.name!r}: {text}{_places(action, event, by_hand)}")
    if VALUE in refused and event.value is not None and not has_carrier:
        found.append(f"{event.event}: no key event can carry the value")
    return tuple(found)


def _places(action: Resource, event: ValuedEvent, fields: AbstractSet[str]) -> str:
    info = {**action.info, "event": event.event}
    places = dict.fromkeys(
        place_of(action.type, field, name=action.name, info=info)
        for field in sorted(fields)
    )
    return "; ".join(places)


def wish_made_key_event(
    ctx: Context, event: ValuedEvent, *, carries_value: bool
) -> Wishes:
    """
    Return what is wanted of a key event that is there already.

    The counting method that the configuration says, and the value where Google Ads
    refuses it.
    """
    key_event = ctx.key_event(event.event)
    method = _method_said(ctx, event)
    carries_value = carries_value and event.value is not None
    if key_event is None or not (carries_value or method):
        return Wishes()
    fields: dict[str, Scalar] = {"counting_method": method} if method else {}
    reason = f"{event.event_class}: counts {method} by the config"
    if carries_value:
        fields |= _value(ctx, event)
        reason = f"Google Ads refuses it: {event.reason}"
    resource = Resource(
        type=key_event.type,
        key=key_event.key,
        owner=key_event.owner,
        name=key_event.name,
        fields=fields,
        info={**_info(event), "currency": ctx.valuation.currency},
    )
    return Wishes(wishes=(Wish(resource=resource, reason=reason),))


def _method_said(ctx: Context, event: ValuedEvent) -> str | None:
    rule = ctx.rules.rules.get(event.event)
    return rule.counting_method if rule else None


def _value(ctx: Context, event: ValuedEvent) -> dict[str, Scalar]:
    assert event.value is not None
    currency = ctx.valuation.currency
    return {
        "default_value.numeric_value": to_minor_unit(event.value, currency),
        "default_value.currency_code": currency,
    }


def event_conditions(rule: EventRule) -> tuple[str, ...] | None:
    """
    Return the conditions of a GA4 event create rule, as JSON texts.

    None when GA4 cannot say them: a dimension that is no event parameter, more
    than ten conditions, or a name GA4 does not accept.
    """
    found = [_condition(c) for c in rule.where]
    if None in found or len(found) > 9 or not _NAME.fullmatch(rule.event):
        return None
    source = _text("event_name", "EQUALS", rule.source_event or "", negated=False)
    return tuple(sorted([source, *(c for c in found if c)]))


def _new_key_event(
    ctx: Context, event: ValuedEvent, method: str, source: Wishes
) -> Wish:
    resource = Resource(
        type=ResourceType.KEY_EVENT,
        key=f"new:key_event/{event.event}",
        owner=ctx.property_info.property_id.resource_name,
        name=event.event,
        fields={"event_name": event.event, "counting_method": method},
        info=_info(event),
    )
    return Wish(
        resource=resource,
        reason=f"{event.event_class}: {event.reason}",
        after=tuple(w.resource.key for w in source),
    )


def _info(event: ValuedEvent) -> dict[str, Scalar]:
    return {
        "event": event.event,
        "event_class": str(event.event_class),
        "grounds": "event",
    }


def _key_events_left(ctx: Context) -> int:
    custom = [
        k for k in ctx.actual.of(ResourceType.KEY_EVENT) if k.info.get("custom", True)
    ]
    level = ctx.property_info.service_level
    return KEY_EVENTS.get(level, KEY_EVENTS["GOOGLE_ANALYTICS_STANDARD"]) - len(custom)


def _wish_source(ctx: Context, event: ValuedEvent) -> Wishes | None:
    """Return the rules that make a derived event; None when a person has to."""
    rule = ctx.rules.rules.get(event.event)
    made = ctx.actual.of(ResourceType.EVENT_CREATE_RULE)
    known = {r.fields.get("destination_event") for r in made}
    if rule is None or rule.source_event is None or event.event in known:
        return Wishes()
    conditions = event_conditions(rule)
    streams = ctx.property_info.web_streams
    if conditions is None or not streams:
        return None
    return Wishes(wishes=tuple(_create_rule(ctx, rule, s, conditions) for s in streams))


def _create_rule(
    ctx: Context, rule: EventRule, stream: str, conditions: tuple[str, ...]
) -> Wish:
    number = stream.rsplit("/", 1)[-1]
    resource = Resource(
        type=ResourceType.EVENT_CREATE_RULE,
        key=f"new:event_create_rule/{number}/{rule.event}",
        owner=ctx.property_info.property_id.resource_name,
        name=rule.event,
        fields={
            "destination_event": rule.event,
            "event_conditions": conditions,
            "source_copy_parameters": True,
        },
        info={"event": rule.event, "grounds": "config", "parent": stream},
    )
    reason = f"config: {rule.event} is {rule.source_event} under conditions"
    return Wish(resource=resource, reason=reason)


def _condition(condition: Condition) -> str | None:
    dimension = condition.dimension.removeprefix("customEvent:")
    is_custom = dimension != condition.dimension
    name = dimension if is_custom else _RULE_FIELDS.get(dimension)
    if name is None:
        return None
    comparison, value = _comparison(condition)
    if not condition.case_sensitive:
        comparison += "_CASE_INSENSITIVE"
    return _text(name, comparison, value, negated=condition.negate)


def _comparison(condition: Condition) -> tuple[str, str]:
    """A rule's condition holds one value; several become one regular expression."""
    values = condition.values
    if len(values) == 1 and condition.match is Match.IN_LIST:
        return "EQUALS", values[0]
    if len(values) == 1 and condition.match not in {
        Match.FULL_REGEXP,
        Match.PARTIAL_REGEXP,
    }:
        return COMPARISONS[condition.match], values[0]
    return "REGULAR_EXPRESSION", _regexp(condition.match, values)


def _regexp(match: Match, values: tuple[str, ...]) -> str:
    is_regexp = match in {Match.FULL_REGEXP, Match.PARTIAL_REGEXP}
    either = "|".join(values if is_regexp else map(re.escape, values))
    opened = match in {Match.CONTAINS, Match.PARTIAL_REGEXP, Match.ENDS_WITH}
    closed = match in {Match.CONTAINS, Match.PARTIAL_REGEXP, Match.BEGINS_WITH}
    return f"{'.*' if opened else ''}({either}){'.*' if closed else ''}"


def _text(name: str, comparison: str, value: str, *, negated: bool) -> str:
    data = {
        "comparison_type": comparison,
        "field": name,
        "negated": negated,
        "value": value,
    }
    return json.dumps(data, sort_keys=True)
