"""What the user says about events: class, derived events, values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from convbridge.model.policy import ActionPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from convbridge.model.classes import EventClass, EventGroup


class Match(StrEnum):
    """How a dimension's value is compared; names follow GA4's StringFilter."""

    EXACT = "exact"
    BEGINS_WITH = "begins_with"
    ENDS_WITH = "ends_with"
    CONTAINS = "contains"
    FULL_REGEXP = "full_regexp"
    PARTIAL_REGEXP = "partial_regexp"
    IN_LIST = "in_list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A test on one GA4 dimension, such as `linkDomain in [line.me, lin.ee]`."""

    dimension: str
    match: Match
    values: tuple[str, ...]
    case_sensitive: bool = False
    negate: bool = False

    def holds(self, found: str) -> bool:
        """Tell whether a dimension value passes, by GA4's rules for filters."""
        text, values = found, self.values
        if not self.case_sensitive:
            text, values = text.lower(), tuple(v.lower() for v in values)
        return self._compare(text, values) != self.negate

    def _compare(self, text: str, values: tuple[str, ...]) -> bool:
        match self.match:
            case Match.EXACT | Match.IN_LIST:
                return text in values
            case Match.BEGINS_WITH:
                return text.startswith(values)
            case Match.ENDS_WITH:
                return text.endswith(values)
            case Match.CONTAINS:
                return any(v in text for v in values)
            case Match.FULL_REGEXP:
                return any(re.fullmatch(v, text) for v in values)
        return any(re.search(v, text) for v in values)  # PARTIAL_REGEXP


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRule:
    """
    The user's word on one event; what is None is left to the template.

    A rule with `source_event` makes a derived event: the source event where
    every condition holds. It is counted as an event of its own and taken out
    of its parent.
    """

    event: str
    event_class: EventClass | None = None
    group: EventGroup | None = None
    stage: int | None = None
    category: str | None = None
    source_event: str | None = None
    where: tuple[Condition, ...] = ()
    value: Decimal | None = None
    """Money per conversion, in the property's currency; None: revenue from GA4."""
    close_rate: float | None = None
    """Share of leads that become customers; `value` is then a customer's value."""
    weight: float | None = None
    """Share of the credit, with `scheme: weights`."""
    action: str | None = None
    """Conversion action that carries the event where GA4 does not: id or name."""
    action_settings: ActionPolicy = field(default_factory=ActionPolicy)
    """Settings of the event's conversion action; before the client's."""
    counting_method: str | None = None
    """How GA4 counts the key event: `ONCE_PER_EVENT` or `ONCE_PER_SESSION`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """A client's template and rules."""

    template: str
    rules: Mapping[str, EventRule] = field(default_factory=dict)
    action_settings: ActionPolicy = field(default_factory=ActionPolicy)
    """Settings of every event's conversion action, where its rule says none."""

    def settings_of(self, event: str) -> ActionPolicy:
        """Return the settings of an event's conversion action: its own first."""
        rule = self.rules.get(event)
        own = rule.action_settings if rule else ActionPolicy()
        return own.over(self.action_settings)

    @property
    def derived(self) -> tuple[EventRule, ...]:
        """The rules that make an event out of another one."""
        return tuple(r for r in self.rules.values() if r.source_event)
