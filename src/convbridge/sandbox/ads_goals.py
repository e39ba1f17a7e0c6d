"""Conversion goals: of customers and campaigns, custom ones, and which apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ads_errors import fail
from .ads_masks import apply_mask
from .ads_messages import clone, name_of, new, number
from .ads_store import LONG_AGO, customer_of, resource_name

if TYPE_CHECKING:
    from datetime import datetime

    from .ads_messages import Message
    from .ads_store import Account, AdsStore

CUSTOMER_GOAL = "customer_conversion_goal"
CAMPAIGN_GOAL = "campaign_conversion_goal"
CUSTOM_GOAL = "custom_conversion_goal"
CONFIG = "conversion_goal_campaign_config"
# (origin, categories) whose goals start as not biddable (goals overview).
_NOT_BIDDABLE = {
    "GOOGLE_HOSTED": frozenset(
        {
            "BEGIN_CHECKOUT",
            "CONTACT",
            "CONVERTED_LEAD",
            "ENGAGEMENT",
            "GET_DIRECTIONS",
            "PAGE_VIEW",
            "PURCHASE",
            "QUALIFIED_LEAD",
            "SIGNUP",
        }
    ),
    "STORE": frozenset({"STORE_SALE", "STORE_VISIT"}),
    "LOCAL_SERVICES_ADS": frozenset({"PHONE_CALL_LEAD", "MESSAGE_LEAD"}),
}
_GOAL_KEYS = frozenset({"category", "origin", "campaign"})


def ensure_goals(
    store: AdsStore,
    conversion_customer: str,
    kind: tuple[int, int],
    *,
    since: datetime | None = None,
) -> None:
    """Make the customer and campaign goals of a category and origin, once."""
    for account in store.owners_of(conversion_customer):
        cid = account.customer_id
        found = [(CUSTOMER_GOAL, _new_customer_goal(store, cid, kind))]
        found += [
            (CAMPAIGN_GOAL, _new_campaign_goal(store, cid, campaign, kind))
            for campaign in tuple(store.table("campaign", cid).values())
        ]
        for resource, goal in found:
            if goal is not None:
                store.put(resource, goal, since=since)


def update_customer_goal(
    store: AdsStore, _account: Account, message: Message, mask: Message
) -> str:
    """Set `biddable` of one customer goal."""
    current = found_goal(store, CUSTOMER_GOAL, message.resource_name)
    changed, _ = apply_mask(current, message, mask, immutable=_GOAL_KEYS)
    store.put(CUSTOMER_GOAL, changed)
    return str(changed.resource_name)


def update_campaign_goal(
    store: AdsStore, account: Account, message: Message, mask: Message
) -> str:
    """Set `biddable` of one campaign goal; the campaign leaves the customer's goals."""
    current = found_goal(store, CAMPAIGN_GOAL, message.resource_name)
    changed, _ = apply_mask(current, message, mask, immutable=_GOAL_KEYS)
    store.put(CAMPAIGN_GOAL, changed)
    config = config_of(store, account.customer_id, changed.campaign)
    if config.goal_config_level != number("GoalConfigLevel", "CAMPAIGN"):
        flipped = clone(config)
        flipped.goal_config_level = number("GoalConfigLevel", "CAMPAIGN")
        store.put(CONFIG, flipped)
    learn(store, changed.campaign, "LEARNING_CONVERSION_SETTING_CHANGE")
    return str(changed.resource_name)


def update_config(
    store: AdsStore, account: Account, message: Message, mask: Message
) -> str:
    """Set a campaign's goal level or custom goal; attaching one sets CAMPAIGN."""
    current = found_goal(store, CONFIG, message.resource_name)
    immutable = frozenset({"campaign"})
    changed, paths = apply_mask(current, message, mask, immutable=immutable)
    if "custom_conversion_goal" in paths and changed.custom_conversion_goal:
        _check_attached(store, account, changed.custom_conversion_goal)
        changed.goal_config_level = number("GoalConfigLevel", "CAMPAIGN")
    if changed.goal_config_level not in {2, 3}:
        raise fail("field_error", "REQUIRED", at="update.goal_config_level")
    _check_not_empty(store, account, changed)
    store.put(CONFIG, changed)
    learn(store, changed.campaign, "LEARNING_CONVERSION_SETTING_CHANGE")
    return str(changed.resource_name)


def config_of(store: AdsStore, customer_id: str, campaign: str) -> Message:
    """Return the goal config of a campaign."""
    campaign_id = campaign.rsplit("/", 1)[-1]
    return store.get(CONFIG, resource_name(CONFIG, customer_id, campaign_id))


def learn(store: AdsStore, campaign_name: str, status: str) -> None:
    """Put a campaign's bidding into a learning period."""
    campaign = store.get("campaign", campaign_name)
    if campaign is None:
        return
    learning = clone(campaign)
    learning.bidding_strategy_system_status = number(
        "BiddingStrategySystemStatus", status
    )
    store.put("campaign", learning)


def goal_key(category: int, origin: int) -> str:
    """Return `CATEGORY~ORIGIN`, the key of a goal."""
    return (
        f"{name_of('ConversionActionCategory', category)}"
        f"~{name_of('ConversionOrigin', origin)}"
    )


def starts_biddable(category: int, origin: int) -> bool:
    """Return the `biddable` a new goal is born with."""
    refused = _NOT_BIDDABLE.get(name_of("ConversionOrigin", origin), frozenset())
    return name_of("ConversionActionCategory", category) not in refused


def _new_customer_goal(
    store: AdsStore, customer_id: str, kind: tuple[int, int]
) -> Message | None:
    category, origin = kind
    key = goal_key(category, origin)
    name = resource_name(CUSTOMER_GOAL, customer_id, key)
    if store.get(CUSTOMER_GOAL, name) is not None:
        return None
    return new(
        "resources.CustomerConversionGoal",
        resource_name=name,
        category=category,
        origin=origin,
        biddable=starts_biddable(category, origin),
    )


def _new_campaign_goal(
    store: AdsStore, customer_id: str, campaign: Message, kind: tuple[int, int]
) -> Message | None:
    category, origin = kind
    key = f"{campaign.id}~{goal_key(category, origin)}"
    name = resource_name(CAMPAIGN_GOAL, customer_id, key)
    if store.get(CAMPAIGN_GOAL, name) is not None:
        return None
    siblings = [
        goal
        for goal in store.table(CAMPAIGN_GOAL, customer_id).values()
        if goal.campaign == campaign.resource_name and goal.category == category
    ]
    return new(
        "resources.CampaignConversionGoal",
        resource_name=name,
        campaign=campaign.resource_name,
        category=category,
        origin=origin,
        biddable=starts_biddable(category, origin)
        and all(sibling.biddable for sibling in siblings),
    )


def found_goal(store: AdsStore, kind: str, name: str) -> Message:
    """Return a goal or a config; refuse the update of one that is not there."""
    found = store.get(kind, name)
    if found is None:
        at = "update.resource_name"
        raise fail("mutate_error", "RESOURCE_NOT_FOUND", at=at, trigger=name)
    return found


def _check_attached(store: AdsStore, account: Account, name: str) -> None:
    at = "update.custom_conversion_goal"
    if customer_of(name) != account.conversion_customer:
        code = "CUSTOM_GOAL_DOES_NOT_BELONG_TO_GOOGLE_ADS_CONVERSION_CUSTOMER"
        raise fail("conversion_goal_campaign_config_error", code, at=at, trigger=name)
    goal = store.get(CUSTOM_GOAL, name)
    if goal is None or goal.status == number("CustomConversionGoalStatus", "REMOVED"):
        raise fail("mutate_error", "RESOURCE_NOT_FOUND", at=at, trigger=name)


def _check_not_empty(store: AdsStore, account: Account, config: Message) -> None:
    is_override = config.goal_config_level == number("GoalConfigLevel", "CAMPAIGN")
    goals = store.table(CAMPAIGN_GOAL, account.customer_id).values()
    has_goal = bool(config.custom_conversion_goal) or any(
        goal.biddable for goal in goals if goal.campaign == config.campaign
    )
    if is_override and not has_goal:
        code = "EMPTY_CONVERSION_GOALS"
        raise fail("conversion_goal_campaign_config_error", code, at="update")


def seed_action(store: AdsStore, account: Account, action: Message) -> None:
    """Put an action that was there before the run, with its goals."""
    store.put("conversion_action", action, since=LONG_AGO)
    if action.status == number("ConversionActionStatus", "ENABLED"):
        kind = (action.category, action.origin)
        ensure_goals(store, account.customer_id, kind, since=LONG_AGO)
