"""When two field values are the same: money at the minor unit, lists as sets."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from convbridge.model.money import to_minor_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.model.resources import Scalar

CURRENCY_FIELDS = (
    "value_settings.default_currency_code",
    "default_value.currency_code",
)
"""Where a resource says in which currency its money is."""

MONEY_FIELDS = frozenset(
    {"value_settings.default_value", "default_value.numeric_value"}
)
"""Fields that are Decimal here and double at Google."""


def currency_of(*sides: Mapping[str, Scalar]) -> str | None:
    """Return the currency of a resource's money, from the first side that has it."""
    found = (side.get(name) for side in sides for name in CURRENCY_FIELDS)
    return next((str(code) for code in found if code), None)


def same(left: Scalar, right: Scalar, *, currency: str | None = None) -> bool:
    """
    Tell whether two values of one field are the same to Google.

    Money is compared at the currency's minor unit, since Google keeps doubles;
    ratios with a tolerance; lists without order; an empty text is an absent one.
    None is not 0 and not False: those are values somebody has set.
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, tuple) and isinstance(right, tuple):
        return sorted(left) == sorted(right)
    if isinstance(left, Decimal | float) or isinstance(right, Decimal | float):
        return _same_number(left, right, currency)
    return (left or None) == (right or None) if _texts(left, right) else left == right


def _texts(left: Scalar, right: Scalar) -> bool:
    return all(side is None or isinstance(side, str | tuple) for side in (left, right))


def _same_number(left: Scalar, right: Scalar, currency: str | None) -> bool:
    if not isinstance(left, Decimal | float | int):
        return False
    if not isinstance(right, Decimal | float | int):
        return False
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        pair = (Decimal(str(left)), Decimal(str(right)))
        if currency and all(side.is_finite() for side in pair):
            return to_minor_unit(pair[0], currency) == to_minor_unit(pair[1], currency)
        return pair[0] == pair[1]
    return math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-9)
