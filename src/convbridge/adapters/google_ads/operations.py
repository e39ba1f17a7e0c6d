"""Changes as the operations of Google Ads' mutate services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convbridge.adapters.google_ads.messages import set_field
from convbridge.model.changes import Action
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convbridge.model.changes import Change
    from convbridge.model.resources import Scalar

NEW = "new:"
"""Start of keys that stand for resources Google has not named yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutateService:
    """How resources of one type are changed."""

    noun: str
    """`ConversionAction`, from which the operation gets its name."""
    nouns: str
    actions: frozenset[Action]
    has_partial_failure: bool
    """Without it one bad operation refuses its whole request."""

    @property
    def method(self) -> str:
        """The method at the call seam."""
        return f"{self.noun}Service.Mutate{self.nouns}"


_ALL = frozenset(Action)
_UPDATE = frozenset({Action.UPDATE})
SERVICES: dict[ResourceType, MutateService] = {
    ResourceType.CONVERSION_ACTION: MutateService(
        noun="ConversionAction",
        nouns="ConversionActions",
        actions=_ALL,
        has_partial_failure=True,
    ),
    ResourceType.CUSTOMER_CONVERSION_GOAL: MutateService(
        noun="CustomerConversionGoal",
        nouns="CustomerConversionGoals",
        actions=_UPDATE,
        has_partial_failure=False,
    ),
    ResourceType.CAMPAIGN_CONVERSION_GOAL: MutateService(
        noun="CampaignConversionGoal",
        nouns="CampaignConversionGoals",
        actions=_UPDATE,
        has_partial_failure=False,
    ),
    ResourceType.CUSTOM_CONVERSION_GOAL: MutateService(
        noun="CustomConversionGoal",
        nouns="CustomConversionGoals",
        actions=_ALL,
        has_partial_failure=False,
    ),
    ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG: MutateService(
        noun="ConversionGoalCampaignConfig",
        nouns="ConversionGoalCampaignConfigs",
        actions=_UPDATE,
        has_partial_failure=False,
    ),
    ResourceType.CAMPAIGN: MutateService(
        noun="Campaign",
        nouns="Campaigns",
        actions=_UPDATE,  # convbridge makes and removes no campaigns
        has_partial_failure=True,
    ),
    ResourceType.BIDDING_STRATEGY: MutateService(
        noun="BiddingStrategy",
        nouns="BiddingStrategies",
        actions=_UPDATE,
        has_partial_failure=True,
    ),
}


def mutate_request(
    new: Callable[[str], Any],
    changes: Sequence[Change],
    *,
    names: Mapping[str, str],
    validate_only: bool,
) -> Any:
    """
    Return one request with one operation per change, in order.

    `new` makes an empty message of the API version by its short name.

    Raises:
        DataError: A change names a field or enum value that does not exist.
    """
    service = SERVICES[changes[0].type]
    request = new(f"Mutate{service.nouns}Request")
    request.customer_id = changes[0].owner
    request.validate_only = validate_only
    if service.has_partial_failure:
        request.partial_failure = True
    for change in changes:
        fill_operation(request.operations.add(), change, names)
    return request


def fill_operation(operation: Any, change: Change, names: Mapping[str, str]) -> None:
    """Write one change into an operation, with an explicit mask on updates."""
    match change.action:
        case Action.CREATE:
            # Absent fields keep Google's defaults; a create has no mask.
            for field in change.fields:
                if field.after is not None:
                    value = resolved(field.after, names)
                    set_field(operation.create, field.name, value)
        case Action.UPDATE:
            operation.update.resource_name = resolved(change.key, names)
            for field in change.fields:
                set_field(operation.update, field.name, resolved(field.after, names))
            operation.update_mask.paths.extend(change.mask)
        case Action.REMOVE:
            operation.remove = resolved(change.key, names)


def resolved(value: Scalar, names: Mapping[str, str]) -> Any:
    """Return the value with `new:` keys replaced by the names they got."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple(names.get(item, item) for item in value)
    return value


def unresolved(change: Change, names: Mapping[str, str]) -> str | None:
    """Return a key that the change refers to and Google has not named yet."""
    keys = [] if change.action is Action.CREATE else [change.key]
    for field in change.fields:
        if isinstance(field.after, str):
            keys.append(field.after)
        elif isinstance(field.after, tuple):
            keys.extend(field.after)
    return next((k for k in keys if k.startswith(NEW) and k not in names), None)
