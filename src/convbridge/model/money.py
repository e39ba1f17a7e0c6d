"""Money: decimal amounts, rounded to their currency's minor unit."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from convbridge.errors import DataError


@cache
def minor_units(currency: str) -> int:
    """
    Return the number of decimals of an ISO 4217 currency, by CLDR.

    >>> minor_units("JPY"), minor_units("PLN"), minor_units("KWD")
    (0, 2, 3)
    """
    from babel.numbers import (  # noqa: PLC0415 - 10 ms nobody pays for --help
        get_currency_precision,
        is_currency,
    )

    if not is_currency(currency):
        raise DataError(
            f"{currency!r} is not an ISO 4217 currency code",
            hint="use three capital letters, such as THB or PLN",
        )
    return get_currency_precision(currency)


def to_minor_unit(amount: Decimal, currency: str) -> Decimal:
    """Round half-even to the currency's minor unit."""
    return amount.quantize(Decimal(1).scaleb(-minor_units(currency)), ROUND_HALF_EVEN)


def money_text(amount: Decimal, currency: str) -> str:
    """
    Return an amount as people read it.

    >>> money_text(Decimal("1234.5"), "PLN")
    '1,234.50 PLN'
    """
    return f"{to_minor_unit(amount, currency):,} {currency}"
