"""GA4's BigQuery export as SQL: its columns, and dimensions as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.adapters.warehouse.dialects import literal
from convbridge.errors import ConfigError
from convbridge.model.parameters import EVENT_PARAMETERS
from convbridge.model.rules import Match

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from convbridge.model.rules import Condition, EventRule

FIELDS = {
    "country": "geo.country",
    "deviceCategory": "device.category",
    "eventName": "event_name",
    "platform": "platform",
    "streamId": "stream_id",
    "transactionId": "ecommerce.transaction_id",
}
"""Dimensions that are columns of the export."""

_LAST_CLICK = "session_traffic_source_last_click"
CHANNEL = f"{_LAST_CLICK}.cross_channel_campaign.default_channel_group"
CAMPAIGN = f"{_LAST_CLICK}.google_ads_campaign.campaign_id"
GCLID = "collected_traffic_source.gclid"
ORDER = "ecommerce.transaction_id"
REVENUE = "ecommerce.purchase_revenue"
ADS_STORAGE = "privacy_info.ads_storage"

NUMBER = (
    "(SELECT COALESCE(value.double_value, value.float_value, "
    "CAST(value.int_value AS FLOAT64)) FROM UNNEST(event_params) "
    "WHERE key = {key})"
)
TEXT = (
    "(SELECT COALESCE(value.string_value, CAST(value.int_value AS STRING), "
    "CAST(value.double_value AS STRING)) FROM UNNEST(event_params) "
    "WHERE key = {key})"
)


def text_of(dimension: str) -> str:
    """
    Return a dimension as an SQL expression.

    Raises:
        ConfigError: The export has no such dimension.
    """
    if dimension in FIELDS:
        return FIELDS[dimension]
    if dimension.startswith("customEvent:"):
        return TEXT.format(key=literal(dimension.removeprefix("customEvent:")))
    if dimension in EVENT_PARAMETERS:
        return TEXT.format(key=literal(EVENT_PARAMETERS[dimension]))
    known = ", ".join(sorted({*FIELDS, *EVENT_PARAMETERS}))
    raise ConfigError(
        f"the export has no dimension {dimension!r}",
        hint=f"use customEvent:<parameter>, or one of {known}",
    )


def optional(column: str, columns: Collection[str], *, default: str) -> str:
    """
    Return a column that older tables lack, or its default.

    The traffic source columns came in 2023 and 2024; a table from before has
    none of them.
    """
    if column in columns:
        return f"COALESCE({column}, {default})"
    return default


def event_expression(derived: Sequence[EventRule]) -> str:
    """Return the event's name; of derived events that overlap the first wins."""
    if not derived:
        return "event_name"
    cases = " ".join(
        f"WHEN {_rule_test(rule)} THEN {literal(rule.event)}" for rule in derived
    )
    return f"CASE {cases} ELSE event_name END"


def _rule_test(rule: EventRule) -> str:
    parts = [f"event_name = {literal(rule.source_event or rule.event)}"]
    parts += [condition_test(condition) for condition in rule.where]
    return " AND ".join(parts)


def condition_test(condition: Condition) -> str:
    """Return a condition as SQL, true or false and never null."""
    found = f"COALESCE({text_of(condition.dimension)}, '')"
    values = condition.values
    regexp = condition.match in {Match.FULL_REGEXP, Match.PARTIAL_REGEXP}
    if not condition.case_sensitive and not regexp:
        found = f"LOWER({found})"
        values = tuple(value.lower() for value in values)
    tests = " OR ".join(_test(found, value, condition) for value in values)
    return f"NOT ({tests})" if condition.negate else f"({tests})"


def _test(found: str, value: str, condition: Condition) -> str:
    text = literal(value)
    flag = "" if condition.case_sensitive else "(?i)"
    match condition.match:
        case Match.EXACT | Match.IN_LIST:
            return f"{found} = {text}"
        case Match.BEGINS_WITH:
            return f"STARTS_WITH({found}, {text})"
        case Match.ENDS_WITH:
            return f"ENDS_WITH({found}, {text})"
        case Match.CONTAINS:
            return f"STRPOS({found}, {text}) > 0"
        case Match.FULL_REGEXP:
            return f"REGEXP_CONTAINS({found}, {literal(f'{flag}^(?:{value})$')})"
        case Match.PARTIAL_REGEXP:
            return f"REGEXP_CONTAINS({found}, {literal(flag + value)})"
