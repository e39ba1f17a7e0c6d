"""Conversion actions: what Google lets you create, change and remove."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .ads_currencies import CURRENCIES
from .ads_errors import AdsError, AdsFailure, fail
from .ads_goals import ensure_goals
from .ads_masks import apply_mask, check_create
from .ads_messages import clone, enum_values, number
from .ads_store import resource_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ads_messages import Message
    from .ads_store import Account, AdsStore

KIND = "conversion_action"
# Types the API creates; anything else is CREATION_NOT_SUPPORTED.
_ORIGINS = {
    "UPLOAD_CLICKS": "WEBSITE",
    "WEBPAGE": "WEBSITE",
    "WEBSITE_CALL": "WEBSITE",
    "UPLOAD_CALLS": "CALL_FROM_ADS",
    "AD_CALL": "CALL_FROM_ADS",
    "CLICK_TO_CALL": "WEBSITE",
    "GOOGLE_PLAY_DOWNLOAD": "APP",
    "GOOGLE_PLAY_IN_APP_PURCHASE": "APP",
}
_GA4_TYPES = frozenset(range(40, 45))
_READ_ONLY_TYPES = frozenset({10, 11, *range(24, 30), *range(31, 37), 38, 39, 51})
_RULE_BASED = frozenset(range(102, 106))
_OUTPUT_ONLY = frozenset(
    {
        "id",
        "origin",
        "owner_customer",
        "tag_snippets",
        "mobile_app_vendor",
        "firebase_settings",
        "third_party_app_analytics_settings",
        "google_analytics_4_settings",
        "attribution_model_settings.data_driven_model_status",
    }
)
_IMMUTABLE = frozenset({"resource_name", "type", "type_"})
_RANGES = {
    "click_through_lookback_window_days": (1, 90),
    "view_through_lookback_window_days": (1, 30),
    "phone_call_duration_seconds": (0, 10_000),
}
_ENUMS = ("status", "category", "counting_type")
_MAX_NAME = 100


def create(store: AdsStore, account: Account, message: Message) -> str:
    """Create one conversion action; returns its resource name."""
    check_create(message, _OUTPUT_ONLY)
    _check_owner(account)
    origin = _creatable_origin(message)
    action = clone(message)
    action.id = store.take_id()
    action.resource_name = resource_name(KIND, account.customer_id, action.id)
    action.owner_customer = f"customers/{account.customer_id}"
    action.origin = number("ConversionOrigin", origin)
    fill_defaults(action, account)
    _check(store, account, action, None, "create")
    store.put(KIND, action)
    _join_goals(store, account, action)
    return str(action.resource_name)


def update(store: AdsStore, account: Account, message: Message, mask: Message) -> str:
    """Update the masked fields of one conversion action."""
    current = _live(store, message.resource_name, "update.resource_name")
    changed, paths = apply_mask(
        current, message, mask, immutable=_IMMUTABLE, output_only=_OUTPUT_ONLY
    )
    _check_refused(account, current, paths)
    fill_defaults(changed, account)
    _check(store, account, changed, current, "update")
    store.put(KIND, changed)
    _join_goals(store, account, changed)
    return str(changed.resource_name)


def remove(store: AdsStore, _account: Account, name: str) -> str:
    """Remove one conversion action; it stays visible as REMOVED, for good."""
    removed = clone(_live(store, name, "remove"))
    removed.status = number("ConversionActionStatus", "REMOVED")
    store.put(KIND, removed)
    return name


def fill_defaults(action: Message, account: Account) -> None:
    """Give every field that Google always returns its default value."""
    defaults = {
        "status": number("ConversionActionStatus", "ENABLED"),
        "category": number("ConversionActionCategory", "DEFAULT"),
        "counting_type": number("ConversionActionCountingType", "MANY_PER_CLICK"),
    }
    for field, default in defaults.items():
        setattr(action, field, getattr(action, field) or default)
    optional = {
        "primary_for_goal": True,
        "click_through_lookback_window_days": 30,
        "view_through_lookback_window_days": 1,
    }
    for field, default in optional.items():
        if not action.HasField(field):
            setattr(action, field, default)
    _fill_values(action.value_settings, account)
    attribution = action.attribution_model_settings
    attribution.attribution_model = attribution.attribution_model or number(
        "AttributionModel", "GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN"
    )


def enabled(store: AdsStore, customer_id: str) -> list[Message]:
    """Return the ENABLED conversion actions a customer owns."""
    status = number("ConversionActionStatus", "ENABLED")
    return [a for a in store.table(KIND, customer_id).values() if a.status == status]


def is_ga4(action: Message) -> bool:
    """Say whether an action is imported from a linked GA4 property."""
    return action.type_ in _GA4_TYPES


def _fill_values(values: Message, account: Account) -> None:
    for field, default in (
        ("default_value", 0.0),
        ("always_use_default_value", False),
        ("default_currency_code", account.currency_code),
    ):
        if not values.HasField(field) or getattr(values, field) == "":
            setattr(values, field, default)


def _creatable_origin(message: Message) -> str:
    if not message.type_:
        raise fail("field_error", "REQUIRED", at="create.type")
    names = {value: name for name, value in enum_values("ConversionActionType").items()}
    origin = _ORIGINS.get(names.get(message.type_, ""))
    if origin is None:
        raise fail(
            "conversion_action_error", "CREATION_NOT_SUPPORTED", at="create.type"
        )
    if message.status == number("ConversionActionStatus", "REMOVED"):
        code = "CREATE_AS_REMOVED_NOT_PERMITTED"
        raise fail("operation_access_denied_error", code, at="create.status")
    return origin


def _check_owner(account: Account) -> None:
    if account.conversion_customer != account.customer_id:
        raise fail(
            "operation_access_denied_error",
            "MUTATE_NOT_PERMITTED_FOR_CUSTOMER",
            "The conversion actions of this customer belong to its conversion "
            f"account, {account.conversion_customer}.",
        )


def _live(store: AdsStore, name: str, at: str) -> Message:
    action = store.get(KIND, name)
    if action is None:
        raise fail("mutate_error", "RESOURCE_NOT_FOUND", at=at, trigger=name)
    if action.status == number("ConversionActionStatus", "REMOVED"):
        code = "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
        raise fail("context_error", code, at=at, trigger=name)
    return action


def _check_refused(account: Account, current: Message, paths: frozenset[str]) -> None:
    if current.type_ in _READ_ONLY_TYPES and paths - {"primary_for_goal", "category"}:
        raise fail("conversion_action_error", "UPDATE_NOT_SUPPORTED", at="update")
    if not is_ga4(current):
        return
    for path in sorted(paths & account.ga4_refused_fields.keys()):
        category, code = account.ga4_refused_fields[path].split(".")
        raise fail(category, code, at=f"update.{path}")


def _check(
    store: AdsStore,
    account: Account,
    action: Message,
    current: Message | None,
    operation: str,
) -> None:
    errors: list[AdsError] = []
    checks: tuple[Callable[[], None], ...] = (
        lambda: _check_name(store, account, action),
        lambda: _check_enums(action),
        lambda: _check_values(action.value_settings),
        lambda: _check_ranges(action),
        lambda: _check_attribution(action, current),
        lambda: _check_limit(store, account, action, current),
    )
    for check in checks:
        try:
            check()
        except AdsFailure as failure:
            errors.extend(failure.under((operation, None)).errors)
    if errors:
        raise AdsFailure(*errors)


def _check_name(store: AdsStore, account: Account, action: Message) -> None:
    if not action.name.strip():
        raise fail("field_error", "REQUIRED", at="name")
    if len(action.name) > _MAX_NAME:
        raise fail("string_length_error", "TOO_LONG", at="name", trigger=action.name)
    removed = number("ConversionActionStatus", "REMOVED")
    for other in store.table(KIND, account.customer_id).values():
        is_same = other.resource_name == action.resource_name
        if not is_same and other.status != removed and other.name == action.name:
            code = "DUPLICATE_NAME"
            raise fail("conversion_action_error", code, at="name", trigger=action.name)


def _check_enums(action: Message) -> None:
    for name in _ENUMS:
        enum = action.DESCRIPTOR.fields_by_name[name].enum_type
        if getattr(action, name) not in enum.values_by_number or (
            getattr(action, name) == 1
        ):
            raise fail("request_error", "INVALID_ENUM_VALUE", at=name)


def _check_values(values: Message) -> None:
    value = values.default_value
    if not math.isfinite(value):
        raise fail("field_error", "INVALID_VALUE", at="value_settings.default_value")
    if value < 0:
        raise fail("range_error", "TOO_LOW", at="value_settings.default_value")
    if values.default_currency_code not in CURRENCIES:
        at = "value_settings.default_currency_code"
        trigger = values.default_currency_code
        raise fail("currency_code_error", "UNSUPPORTED", at=at, trigger=trigger)


def _check_ranges(action: Message) -> None:
    for name, (low, high) in _RANGES.items():
        if action.HasField(name) and not low <= getattr(action, name) <= high:
            code = "TOO_LOW" if getattr(action, name) < low else "TOO_HIGH"
            raise fail("range_error", code, at=name)


def _check_attribution(action: Message, current: Message | None) -> None:
    model = action.attribution_model_settings.attribution_model
    before = current and current.attribution_model_settings.attribution_model
    if model in _RULE_BASED and model != before:
        raise fail(
            "conversion_action_error",
            "CANNOT_SET_RULE_BASED_ATTRIBUTION_MODELS",
            at="attribution_model_settings.attribution_model",
        )


def _check_limit(
    store: AdsStore, account: Account, action: Message, current: Message | None
) -> None:
    limit = account.enabled_action_limit
    status = number("ConversionActionStatus", "ENABLED")
    is_new = action.status == status and (current is None or current.status != status)
    count = len(enabled(store, account.customer_id))
    if limit is None or not is_new or count < limit:
        return
    raise AdsFailure(
        AdsError(
            category="resource_count_limit_exceeded_error",
            code="RESOURCE_LIMIT",
            resource_limit={
                "enclosing_id": account.customer_id,
                "enclosing_resource": "customer",
                "limit": limit,
                "limit_type": 128,
                "existing_count": count,
            },
        )
    )


def _join_goals(store: AdsStore, account: Account, action: Message) -> None:
    if action.status == number("ConversionActionStatus", "ENABLED"):
        kind = (action.category, action.origin)
        ensure_goals(store, account.customer_id, kind)
