"""Custom conversion goals: lists of actions that named campaigns bid on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ads_errors import fail
from .ads_goals import CONFIG, CUSTOM_GOAL, found_goal, learn
from .ads_masks import apply_mask, check_create
from .ads_messages import clone, number
from .ads_store import customer_of, resource_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ads_messages import Message
    from .ads_store import Account, AdsStore

# ANDROID_INSTALLS_ALL_OTHER_APPS can never be bid on.
_NEVER_BIDDABLE_TYPES = frozenset({25})


def create_custom_goal(store: AdsStore, account: Account, message: Message) -> str:
    """Create one custom goal in the conversion account."""
    check_create(message, frozenset({"id"}))
    goal = clone(message)
    goal.id = store.take_id()
    goal.resource_name = resource_name(CUSTOM_GOAL, account.customer_id, goal.id)
    goal.status = goal.status or number("CustomConversionGoalStatus", "ENABLED")
    _check_custom_goal(store, account, goal, "create")
    store.put(CUSTOM_GOAL, goal)
    return str(goal.resource_name)


def update_custom_goal(
    store: AdsStore, account: Account, message: Message, mask: Message
) -> str:
    """Update the name or the list of one custom goal."""
    current = _live_custom_goal(store, message.resource_name)
    changed, _ = apply_mask(current, message, mask, output_only=frozenset({"id"}))
    _check_custom_goal(store, account, changed, "update")
    store.put(CUSTOM_GOAL, changed)
    for config in _linked(store, account, changed.resource_name):
        learn(store, config.campaign, "LEARNING_CONVERSION_TYPE_CHANGE")
    return str(changed.resource_name)


def remove_custom_goal(store: AdsStore, account: Account, name: str) -> str:
    """Remove one custom goal that no campaign uses."""
    removed = clone(_live_custom_goal(store, name))
    if _linked(store, account, name):
        raise fail(
            "custom_conversion_goal_error",
            "CANNOT_REMOVE_LINKED_CUSTOM_CONVERSION_GOAL",
            at="remove",
        )
    removed.status = number("CustomConversionGoalStatus", "REMOVED")
    store.put(CUSTOM_GOAL, removed)
    return name


def _live_custom_goal(store: AdsStore, name: str) -> Message:
    goal = found_goal(store, CUSTOM_GOAL, name)
    if goal.status == number("CustomConversionGoalStatus", "REMOVED"):
        code = "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
        raise fail("context_error", code, trigger=name)
    return goal


def _check_custom_goal(
    store: AdsStore, account: Account, goal: Message, operation: str
) -> None:
    if not goal.name.strip():
        raise fail("field_error", "REQUIRED", at=f"{operation}.name")
    at = f"{operation}.conversion_actions"
    if not goal.conversion_actions:
        raise fail("not_empty_error", "EMPTY_LIST", at=at)
    _check_listed(store, account, goal.conversion_actions, at)
    removed = number("CustomConversionGoalStatus", "REMOVED")
    for other in store.table(CUSTOM_GOAL, account.customer_id).values():
        if other.resource_name == goal.resource_name or other.status == removed:
            continue
        if other.name == goal.name:
            code = "CUSTOM_GOAL_DUPLICATE_NAME"
            raise fail("custom_conversion_goal_error", code, at=f"{operation}.name")
        if set(other.conversion_actions) == set(goal.conversion_actions):
            code = "DUPLICATE_CONVERSION_ACTION_LIST"
            raise fail("custom_conversion_goal_error", code, at=at)


def _check_listed(
    store: AdsStore, account: Account, names: Sequence[str], at: str
) -> None:
    category = "custom_conversion_goal_error"
    for name in names:
        action = store.get("conversion_action", name)
        if action is None or customer_of(name) != account.customer_id:
            raise fail(category, "INVALID_CONVERSION_ACTION", at=at, trigger=name)
        if action.status != number("ConversionActionStatus", "ENABLED"):
            raise fail(category, "CONVERSION_ACTION_NOT_ENABLED", at=at, trigger=name)
        if action.type_ in _NEVER_BIDDABLE_TYPES:
            code = "NON_BIDDABLE_CONVERSION_ACTION_NOT_ELIGIBLE_FOR_CUSTOM_GOAL"
            raise fail(category, code, at=at, trigger=name)


def _linked(store: AdsStore, account: Account, name: str) -> list[Message]:
    return [
        config
        for owner in store.owners_of(account.customer_id)
        for config in store.table(CONFIG, owner.customer_id).values()
        if config.custom_conversion_goal == name
    ]
