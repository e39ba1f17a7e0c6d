"""Many conversions kept as columns, because a million objects cost more than text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, overload

from convbridge.model.conversions import Conversion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Conversions(Sequence[Conversion]):
    """
    Conversions as columns; a row is made when it is asked for.

    Args:
        columns: By the names of `Conversion`. A list has each row's value,
            anything else is the value of all rows: most fields of most files
            are the same throughout, or empty. `transaction_id` is a list.
    """

    __slots__ = ("columns",)

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.columns = columns

    @classmethod
    def of(cls, rows: Sequence[Conversion]) -> Conversions:
        """Return rows as columns; what is in columns stays as it is."""
        if isinstance(rows, Conversions):
            return rows
        whole = zip(Conversion._fields, zip(*rows, strict=True), strict=True)
        columns = {name: _narrowed(column) for name, column in whole}
        columns["transaction_id"] = [row.transaction_id for row in rows]
        return cls(columns)

    @classmethod
    def join(cls, parts: Sequence[Sequence[Conversion]]) -> Conversions:
        """Return the rows of all parts, in order."""
        found = [cls.of(part) for part in parts]
        if len(found) == 1:
            return found[0]
        return cls({name: _joined(name, found) for name in Conversion._fields})

    def column(self, name: str) -> Sequence[Any]:
        """Return every row's value of a field."""
        found = self.columns[name]
        return found if isinstance(found, list) else [found] * len(self)

    def __len__(self) -> int:
        return len(self.columns["transaction_id"])

    def __iter__(self) -> Iterator[Conversion]:
        cells = (
            found if isinstance(found, list) else repeat(found, len(self))
            for found in (self.columns[name] for name in Conversion._fields)
        )
        return map(Conversion._make, zip(*cells, strict=True))

    @overload
    def __getitem__(self, at: int) -> Conversion: ...

    @overload
    def __getitem__(self, at: slice) -> Conversions: ...

    def __getitem__(self, at: int | slice) -> Conversion | Conversions:
        """Return a row, or a part of the rows."""
        found = {
            name: column[at] if isinstance(column, list) else column
            for name, column in self.columns.items()
        }
        if isinstance(at, slice):
            return Conversions(found)
        return Conversion._make(found[name] for name in Conversion._fields)


def _narrowed(column: tuple[Any, ...]) -> Any:
    """Return a field of all rows, or one value where they do not differ."""
    first = column[0]
    is_whole = isinstance(first, str | int) and type(first) is not bool
    if (first is None or is_whole) and column.count(first) == len(column):
        return first
    return list(column)


def _joined(name: str, parts: Sequence[Conversions]) -> Any:
    first = parts[0].columns[name]
    if not isinstance(first, list) and all(p.columns[name] == first for p in parts):
        return first
    return list(chain.from_iterable(p.column(name) for p in parts))
