"""Keep what a batch holds apart from its state, which is written three times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Move the content of batches; leave out of rows what nobody asks them."""
    contents = op.create_table(
        "outbox_contents",
        sa.Column("batch", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("batch", name="pk_outbox_contents"),
    )
    batches = sa.table(
        "outbox_batches", sa.column("id", sa.Integer), sa.column("content", sa.Text)
    )
    found = sa.select(batches.c.id, batches.c.content)
    op.execute(contents.insert().from_select(["batch", "content"], found))
    with op.batch_alter_table("outbox_batches") as table:
        table.drop_column("content")
    without_rowid = {"sqlite_with_rowid": False}
    with op.batch_alter_table("outbox_rows", table_kwargs=without_rowid) as table:
        table.drop_column("line")
