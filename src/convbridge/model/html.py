"""Rows as HTML tables, for notebooks; everything that comes from data is escaped."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def html_table(
    rows: Sequence[Mapping[str, Any]],
    *,
    caption: str,
    columns: Sequence[str] | None = None,
) -> str:
    """
    Return rows as one HTML table.

    Args:
        rows: One mapping per row.
        caption: Stands above the table.
        columns: Keys to show, in order; those of the first row when left out.
    """
    names = list(rows[0] if rows else ()) if columns is None else list(columns)
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr>{''.join(_cell(row.get(name)) for name in names)}</tr>" for row in rows
    )
    return (
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(value: Any) -> str:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f'<td style="text-align: right">{_number(value)}</td>'
    return f'<td style="text-align: left">{escape(_text(value))}</td>'


def _number(value: float | Decimal) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    number = float(value)
    return f"{number:,.2f}" if abs(number) >= 1 or number == 0 else f"{number:.3g}"


def _text(value: Any) -> str:
    return "" if value is None else str(value)
