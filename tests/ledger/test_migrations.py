"""A ledger of an older version is brought up to date with what it holds."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from convbridge.adapters.ledger import engine, open_ledger
from convbridge.adapters.ledger.engine import Database
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.adapters.ledger.tables import entries, runs
from convbridge.model.changes import OutcomeKind
from convbridge.model.conversions import Conversion, RowState
from plan_samples import NOW, begin, plan, world
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


REVISIONS = sorted(
    script.revision
    for script in ScriptDirectory(str(engine._MIGRATIONS)).walk_revisions()
)


def upgrade(connection, revision):
    config = Config()
    config.set_main_option("script_location", str(engine._MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.mark.parametrize("url", ["sqlite", POSTGRES], indirect=True)
@pytest.mark.parametrize("revision", REVISIONS)
def test_the_journal_of_every_version_is_read_and_goes_on(url, revision):
    change = plan(world()).changes[0]
    # The journal's tables are those of the first version: today's rows are theirs.
    with open_ledger("sqlite://") as now:
        run = begin(now)
        now.record_intents(run, [change], at=NOW)
        with now.database.reading() as connection:
            rows = {
                table: connection.execute(sa.select(table)).mappings().all()
                for table in (runs, entries)
            }
    old = Database(url)
    with old.writing() as connection:
        upgrade(connection, revision)
        for table, found in rows.items():
            connection.execute(sa.insert(table), [dict(row) for row in found])
    old.close()

    with open_ledger(url) as ledger:
        assert [r.id for r in ledger.read_runs("acme")] == [run]
        assert [(e.change, e.kind) for e in ledger.read_entries("acme")] == [
            (change, OutcomeKind.UNKNOWN)
        ]
        assert begin(ledger) == f"{run}-2"


@pytest.fixture
def old_database(url):
    """Make a ledger as it was before batches and their content were parted."""
    database = Database(url)
    with database.writing() as connection:
        upgrade(connection, "0003")
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
