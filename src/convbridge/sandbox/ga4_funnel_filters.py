"""Filters of funnel steps: events, their parameters, and plain dimensions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from .ga4_filters import column_mask, evaluate, label_test, metric_mask
from .ga4_wire import invalid

if TYPE_CHECKING:
    from .events import Bools
    from .ga4_columns import View


def step_mask(view: View, expression: Any) -> Bools:
    """Return which events match a step; an empty filter matches none of them."""
    return evaluate(expression, lambda leaf: _leaf_mask(view, leaf))


def _leaf_mask(view: View, leaf: Any) -> Bools:
    kind = type(leaf).__name__
    if kind == "FunnelEventFilter":
        return _event_mask(view, leaf)
    if kind in {"FunnelFieldFilter", "Filter"}:
        return column_mask(leaf, view.column(leaf.field_name))
    raise invalid(f"The sandbox has no {kind} here.")


def _event_mask(view: View, leaf: Any) -> Bools:
    mask = view.events.named(leaf.event_name)
    expression = leaf.funnel_parameter_filter_expression
    if expression.WhichOneof("expr") is None:
        return mask
    return mask & evaluate(expression, lambda single: parameter_mask(view, single))


def parameter_mask(view: View, single: Any) -> Bools:
    """Return which events have a parameter that passes, registered or not."""
    name = single.event_parameter_name
    if not name:
        raise invalid("A parameter filter needs an event parameter name.")
    if name == "value":
        return np.asarray(metric_mask(single, np.nan_to_num(view.events.value)))
    test = label_test(single)
    kept = [test(_parameter(view, row, name)) for row in view.events.param_rows]
    return np.asarray(np.array(kept, dtype=bool)[view.events.params])


def _parameter(view: View, row: Any, name: str) -> str:
    if name == "page_location":
        path = row.get("pagePath", "/")
        return f"https://{view.site.key}.example.com{path}"
    camel = re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
    return str(row.get(name, row.get(camel, "")))
