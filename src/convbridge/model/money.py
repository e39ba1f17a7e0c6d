"""Money: decimal amounts in one currency, rounded to its minor unit."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True, order=False)
class Money:
    """
    An amount in one currency.

    Adding two currencies is an error: convbridge knows no exchange rates.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        minor_units(self.currency)
        if not self.amount.is_finite():
            raise DataError(f"{self.amount} is not an amount of money")

    def rounded(self) -> Money:
        """Return the amount rounded to the currency's minor unit."""
        return Money(
            amount=to_minor_unit(self.amount, self.currency), currency=self.currency
        )

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise DataError(
                f"cannot add {other.currency} to {self.currency}",
                hint="convbridge converts no currencies; give both in one",
            )
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __str__(self) -> str:
        return f"{to_minor_unit(self.amount, self.currency):,} {self.currency}"
