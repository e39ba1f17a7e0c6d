"""Values as they are published: two significant digits, then the minor unit."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from convbridge.model.money import minor_units, to_minor_unit


def round_value(amount: float | Decimal, currency: str) -> Decimal:
    """
    Round to two significant digits and to the currency's minor unit.

    What is worth anything is worth one minor unit at least; zero stays zero.

    >>> round_value(1234.5, "THB"), round_value(0.001, "PLN"), round_value(0, "PLN")
    (Decimal('1200.00'), Decimal('0.01'), Decimal('0.00'))
    """
    exactly = Decimal(repr(float(amount)))
    if exactly <= 0:
        return to_minor_unit(Decimal(0), currency)
    coarse = exactly.quantize(
        Decimal(1).scaleb(exactly.adjusted() - 1), ROUND_HALF_EVEN
    )
    smallest = Decimal(1).scaleb(-minor_units(currency))
    return max(to_minor_unit(coarse, currency), smallest)
