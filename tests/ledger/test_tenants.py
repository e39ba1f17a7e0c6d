"""PostgreSQL itself keeps a role to the clients that it was given."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.adapters.ledger.syncs import SyncJournal, SyncRecord
from convbridge.adapters.ledger.tables import metadata
from convbridge.errors import LedgerError
from convbridge.model.conversions import Conversion, RowState, Verdict
from convbridge.model.outbox import Draft
from plan_samples import NOW, begin, plan, world
from postgres import POSTGRES

CHANGES = plan(world()).changes
GRANTS = """
DROP ROLE IF EXISTS anna;
DROP ROLE IF EXISTS "convbridge:acme";
CREATE ROLE "convbridge:acme";
CREATE ROLE anna LOGIN IN ROLE "convbridge:acme";
GRANT USAGE ON SCHEMA {schema} TO "convbridge:acme";
GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO "convbridge:acme";
GRANT ALL ON ALL SEQUENCES IN SCHEMA {schema} TO "convbridge:acme"
"""
REVOKES = """
DROP OWNED BY "convbridge:acme";
DROP ROLE anna;
DROP ROLE "convbridge:acme"
"""


def run_sql(ledger, text):
    with ledger.database.writing() as connection:
        schema = connection.exec_driver_sql("SELECT current_schema()").scalar()
        for statement in text.format(schema=schema).split(";"):
            connection.exec_driver_sql(statement)


def fill(ledger, client):
    """Write a row of every kind for a client."""
    run = begin(ledger, client=client)
    ledger.record_intents(run, CHANGES, at=NOW)
    ledger.end_run(run, at=NOW)
    record = SyncRecord(client=client, at=NOW, status="changed", operations=5)
    SyncJournal(ledger.database).record(record)
    outbox = SqlOutbox(ledger.database)
    sale = Conversion(
        line=2, event="sale", action="5012", transaction_id="O1", time=3, gclid="g"
    )
    draft = Draft(action="5012", conversions=[sale], state=RowState.PENDING)
    (accepted,) = outbox.accept(client, "a.csv", [draft], now=NOW)
    sent = Verdict(state=RowState.SENT)
    outbox.begin(accepted.batch, sink="data_manager", now=NOW)
    outbox.finish(accepted.batch, sent, verdicts={}, request_id="r", now=NOW)
    return run


@pytest.fixture
def both(ledger):
    """Fill a ledger with two clients, and open it as somebody who may see one."""
    runs = {client: fill(ledger, client) for client in ("acme", "acme-2")}
    run_sql(ledger, GRANTS)
    url = make_url(ledger.database.url).set(username="anna")
    with open_ledger(url.render_as_string(hide_password=False)) as hers:
        yield ledger, hers, runs
    run_sql(ledger, REVOKES)


@pytest.mark.parametrize("url", [POSTGRES], indirect=True)
def test_a_role_sees_its_own_client_and_no_other(both):
    everybodys, hers, _ = both

    assert len(hers.read_entries("acme")) == len(CHANGES)
    assert hers.read_entries("acme-2") == ()
    assert hers.read_runs("acme-2") == ()
    assert set(SyncJournal(hers.database).last(but="failed")) == {"acme"}
    assert len(SqlOutbox(hers.database).sent_requests("acme")) == 1
    assert not SqlOutbox(hers.database).sent_requests("acme-2")
    for table in metadata.sorted_tables:
        count = sa.select(sa.func.count()).select_from(table)
        with everybodys.database.reading() as connection:
            both_have = connection.execute(count).scalar_one()
        with hers.database.reading() as connection:
            assert connection.execute(count).scalar_one() == both_have / 2, table


@pytest.mark.parametrize("url", [POSTGRES], indirect=True)
def test_a_role_works_on_its_own_client_and_writes_for_no_other(both):
    everybodys, hers, runs = both

    with hers.lease("sync\tacme", holder="hers", at=NOW):
        run = begin(hers)
        hers.record_intents(run, CHANGES[:1], at=NOW)
    with pytest.raises(LedgerError, match="row-level security"):
        begin(hers, client="acme-2")
    with (
        pytest.raises(LedgerError, match="row-level security"),
        hers.lease("sync\tacme-2", holder="hers", at=NOW),
    ):
        pytest.fail("a lease of somebody else's client")
    with pytest.raises(LedgerError, match="row-level security"):
        hers.end_run(runs["acme-2"], at=NOW)

    assert len(everybodys.read_runs("acme")) == 2
    assert len(everybodys.read_runs("acme-2")) == 1
