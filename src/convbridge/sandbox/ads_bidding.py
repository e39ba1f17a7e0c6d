"""Campaigns and portfolio strategies: the bidding that the values feed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .ads_errors import fail
from .ads_goals import learn
from .ads_masks import apply_mask, check_create
from .ads_messages import clone, number
from .ads_store import customer_of, resource_name

if TYPE_CHECKING:
    from .ads_messages import Message
    from .ads_store import Account, AdsStore

CAMPAIGN = "campaign"
STRATEGY = "bidding_strategy"
_CAMPAIGN_SCHEME = "campaign_bidding_strategy"
_MAX_ROAS = 1000.0
_CAMPAIGN_READ_ONLY = frozenset(
    {
        "id",
        "primary_status",
        "primary_status_reasons",
        "serving_status",
        "bidding_strategy_system_status",
        "bidding_strategy_type",
        "accessible_bidding_strategy",
        "base_campaign",
        "experiment_type",
        "labels",
        "optimization_score",
        "payment_mode",
        "missing_eu_political_advertising_declaration",
    }
)
_CAMPAIGN_IMMUTABLE = frozenset(
    {
        "advertising_channel_type",
        "advertising_channel_sub_type",
        "hotel_property_asset_set",
    }
)
_STRATEGY_READ_ONLY = frozenset(
    {
        "id",
        "status",
        "effective_currency_code",
        "campaign_count",
        "non_removed_campaign_count",
    }
)
_STRATEGY_IMMUTABLE = frozenset({"type", "type_", "currency_code"})
# Performance Max knows only these two.
_PERFORMANCE_MAX = frozenset({"maximize_conversions", "maximize_conversion_value"})


def update_campaign(
    store: AdsStore, account: Account, message: Message, mask: Message
) -> str:
    """Update name, status or bidding of one campaign."""
    current = _found(store, CAMPAIGN, message.resource_name)
    if current.status == number("CampaignStatus", "REMOVED"):
        code = "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
        raise fail("context_error", code, trigger=message.resource_name)
    changed, _ = apply_mask(
        current,
        message,
        mask,
        immutable=_CAMPAIGN_IMMUTABLE,
        output_only=_CAMPAIGN_READ_ONLY,
    )
    _check_campaign(store, account, current, changed)
    store.put(CAMPAIGN, changed)
    if _bidding(current) != _bidding(changed):
        learn(store, changed.resource_name, "LEARNING_SETTING_CHANGE")
    return str(changed.resource_name)


def create_strategy(store: AdsStore, account: Account, message: Message) -> str:
    """Create one portfolio strategy."""
    check_create(message, _STRATEGY_READ_ONLY)
    strategy = clone(message)
    strategy.id = store.take_id()
    strategy.resource_name = resource_name(STRATEGY, account.customer_id, strategy.id)
    strategy.status = number("BiddingStrategyStatus", "ENABLED")
    scheme = strategy.WhichOneof("scheme")
    if scheme is None:
        raise fail("field_error", "REQUIRED", at="create.scheme")
    strategy.type_ = number("BiddingStrategyType", scheme.upper())
    strategy.effective_currency_code = strategy.currency_code or account.currency_code
    _check_strategy(store, account, strategy, "create")
    store.put(STRATEGY, strategy)
    return str(strategy.resource_name)


def update_strategy(
    store: AdsStore, account: Account, message: Message, mask: Message
) -> str:
    """Update one portfolio strategy; its type stays what it is."""
    current = _live_strategy(store, message.resource_name)
    changed, _ = apply_mask(
        current,
        message,
        mask,
        immutable=_STRATEGY_IMMUTABLE,
        output_only=_STRATEGY_READ_ONLY,
    )
    if changed.WhichOneof("scheme") != current.WhichOneof("scheme"):
        code = "CANNOT_CHANGE_BIDDING_STRATEGY_TYPE"
        raise fail("bidding_strategy_error", code, at="update")
    _check_strategy(store, account, changed, "update")
    store.put(STRATEGY, changed)
    for campaign in _attached(store, changed.resource_name):
        learn(store, campaign.resource_name, "LEARNING_SETTING_CHANGE")
    return str(changed.resource_name)


def remove_strategy(store: AdsStore, _account: Account, name: str) -> str:
    """Remove one portfolio strategy that no campaign uses."""
    removed = clone(_live_strategy(store, name))
    if _attached(store, name):
        code = "CANNOT_REMOVE_ASSOCIATED_STRATEGY"
        raise fail("bidding_strategy_error", code, at="remove")
    removed.status = number("BiddingStrategyStatus", "REMOVED")
    store.put(STRATEGY, removed)
    return name


def attached_count(store: AdsStore, name: str) -> int:
    """Return how many campaigns a portfolio strategy bids for."""
    return len(_attached(store, name))


def _attached(store: AdsStore, name: str) -> list[Message]:
    return [
        campaign
        for account in tuple(store.accounts.values())
        for campaign in store.table(CAMPAIGN, account.customer_id).values()
        if campaign.bidding_strategy == name
    ]


def _bidding(campaign: Message) -> tuple[str | None, bytes]:
    scheme = campaign.WhichOneof(_CAMPAIGN_SCHEME)
    if scheme is None or scheme == STRATEGY:
        return scheme, campaign.bidding_strategy.encode()
    return scheme, getattr(campaign, scheme).SerializeToString()


def _check_campaign(
    store: AdsStore, account: Account, current: Message, changed: Message
) -> None:
    if not changed.name.strip():
        raise fail("campaign_error", "INVALID_CAMPAIGN_NAME", at="update.name")
    for other in store.table(CAMPAIGN, account.customer_id).values():
        if other.id != changed.id and other.name == changed.name:
            raise fail("campaign_error", "DUPLICATE_CAMPAIGN_NAME", at="update.name")
    if _bidding(current) == _bidding(changed):
        return
    scheme = changed.WhichOneof(_CAMPAIGN_SCHEME)
    if scheme is None or (scheme == STRATEGY and not changed.bidding_strategy):
        raise fail("field_error", "REQUIRED", at=f"update.{_CAMPAIGN_SCHEME}")
    if scheme == STRATEGY:
        _attach(store, account, changed)
        return
    _check_transition(changed, scheme)
    _check_scheme(getattr(changed, scheme), f"update.{scheme}", is_portfolio=False)
    changed.bidding_strategy_type = number("BiddingStrategyType", scheme.upper())


def _attach(store: AdsStore, account: Account, campaign: Message) -> None:
    name = campaign.bidding_strategy
    strategy = store.get(STRATEGY, name)
    is_reachable = customer_of(name) in store.ancestors(account.customer_id)
    if strategy is None or not is_reachable:
        at = "update.bidding_strategy"
        raise fail("mutate_error", "RESOURCE_NOT_FOUND", at=at, trigger=name)
    if strategy.status != number("BiddingStrategyStatus", "ENABLED"):
        code = "CANNOT_ATTACH_BIDDING_STRATEGY_TO_CAMPAIGN"
        raise fail("bidding_error", code, at="update.bidding_strategy", trigger=name)
    _check_transition(campaign, strategy.WhichOneof("scheme"))
    campaign.bidding_strategy_type = strategy.type_


def _check_transition(campaign: Message, scheme: str) -> None:
    channel = campaign.advertising_channel_type
    is_max = channel == number("AdvertisingChannelType", "PERFORMANCE_MAX")
    is_manual_search = scheme in {"manual_cpm", "manual_cpv", "manual_cpa"}
    if (is_max and scheme not in _PERFORMANCE_MAX) or is_manual_search:
        code = "BIDDING_STRATEGY_TRANSITION_NOT_ALLOWED"
        raise fail("bidding_error", code, at=f"update.{scheme}")


def _check_scheme(scheme: Message, at: str, *, is_portfolio: bool) -> None:
    if "target_roas" in scheme.DESCRIPTOR.fields_by_name:
        _check_roas(scheme.target_roas, f"{at}.target_roas")
    bounds = [
        getattr(scheme, name, 0)
        for name in ("cpc_bid_floor_micros", "cpc_bid_ceiling_micros")
    ]
    if not is_portfolio and any(bounds):
        raise fail("field_error", "VALUE_MUST_BE_UNSET", at=at)
    if all(bounds) and bounds[0] > bounds[1]:
        code = "CPC_BID_FLOOR_MICROS_GREATER_THAN_CPC_BID_CEILING_MICROS"
        raise fail("bidding_error", code, at=at)


def _check_roas(target: float, at: str) -> None:
    if not math.isfinite(target):
        raise fail("field_error", "INVALID_VALUE", at=at)
    if target < 0 or 0 < target < 0.01:
        raise fail("range_error", "TOO_LOW", at=at)
    if target > _MAX_ROAS:
        raise fail("range_error", "TOO_HIGH", at=at)


def _check_strategy(
    store: AdsStore, account: Account, strategy: Message, operation: str
) -> None:
    at = f"{operation}.name"
    if not strategy.name.strip():
        raise fail("field_error", "REQUIRED", at=at)
    if len(strategy.name.encode()) > 255:
        raise fail("string_length_error", "TOO_LONG", at=at)
    removed = number("BiddingStrategyStatus", "REMOVED")
    for other in store.table(STRATEGY, account.customer_id).values():
        is_live = other.status != removed and other.id != strategy.id
        if is_live and other.name == strategy.name:
            raise fail("bidding_strategy_error", "DUPLICATE_NAME", at=at)
    scheme = strategy.WhichOneof("scheme")
    place = f"{operation}.{scheme}"
    _check_scheme(getattr(strategy, scheme), place, is_portfolio=True)


def _found(store: AdsStore, kind: str, name: str) -> Message:
    found = store.get(kind, name)
    if found is None:
        at = "update.resource_name"
        raise fail("mutate_error", "RESOURCE_NOT_FOUND", at=at, trigger=name)
    return found


def _live_strategy(store: AdsStore, name: str) -> Message:
    strategy = _found(store, STRATEGY, name)
    if strategy.status == number("BiddingStrategyStatus", "REMOVED"):
        code = "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
        raise fail("context_error", code, trigger=name)
    return strategy
