"""The rows of each resource: what is stored, and what is computed when read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .ads_actions import enabled
from .ads_bidding import attached_count
from .ads_goals import CUSTOMER_GOAL, goal_key
from .ads_messages import Message, clone, name_of, new, number
from .ads_store import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ads_store import Account, AdsStore

Parts = dict[str, Message]
_LEARNING = timedelta(days=7)


def resource_rows(
    store: AdsStore,
    account: Account,
    resource: str,
    summaries: dict[str, list[Message]],
) -> Iterator[Parts]:
    """Yield the rows of one resource, each with the resources that go with it."""
    customer = customer_message(store, account)
    for message in _messages(store, account, resource, summaries):
        parts = {resource: message, "customer": customer}
        campaign = getattr(message, "campaign", "") if resource != "campaign" else ""
        if campaign:
            parts["campaign"] = _campaign(store, store.get("campaign", campaign))
        strategy = getattr(message, "bidding_strategy", "")
        if resource == "campaign" and strategy:
            found = store.get("bidding_strategy", strategy)
            parts["bidding_strategy"] = _strategy(store, found)
        yield parts


def customer_message(store: AdsStore, account: Account) -> Message:
    """Return the `Customer` of an account."""
    name = f"customers/{account.customer_id}"
    return new(
        "resources.Customer",
        resource_name=name,
        id=int(account.customer_id),
        descriptive_name=account.name,
        currency_code=account.currency_code,
        time_zone=account.time_zone,
        auto_tagging_enabled=True,
        manager=account.is_manager,
        test_account=account.is_test,
        status=number("CustomerStatus", account.status),
        conversion_tracking_setting={
            "conversion_tracking_id": int(account.conversion_customer) % 10**9,
            "google_ads_conversion_customer": (
                f"customers/{account.conversion_customer}"
            ),
            "conversion_tracking_status": _tracking_status(store, account),
            "accepted_customer_data_terms": account.accepted_customer_data_terms,
            **_lead_setting(account),
        },
    )


def _lead_setting(account: Account) -> dict[str, int]:
    setting = 3 if account.enhanced_conversions_for_leads else 2
    fields = new("resources.ConversionTrackingSetting").DESCRIPTOR.fields_by_name
    wanted = ("enablement_setting", "effective_enablement_setting")
    return {name: setting for name in wanted if name in fields}


def _tracking_status(store: AdsStore, account: Account) -> int:
    enum = "ConversionTrackingStatus"
    if not enabled(store, account.conversion_customer):
        status = "NOT_CONVERSION_TRACKED"
    elif account.conversion_customer == account.customer_id:
        status = "CONVERSION_TRACKING_MANAGED_BY_SELF"
    elif account.conversion_customer == account.manager:
        status = "CONVERSION_TRACKING_MANAGED_BY_THIS_MANAGER"
    else:
        status = "CONVERSION_TRACKING_MANAGED_BY_ANOTHER_MANAGER"
    return number(enum, status)


def _messages(
    store: AdsStore,
    account: Account,
    resource: str,
    summaries: dict[str, list[Message]],
) -> Iterator[Message]:
    cid = account.customer_id
    match resource:
        case "customer":
            yield customer_message(store, account)
        case "customer_client":
            yield from _clients(store, account)
        case "conversion_action":
            yield from _actions(store, account)
        case "campaign":
            for campaign in tuple(store.table(resource, cid).values()):
                yield _campaign(store, campaign)
        case "bidding_strategy":
            for strategy in tuple(store.table(resource, cid).values()):
                yield _strategy(store, strategy)
        case _:
            stored = tuple(store.table(resource, cid).values())
            yield from summaries.get(resource, stored)


def _clients(store: AdsStore, account: Account) -> Iterator[Message]:
    for other in tuple(store.accounts.values()):
        above = store.ancestors(other.customer_id)
        if account.customer_id not in above:
            continue
        yield new(
            "resources.CustomerClient",
            resource_name=(
                f"customers/{account.customer_id}/customerClients/{other.customer_id}"
            ),
            client_customer=f"customers/{other.customer_id}",
            id=int(other.customer_id),
            level=above.index(account.customer_id),
            hidden=False,
            manager=other.is_manager,
            test_account=other.is_test,
            descriptive_name=other.name,
            currency_code=other.currency_code,
            time_zone=other.time_zone,
            status=number("CustomerStatus", other.status),
        )


def _actions(store: AdsStore, account: Account) -> Iterator[Message]:
    """Yield the account's own actions and those its conversion account shares."""
    cid = account.customer_id
    for owner in dict.fromkeys((cid, account.conversion_customer)):
        for action in tuple(store.table("conversion_action", owner).values()):
            yield _action(store, cid, action)


def _action(store: AdsStore, customer_id: str, action: Message) -> Message:
    """Return the action with what follows from the customer's goals."""
    shown = clone(action)
    key = goal_key(action.category, action.origin)
    goal = store.get(CUSTOMER_GOAL, resource_name(CUSTOMER_GOAL, customer_id, key))
    is_enabled = name_of("ConversionActionStatus", action.status) == "ENABLED"
    shown.include_in_conversions_metric = bool(
        is_enabled and action.primary_for_goal and goal is not None and goal.biddable
    )
    return shown


def _campaign(store: AdsStore, campaign: Message) -> Message:
    """Return the campaign; a learning period ends after a week."""
    status = name_of(
        "BiddingStrategySystemStatus", campaign.bidding_strategy_system_status
    )
    changed = store.changes(campaign.resource_name)[-1]
    if not status.startswith("LEARNING") or store.clock.now() < changed + _LEARNING:
        return campaign
    settled = clone(campaign)
    settled.bidding_strategy_system_status = number(
        "BiddingStrategySystemStatus", "ENABLED"
    )
    return settled


def _strategy(store: AdsStore, strategy: Message) -> Message:
    shown = clone(strategy)
    count = attached_count(store, strategy.resource_name)
    shown.campaign_count = count
    shown.non_removed_campaign_count = count
    return shown
