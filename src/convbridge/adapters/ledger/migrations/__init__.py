"""Alembic migrations of the ledger; a released one is never edited."""
