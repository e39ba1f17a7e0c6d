"""Rows as tables that fit the terminal; no domain logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rich import box
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.console import Console

WIDE = 120
"""From this width on, reasons stand in the table; below it, under it."""
ABSENT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: which part of a row, how it is called, how it is written."""

    key: str
    title: str
    write: Callable[[Any], str] = str
    is_number: bool = False
    is_long: bool = False
    """Prose: takes the room that is left, and wraps."""
    is_extra: bool = False
    """Left out of a narrow table."""


def print_table(
    console: Console, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]
) -> None:
    """
    Print rows as a table.

    On a narrow terminal long columns follow as a list, by the first column.
    """
    found = list(rows)
    is_wide = console.width >= WIDE
    shown = [c for c in columns if is_wide or not (c.is_long or c.is_extra)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in shown:
        justify: Literal["left", "right"] = "right" if column.is_number else "left"
        overflow: Literal["fold", "ellipsis"] = "fold"
        table.add_column(
            column.title,
            justify=justify,
            overflow=overflow,
            no_wrap=column.is_number,
            header_style="bold",
        )
    for row in found:
        table.add_row(*(_cell(column, row) for column in shown))
    console.print(table)
    if not is_wide:
        print_notes(console, columns, found)


def print_notes(
    console: Console, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]
) -> None:
    """Print the long columns of each row as a list, named by the first column."""
    first, *rest = columns
    notes = [column for column in rest if column.is_long]
    found = [
        (_cell(first, row), _cell(column, row))
        for row in rows
        for column in notes
        if row.get(column.key)
    ]
    if not found:
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for pair, last in zip(found, [None, *found], strict=False):
        if pair != last:  # the fields of one change have one reason
            table.add_row(*pair)
    console.print(table)
    console.print()


def heading(console: Console, text: str) -> None:
    """Print a heading, and the text after it as it is."""
    console.print(Text(clean(text), style="bold"))


def lines(console: Console, mark: str, texts: Iterable[str]) -> None:
    """Print texts under one another, each with a mark."""
    for text in texts:
        console.print(Text(f"{mark} {clean(text)}"))


def number(value: float | None) -> str:
    """Return a whole number with separators."""
    return f"{value:,.0f}"


def money(value: float) -> str:
    """Return an amount with two decimals and separators."""
    return f"{value:,.2f}"


def clean(text: str) -> str:
    """Escape what cannot be printed: names of events come from strangers."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode()
        for c in text
    )


def _cell(column: Column, row: Mapping[str, Any]) -> Text:
    value = row.get(column.key)
    return Text(ABSENT if value is None else clean(column.write(value)))
