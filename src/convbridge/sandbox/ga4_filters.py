"""Filters: which labels, and which rows, a FilterExpression keeps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from .ga4_columns import NOT_SET
from .ga4_wire import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .events import Bools, Floats
    from .ga4_columns import Column

# StringFilter.MatchType and NumericFilter.Operation, by their numbers.
EXACT, BEGINS, ENDS, CONTAINS, FULL_REGEXP, PARTIAL_REGEXP = range(1, 7)
_COMPARE: Mapping[int, Callable[[Any, Any], Any]] = {
    1: lambda left, right: left == right,
    2: lambda left, right: left < right,
    3: lambda left, right: left <= right,
    4: lambda left, right: left > right,
    5: lambda left, right: left >= right,
}


def leaves(expression: Any) -> Iterator[Any]:  # Any: raw protobuf
    """Yield the single filters of an expression."""
    kind = expression.WhichOneof("expr")
    if kind in {"and_group", "or_group"}:
        for child in getattr(expression, kind).expressions:
            yield from leaves(child)
    elif kind == "not_expression":
        yield from leaves(expression.not_expression)
    elif kind is not None:
        yield getattr(expression, kind)


def evaluate(expression: Any, leaf: Callable[[Any], Bools]) -> Bools:
    """Return the mask of an expression, given that of a single filter."""
    kind = expression.WhichOneof("expr")
    if kind in {"and_group", "or_group"}:
        parts = [
            evaluate(child, leaf) for child in getattr(expression, kind).expressions
        ]
        if not parts:
            raise invalid("A FilterExpressionList must have at least one expression.")
        join = np.logical_and if kind == "and_group" else np.logical_or
        return np.asarray(join.reduce(parts))
    if kind == "not_expression":
        return ~evaluate(expression.not_expression, leaf)
    if kind is None:
        raise invalid("A FilterExpression must have one of its fields set.")
    return leaf(getattr(expression, kind))


def column_mask(single: Any, column: Column) -> Bools:
    """Return which events a single dimension filter keeps."""
    matches = label_test(single)
    kept = np.array([matches(label) for label in column.labels], dtype=bool)
    return np.asarray(kept[column.codes] if len(kept) else column.codes > 0)


def label_test(single: Any) -> Callable[[str], bool]:
    """Return the test a filter makes of one dimension value."""
    kind = single.WhichOneof("one_filter")
    if kind == "string_filter":
        return _string_test(single.string_filter)
    if kind == "in_list_filter":
        return _list_test(single.in_list_filter)
    if kind == "empty_filter":
        return lambda label: label in {"", NOT_SET}
    if kind in {"numeric_filter", "between_filter"}:
        return lambda label: (
            _is_number(label) and bool(_number_test(single, kind)(float(label)))
        )
    raise invalid(f"The filter of {_field(single)} has no condition.")


def _string_test(rule: Any) -> Callable[[str], bool]:
    flags = 0 if rule.case_sensitive else re.IGNORECASE
    kind = rule.match_type or EXACT  # Google's own samples leave it out
    if kind in {FULL_REGEXP, PARTIAL_REGEXP}:
        pattern = _compiled(rule.value, flags)
        search = pattern.fullmatch if kind == FULL_REGEXP else pattern.search
        return lambda label: search(label) is not None
    if not EXACT <= kind <= CONTAINS:
        raise invalid("The match type of a string filter must be specified.")
    wanted = _folded(rule.value, rule.case_sensitive)
    plain: Mapping[int, Callable[[str], bool]] = {
        EXACT: lambda label: label == wanted,
        BEGINS: lambda label: label.startswith(wanted),
        ENDS: lambda label: label.endswith(wanted),
        CONTAINS: lambda label: wanted in label,
    }
    test = plain[kind]
    return lambda label: test(_folded(label, rule.case_sensitive))


def _list_test(rule: Any) -> Callable[[str], bool]:
    if not rule.values:
        raise invalid("An in-list filter must have at least one value.")
    wanted = {_folded(value, rule.case_sensitive) for value in rule.values}
    return lambda label: _folded(label, rule.case_sensitive) in wanted


def _folded(text: str, case_sensitive: bool) -> str:  # noqa: FBT001  # the field's own name
    return text if case_sensitive else text.casefold()


def _compiled(pattern: str, flags: int) -> re.Pattern[str]:
    try:
        return re.compile(pattern, flags)
    except re.error as error:
        raise invalid(f"The regular expression {pattern} is invalid.") from error


def metric_mask(single: Any, values: Floats) -> Bools:
    """Return which rows a single metric filter keeps."""
    kind = single.WhichOneof("one_filter")
    if kind not in {"numeric_filter", "between_filter"}:
        raise invalid(f"The metric {_field(single)} needs a numeric filter.")
    return np.asarray(_number_test(single, kind)(values))


def _number_test(single: Any, kind: str) -> Callable[[Any], Any]:
    if kind == "between_filter":
        low = number(single.between_filter.from_value)
        high = number(single.between_filter.to_value)
        return lambda value: (value >= low) & (value <= high)
    operation = single.numeric_filter.operation
    if operation not in _COMPARE:
        raise invalid("The operation of a numeric filter must be specified.")
    limit = number(single.numeric_filter.value)
    return lambda value: _COMPARE[operation](value, limit)


def number(value: Any) -> float:
    """Return a NumericValue as a float."""
    kind = value.WhichOneof("one_value")
    if kind is None:
        raise invalid("A numeric value must be int64_value or double_value.")
    return float(getattr(value, kind))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _field(single: Any) -> str:
    return str(getattr(single, "field_name", ""))
