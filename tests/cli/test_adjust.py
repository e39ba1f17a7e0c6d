"""`convbridge adjust` sends what the library sends, and only when told to."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.xdist_group("cli_sandbox")


@pytest.fixture
def file(config, tmp_path):
    text = config.read_text(encoding="utf-8")
    first = "    template: ecommerce\n"
    line = "    delivery: {actions: {sale: 5012}}\n"
    config.write_text(text.replace(first, first + line), encoding="utf-8")
    path = tmp_path / "returns.csv"
    path.write_text(
        "event,order_id,time,value\nsale,O1,2026-11-20 10:00,5\n", encoding="utf-8"
    )
    return path


def test_nothing_is_sent_without_yes(convbridge, file):
    ran = convbridge("adjust", file, "--client=siam-coffee", "--json", code=0)

    assert json.loads(ran.out)["read"] == 0
    assert "add --yes" in ran.err


def test_each_row_is_printed(convbridge, file):
    args = ("adjust", file, "--client=siam-coffee", "--yes")

    # With every row rejected, a scheduler hears of it.
    printed = json.loads(convbridge(*args, "--json", code=4).out)
    table = convbridge(*args, code=4).out

    assert printed == {
        "client": "siam-coffee",
        "read": 1,
        "sent": 0,
        "accepted": 0,
        "duplicate": 0,
        "pending": 0,
        "rejected": 1,
        "unknown": 0,
        "rows": [
            {
                "line": 2,
                "transaction_id": "O1",
                "kind": "restatement",
                "state": "rejected",
                "reason": "no conversion with that id was delivered",
            }
        ],
    }
    assert table.startswith("siam-coffee   1 read, 1 rejected\n")
