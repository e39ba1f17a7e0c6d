"""Rows of a source on their way in, whatever held them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

ROWS_IN_BLOCK = 2_000


class Broken(NamedTuple):
    """What stands in a row's place and is none."""

    reason: str
    cells: Sequence[Any]
    """As the source has them, for the file of refused rows."""


class Block(NamedTuple):
    """Some rows, with the line each ends on."""

    lines: Sequence[int]
    rows: Sequence[list[Any] | Broken]


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
