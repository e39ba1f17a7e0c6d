"""Cells of typed sources, as the row reader wants them."""

from __future__ import annotations

from math import isnan
from typing import Any

_TYPED = frozenset({"time", "click_time", "conversion_time", "value"})


def as_cell(field: str, found: Any) -> Any:  # Any: whatever a source has
    """Return ids as text whatever type their column has; times and values as is."""
    if found is None or type(found) is str or field in _TYPED:
        return found
    if isinstance(found, float):
        if isnan(found):
            return None
        return str(int(found)) if found.is_integer() else str(found)
    return str(found)
