"""What cells come to, so that those which repeat are read once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 10_000
"""Some blocks of rows: sources repeat cells near each other, if at all."""


class Memory(dict[Any, Any]):
    """
    Cells and what they come to; one that is not there yet is read.

    Args:
        read: Takes a cell; what it raises, asking for the cell raises.
        most: With more, it forgets.
    """

    __slots__ = ("_most", "_read")

    def __init__(self, read: Callable[[Any], Any], most: int = _MOST) -> None:
        super().__init__()
        self._read = read
        self._most = most

    def __missing__(self, cell: Any) -> Any:
        found = self._read(cell)
        if len(self) >= self._most:
            self.clear()
        self[cell] = found
        return found
