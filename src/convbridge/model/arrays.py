"""Columns of counts as arrays: texts as numbers, days from a window's first, sums."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convbridge.model.dates import DateWindow

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_EPOCH = date(1970, 1, 1)


def coded(column: pa.ChunkedArray) -> tuple[tuple[str, ...], Ints]:
    """Return the different texts of a column, and the number of each row's."""
    found = column.combine_chunks().dictionary_encode()
    return tuple(found.dictionary.to_pylist()), _ints(found.indices)


def days_since(column: pa.ChunkedArray, window: DateWindow) -> Ints:
    """Return each row's day, counted from the window's first."""
    days = column.combine_chunks().cast(pa.int32())
    return _ints(days) - (window.start - _EPOCH).days


def floats(column: pa.ChunkedArray) -> Floats:
    """Return a column of numbers."""
    return np.asarray(column.to_numpy(), dtype=np.float64)


def sum_at(index: tuple[Any, ...], numbers: Floats, shape: tuple[int, ...]) -> Floats:
    """Add numbers up by index; what lies outside the shape is left out."""
    inside = np.ones(len(numbers), dtype=bool)
    for part, size in zip(index, shape, strict=True):
        inside &= (part >= 0) & (part < size)
    total = np.zeros(shape)
    np.add.at(total, tuple(part[inside] for part in index), numbers[inside])
    return total


def _ints(column: pa.Array) -> Ints:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.int64)
