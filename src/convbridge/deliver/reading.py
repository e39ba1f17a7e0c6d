"""A source's blocks, read ahead: by columns where that goes, else row by row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from convbridge.deliver.blocks import Broken
from convbridge.deliver.refusal import RowRefused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from convbridge.deliver.blocks import Block
    from convbridge.deliver.rows import RowReader
    from convbridge.model.conversion_columns import Conversions
    from convbridge.model.conversions import Conversion

_Item = TypeVar("_Item")
_FEWEST = 20
"""Rows are not cut into fewer than these to find plain ones."""


class Reading(NamedTuple):
    """What some rows are."""

    block: Block
    whole: Conversions | None
    """All of them, where none is unusual."""
    each: Sequence[Conversion | RowRefused]
    """One by one, where some are."""


def read_block(reader: RowReader, block: Block) -> Iterator[Reading]:
    """Yield the rows of a block, in as few pieces as they can be read in."""
    for part in reader.split(block):
        yield from _read_part(reader, part)


def read_ahead(items: Iterator[_Item]) -> Generator[_Item]:
    """
    Yield the items; a thread makes the next one while this one is worked on.

    Close it, when not all are taken: the thread then ends.
    """
    end: Any = object()
    with ThreadPoolExecutor(1, thread_name_prefix="reading") as pool:
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item


def _read_part(reader: RowReader, block: Block) -> Iterator[Reading]:
    found = reader.read_plain(block) if block.rows else None
    if found is not None:
        yield Reading(block, found, ())
    elif len(block.rows) >= 2 * _FEWEST:
        for part in reader.cut(block):
            yield from _read_part(reader, part)
    else:
        rows = zip(block.lines, block.rows, strict=True)
        yield Reading(block, None, [_read_row(reader, *row) for row in rows])


def _read_row(
    reader: RowReader, line: int, row: list[Any] | Broken
) -> Conversion | RowRefused:
    if isinstance(row, Broken):
        return RowRefused(row.reason)
    try:
        return reader.read(line, row)
    except RowRefused as refused:
        return refused
