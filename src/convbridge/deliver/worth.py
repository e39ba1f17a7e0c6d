"""What a conversion is worth: the row's value, the valuation's, or none."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from convbridge.deliver.memory import Memory
from convbridge.deliver.quoting import quoted
from convbridge.errors import DataError
from convbridge.model.money import minor_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convbridge.model.conversions import DeliveryPolicy


_REMEMBERED = 50_000  # amounts as written; most files repeat theirs
_EMPTY = frozenset({None, ""})


class ValueReader:
    """Reads values and currencies; 0 is a value, an empty cell is none."""

    def __init__(self, policy: DeliveryPolicy, columns: Mapping[str, int]) -> None:
        minor_units(policy.currency)  # raises now, not at the first row
        self._value = columns.get("value", -1)
        self._currency = columns.get("currency", -1)
        self._own = policy.currency
        self._known = Memory(_amount, most=_REMEMBERED)
        self._allowed = {policy.currency, *policy.currencies}
        self._values = {event: str(value) for event, value in policy.values.items()}
        default = policy.default_value
        self._default = None if default is None else str(default)

    def __call__(self, event: str, row: Sequence[Any]) -> tuple[str | None, str | None]:
        """
        Return value and currency; both None leave them to the conversion action.

        Raises:
            ValueError: The value is no amount, or in a currency that is not allowed.
        """
        cell = row[self._value]
        if cell is None or cell == "":
            return self._usual(event)
        currency = self._currency_of(row[self._currency])
        return self._known[cell], currency

    def column(
        self, event: str, cells: Sequence[Sequence[Any]]
    ) -> tuple[list[str | None] | str | None, list[str | None] | str | None]:
        """
        Return values and currencies of rows of one event, given as columns.

        Raises:
            ValueError: One of them is no amount, or in a currency that is not allowed.
        """
        found = cells[self._value]
        written = set(found)
        usual, own = self._usual(event)
        if written <= _EMPTY:
            return usual, own
        currency = self._currencies(cells[self._currency])
        if written.isdisjoint(_EMPTY):
            return list(map(self._known.__getitem__, found)), currency
        told = currency if isinstance(currency, list) else [currency] * len(found)
        both = [
            (usual, own) if cell in _EMPTY else (self._known[cell], code)
            for cell, code in zip(found, told, strict=True)
        ]
        values, currencies = zip(*both, strict=True)
        return list(values), list(currencies)

    def _currencies(self, cells: Sequence[Any]) -> list[str | None] | str:
        """Return the currency of each row that has a value, or of all."""
        told = {cell: self._currency_of(cell) for cell in set(cells)}
        if len(set(told.values())) == 1:
            return told[cells[0]]
        return list(map(told.__getitem__, cells))

    def _currency_of(self, cell: Any) -> str:
        is_own = not cell or cell == self._own
        return self._own if is_own else self._checked(str(cell))

    def _usual(self, event: str) -> tuple[str | None, str | None]:
        """Return value and currency of a row that says nothing."""
        known = self._values.get(event, self._default)
        return (None, None) if known is None else (known, self._own)

    def _checked(self, text: str) -> str:
        currency = text.strip().upper()
        if currency in self._allowed:
            return currency
        try:
            minor_units(currency)
        except DataError:
            found = quoted(text, most=10)
            raise ValueError(
                f"currency {found} is not an ISO 4217 code such as EUR"
            ) from None
        raise ValueError(
            f"the value is in {currency}, the conversion action in {self._own}; "
            f"add {currency} to delivery.currencies if Google is to convert it"
        )


def _amount(cell: Any) -> str:
    try:
        amount = Decimal(cell if isinstance(cell, str) else str(cell))
    except InvalidOperation:
        raise ValueError(
            f"{quoted(cell, most=20)} is not an amount; write 1234.50"
        ) from None
    if not amount.is_finite():
        raise ValueError(f"{quoted(cell, most=20)} is not an amount; write 1234.50")
    if amount < 0:
        raise ValueError(
            f"the value {amount} is negative; retract or restate the conversion instead"
        )
    return str(amount)
