"""Rows that wait, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from convbridge.model.conversions import RowState
from convbridge.model.outbox import Waiting

ACTION = "customers/1234567890/conversionActions/7"
UNTIL = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("waiting", "words"),
    [
        pytest.param(
            Waiting(action=ACTION, rows=1, state=RowState.HELD, reason="no consent"),
            f"{ACTION}: 1 row waits: no consent",
            id="for a person",
        ),
        pytest.param(
            Waiting(
                action=ACTION,
                event="lead",
                rows=2500,
                state=RowState.PENDING,
                reason="the click is younger than 6 hours",
                until=UNTIL,
            ),
            "lead: 2,500 rows wait, the first until 2026-11-23 06:30 UTC: "
            "the click is younger than 6 hours",
            id="for a time",
        ),
    ],
)
def test_what_waits_is_told_with_its_event_and_its_time(waiting, words):
    assert str(waiting) == words
    assert waiting.to_dict()["rows"] == waiting.rows
