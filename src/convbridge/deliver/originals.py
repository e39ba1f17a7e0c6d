"""Rows as their source had them, kept for the few that are refused later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class Originals:
    """Rows by transaction id; whole blocks are looked into when first asked."""

    def __init__(self) -> None:
        self._rows: dict[str, Sequence[Any]] = {}
        self._blocks: list[tuple[Sequence[str], Sequence[Any]]] = []

    def add(self, transaction_id: str, row: Sequence[Any]) -> None:
        """Keep one row."""
        self._look_into_blocks()
        self._rows[transaction_id] = row

    def add_all(self, transaction_ids: Sequence[str], rows: Sequence[Any]) -> None:
        """Keep a block of rows."""
        self._blocks.append((transaction_ids, rows))

    def get(self, transaction_id: str) -> Sequence[Any] | None:
        """Return a row; None for one of another run."""
        self._look_into_blocks()
        return self._rows.get(transaction_id)

    def _look_into_blocks(self) -> None:
        for ids, rows in self._blocks:
            self._rows.update(zip(ids, rows, strict=True))
        self._blocks.clear()
