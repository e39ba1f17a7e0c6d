"""Rows of a source on their way in, whatever held them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

ROWS_IN_BLOCK = 2_000


class Broken(NamedTuple):
    """What stands in a row's place and is none."""

    reason: str
    cells: Sequence[Any]
    """As the source has them, for the file of refused rows."""


class Cells(Sequence[list[Any]]):
    """
    Rows kept as columns; a row is made when it is asked for.

    Args:
        columns: Lists of one length, the last of empty cells.
    """

    __slots__ = ("columns",)

    def __init__(self, columns: Sequence[list[Any]]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0])

    def __iter__(self) -> Iterator[list[Any]]:
        return map(list, zip(*self.columns, strict=True))

    @overload
    def __getitem__(self, at: int) -> list[Any]: ...

    @overload
    def __getitem__(self, at: slice) -> Cells: ...

    def __getitem__(self, at: int | slice) -> list[Any] | Cells:
        """Return a row, or some of the rows."""
        found = [column[at] for column in self.columns]
        return Cells(found) if isinstance(at, slice) else found

    def take(self, positions: Sequence[int]) -> Cells:
        """Return the rows at these positions."""
        return Cells([[column[i] for i in positions] for column in self.columns])


class Block(NamedTuple):
    """Some rows, with the line each ends on."""

    lines: Sequence[int]
    rows: Sequence[list[Any] | Broken]

    @property
    def is_whole(self) -> bool:
        """Whether none of the rows is broken."""
        return isinstance(self.rows, Cells) or Broken not in set(map(type, self.rows))

    def columns(self) -> Sequence[Sequence[Any]]:
        """Return the cells of a whole block, column by column."""
        if isinstance(self.rows, Cells):
            return self.rows.columns
        return list(zip(*self.rows, strict=True))

    def take(self, positions: Sequence[int]) -> Block:
        """Return the rows at these positions."""
        rows = self.rows
        return Block(
            [self.lines[i] for i in positions],
            rows.take(positions)
            if isinstance(rows, Cells)
            else [rows[i] for i in positions],
        )

    def halves(self) -> tuple[Block, Block]:
        """Return the block in two."""
        lines, rows = self
        at = len(rows) // 2
        return Block(lines[:at], rows[:at]), Block(lines[at:], rows[at:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """
    An open source.

    A row is a list of cells with an empty one more at its end, where absent
    fields point; or `Broken`, which says why it is none.
    """

    header: Sequence[str]
    columns: Mapping[str, int]
    blocks: Iterator[Block]
    is_file: bool = False
    """Any thread may read a file; a database's connection may belong to one."""

    @property
    def lines(self) -> Iterator[tuple[int, list[Any] | Broken]]:
        """Yield what is left of the blocks, row by row."""
        for block in self.blocks:
            yield from zip(block.lines, block.rows, strict=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Conversions that can be read once; `name` is what the ledger calls them."""

    name: str
    open: AbstractContextManager[Rows]


def in_blocks(lines: Iterable[tuple[int, list[Any] | Broken]]) -> Iterator[Block]:
    """Yield numbered rows in blocks."""
    found = iter(lines)
    while part := list(islice(found, ROWS_IN_BLOCK)):
        yield Block([line for line, _ in part], [row for _, row in part])
