"""Resources of GA4 and Google Ads as the plan sees them: a key and its fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Scalar = str | int | bool | float | Decimal | tuple[str, ...] | None
"""A field's value. Money is Decimal, lists are tuples, None is absent at Google."""


class System(StrEnum):
    """Which of Google's systems holds a resource."""

    GA4 = "ga4"
    GOOGLE_ADS = "google_ads"


class ResourceType(StrEnum):
    """Resource types, by Google's names."""

    KEY_EVENT = "key_event"
    EVENT_CREATE_RULE = "event_create_rule"
    AUDIENCE = "audience"
    CONVERSION_ACTION = "conversion_action"
    CUSTOMER_CONVERSION_GOAL = "customer_conversion_goal"
    CAMPAIGN_CONVERSION_GOAL = "campaign_conversion_goal"
    CUSTOM_CONVERSION_GOAL = "custom_conversion_goal"
    CONVERSION_GOAL_CAMPAIGN_CONFIG = "conversion_goal_campaign_config"
    CAMPAIGN = "campaign"
    BIDDING_STRATEGY = "bidding_strategy"
    CONVERSION_VALUE_RULE = "conversion_value_rule"

    @property
    def system(self) -> System:
        """The system that holds resources of this type."""
        ga4 = {self.KEY_EVENT, self.EVENT_CREATE_RULE, self.AUDIENCE}
        return System.GA4 if self in ga4 else System.GOOGLE_ADS


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """
    One thing that exists, or shall exist, in an account.

    `fields` are named as field-mask paths of the vendor's message, such as
    `value_settings.default_value`, so a changed field is a mask path as it is.
    """

    type: ResourceType
    key: str
    """Google's resource name; for a wish that does not exist yet, `new:` and a
    name that other wishes can point to."""
    owner: str
    """The account written to: a customer id (ten digits) or `properties/1`."""
    name: str
    """What people call it."""
    fields: Mapping[str, Scalar]
    info: Mapping[str, Scalar] = field(default_factory=dict)
    """Read-only facts (type, event name, property): shown, never written."""

    @property
    def system(self) -> System:
        """The system that holds the resource."""
        return self.type.system


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All resources of one client at one time, or as wanted, by key."""

    resources: tuple[Resource, ...] = ()

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def __len__(self) -> int:
        return len(self.resources)

    def get(self, key: str) -> Resource | None:
        """Return the resource with this key, or None."""
        return next((r for r in self.resources if r.key == key), None)

    def of(self, *types: ResourceType) -> tuple[Resource, ...]:
        """Return the resources of the given types, in order."""
        return tuple(r for r in self.resources if r.type in types)

    def __or__(self, other: State) -> State:
        return State(resources=self.resources + other.resources)


def to_json(value: Scalar) -> Any:  # JSON is Any by nature
    """Return a field's value as JSON has it; money as a string, exactly."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return list(value) if isinstance(value, tuple) else value
