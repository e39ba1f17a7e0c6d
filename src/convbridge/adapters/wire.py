"""
Many small Protobuf messages alike, written at once.

Building a message in Python, field by field, costs several times what the
library needs to read it. Format: protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from itertools import repeat
from struct import pack
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LONGEST = 4_000  # longer texts are nobody's ids; records then stay below 2^14
_DOUBLE = 1  # wire types
_BYTES = 2


def can_pack(texts: Sequence[str]) -> bool:
    """Tell whether texts are short ASCII, whose characters are their bytes."""
    return "".join(texts).isascii() and max(map(len, texts)) <= _LONGEST


def pack_rows(
    field: Any,  # a FieldDescriptor, whose types are not published
    same: Any,  # a raw message, likewise
    columns: Mapping[str, Sequence[str] | Sequence[float]],
) -> bytes:
    """
    Return the wire format of a repeated field, to be merged into its message.

    Args:
        field: The repeated field.
        same: A row with what all rows share.
        columns: Every row's texts, as `can_pack` allows, or floats, by field name.
    """
    fields = same.DESCRIPTOR.fields_by_name
    found = (_column(fields[name].number, cells) for name, cells in columns.items())
    shared = same.SerializeToString().decode("latin-1")
    rows = map("".join, zip(repeat(shared), *found, strict=False))
    tag = _tag(field.number, _BYTES)
    return "".join([f"{tag}{_SIZES[len(row)]}{row}" for row in rows]).encode("latin-1")


def _column(number: int, cells: Sequence[Any]) -> list[str]:
    """Return the bytes of a field in every row, as text of latin-1."""
    if isinstance(cells[0], str):
        tag = _tag(number, _BYTES)
        return [f"{tag}{_SIZES[len(cell)]}{cell}" for cell in cells]
    tag = _tag(number, _DOUBLE)
    found = {cell: tag + pack("<d", cell).decode("latin-1") for cell in set(cells)}
    return [found[cell] for cell in cells]


def _tag(number: int, wire_type: int) -> str:
    return _varint(number << 3 | wire_type)


def _varint(number: int) -> str:
    low, rest = number & 0x7F, number >> 7
    return chr(low | 0x80) + _varint(rest) if rest else chr(low)


_SIZES = tuple(map(_varint, range(1 << 14)))
