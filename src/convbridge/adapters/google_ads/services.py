"""The two ways to send changes: one Mutate for all, or each type's own service."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

from convbridge.adapters.google_ads.operations import (
    METHOD,
    fill_operation,
    mutate_request,
    results,
)
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convbridge.model.changes import Change

_NOUNS = {
    ResourceType.CONVERSION_ACTION: ("ConversionAction", "ConversionActions"),
    ResourceType.CUSTOMER_CONVERSION_GOAL: (
        "CustomerConversionGoal",
        "CustomerConversionGoals",
    ),
    ResourceType.CAMPAIGN_CONVERSION_GOAL: (
        "CampaignConversionGoal",
        "CampaignConversionGoals",
    ),
    ResourceType.CUSTOM_CONVERSION_GOAL: (
        "CustomConversionGoal",
        "CustomConversionGoals",
    ),
    ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG: (
        "ConversionGoalCampaignConfig",
        "ConversionGoalCampaignConfigs",
    ),
    ResourceType.CAMPAIGN: ("Campaign", "Campaigns"),
    ResourceType.BIDDING_STRATEGY: ("BiddingStrategy", "BiddingStrategies"),
}


class Way(Protocol):
    """How changes of one owner become a request, and an answer resource names."""

    @property
    def method(self) -> str:
        """The method at the call seam."""
        ...

    def request(
        self,
        new: Callable[[str], Any],
        changes: Sequence[Change],
        *,
        names: Mapping[str, str],
        validate_only: bool,
    ) -> Any:
        """Return one request with one operation per change, in order."""
        ...

    def results(self, response: Any) -> list[str]:
        """Return the resource names of an answer, in the order of the operations."""
        ...


class OneMutate:
    """All types in one atomic request."""

    method = METHOD
    request = staticmethod(mutate_request)
    results = staticmethod(results)


@dataclass(frozen=True, slots=True)
class Service:
    """The service of one type; atomic as well, since partial failure is not set."""

    type: ResourceType

    @property
    def method(self) -> str:
        """The method at the call seam."""
        noun, nouns = _NOUNS[self.type]
        return f"{noun}Service.Mutate{nouns}"

    def request(
        self,
        new: Callable[[str], Any],
        changes: Sequence[Change],
        *,
        names: Mapping[str, str],
        validate_only: bool,
    ) -> Any:
        """Return one request with one operation per change, in order."""
        request = new(f"Mutate{_NOUNS[self.type][1]}Request")
        request.customer_id = changes[0].owner
        request.validate_only = validate_only
        for change in changes:
            fill_operation(request.operations.add(), change, names)
        return request

    def results(self, response: Any) -> list[str]:
        """Return the resource names of an answer, in the order of the operations."""
        return [row.resource_name for row in response.results]


def by_service(changes: Sequence[Change]) -> Iterator[tuple[Way, list[Change]]]:
    """Yield runs of one type, in the plan's order, each with its service."""
    for kind, group in groupby(changes, key=lambda change: change.type):
        found = list(group)
        yield (Service(kind) if kind in _NOUNS else OneMutate()), found


def count_operations(request: Any) -> int:
    """Return how many operations a mutate request has, which Google charges."""
    is_whole = "mutate_operations" in request.DESCRIPTOR.fields_by_name
    return len(request.mutate_operations if is_whole else request.operations)
