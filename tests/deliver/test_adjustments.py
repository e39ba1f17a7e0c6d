"""Restatements and retractions: Google's rules before Google's refusal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from convbridge.adapters.data_manager.adjustments import DataManagerAdjustments
from convbridge.adapters.google_ads.adjustments import GoogleAdsAdjustments
from convbridge.deliver import adjust
from convbridge.model.adjustments import Adjustment, AdjustmentKind, Delivered, check
from convbridge.model.conversions import RowState
from deliver.kit import CLIENT, CUSTOMER, ONE_TRY, connect, counts, write_csv

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


@pytest.fixture
def sold(tmp_path, run, ads_sink, clicks):
    """One sale that Google accepted."""
    time = clicks[0].time + timedelta(hours=1)
    rows = [["sale", time.isoformat(), clicks[0].id, "9", "O1"]]
    report = run(write_csv(tmp_path / "a.csv", rows), sink=ads_sink)
    assert counts(report) == {"read": 1, "accepted": 1, "sent": 1}
    return time


@pytest.fixture
def change(google, outbox):
    def adjust_it(sink, *wishes):
        usual = {"client": CLIENT, "outbox": outbox, "clock": google.clock}
        found, stopped = adjust(wishes, sink=sink, **usual)
        assert stopped is None
        return [(v.state, v.reason) for v in found]

    return adjust_it


def test_restatement_to_zero_is_sent_once_and_is_final(google, action, sold, change):
    connection = connect(google)
    sink = GoogleAdsAdjustments(
        connection, connection.new, customer_id=CUSTOMER, policy=ONE_TRY
    )
    fields = {"action": action, "currency": "THB"}
    zero = adjustment(value=Decimal(0), at=google.clock.now(), **fields)
    google.clock.advance(hours=1)
    later = adjustment(value=Decimal(7), at=google.clock.now(), **fields)
    stranger = adjustment(transaction_id="O2", at=google.clock.now(), **fields)

    first = change(sink, zero, stranger)
    second = change(sink, later)
    connection.close()

    assert first == [
        (RowState.ACCEPTED, ""),
        (RowState.REJECTED, "no conversion with that id was delivered"),
    ]
    assert second == [
        (RowState.REJECTED, "the conversion was restated to 0; that is final")
    ]


def test_data_manager_gets_the_event_again_with_its_new_value(
    google, action, sink, sold, change
):
    wish = adjustment(action=action, value=Decimal("12.5"), at=google.clock.now())
    now = google.clock.now()
    later = adjustment("retraction", action=action, at=now + DAY / 48)

    (restated,) = change(DataManagerAdjustments(sink), wish)
    (retracted,) = change(DataManagerAdjustments(sink), later)

    (found,) = google.data_manager.received_events()
    assert restated[0] is RowState.SENT
    assert (found.event["transaction_id"], found.event["conversion_value"]) == (
        "O1",
        12.5,
    )
    assert found.event["last_updated_timestamp"] == "2026-11-22T11:00:00Z"
    assert retracted[1].startswith("the Data Manager API has no retraction")
