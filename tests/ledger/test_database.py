from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger import outbox_schema as _outbox  # noqa: F401 - tables
from convbridge.adapters.ledger.engine import Database, head
from convbridge.adapters.ledger.tables import metadata
from convbridge.errors import LedgerError
from plan_samples import NOW, begin
from postgres import POSTGRES

LASTING = pytest.mark.parametrize("url", ["sqlite", POSTGRES], indirect=True)
"""Databases that outlive the ledger that is open on them."""


def test_the_migrations_make_the_tables(url):
    with open_ledger(url) as ledger, ledger.database.reading() as connection:
        context = MigrationContext.configure(connection)

        assert compare_metadata(context, metadata) == []


def test_head_is_what_alembic_calls_head():
    from convbridge.adapters.ledger import engine

    scripts = ScriptDirectory(str(engine._MIGRATIONS))

    assert scripts.get_current_head() == head()
    assert scripts.get_heads() == [head()]


@LASTING
def test_opening_again_changes_nothing(url):
    with open_ledger(url) as ledger:
        run = begin(ledger)
    with open_ledger(url) as ledger:
        assert [r.id for r in ledger.read_runs("acme")] == [run]


@LASTING
def test_many_open_a_new_ledger_at_once(url):
    failures = []

    def open_it():
        try:
            open_ledger(url).close()
        except LedgerError as exc:
            failures.append(exc)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


def test_a_ledger_of_a_newer_version_is_not_touched(url):
    database = Database(url)
    database.migrate()
    with database.writing() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(LedgerError, match=f"has schema 9999, newer than {head()}"):
        database.migrate()
    database.close()


BAD_URLS = [
    pytest.param("not a url", "the ledger's URL cannot be read", id="no-url"),
    pytest.param("oracle+nothing://x", "has no driver here", id="unknown-driver"),
    pytest.param("mysql://x/y", "has no driver here", id="driver-not-installed"),
    pytest.param(
        "sqlite:////nowhere/at/all/ledger.db", "cannot read the ledger", id="no-folder"
    ),
]


@pytest.mark.parametrize(("bad", "message"), BAD_URLS)
def test_a_ledger_that_cannot_be_opened_says_so(bad, message):
    with pytest.raises(LedgerError, match=message):
        open_ledger(bad)


def test_no_password_is_in_an_error():
    url = "postgresql://ann:secret@127.0.0.1:1/ledger?connect_timeout=1"

    with pytest.raises(LedgerError) as caught:
        open_ledger(url)

    assert "secret" not in str(caught.value)
    assert "postgresql+psycopg://ann:***@127.0.0.1:1/ledger" in str(caught.value)


def test_a_read_only_ledger_can_be_read_and_refuses_a_run(tmp_path):
    path = tmp_path / "ledger.db"
    with open_ledger(f"sqlite:///{path}") as ledger:
        run = begin(ledger)

    with open_ledger(f"sqlite:///file:{path}?mode=ro&uri=true") as ledger:
        assert [r.id for r in ledger.read_runs("acme")] == [run]
        with pytest.raises(LedgerError, match="readonly") as caught:
            begin(ledger)

    assert "nothing is sent to Google without a ledger" in caught.value.hint


READ_ONLY = """
import os, sys
from convbridge.adapters.ledger import open_ledger
from convbridge.errors import LedgerError
open_ledger("sqlite://").close()  # everything is imported while it can be read
os.setgid(65534)
os.setuid(65534)
try:
    open_ledger(sys.argv[1])
except LedgerError as exc:
    print(exc.hint)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_folder_that_is_not_ours_is_told_before_anything_is_sent(tmp_path):
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o755)

    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY, f"sqlite:///{tmp_path / 'ledger.db'}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("the file and its directory must be writable")


def test_a_file_that_is_no_database_is_told(tmp_path):
    path = tmp_path / "ledger.db"
    path.write_text("clients: {}\n" * 100)

    with pytest.raises(LedgerError, match="file is not a database"):
        open_ledger(f"sqlite:///{path}")


def test_sqlite_keeps_what_it_said_it_wrote(tmp_path):
    path = tmp_path / "ledger.db"
    with open_ledger(f"sqlite:///{path}") as ledger:
        begin(ledger)
        with ledger.database.reading() as connection:
            found = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]

    assert found == ["wal", 2, 1]
    with sqlite3.connect(path) as plain:
        assert plain.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    plain.close()


def lease_row(ledger, *, host, process):
    with ledger.database.writing() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO leases VALUES ('acme', 'old', :host, :process, :until)"
            ),
            {
                "client": "acme",
                "holder": "old",
                "host": host,
                "process": process,
                "until": (NOW + timedelta(minutes=9)).isoformat(),
            },
        )


def dead_process():
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_the_lease_of_a_dead_process_here_is_taken_over(ledger):
    lease_row(ledger, host=socket.gethostname(), process=dead_process())

    with ledger.lease("acme", holder="new", at=NOW):
        pass


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="told by /proc")
def test_a_process_that_nobody_waited_for_is_dead(tmp_path):
    done = subprocess.Popen([sys.executable, "-S", "-c", ""])
    os.waitid(os.P_PID, done.pid, os.WEXITED | os.WNOWAIT)  # ended, and not waited for
    try:
        with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
            lease_row(ledger, host=socket.gethostname(), process=done.pid)

            with ledger.lease("acme", holder="new", at=NOW):
                pass
    finally:
        done.wait()


@pytest.mark.parametrize(
    ("host", "process"),
    [
        pytest.param("another-host", 1, id="elsewhere"),
        pytest.param(socket.gethostname(), os.getppid(), id="alive"),
    ],
)
def test_the_lease_of_a_process_that_may_live_holds(ledger, host, process):
    lease_row(ledger, host=host, process=process)

    with (
        pytest.raises(LedgerError, match="by run old"),
        ledger.lease("acme", holder="new", at=NOW),
    ):
        pytest.fail("two runs at once")


def test_a_clients_history_is_found_without_reading_the_others(tmp_path):
    asked = []
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        engine = ledger.database.engine
        sa.event.listen(
            engine, "before_cursor_execute", lambda *args: asked.append(args[2:4])
        )
        ledger.read_entries("coffee")
        ledger.read_unknown("coffee")
        ledger.read_published("coffee")
        queries = [q for q in asked if q[0].startswith("SELECT")]
        with engine.connect() as connection:
            steps = [
                row.detail
                for sql, values in queries
                for row in connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {sql}", values
                )
            ]

    assert len(queries) == 3
    assert [step for step in steps if step.startswith("SCAN")] == []
