"""Which fields a query may name: checked against the descriptors of the version."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .ads_gaql import query_error
from .ads_messages import message_class, resolve

if TYPE_CHECKING:
    from .ads_gaql import Query
    from .ads_messages import Message

# FROM -> the other resources that may be selected with it.
RESOURCES: dict[str, tuple[str, ...]] = {
    "bidding_data_exclusion": ("customer",),
    "bidding_seasonality_adjustment": ("customer",),
    "bidding_strategy": ("customer",),
    "campaign": ("bidding_strategy", "customer"),
    "campaign_conversion_goal": ("campaign", "customer"),
    "conversion_action": ("customer",),
    "conversion_goal_campaign_config": ("campaign", "customer"),
    "conversion_value_rule": ("customer",),
    "conversion_value_rule_set": ("campaign", "customer"),
    "custom_conversion_goal": ("customer",),
    "customer": (),
    "customer_client": ("customer",),
    "customer_conversion_goal": ("customer",),
    "offline_conversion_upload_client_summary": ("customer",),
    "offline_conversion_upload_conversion_action_summary": ("customer",),
    "product_link": ("customer",),
}
COUNTED = ("all_conversions", "all_conversions_value")
CONVERSIONS = frozenset(
    {
        *COUNTED,
        "conversions",
        "conversions_value",
        "original_conversion_value",
        "value_per_all_conversions",
        "value_per_conversion",
        "all_conversions_by_conversion_date",
        "all_conversions_value_by_conversion_date",
        "conversions_by_conversion_date",
        "conversions_value_by_conversion_date",
    }
)
DELIVERY = frozenset(
    {"cost_micros", "clicks", "impressions", "ctr", "average_cpc", "average_cost"}
)
PER_COST = frozenset(
    {
        "all_conversions_value_per_cost",
        "conversions_value_per_cost",
        "cost_per_conversion",
        "cost_per_all_conversions",
    }
)
METRICS: dict[str, frozenset[str]] = {
    "conversion_action": frozenset(
        {
            *COUNTED,
            "conversion_last_conversion_date",
            "conversion_last_received_request_date_time",
        }
    ),
    "campaign": CONVERSIONS | DELIVERY | PER_COST,
    "customer": CONVERSIONS | DELIVERY | PER_COST,
}
DATE_SEGMENTS = frozenset({"date", "week", "month", "quarter", "year", "day_of_week"})
ACTION_SEGMENTS = frozenset(
    {"conversion_action", "conversion_action_name", "conversion_action_category"}
)


@cache
def row_descriptor(version: str) -> Message:
    """Return the descriptor of `GoogleAdsRow` of a version."""
    return message_class("services.GoogleAdsRow", version).DESCRIPTOR


def check(query: Query, version: str) -> None:
    """Refuse a query whose fields do not exist or do not go together."""
    if query.resource not in RESOURCES:
        code = "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"
        raise query_error(code, f"Error in query: bad resource {query.resource}.")
    for name in query.fields:
        _check_exists(name, version)
    for name in query.select:
        _check_selectable(name, query.resource, "SELECT")
    for condition in query.where:
        _check_selectable(condition.field, query.resource, "WHERE")
    _check_references(query)
    _check_combination(query)


def prefix(name: str) -> str:
    """Return the resource, `metrics` or `segments`, before the first dot."""
    return name.split(".", 1)[0]


def named(query: Query, group: str) -> frozenset[str]:
    """Return the fields of `metrics` or `segments` named anywhere."""
    start = f"{group}."
    return frozenset(n.removeprefix(start) for n in query.fields if n.startswith(start))


def _check_exists(name: str, version: str) -> None:
    chain = resolve(row_descriptor(version), name)
    if chain is None or len(chain) < 2:
        raise query_error(
            "UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{name}'."
        )
    last = chain[-1]
    is_tree = last.message_type is not None and not last.is_repeated
    if is_tree and last.message_type.fields:
        raise query_error(
            "UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{name}'."
        )


def _check_selectable(name: str, resource: str, clause: str) -> None:
    group = prefix(name)
    if group == "metrics":
        allowed = name.removeprefix("metrics.") in METRICS.get(resource, ())
        code = "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"
    elif group == "segments":
        allowed = resource in METRICS and name.removeprefix("segments.") in (
            DATE_SEGMENTS | ACTION_SEGMENTS
        )
        code = "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE"
    else:
        allowed = group == resource or group in RESOURCES[resource]
        code = f"PROHIBITED_RESOURCE_TYPE_IN_{clause}_CLAUSE"
    if not allowed:
        message = f"Cannot use '{name}': incompatible with resource '{resource}'."
        raise query_error(code, message)


def _check_references(query: Query) -> None:
    code = "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE"
    for name, _ in query.order_by:
        if name not in query.select:
            message = f"The following field must be present in SELECT clause: '{name}'."
            raise query_error(code, message)
    for condition in query.where:
        name = condition.field
        is_core_date = name.removeprefix("segments.") in DATE_SEGMENTS
        needs_select = prefix(name) == "segments" and not is_core_date
        if needs_select and name not in query.select:
            message = f"The following field must be present in SELECT clause: '{name}'."
            raise query_error(code, message)


def _check_combination(query: Query) -> None:
    segments, metrics = named(query, "segments"), named(query, "metrics")
    clash = metrics & (DELIVERY | PER_COST)
    if segments & ACTION_SEGMENTS and clash:
        raise query_error(
            "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE",
            f"Cannot combine a conversion segment with metrics.{min(clash)}.",
        )
    dated = {c.field.removeprefix("segments.") for c in query.where}
    if segments & DATE_SEGMENTS and not dated & DATE_SEGMENTS:
        raise query_error(
            "EXPECTED_FILTERS_ON_DATE_RANGE",
            "A date segment needs a filter on a finite range of dates.",
        )
