"""What a batch holds, as JSON: the columns of its conversions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from convbridge.model.conversion_columns import Conversions
from convbridge.model.conversions import Conversion
from convbridge.model.texts import SPACE, is_within

if TYPE_CHECKING:
    from collections.abc import Sequence


def to_content(conversions: Sequence[Conversion]) -> str:
    """Return rows as JSON text."""
    columns = Conversions.of(conversions).columns
    columns = {**columns, "line": _as_range(columns["line"])}
    cells = (f'"{name}":{_json(column)}' for name, column in columns.items())
    return f"{{{','.join(cells)}}}"


def from_content(content: str) -> list[Conversion]:
    """Return the rows of a JSON text; fields it does not know have their default."""
    found = json.loads(content)
    count = len(found["transaction_id"])
    if isinstance(found["line"], dict):
        found["line"] = list(
            range(found["line"]["from"], found["line"]["from"] + count)
        )
    columns = {
        name: column if isinstance(column, list) else [column] * count
        for name, column in found.items()
    }
    names = tuple(columns)
    return [
        Conversion(**dict(zip(names, row, strict=True)))
        for row in zip(*columns.values(), strict=True)
    ]


def _as_range(lines: Any) -> Any:
    """Return lines by the first one where they follow each other, as most do."""
    if not isinstance(lines, list) or lines[-1] - lines[0] != len(lines) - 1:
        return lines
    is_range = lines == list(range(lines[0], lines[0] + len(lines)))
    return {"from": lines[0]} if is_range else lines


def _json(column: Any) -> str:
    """Return a column as JSON; texts that need no escapes, as most, at once."""
    if isinstance(column, list) and type(column[0]) is str and None not in column:
        text = "".join(column)
        if is_within(text, SPACE) and '"' not in text and "\\" not in text:
            return '["' + '","'.join(column) + '"]'
    return json.dumps(column, separators=(",", ":"))
