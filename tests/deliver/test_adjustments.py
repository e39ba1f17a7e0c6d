"""Restatements and retractions: Google's rules before Google's refusal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from convbridge.adapters.google_ads.adjustments import GoogleAdsAdjustments
from convbridge.model.adjustments import Adjustment, AdjustmentKind, Delivered, check
from convbridge.model.conversions import RowState
from deliver.kit import CUSTOMER, ONE_TRY, connect, counts, write_csv

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def adjustment(kind="restatement", **fields):
    usual = {"action": "5012", "transaction_id": "O1", "at": NOW, "value": Decimal(5)}
    return Adjustment(kind=AdjustmentKind(kind), **usual | fields)


def delivered(**fields):
    return Delivered(**{"time": NOW - 3 * DAY, "state": RowState.ACCEPTED} | fields)


@pytest.mark.parametrize(
    ("wish", "known", "reason"),
    [
        ({}, None, "no conversion with that id"),
        ({}, {"state": RowState.REJECTED}, "is rejected, not delivered"),
        ({"value": None}, {}, "needs the whole new value"),
        ({"at": NOW - 4 * DAY}, {}, "before its conversion"),
        ({}, {"time": NOW - 55 * DAY}, "55 days old"),
        ({}, {"time": NOW - DAY / 2}, "younger than 24 hours"),
        (
            {},
            {"before": [adjustment(value=Decimal(0), at=NOW - DAY)]},
            "restated to 0; that is final",
        ),
        ({}, {"before": [adjustment("retraction", at=NOW - DAY)]}, "was retracted"),
        ({}, {"before": [adjustment()]}, "this must be later"),
    ],
)
def test_rules_are_kept_before_sending(wish, known, reason):
    original = None if known is None else delivered(**known)

    assert reason in check(adjustment(**wish), original, now=NOW).reason


@pytest.mark.parametrize(
    "wish", [{}, {"value": Decimal(0)}, {"kind": "retraction", "value": None}]
)
def test_what_google_takes_is_sent(wish):
    assert check(adjustment(**wish), delivered(), now=NOW) is None


def test_google_answers_each_row(tmp_path, run, google, ads_sink, clicks, action):  # noqa: PLR0917 - fixtures
    time = clicks[0].time + timedelta(hours=1)
    rows = [["sale", time.isoformat(), clicks[0].id, "9", "O1"]]
    report = run(write_csv(tmp_path / "a.csv", rows), sink=ads_sink)
    connection = connect(google)
    sink = GoogleAdsAdjustments(
        connection, connection.new, customer_id=CUSTOMER, policy=ONE_TRY
    )
    known = adjustment(action=action, currency="THB", at=google.clock.now())
    stranger = adjustment(action=action, transaction_id="O2", at=google.clock.now())

    answer = sink.send([stranger, known])
    again = sink.send([known])
    connection.close()

    assert counts(report) == {"read": 1, "accepted": 1, "sent": 1}
    assert {i: v.code for i, v in answer.verdicts.items()} == {
        0: "CONVERSION_NOT_FOUND"
    }
    assert answer.rest.state is RowState.ACCEPTED
    assert again.verdicts[0].state is RowState.DUPLICATE
