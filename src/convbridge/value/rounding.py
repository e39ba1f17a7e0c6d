"""Values as they are published: two significant digits, then the minor unit."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from convbridge.model.money import minor_units, to_minor_unit

if TYPE_CHECKING:
    from convbridge.value.intervals import Estimate

_DIGITS, _MOST_DIGITS = 2, 6


def round_value(
    amount: float | Decimal, currency: str, *, within: Estimate | None = None
) -> Decimal:
    """
    Round to two significant digits and to the currency's minor unit.

    What is worth anything is worth one minor unit at least, unless even that is
    beyond the interval `within`; zero stays zero. More digits are kept where two
    would leave the interval.

    >>> round_value(1234.5, "THB"), round_value(0.001, "PLN"), round_value(0, "PLN")
    (Decimal('1200.00'), Decimal('0.01'), Decimal('0.00'))
    """
    exactly = Decimal(repr(float(amount)))
    if exactly <= 0:
        return to_minor_unit(Decimal(0), currency)
    smallest = Decimal(1).scaleb(-minor_units(currency))
    if within is not None and within.high < smallest:
        return to_minor_unit(Decimal(0), currency)
    for digits in range(_DIGITS, _MOST_DIGITS):
        unit = Decimal(1).scaleb(exactly.adjusted() + 1 - digits)
        rounded = max(
            to_minor_unit(exactly.quantize(unit, ROUND_HALF_EVEN), currency), smallest
        )
        if within is None or within.low <= rounded <= within.high:
            return rounded
    return max(to_minor_unit(exactly, currency), smallest)
