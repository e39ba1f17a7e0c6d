"""What goes wrong at an agency, told in words that a person can act on."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import Pool
from typer.testing import CliRunner

from convbridge.adapters.clock import SystemClock
from convbridge.adapters.ledger import open_ledger
from convbridge.cli.app import app
from convbridge.errors import LedgerError
from convbridge.portfolio import Portfolio, Status
from convbridge.portfolio.terms import lock_name
from plan_samples import begin

VICTIM = "client-0001"
CUSTOMER = "3000000001"


@pytest.fixture
def three(agency):
    """Return an agency of three, synced without changes: no more than is needed."""
    return agency(3)


def remove_from_manager(google, _path):
    google.ads.resources("campaign", CUSTOMER)  # the accounts are made when asked for
    google.ads.store.accounts[CUSTOMER].manager = "8888888888"


def name_another_manager(_google, path):
    before = f'customer_id: "{CUSTOMER}", login_customer_id: "9999999999"'
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, before.replace("9999999999", "7999999999")))


def let_the_login_expire(google, _path):
    google.faults.add(
        service="google_ads", status="UNAUTHENTICATED", customer_id=CUSTOMER, times=99
    )


@pytest.mark.parametrize(
    ("happen", "words", "hint"),
    [
        (
            remove_from_manager,
            "account 300-000-0001: USER_PERMISSION_DENIED",
            "set google_ads.login_customer_id to the manager account above it",
        ),
        (
            name_another_manager,
            "account 300-000-0001: CUSTOMER_NOT_FOUND",
            "check google_ads.customer_id, and that it is under google_ads.login_",
        ),
        (let_the_login_expire, "account 300-000-0001: OAUTH_TOKEN_EXPIRED", "log in"),
    ],
    ids=["removed from the manager", "a login that sees nothing", "expired login"],
)
def test_one_client_in_the_middle_fails_and_says_why(three, happen, words, hint):
    google, path = three
    happen(google, path)

    results = Portfolio.from_config(path).sync()

    assert [str(r.status) for r in results] == ["planned", "failed", "planned"]
    error = results.results[1].error
    assert error.message.startswith(words)
    assert hint in error.hint
    assert results.exit_code == 1
    assert f"! {VICTIM} failed: account 300-000-0001: " in str(results.digest())


@pytest.fixture
def full_disk(three):
    """Give the ledger as many pages as it has, and fill them."""
    _, path = three
    url = f"sqlite:///{path.parent / 'convbridge.db'}"
    open_ledger(url).close()

    def stop_growth(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    sa.event.listen(Pool, "connect", stop_growth)
    with open_ledger(url) as ledger, contextlib.suppress(LedgerError):
        while True:
            begin(ledger, client="another")
    yield path
    sa.event.remove(Pool, "connect", stop_growth)


def test_a_full_disk_is_told_before_anything_is_sent(three, full_disk):
    google, path = three

    results = Portfolio.from_config(path, clients=[VICTIM]).sync(yes=True)

    (failed,) = results.failed
    assert isinstance(failed.error, LedgerError)
    assert "disk is full" in failed.error.message
    assert failed.error.hint.startswith("make room on the disk")
    assert not [c for c in google.calls if c.method.startswith(("Mutate", "create"))]


def test_a_run_that_is_still_going_keeps_its_clients(three):
    _, path = three
    portfolio = Portfolio.from_config(path)
    now = SystemClock().now()

    with (
        open_ledger(portfolio.settings.ledger) as ledger,
        ledger.lease(lock_name(VICTIM), holder="host/1 of 05:00", at=now),
    ):
        results = portfolio.sync(yes=True)

    assert results.results[1].left is Status.BUSY
    assert results.results[1].reason == "run host/1 of 05:00 is on it"
    assert [r.is_failed for r in results] == [False] * 3
    assert results.exit_code == 0


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="there is no device that is always full"
)
def test_a_digest_that_cannot_be_written_is_told_when_all_is_done(three, tmp_path):
    _, path = three
    words = ["sync", "--config", str(path), "--client", VICTIM, "--yes"]

    ran = CliRunner().invoke(app, [*words, "--digest", "/dev/full"])

    assert ran.exit_code == 3
    assert "Error: /dev/full cannot be written: No space left on device" in ran.stderr
    with open_ledger(f"sqlite:///{path.parent / 'convbridge.db'}") as ledger:
        assert [run.error for run in ledger.read_runs(VICTIM)] == [None]
