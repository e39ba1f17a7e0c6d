"""Everything a desired state is built from, and how to find things in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from datetime import date

    from convbridge.model.accounts import Account, PropertyInfo
    from convbridge.model.classes import Classification
    from convbridge.model.policy import AudiencePolicy, BiddingPolicy, GoalPolicy
    from convbridge.model.resources import Resource, State
    from convbridge.model.rules import RuleSet
    from convbridge.model.values import Valuation
    from convbridge.plan.memory import Baseline

GA4_PROPERTY = "google_analytics_4_settings.property_id"
GA4_EVENT = "google_analytics_4_settings.event_name"
NO_CATEGORY = {None, "", "DEFAULT", "UNKNOWN", "UNSPECIFIED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The inputs of `build_desired`, together."""

    valuation: Valuation
    classification: Classification
    actual: State
    account: Account
    property_info: PropertyInfo
    rules: RuleSet
    goals: GoalPolicy
    bidding: BiddingPolicy
    delivery_actions: Mapping[str, str | None] = field(default_factory=dict)
    managed: Mapping[str, str] = field(default_factory=dict)
    refused: AbstractSet[tuple[str, str]] = frozenset()
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    today: date | None = None
    value_rules: tuple[Resource, ...] = ()
    removed: tuple[Resource, ...] = ()
    """Conversion actions that somebody removed in Google Ads."""
    audiences: tuple[AudiencePolicy, ...] = ()

    @property
    def client(self) -> str:
        """The client's name in the configuration."""
        return self.valuation.client

    @property
    def actions(self) -> tuple[Resource, ...]:
        """The conversion actions that are not removed; removing is for good."""
        found = self.actual.of(ResourceType.CONVERSION_ACTION)
        return tuple(a for a in found if a.fields.get("status") != "REMOVED")

    def linked(self, event: str) -> Resource | None:
        """
        Return the conversion action that Google made from a GA4 key event.

        Joined on property id and event name: display names are edited by people.
        """
        wanted = (str(self.property_info.property_id), event)
        found = (a for a in self.actions if _ga4_event(a) == wanted)
        return next(found, None)

    def named(self, id_or_name: str) -> Resource | None:
        """Return the conversion action with this id, or else this name."""
        by_id = (a for a in self.actions if a.key.endswith(f"/{id_or_name}"))
        by_name = (a for a in self.actions if a.name == id_or_name)
        return next(by_id, None) or next(by_name, None)

    def action_of(self, event: str) -> Resource | None:
        """Return the action that carries an event: named in the config, or linked."""
        rule = self.rules.rules.get(event)
        named = self.named(rule.action) if rule and rule.action else None
        return named or self.linked(event)

    def lost_action(self, event: str) -> str | None:
        """Return the id of the event's action that was there and is no more."""
        kept = (key for key, known in self.managed.items() if known == event)
        gone = [k for k in kept if "/conversionActions/" in k and not self._has(k)]
        wanted = (str(self.property_info.property_id), event)
        gone += [a.key for a in self.removed if _ga4_event(a) == wanted]
        return gone[0].rsplit("/", 1)[-1] if gone else None

    def key_event(self, event: str) -> Resource | None:
        """Return GA4's key event for an event, where it is marked as one."""
        found = self.actual.of(ResourceType.KEY_EVENT)
        return next((k for k in found if k.fields.get("event_name") == event), None)

    def _has(self, key: str) -> bool:
        return any(action.key == key for action in self.actions)

    def refuses(self, resource: Resource, name: str) -> bool:
        """Whether Google refused to change this field of this resource before."""
        return (resource.key, name) in self.refused


def not_imported(events: Iterable[str], actual: State) -> tuple[str, ...]:
    """Return which of the events GA4 has as key events, and Google Ads has not."""
    marked = {k.fields.get("event_name") for k in actual.of(ResourceType.KEY_EVENT)}
    actions = actual.of(ResourceType.CONVERSION_ACTION)
    offered = {str(action.info.get(GA4_EVENT)) for action in actions}
    return tuple(e for e in events if e in marked and e not in offered)


def _ga4_event(action: Resource) -> tuple[str, str]:
    found = str(action.info.get(GA4_PROPERTY) or "").removeprefix("properties/")
    return found, str(action.info.get(GA4_EVENT) or "")
