"""How one client's conversions are sent: its actions, values, consent and holds."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from convbridge.classify import classes_of, names_of
from convbridge.errors import ConfigError
from convbridge.model.changes import Action, OutcomeKind
from convbridge.model.classes import EventClass
from convbridge.model.conversions import Consent, DeliveryPolicy
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from datetime import datetime

    from convbridge.bridge.connections import Connections
    from convbridge.model.resources import Resource

_COLLECTION = "/conversionActions/"


class Made(NamedTuple):
    """A conversion action that a plan made for an event's conversions."""

    action: str
    at: datetime


def delivery_policy(connections: Connections) -> DeliveryPolicy:
    """Return how the client's conversions are completed, checked and sent."""
    said = connections.client.delivery
    info = connections.ga4.fetch_property()
    actions = delivery_actions(connections)
    return DeliveryPolicy(
        actions=actions,
        time_zone=said.time_zone or info.time_zone,
        currency=info.currency,
        currencies=frozenset(
            {connections.google_ads.fetch_account().currency, *said.currencies}
        ),
        region=said.phone_region,
        values=_values(connections),
        consent=_consent(said.consent.ad_user_data),
        personalization=_consent(said.consent.ad_personalization),
        actions_created={m.action: m.at for m in _made(connections).values()},
        hold=dict.fromkeys(_micros(connections, actions), said.hold)
        if said.hold
        else {},
        anti_events=anti_events(connections, actions),
    )


def _consent(said: str | None) -> Consent | None:
    return Consent(said) if said else None


def _micros(connections: Connections, actions: Iterable[str]) -> list[str]:
    found = classes_of(actions, connections.client.rule_set())
    return [event for event, kind in found.items() if kind is EventClass.MICRO]


def anti_events(connections: Connections, actions: Container[str]) -> frozenset[str]:
    """Return the events that drop what is held; one with an action is sent."""
    rules = connections.client.rule_set()
    usual = names_of(EventClass.ANTI) if connections.client.delivery.hold else ()
    known = {*rules.rules, *usual}
    classes = classes_of(known, rules)
    return frozenset(
        e for e in known if classes[e] is EventClass.ANTI and e not in actions
    )


def _values(connections: Connections) -> Mapping[str, Decimal]:
    """Values in force; a lead the user gave a value has that, times its close rate."""
    given = {
        rule.event: rule.value * _exactly(rule.close_rate)
        for rule in connections.client.rule_set().rules.values()
        if rule.value is not None
    }
    published = connections.ledger.read_published(connections.client.name)
    return given | {event: found.value for event, found in published.items()}


def _exactly(rate: float | None) -> Decimal:
    return Decimal(str(1 if rate is None else rate))


def valued_events(connections: Connections, events: Iterable[str]) -> list[str]:
    """Return the primaries whose value is GA4's own, and not one that was given."""
    rules = connections.client.rule_set()
    given = {event for event, rule in rules.rules.items() if rule.value is not None}
    found = classes_of(events, rules)
    return [e for e, c in found.items() if c is EventClass.PRIMARY and e not in given]


def is_analytics(action: str) -> bool:
    """Tell whether an action is a Google Analytics stream."""
    return action.startswith("G-")


def delivery_actions(connections: Connections) -> dict[str, str]:
    """
    Return the conversion action id of each event: named, or made by a plan.

    Raises:
        ConfigError: A name is no conversion action, or its plan was never applied.
    """
    said = connections.client.delivery.actions
    wanted = {event: name for event, name in said.items() if name}
    made = {event: found.action for event, found in _made(connections).items()}
    missing = [event for event in said if event not in wanted and event not in made]
    if missing:
        raise ConfigError(
            f"no plan has made a conversion action for {', '.join(missing)} yet",
            hint="run convbridge plan and apply first, or name an action under "
            "delivery.actions",
        )
    if all(map(_is_id, wanted.values())):
        return made | wanted
    known = connections.google_ads.fetch_state([ResourceType.CONVERSION_ACTION])
    return made | {event: _id_of(name, known) for event, name in wanted.items()}


def event_names(connections: Connections) -> dict[str, str]:
    """Return the event of each conversion action; what is not known is left out."""
    try:
        found = delivery_actions(connections)
    except ConfigError:
        return {}
    return {action: event for event, action in found.items()}


def _made(connections: Connections) -> dict[str, Made]:
    """Return the actions that plans made, and that none took away since."""
    found: dict[str, Made] = {}
    for entry in connections.ledger.read_entries(connections.client.name):
        if entry.kind is not OutcomeKind.APPLIED or _COLLECTION not in entry.key:
            continue
        key = entry.key.rsplit("/", 1)[-1]
        event = (entry.change.info or {}).get("event")
        if entry.change.action is Action.CREATE and isinstance(event, str):
            found[event] = Made(key, entry.at)
        elif entry.change.action is Action.REMOVE:
            found = {e: made for e, made in found.items() if made.action != key}
    return found


def _id_of(name: str, known: Any) -> str:
    if _is_id(name):
        return name
    found: Resource | None = next((a for a in known if a.name == name), None)
    if found is None:
        names = ", ".join(sorted(a.name for a in known)[:8])
        raise ConfigError(
            f"delivery.actions names {name!r}, which is no conversion action",
            hint=f"the account has {names}",
        )
    return found.key.rsplit("/", 1)[-1]


def _is_id(name: str) -> bool:
    return name.isdigit() or is_analytics(name)
