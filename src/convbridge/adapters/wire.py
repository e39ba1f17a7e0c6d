"""
Many Protobuf messages, written at once: column by column, then joined to rows.

Building a message in Python, field by field, costs several times what the library
needs to read it. What is written of a row are pieces, each a message in itself
with some of the fields: joined, they are the message with all of them. Arrow joins
them, since it does so without an object for each.
Format: protobuf.dev/programming-guides/encoding.

Arrays are made of buffers: what makes them, or scalars, of Python's objects imports
pandas, wherever it is installed.

A column is a list with each row's cell, or one cell for all rows; None is absent.
Pieces are arrays of bytes, or scalars for all rows, that follow each other.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Pieces: TypeAlias = tuple[Any, ...]

_VARINT, _DOUBLE, _BYTES = 0, 1, 2  # wire types

# Of Arrow, and of raw messages and their descriptors, no types are published.


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


def packed_texts(message: Any, path: str, texts: Any) -> Pieces:
    """
    Return pieces with a text, or with the bytes of a message.

    Args:
        message: The rows' class.
        path: The field, such as `gclid`, or `ad_identifiers.gclid` in a message.
        texts: The column; or an array of bytes.
    """
    if texts is None:
        return ()
    if not isinstance(texts, list | pa.Array):
        return (joined(*packed_texts(message, path, [texts]))[0],)
    cells = _of_texts(texts) if isinstance(texts, list) else texts
    return _with_heads(_numbers(message, path), cells)


def packed_numbers(message: Any, name: str, decimals: Any) -> Pieces:
    """Return pieces with a double for each decimal."""
    if decimals is None:
        return ()
    if not isinstance(decimals, list):
        return (joined(*packed_numbers(message, name, [decimals]))[0],)
    has_none = None in decimals
    numbers = [c or 0 for c in decimals] if has_none else decimals
    data = np.fromiter(map(float, numbers), "<f8", len(numbers))
    ends = np.arange(0, 8 * len(numbers) + 1, 8)
    tag = _tag(message.DESCRIPTOR.fields_by_name[name].number, _DOUBLE)
    is_absent = [cell is None for cell in decimals] if has_none else None
    return _tagged(tag, _cut(data.view(np.uint8), ends), is_absent)


def packed_varints(message: Any, name: str, numbers: Any) -> Pieces:
    """Return pieces with an integer each, of a numpy array; none where it is 0."""
    most = int(numbers.max())
    if not most:
        return ()
    bits = numbers[:, np.newaxis] >> np.arange(0, most.bit_length(), 7)
    is_used = bits > 0
    data = (bits & 0x7F | (bits > 0x7F) * 0x80).astype(np.uint8)
    ends = np.append(0, is_used.sum(axis=1).cumsum())
    tag = _tag(message.DESCRIPTOR.fields_by_name[name].number, _VARINT)
    is_absent = None if numbers.all() else numbers == 0
    return _tagged(tag, _cut(data[is_used], ends), is_absent)


def packed_messages(
    make: Callable[..., Any], columns: Sequence[list[Any] | Any]
) -> Pieces:
    """Return messages made of rows' cells in these columns; few rows differ there."""
    sizes = {len(column) for column in columns if isinstance(column, list)}
    if not sizes:
        return (shared(make(*columns).SerializeToString()),)
    size = max(sizes)
    cells = (c if isinstance(c, list) else repeat(c, size) for c in columns)
    found: dict[Any, int] = {}
    which = [found.setdefault(row, len(found)) for row in zip(*cells, strict=True)]
    made = [make(*row).SerializeToString() for row in found]
    return (_of_bytes([made[number] for number in which]),)


def pack_rows(message: Any, name: str, columns: Iterable[Pieces]) -> bytes:
    """
    Return a repeated field, to be merged into its message.

    Args:
        message: The class of the message that has the field.
        name: The field's.
        columns: The rows' pieces; one of them is an array.
    """
    rows = joined(*chain.from_iterable(columns))
    found = joined(*_with_heads(_numbers(message, name), rows))
    data: bytes = found.buffers()[2].to_pybytes()  # rows lie one behind the other
    return data


def joined(*pieces: Any) -> Any:
    """Return pieces, or texts, one behind the other in each row."""
    return pc.binary_join_element_wise(*pieces, shared(b""))


@lru_cache(maxsize=1 << 8)
def shared(data: bytes) -> Any:
    """Return a piece that all rows have."""
    return _of_bytes([data])[0]


def _with_heads(numbers: tuple[int, ...], cells: Any) -> Pieces:
    """Return texts behind what stands before each, which its length decides."""
    lengths = pc.binary_length(cells).dictionary_encode()
    heads = [_head(numbers, length) for length in lengths.dictionary.to_pylist()]
    return _of_bytes(heads).take(lengths.indices), cells


def _tagged(tag: bytes, cells: Any, is_absent: Any) -> Pieces:
    """Return cells behind a tag; nothing of those that are absent, where some are."""
    pieces = shared(tag), cells
    if is_absent is None:
        return pieces
    bits = pa.py_buffer(np.packbits(is_absent, bitorder="little"))
    mask = pa.Array.from_buffers(pa.bool_(), len(cells), [None, bits])
    return (pc.if_else(mask, shared(b""), joined(*pieces)),)


def _of_texts(texts: Sequence[str | None]) -> Any:
    cells = [text or "" for text in texts]
    text = "".join(cells)
    if not text.isascii():
        return _of_bytes([cell.encode() for cell in cells])
    return _cut(text.encode(), _ends(cells))


def _of_bytes(cells: Sequence[bytes]) -> Any:
    return _cut(b"".join(cells), _ends(cells))


def _ends(cells: Sequence[str | bytes]) -> Any:
    return np.append(0, np.fromiter(map(len, cells), np.int64, len(cells)).cumsum())


def _cut(data: Any, ends: Any) -> Any:
    """Return bytes cut at these places."""
    places = pa.py_buffer(ends.astype(np.int32))
    return pa.Array.from_buffers(
        pa.binary(), len(ends) - 1, [None, places, pa.py_buffer(data)]
    )


@cache
def _numbers(message: Any, path: str) -> tuple[int, ...]:
    """Return the numbers of the fields on a path, the innermost first."""
    found = []
    kind = message.DESCRIPTOR
    for name in path.split("."):
        field = kind.fields_by_name[name]
        found.append(field.number)
        kind = field.message_type
    return tuple(reversed(found))


@lru_cache(maxsize=1 << 14)
def _head(numbers: tuple[int, ...], length: int) -> bytes:
    """Return what stands before so many bytes; before none, nothing."""
    head = b""
    for number in numbers if length else ():
        head = _tag(number, _BYTES) + _varint(length + len(head)) + head
    return head


def _tag(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(number: int) -> bytes:
    """Return a number as Protobuf writes it, seven bits in each byte."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
