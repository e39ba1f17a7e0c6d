"""Tables of the outbox: thin rows for "once", batches for everything else."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, UniqueConstraint

from convbridge.adapters.ledger.tables import metadata

targets = Table(
    "outbox_targets",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("client", Text, nullable=False),
    Column("action", Text, nullable=False),
    UniqueConstraint("client", "action", name="uq_outbox_targets_client_action"),
)
"""Clients' conversion actions, so that rows name them by a small number."""

rows = Table(
    "outbox_rows",
    metadata,
    Column("target", Integer, primary_key=True, autoincrement=False),
    Column("transaction_id", Text, primary_key=True),
    Column("batch", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("state", Text, nullable=True),
    Column("code", Text, nullable=True),
    Column("reason", Text, nullable=True),
    # One b-tree keyed by transaction id: a third of the writing of a table with
    # a unique index beside it.
    sqlite_with_rowid=False,
)
"""One row per conversion, ever. `state` is null while it is its batch's."""

batches = Table(
    "outbox_batches",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("target", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=True),
    Column("owner", Text, nullable=True),
    Column("lease_until", Text, nullable=True),
    Column("not_before", Text, nullable=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("sink", Text, nullable=True),
    Column("request_id", Text, nullable=True),
    Column("created_at", Text, nullable=False),
    Column("sent_at", Text, nullable=True),
    Column("answered_at", Text, nullable=True),
    Column("result", Text, nullable=True),
    Index("ix_outbox_batches_state", "state"),
    Index("ix_outbox_batches_sent_at", "sent_at"),
)
"""What is sent together: lease, answer, result; several share a request."""

requests = Table(
    "outbox_requests",
    metadata,
    Column("service", Text, primary_key=True),
    Column("taken", Text, nullable=False),
)
"""When requests went to a service; limits are the project's, so no client is named."""

contents = Table(
    "outbox_contents",
    metadata,
    Column("batch", Integer, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
)
"""The conversions of a batch as JSON; apart, since a changed row is written whole."""

adjustments = Table(
    "outbox_adjustments",
    metadata,
    Column("target", Integer, primary_key=True, autoincrement=False),
    Column("transaction_id", Text, primary_key=True),
    Column("at", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("value", Text, nullable=True),
    Column("currency", Text, nullable=True),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=True),
    Column("sent_at", Text, nullable=False),
)
"""Restatements and retractions that were sent, with Google's answer."""

holds = Table(
    "outbox_holds",
    metadata,
    Column("target", Integer, primary_key=True, autoincrement=False),
    Column("transaction_id", Text, primary_key=True),
    Column("user_key", Text, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("ix_outbox_holds_user_key", "user_key"),
)
"""Held rows, which an anti event of the same user between `time` and `until` drops;
and the anti events seen, in case the row comes later than they."""
