"""Conditions of a query, decided on one value."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .ads_gaql import Condition, query_error

if TYPE_CHECKING:
    from datetime import date

    from .ads_gaql import Value
    from .ads_messages import Message

_ORDERED = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def prepare(condition: Condition, field: Message, today: date) -> Condition:
    """Return the condition with values of the field's type, DURING made dates."""
    if condition.operator == "DURING":
        first, last = during(str(condition.values[0]), today)
        values: tuple[Value, ...] = (first.isoformat(), last.isoformat())
        return Condition(field=condition.field, operator="BETWEEN", values=values)
    converted = tuple(_convert(value, field) for value in condition.values)
    return Condition(
        field=condition.field, operator=condition.operator, values=converted
    )


def holds(condition: Condition, value: Any, *, is_present: bool = True) -> bool:
    """Say whether a prepared condition is true of a value."""
    operator, values = condition.operator, condition.values
    if operator == "IS NULL":
        return not is_present
    if operator == "IS NOT NULL":
        return is_present
    if operator.startswith("CONTAINS"):
        return _contains(operator, set(value), set(values))
    if operator == "BETWEEN":
        return bool(values[0] <= value <= values[1])
    if operator in _ORDERED:
        return bool(_ORDERED[operator](value, values[0]))
    is_negated = operator == "!=" or operator.startswith("NOT ")
    return _matches(operator.removeprefix("NOT "), value, values) != is_negated


def during(literal: str, today: date) -> tuple[date, date]:
    """Return the first and last day of a date literal such as LAST_30_DAYS."""
    yesterday = today - timedelta(days=1)
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    spans = {
        "TODAY": (today, today),
        "YESTERDAY": (yesterday, yesterday),
        "LAST_7_DAYS": (today - timedelta(days=7), yesterday),
        "LAST_14_DAYS": (today - timedelta(days=14), yesterday),
        "LAST_30_DAYS": (today - timedelta(days=30), yesterday),
        "THIS_MONTH": (month, today),
        "LAST_MONTH": (last_month, month - timedelta(days=1)),
        "THIS_WEEK_MON_TODAY": (monday, today),
        "LAST_WEEK_MON_SUN": (monday - timedelta(days=7), monday - timedelta(days=1)),
        "LAST_BUSINESS_WEEK": (
            monday - timedelta(days=7),
            monday - timedelta(days=3),
        ),
    }
    if literal not in spans:
        code = "INVALID_VALUE_WITH_DURING_OPERATOR"
        raise query_error(code, f"Error in query: unknown date range {literal}.")
    return spans[literal]


def _convert(value: Value, field: Message) -> Value:
    if field.enum_type is not None:
        found = field.enum_type.values_by_name.get(str(value))
        if found is None:
            message = f"Invalid enum value cannot be included in WHERE clause: {value}."
            raise query_error("BAD_ENUM_CONSTANT", message)
        return int(found.number)
    if field.type == field.TYPE_BOOL:
        if str(value).upper() not in {"TRUE", "FALSE"}:
            raise query_error("BAD_VALUE", f"Error in query: {value} is no boolean.")
        return str(value).upper() == "TRUE"
    if field.type == field.TYPE_STRING:
        return str(value)
    try:
        return float(value) if "." in str(value) else int(value)
    except ValueError:
        message = f"Error in query: {value} is no number."
        raise query_error("BAD_NUMBER", message) from None


def _contains(operator: str, found: set[Any], wanted: set[Value]) -> bool:
    if operator == "CONTAINS ALL":
        return wanted <= found
    return bool(wanted & found) == (operator == "CONTAINS ANY")


def _matches(operator: str, value: Any, values: tuple[Value, ...]) -> bool:
    match operator:
        case "LIKE":
            return _like(str(values[0])).fullmatch(str(value)) is not None
        case "REGEXP_MATCH":
            return re.fullmatch(str(values[0]), str(value)) is not None
        case _:
            return value in values


def _like(pattern: str) -> re.Pattern[str]:
    """Return a LIKE pattern: `%` any run, `[x]` the character itself, any case."""
    parts = re.split(r"(\[.\]|%|_)", pattern)
    wild = {"%": ".*", "_": "."}
    body = "".join(
        wild.get(part) or re.escape(part[1] if part.startswith("[") else part)
        for part in parts
        if part
    )
    return re.compile(body, re.IGNORECASE | re.DOTALL)
