"""The ledger: SQLite or PostgreSQL, one portable schema, rows never updated."""

from __future__ import annotations

__all__ = ["SqlLedger", "open_ledger"]

from convbridge.adapters.ledger.journal import SqlLedger, open_ledger
