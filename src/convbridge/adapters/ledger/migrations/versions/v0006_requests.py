"""Make the place where all clients count the requests of their Cloud project."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table; it names no client, so every role may see it."""
    op.create_table(
        "outbox_requests",
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("taken", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("service", name="pk_outbox_requests"),
    )
