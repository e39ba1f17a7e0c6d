"""Columns of times all written alike, read at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from convbridge.model.moments import to_micros

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SIZE = len("2026-11-20 14:05:00")
_HOUR = 3_600
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - on a wall clock
_FIRST = -62_135_596_800
"""The year 1: Arrow knows one before it, Python does not."""


def read_alike(
    cells: Sequence[Any], offset_of: Callable[[datetime], int]
) -> list[int] | None:
    """
    Return times as microseconds since 1970; None where they are not all alike.

    Alike are `2026-11-20 14:05:00`, with or without a T, and with or without what
    all have behind it, such as an offset.

    Args:
        cells: At least one.
        offset_of: Seconds by which the clock is ahead of UTC in a wall-clock hour;
            raises ValueError where that changes within the hour.

    Raises:
        ValueError: One of them is no time, or its offset is not known.
        OverflowError: One is before the year 1.
    """
    import numpy as np  # noqa: PLC0415 - 0.1 s, when there are times to read
    import pyarrow as pa  # noqa: PLC0415 - as above

    if set(map(type, cells)) != {str}:
        return None
    heads, tail = _without_tail(cells)
    text = "".join(heads)
    if set(map(len, heads)) != {_SIZE} or not text.isascii():
        return None  # Arrow would take dates without a time
    ends = np.arange(0, len(text) + 1, _SIZE, dtype=np.int32)
    # By buffers: `pa.array` and `to_numpy` import pandas, wherever it is installed.
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(text.encode())]
    written = pa.Array.from_buffers(pa.string(), len(heads), buffers)
    data = written.cast(pa.timestamp("s")).buffers()[1]
    seconds = np.frombuffer(data, np.int64, len(heads))
    if seconds.min() < _FIRST:
        return None
    if tail:
        shift = _shift(cells[0], int(seconds[0]))
        return None if shift is None else list(map(shift.__add__, _micros(seconds)))
    hours, which = np.unique(seconds // _HOUR, return_inverse=True)
    offsets = [offset_of(_EPOCH + timedelta(hours=hour)) for hour in hours.tolist()]
    return _micros(seconds - np.array(offsets)[which])


def _micros(seconds: Any) -> list[int]:  # a numpy array
    found: list[int] = (seconds * 1_000_000).tolist()
    return found


def _without_tail(cells: Sequence[str]) -> tuple[Sequence[str], str]:
    """Return what stands before the end that all have in common, and that end."""
    tail = cells[0][_SIZE:]
    if not tail or not all(cell.endswith(tail) for cell in cells):
        return cells, ""
    return [cell.removesuffix(tail) for cell in cells], tail


def _shift(cell: str, seconds: int) -> int | None:
    """Return microseconds to add to the time as it was read, for its offset."""
    moment = datetime.fromisoformat(cell)
    return None if moment.tzinfo is None else to_micros(moment) - seconds * 1_000_000
