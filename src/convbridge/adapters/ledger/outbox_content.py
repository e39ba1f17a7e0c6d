"""What a batch holds, as JSON: the columns of its conversions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from convbridge.model.conversion_columns import Conversions
from convbridge.model.conversions import Conversion

if TYPE_CHECKING:
    from collections.abc import Sequence


def to_content(conversions: Sequence[Conversion]) -> str:
    """Return rows as JSON text."""
    columns = Conversions.of(conversions).columns
    return json.dumps(columns, separators=(",", ":"), ensure_ascii=False)


def from_content(content: str) -> list[Conversion]:
    """Return the rows of a JSON text; fields it does not know have their default."""
    found = json.loads(content)
    count = len(found["transaction_id"])
    columns = {
        name: column if isinstance(column, list) else [column] * count
        for name, column in found.items()
    }
    names = tuple(columns)
    return [
        Conversion(**dict(zip(names, row, strict=True)))
        for row in zip(*columns.values(), strict=True)
    ]
