"""Rows of CSV in blocks: by columns where nothing is quoted, else row by row."""

from __future__ import annotations

import csv
import re
from io import StringIO
from itertools import accumulate, chain
from operator import length_hint
from typing import TYPE_CHECKING, Any

from convbridge.deliver.blocks import ROWS_IN_BLOCK, Block, Broken, Cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

_CHARACTERS = 1 << 18
"""What is read at once: about as many lines as a block has."""
_LINE_END = re.compile(r"\r\n|\r|\n")


class CsvFault(Exception):  # noqa: N818 - told by the caller, who knows the file
    """A line that is not CSV."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def csv_blocks(
    file: TextIO,
    *,
    width: int,
    delimiter: str,
    before: int,
    rows: int = ROWS_IN_BLOCK,
    characters: int = _CHARACTERS,
) -> Iterator[Block]:
    """
    Yield the rows of an open file.

    Args:
        file: Opened with newline="", so that line ends are as they are.
        width: How many cells a row has.
        delimiter: What parts them.
        before: How many lines were read.
        rows: How many to yield at a time.
        characters: How many to read at a time; whole lines are read.

    Raises:
        CsvFault: A line is not CSV.
    """
    text = ""
    while text := _filled(text, file, rows, characters):
        *lines, rest = text.split("\n", rows)
        cells = _unquoted(lines, width, delimiter)
        if cells is None:
            part = text.removesuffix(rest) or rest
            after = StringIO(rest if lines else "", newline="")
            block, last = _quoted(part, chain(after, file), width, delimiter, before)
            rest = after.read()
        else:
            last = before + len(lines)
            block = Block(range(before + 1, last + 1), cells)
        yield block
        text, before = rest, last


def _filled(text: str, file: TextIO, rows: int, characters: int) -> str:
    """Return whole lines, enough for a block where there are so many."""
    if text.count("\n") < rows:
        text += file.read(characters) + file.readline()
    return text


def _unquoted(lines: Sequence[str], width: int, delimiter: str) -> Cells | None:
    """Return lines as columns; None: `csv` has to read them, or what is none."""
    if not lines:
        return None
    # A line's end becomes a cell: where each is tells whether each row is whole.
    end = f"{delimiter}\n{delimiter}"
    text = end.join(lines)
    if "\r" in text:
        text = text.replace(f"\r{end}", end).removesuffix("\r")
    is_odd = '"' in text or "\r" in text
    if is_odd or max(map(len, lines)) > csv.field_size_limit():
        return None
    cells = text.split(delimiter)
    step = width + 1
    is_whole = len(cells) == len(lines) * step - 1
    if not is_whole or cells[width::step] != ["\n"] * (len(lines) - 1):
        return None
    columns = [cells[start::step] for start in range(width)]
    return Cells([*columns, [""] * len(lines)])


def _quoted(
    part: str, more: Iterator[str], width: int, delimiter: str, before: int
) -> tuple[Block, int]:
    """Return the rows that begin on these lines, and the line the last one ends on."""
    pending = iter(list(StringIO(part, newline="")))
    reader = csv.reader(chain(pending, more), delimiter=delimiter)
    rows = []
    try:
        while length_hint(pending):
            rows.append(next(reader))
    except csv.Error as exc:
        raise CsvFault(before + reader.line_num, str(exc)) from exc
    last = before + reader.line_num
    return _block(rows, width, before, last), last


def _block(rows: list[list[Any]], width: int, before: int, last: int) -> Block:
    """Return rows between two lines, blank ones left out."""
    lines: Sequence[int] = range(before + 1, last + 1)
    if len(lines) != len(rows):
        ends = accumulate(map(_height, rows), initial=before)
        lines = [min(end, last) for end in ends][1:]
    for row in rows:
        row.append("")
    if set(map(len, rows)) == {width + 1}:
        return Block(lines, rows)
    found = [
        (line, _checked(row, width))
        for line, row in zip(lines, rows, strict=True)
        if len(row) > 1
    ]
    return Block([line for line, _ in found], [row for _, row in found])


def _height(row: Sequence[str]) -> int:
    """Return how many lines a row of CSV takes."""
    return 1 + sum(len(_LINE_END.findall(cell)) for cell in row)


def _checked(row: list[Any], width: int) -> list[Any] | Broken:
    cells = len(row) - 1
    if cells == width:
        return row
    return Broken(f"the row has {cells} cells, the header {width}", row[:-1])
