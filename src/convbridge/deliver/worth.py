"""What a conversion is worth: the row's value, the valuation's, or none."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

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
        self._known: dict[Any, str] = {}
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
        currency = row[self._currency]
        if currency and currency != self._own:
            currency = self._checked(str(currency))
        return self._amount(cell), currency or self._own

    def column(
        self, event: str, cells: Sequence[Sequence[Any]]
    ) -> tuple[list[str] | str | None, str | None]:
        """
        Return the values of rows of one event, given as columns, and their currency.

        Raises:
            ValueError: They are not all in the policy's currency, or not all
                given, or one is no amount; row by row more can be said.
        """
        found = cells[self._value]
        written = set(found)
        if written <= _EMPTY:
            return self._usual(event)
        if not written.isdisjoint(_EMPTY):
            raise ValueError("not every row has a value")
        if not set(cells[self._currency]) <= {*_EMPTY, self._own}:
            raise ValueError("a row names its currency")
        if len(self._known) + len(written) > _REMEMBERED:
            self._known.clear()
        for cell in written.difference(self._known):
            self._known[cell] = _amount(cell)
        return list(map(self._known.__getitem__, found)), self._own

    def _usual(self, event: str) -> tuple[str | None, str | None]:
        """Return value and currency of a row that says nothing."""
        known = self._values.get(event, self._default)
        return (None, None) if known is None else (known, self._own)

    def _amount(self, cell: Any) -> str:
        amount = self._known.get(cell)
        if amount is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            amount = self._known[cell] = _amount(cell)
        return amount

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
