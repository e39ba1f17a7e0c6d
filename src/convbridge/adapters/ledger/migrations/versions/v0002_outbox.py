"""Make the outbox: targets, rows, batches, holds, adjustments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "outbox_targets",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_targets"),
        sa.UniqueConstraint("client", "action", name="uq_outbox_targets_client_action"),
    )
    op.create_table(
        "outbox_rows",
        sa.Column("target", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("transaction_id", sa.Text, nullable=False),
        sa.Column("batch", sa.BigInteger, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("code", sa.Text),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("target", "transaction_id", name="pk_outbox_rows"),
        sqlite_with_rowid=False,
    )
    _batches()
    _adjustments()
    op.create_table(
        "outbox_holds",
        sa.Column("target", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("transaction_id", sa.Text, nullable=False),
        sa.Column("user_key", sa.Text, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("target", "transaction_id", name="pk_outbox_holds"),
    )
    op.create_index("ix_outbox_holds_user_key", "outbox_holds", ["user_key"])


def _adjustments() -> None:
    op.create_table(
        "outbox_adjustments",
        sa.Column("target", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("transaction_id", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("currency", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("sent_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(
            "target", "transaction_id", "at", name="pk_outbox_adjustments"
        ),
    )


def _batches() -> None:
    op.create_table(
        "outbox_batches",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("target", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("lease_until", sa.Text),
        sa.Column("not_before", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("sink", sa.Text),
        sa.Column("request_id", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("sent_at", sa.Text),
        sa.Column("answered_at", sa.Text),
        sa.Column("result", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_batches"),
    )
    op.create_index("ix_outbox_batches_state", "outbox_batches", ["state"])
    op.create_index("ix_outbox_batches_sent_at", "outbox_batches", ["sent_at"])
