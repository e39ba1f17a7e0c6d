"""
Many Protobuf messages, written at once: column by column, then joined to rows.

Building a message in Python, field by field, costs several times what the library
needs to read it. What is written of a row are pieces, each a message in itself
with some of the fields: joined, they are the message with all of them. Pieces are
text of latin-1, whose characters are bytes, since Python joins text fastest.
Format: protobuf.dev/programming-guides/encoding.

A column is a list with each row's cell, or one cell for all rows; None is absent.
So are pieces: a list, or one text for all rows.
"""

from __future__ import annotations

from itertools import chain, repeat
from operator import add
from struct import pack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LONGEST = 4_000  # longer texts are nobody's ids
_DOUBLE = 1  # wire types
_BYTES = 2

# Of raw messages and their descriptors no types are published.


def can_pack(texts: Sequence[str | None] | None) -> bool:
    """Tell whether texts are short ASCII, whose characters are their bytes."""
    found: list[Any] = texts if isinstance(texts, list) else [texts]
    if None in found:
        found = list(filter(None, found))
    return "".join(found).isascii() and max(map(len, found), default=0) <= _LONGEST


def first_of(columns: Sequence[list[Any] | Any]) -> list[list[Any] | Any]:
    """Return columns of which each row keeps the first cell that is not empty."""
    if sum(column is not None for column in columns) < 2:
        return list(columns)
    lists = [column for column in columns if isinstance(column, list)]
    size = len(lists[0]) if lists else 1
    kept: list[Any] = []
    taken: list[Any] = [None] * size
    for column in columns:
        cells = column if isinstance(column, list) else [column] * size
        kept.append([None if t else c for t, c in zip(taken, cells, strict=True)])
        taken = [t or c for t, c in zip(taken, cells, strict=True)]
    return kept if lists else [cells[0] for cells in kept]


def packed_texts(
    message: Any, path: str, texts: Sequence[str | None] | None
) -> list[str] | str:
    """
    Return pieces with a text that `can_pack` allows.

    Args:
        message: The rows' class.
        path: The field, such as `gclid`, or `ad_identifiers.gclid` in a message.
        texts: The column.
    """
    cells: list[Any] = texts if isinstance(texts, list) else [texts]
    if None in cells:
        cells = [text or "" for text in cells]
    lengths = list(map(len, cells))
    numbers = _numbers(message, path)
    heads = {length: _head(numbers, length) for length in set(lengths)}
    pieces = list(map(add, map(heads.__getitem__, lengths), cells))
    return pieces if isinstance(texts, list) else pieces[0]


def packed_head(number: int, text: str) -> str:
    """Return what stands before a text of ASCII in the field of this number."""
    return _head([number], len(text))


def packed_numbers(
    message: Any, name: str, decimals: Sequence[str | None] | None
) -> list[str] | str:
    """Return pieces with a double for each decimal."""
    if decimals is None:
        return ""
    tag = _tag(message.DESCRIPTOR.fields_by_name[name].number, _DOUBLE)
    cells: list[Any] = decimals if isinstance(decimals, list) else [decimals]
    numbers = [float(cell or 0) for cell in cells]
    data = pack(f"<{len(numbers)}d", *numbers).decode("latin-1")
    pieces = [tag + data[at : at + 8] for at in range(0, len(data), 8)]
    if None in cells:
        both = zip(cells, pieces, strict=True)
        pieces = ["" if cell is None else piece for cell, piece in both]
    return pieces if isinstance(decimals, list) else pieces[0]


def packed_messages(
    make: Callable[..., Any], columns: Sequence[list[Any] | Any]
) -> list[str] | str:
    """Return messages made of rows' cells in these columns; few rows differ there."""
    sizes = {len(column) for column in columns if isinstance(column, list)}
    if not sizes:
        return _text(make(*columns))
    rows = zip(
        *(c if isinstance(c, list) else repeat(c, max(sizes)) for c in columns),
        strict=True,
    )
    found: dict[Any, str] = {}
    pieces = []
    for row in rows:
        piece = found.get(row)
        if piece is None:
            piece = found[row] = _text(make(*row))
        pieces.append(piece)
    return pieces


def pack_rows(message: Any, name: str, pieces: Sequence[list[str] | str]) -> bytes:
    """
    Return a repeated field, to be merged into its message.

    Args:
        message: The class of the message that has the field.
        name: The field's.
        pieces: Every row's, column by column; one of them is a list.
    """
    columns = [p if isinstance(p, list) else repeat(p) for p in pieces if p]
    rows = list(map("".join, zip(*columns, strict=False)))
    lengths = list(map(len, rows))
    numbers = _numbers(message, name)
    heads = {length: _head(numbers, length) for length in set(lengths)}
    both = zip(map(heads.__getitem__, lengths), rows, strict=True)
    return "".join(chain.from_iterable(both)).encode("latin-1")


def varint(number: int) -> str:
    """Return a number as Protobuf writes it, seven bits in each byte."""
    low, rest = number & 0x7F, number >> 7
    return chr(low | 0x80) + varint(rest) if rest else chr(low)


def _text(message: Any) -> str:
    text: str = message.SerializeToString().decode("latin-1")
    return text


def _numbers(message: Any, path: str) -> list[int]:
    """Return the numbers of the fields on a path, the innermost first."""
    found = []
    kind = message.DESCRIPTOR
    for name in path.split("."):
        field = kind.fields_by_name[name]
        found.append(field.number)
        kind = field.message_type
    return found[::-1]


def _head(numbers: Sequence[int], length: int) -> str:
    """Return what stands before so many bytes; before none, nothing."""
    head = ""
    for number in numbers if length else ():
        head = f"{_tag(number, _BYTES)}{varint(length + len(head))}{head}"
    return head


def _tag(number: int, wire_type: int) -> str:
    return varint(number << 3 | wire_type)
