"""Value rules, data exclusions and seasonality: small resources, a few checks each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from .ads_errors import fail
from .ads_masks import apply_mask, check_create
from .ads_messages import Message, clone, number
from .ads_store import Account, AdsStore, resource_name

_LONGEST = timedelta(days=14)
_TIME = "%Y-%m-%d %H:%M:%S"
# A check gets the store, the account, the message, and "create" or "update".
_Check = Callable[[AdsStore, Account, Message, str], None]

RULE = "conversion_value_rule"
RULE_SET = "conversion_value_rule_set"
EXCLUSION = "bidding_data_exclusion"
SEASONALITY = "bidding_seasonality_adjustment"
_IDS = {
    RULE: "id",
    RULE_SET: "id",
    EXCLUSION: "data_exclusion_id",
    SEASONALITY: "seasonality_adjustment_id",
}
_STATUSES = {
    RULE: "ConversionValueRuleStatus",
    RULE_SET: "ConversionValueRuleSetStatus",
    EXCLUSION: "SeasonalityEventStatus",
    SEASONALITY: "SeasonalityEventStatus",
}


def creator(kind: str) -> Callable[[AdsStore, Account, Message], str]:
    """Return the function that creates resources of a kind."""

    def create(store: AdsStore, account: Account, message: Message) -> str:
        check_create(message, frozenset({_IDS[kind], "owner_customer"}))
        made = clone(message)
        key = store.take_id()
        setattr(made, _IDS[kind], key)
        made.resource_name = resource_name(kind, account.customer_id, key)
        made.status = made.status or number(_STATUSES[kind], "ENABLED")
        if kind in {RULE, RULE_SET}:
            made.owner_customer = f"customers/{account.customer_id}"
        _CHECKS[kind](store, account, made, "create")
        store.put(kind, made)
        return str(made.resource_name)

    return create


def updater(kind: str) -> Callable[[AdsStore, Account, Message, Message], str]:
    """Return the function that updates resources of a kind."""

    def update(
        store: AdsStore, account: Account, message: Message, mask: Message
    ) -> str:
        current = _live(store, kind, message.resource_name)
        read_only = frozenset({_IDS[kind], "owner_customer"})
        changed, _ = apply_mask(current, message, mask, output_only=read_only)
        if kind == RULE_SET:
            _check_dimensions(current, changed)
        _CHECKS[kind](store, account, changed, "update")
        store.put(kind, changed)
        return str(changed.resource_name)

    return update


def remover(kind: str) -> Callable[[AdsStore, Account, str], str]:
    """Return the function that removes resources of a kind."""

    def remove(store: AdsStore, account: Account, name: str) -> str:
        removed = clone(_live(store, kind, name))
        if kind == RULE and _is_used(store, account, name):
            code = "CANNOT_REMOVE_IF_INCLUDED_IN_VALUE_RULE_SET"
            raise fail("conversion_value_rule_error", code, at="remove")
        removed.status = number(_STATUSES[kind], "REMOVED")
        store.put(kind, removed)
        return name

    return remove


def _live(store: AdsStore, kind: str, name: str) -> Message:
    found = store.get(kind, name)
    if found is None:
        raise fail("mutate_error", "RESOURCE_NOT_FOUND", trigger=name)
    if found.status == number(_STATUSES[kind], "REMOVED"):
        code = "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
        raise fail("context_error", code, trigger=name)
    return found


def _is_used(store: AdsStore, account: Account, name: str) -> bool:
    removed = number(_STATUSES[RULE_SET], "REMOVED")
    sets = store.table(RULE_SET, account.customer_id).values()
    return any(
        each.status != removed and name in each.conversion_value_rules for each in sets
    )


def _check_rule(
    _store: AdsStore, _account: Account, rule: Message, operation: str
) -> None:
    value = rule.action.value
    if not rule.action.operation:
        raise fail("field_error", "REQUIRED", at=f"{operation}.action.operation")
    if not 0 <= value < float("inf"):
        raise fail("range_error", "TOO_LOW", at=f"{operation}.action.value")
    if operation == "create" and rule.status == number(_STATUSES[RULE], "REMOVED"):
        code = "CANNOT_ADD_RULE_WITH_STATUS_REMOVED"
        raise fail("conversion_value_rule_error", code, at="create.status")


def _check_set(
    store: AdsStore, account: Account, rules: Message, operation: str
) -> None:
    at = f"{operation}.conversion_value_rules"
    table = store.table(RULE, account.customer_id)
    removed = number(_STATUSES[RULE], "REMOVED")
    for name in rules.conversion_value_rules:
        if name not in table or table[name].status == removed:
            category = "conversion_value_rule_set_error"
            raise fail(category, "INVALID_VALUE_RULE", at=at, trigger=name)


def _check_dimensions(current: Message, changed: Message) -> None:
    if list(changed.dimensions[: len(current.dimensions)]) != list(current.dimensions):
        code = "DIMENSIONS_UPDATE_ONLY_ALLOW_APPEND"
        raise fail("conversion_value_rule_set_error", code, at="update.dimensions")


def _check_exclusion(
    store: AdsStore, account: Account, event: Message, operation: str
) -> None:
    start = _check_period(store, account, event, operation)
    if start > store.clock.now():
        raise fail("range_error", "TOO_HIGH", at=f"{operation}.start_date_time")


def _check_seasonality(
    store: AdsStore, account: Account, event: Message, operation: str
) -> None:
    start = _check_period(store, account, event, operation)
    if start < store.clock.now():
        raise fail("range_error", "TOO_LOW", at=f"{operation}.start_date_time")
    modifier = event.conversion_rate_modifier
    if not 0.1 <= modifier <= 10:
        code = "TOO_LOW" if modifier < 0.1 else "TOO_HIGH"
        raise fail("range_error", code, at=f"{operation}.conversion_rate_modifier")


def _check_period(
    _store: AdsStore, account: Account, event: Message, operation: str
) -> datetime:
    if account.is_manager:
        raise fail("request_error", "CANNOT_BE_EXECUTED_BY_MANAGER_ACCOUNT")
    moments = []
    for name in ("start_date_time", "end_date_time"):
        try:
            moment = datetime.strptime(getattr(event, name), _TIME)  # noqa: DTZ007  # zone below
        except ValueError:
            code = "INVALID_STRING_DATE_TIME_SECONDS"
            raise fail("date_error", code, at=f"{operation}.{name}") from None
        moments.append(moment.replace(tzinfo=account.zone))
    if not timedelta(0) < moments[1] - moments[0] <= _LONGEST:
        raise fail("range_error", "TOO_HIGH", at=f"{operation}.end_date_time")
    return moments[0]


_CHECKS: dict[str, _Check] = {
    RULE: _check_rule,
    RULE_SET: _check_set,
    EXCLUSION: _check_exclusion,
    SEASONALITY: _check_seasonality,
}
