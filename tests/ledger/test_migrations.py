"""A ledger of an older version is brought up to date with what it holds."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.config import Config

from convbridge.adapters.ledger import engine
from convbridge.adapters.ledger.engine import Database
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.model.conversions import Conversion, RowState
from plan_samples import NOW
from postgres import POSTGRES

OLD_OUTBOX = """
INSERT INTO outbox_targets (client, action) VALUES ('acme', '5012');
INSERT INTO outbox_batches
    (target, state, size, content, source, attempts, sink, created_at)
    VALUES (1, 'unknown', 1, '{"line":[2],"event":"sale","action":"5012",
    "transaction_id":["O1"],"time":[3],"gclid":"g"}', 'a.csv', 1, 'google_ads', 'then');
INSERT INTO outbox_rows (target, transaction_id, batch, line, time)
    VALUES (1, 'O1', 1, 2, 3)
"""


@pytest.fixture
def old_database(url):
    """Make a ledger as it was before batches and their content were parted."""
    database = Database(url)
    config = Config()
    config.set_main_option("script_location", str(engine._MIGRATIONS))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for statement in OLD_OUTBOX.split(";"):
            connection.exec_driver_sql(statement)
    yield database
    database.close()


@pytest.mark.parametrize("url", ["sqlite", POSTGRES], indirect=True)
def test_what_an_older_version_left_unanswered_is_there_to_be_settled(old_database):
    old_database.migrate()
    batch = SqlOutbox(old_database).claim("acme", now=NOW)

    assert batch is not None
    assert (batch.state, batch.sink, batch.attempts) == (
        RowState.UNKNOWN,
        "google_ads",
        1,
    )
    assert batch.conversions == [
        Conversion(
            line=2,
            event="sale",
            action="5012",
            transaction_id="O1",
            time=3,
            gclid="g",
        )
    ]
