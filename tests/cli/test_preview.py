"""A delivery that was not said yes to tells what it would do, and does nothing."""

from __future__ import annotations

import json

import pytest

from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox

pytestmark = pytest.mark.xdist_group("cli_sandbox")

ROWS = (
    "event,time,gclid,value\n"
    "sale,2026-11-10T10:00:00+07:00,click-1,120\n"
    "sale,yesterday,click-2,80\n"
    "sale,2026-11-10T12:00:00+07:00,click-3,\n"
    "gift,2026-11-10T12:00:00+07:00,click-4,5\n"
)
TOLD = "Nothing was sent: add --yes to send sales.csv for siam-coffee.\n"


@pytest.fixture
def sales(config, tmp_path):
    """A file with two good rows and two bad ones, and an action for its sales."""
    text = config.read_text(encoding="utf-8")
    first = "    template: ecommerce\n"
    line = "    delivery: {actions: {sale: 5012}}\n"
    config.write_text(text.replace(first, first + line), encoding="utf-8")
    (tmp_path / "sales.csv").write_text(ROWS, encoding="utf-8")


@pytest.mark.usefixtures("sales")
def test_json_counts_the_rows_that_would_go_out(convbridge):
    ran = convbridge("deliver", "sales.csv", "--client=siam-coffee", "--json", code=0)

    printed = json.loads(ran.out)
    counts = {name: n for name, n in printed.items() if isinstance(n, int) and n}
    assert counts == {"read": 4, "rejected": 2, "pending": 2}
    assert [error["line"] for error in printed["errors"]] == [3, 5]
    assert ran.err == TOLD


@pytest.mark.usefixtures("sales")
def test_a_person_reads_the_same_and_the_outbox_stays_empty(convbridge, tmp_path):
    ran = convbridge("deliver", "sales.csv", "--client=siam-coffee", code=0)

    assert ran.out.startswith("siam-coffee   4 read, 2 would go out, 2 rejected\n")
    assert "'yesterday' is not a time" in ran.out
    assert ran.err == TOLD
    with open_ledger(f"sqlite:///{tmp_path}/convbridge.db") as ledger:
        assert SqlOutbox(ledger.database).counts("siam-coffee") == []


@pytest.mark.usefixtures("sales")
def test_a_source_that_cannot_be_read_is_told_before_anybody_says_yes(convbridge):
    ran = convbridge("deliver", "none.csv", "--client=siam-coffee", code=4)

    assert "there is no file none.csv" in ran.err
