"""The methods that are served, and what a call of one is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .ads_messages import Message

# Service -> its mutate method and the kind of resource it changes.
MUTATES = {
    "BiddingDataExclusionService": (
        "MutateBiddingDataExclusions",
        "bidding_data_exclusion",
    ),
    "BiddingSeasonalityAdjustmentService": (
        "MutateBiddingSeasonalityAdjustments",
        "bidding_seasonality_adjustment",
    ),
    "ConversionValueRuleService": (
        "MutateConversionValueRules",
        "conversion_value_rule",
    ),
    "ConversionValueRuleSetService": (
        "MutateConversionValueRuleSets",
        "conversion_value_rule_set",
    ),
    "BiddingStrategyService": ("MutateBiddingStrategies", "bidding_strategy"),
    "CampaignConversionGoalService": (
        "MutateCampaignConversionGoals",
        "campaign_conversion_goal",
    ),
    "CampaignService": ("MutateCampaigns", "campaign"),
    "ConversionActionService": ("MutateConversionActions", "conversion_action"),
    "ConversionGoalCampaignConfigService": (
        "MutateConversionGoalCampaignConfigs",
        "conversion_goal_campaign_config",
    ),
    "CustomConversionGoalService": (
        "MutateCustomConversionGoals",
        "custom_conversion_goal",
    ),
    "CustomerConversionGoalService": (
        "MutateCustomerConversionGoals",
        "customer_conversion_goal",
    ),
}
# gRPC method -> the name of its request type, where it is not `{Method}Request`.
REQUESTS = {
    "Search": "SearchGoogleAdsRequest",
    "SearchStream": "SearchGoogleAdsStreamRequest",
    "Mutate": "MutateGoogleAdsRequest",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdsCall:
    """One call: who asks for what, in which version."""

    service: str
    method: str
    version: str
    request_id: str
    headers: Mapping[str, str]
    request: Message = field(repr=False)

    @property
    def customer_id(self) -> str:
        """Return the customer the request is for, or an empty string."""
        return str(getattr(self.request, "customer_id", ""))


def known_methods() -> Sequence[tuple[str, str]]:
    """Return every service and method that is served."""
    return (
        ("GoogleAdsService", "Search"),
        ("GoogleAdsService", "SearchStream"),
        ("GoogleAdsService", "Mutate"),
        ("CustomerService", "ListAccessibleCustomers"),
        ("GoogleAdsFieldService", "SearchGoogleAdsFields"),
        ("ConversionUploadService", "UploadClickConversions"),
        ("ConversionAdjustmentUploadService", "UploadConversionAdjustments"),
        *((service, method) for service, (method, _) in MUTATES.items()),
    )
