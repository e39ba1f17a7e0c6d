"""Restatements and retractions: Google's rules before Google's refusal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from convbridge.adapters.data_manager.adjustments import DataManagerAdjustments
from convbridge.adapters.google_ads.adjustments import GoogleAdsAdjustments
from convbridge.deliver import adjust, read_adjustments
from convbridge.model.adjustments import Adjustment, AdjustmentKind, Delivered, check
from convbridge.model.conversions import RowState
from deliver.kit import (
    CLIENT,
    CUSTOMER,
    ONE_TRY,
    connect,
    counts,
    make_action,
    sales,
    write_csv,
)

NAMES = ["event", "order_id", "time", "value", "kind"]
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
        ({}, {"unanswered": [adjustment(value=Decimal(4))]}, "send that again first"),
        ({"at": NOW + DAY}, {}, "in the future"),
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


@pytest.fixture
def ads_adjustments(google):
    connection = connect(google)
    yield GoogleAdsAdjustments(
        connection, connection.new, customer_id=CUSTOMER, policy=ONE_TRY
    )
    connection.close()


def test_one_file_cannot_restate_what_it_set_to_zero(
    google, action, sold, change, ads_adjustments
):
    now = google.clock.now()
    zero = adjustment(action=action, value=Decimal(0), at=now - DAY / 24)
    later = adjustment(action=action, value=Decimal(7), at=now)

    found = change(ads_adjustments, zero, later)

    (recorded,) = google.ads.book.recorded()
    assert found == [
        (RowState.ACCEPTED, ""),
        (RowState.REJECTED, "the conversion was restated to 0; that is final"),
    ]
    assert (recorded.value, len(recorded.adjusted)) == (0, 1)


@pytest.mark.parametrize("kind", ["cut", "drop"], ids=["after", "before"])
def test_adjustment_without_an_answer_is_made_once_by_giving_it_again(  # noqa: PLR0917 - fixtures
    google, action, sold, change, ads_adjustments, kind
):
    now = google.clock.now()
    wish = adjustment(action=action, value=Decimal(3), at=now)
    other = adjustment(action=action, value=Decimal(4), at=now + DAY / 48)
    google.faults.add(
        service="google_ads", method="UploadConversionAdjustments", kind=kind
    )

    (first,) = change(ads_adjustments, wish)
    (between,) = change(ads_adjustments, other)
    (second,) = change(ads_adjustments, wish)

    (recorded,) = google.ads.book.recorded()
    again = RowState.DUPLICATE if kind == "cut" else RowState.ACCEPTED
    assert first[0] is RowState.UNKNOWN
    assert between[0] is RowState.PENDING
    assert second[0] is again
    assert (recorded.value, len(recorded.adjusted)) == (3, 1)


def read_rows(path, rows, actions):
    write_csv(path, rows, header=["event", "time", "gclid", "conversion_time", "value"])
    found = read_adjustments(
        path, client=CLIENT, actions=actions, time_zone="Asia/Bangkok"
    )
    return [row for _, row in found]


def test_click_and_time_name_a_conversion_with_an_order_id(  # noqa: PLR0917 - fixtures
    tmp_path, google, action, sold, change, ads_adjustments, clicks
):
    at = google.clock.now().isoformat()
    row = ["sale", at, clicks[0].id, sold.replace(microsecond=0).isoformat(), "4"]

    (wish,) = read_rows(tmp_path / "r.csv", [row], {"sale": action})
    (found,) = change(ads_adjustments, wish)

    (recorded,) = google.ads.book.recorded()
    assert found == (RowState.ACCEPTED, "")
    assert recorded.value == 4


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(3, (RowState.PENDING, "CONVERSION_NOT_FOUND"), id="asked"),
        pytest.param(60, (RowState.REJECTED, "60 days old"), id="too old"),
        pytest.param(0.5, (RowState.PENDING, "younger than 24"), id="too young"),
    ],
)
def test_click_and_time_of_a_stranger_are_held_to_the_same_rules(  # noqa: PLR0917 - fixtures
    tmp_path, google, action, change, ads_adjustments, sink, days, expected
):
    now = google.clock.now()
    time = (now - days * DAY).isoformat()
    row = ["sale", now.isoformat(), "stranger", time, "4"]

    (wish,) = read_rows(tmp_path / "r.csv", [row], {"sale": action})
    (ads,) = change(ads_adjustments, wish)
    (other,) = change(DataManagerAdjustments(sink), wish)

    assert ads[0] is expected[0]
    assert expected[1] in ads[1] or "found" in ads[1]
    assert other[0] is not RowState.SENT
    assert google.data_manager.received_events() == ()


@pytest.mark.parametrize("tells", [True, False], ids=["named", "unnamed"])
def test_one_bad_restatement_costs_the_others_nothing(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, action, change, sink, tells
):
    run(write_csv(tmp_path / "a.csv", sales(5)))
    before = len(google.data_manager.received_events())
    google.data_manager.tells_fields = tells
    wishes = [
        adjustment(
            action=action,
            transaction_id=f"O{i}",
            at=google.clock.now(),
            currency="XTS" if i == 2 else "THB",  # ISO knows it, Google does not
        )
        for i in range(5)
    ]

    found = change(DataManagerAdjustments(sink), *wishes)

    sent = google.data_manager.received_events()[before:]
    assert [state for state, _ in found] == [
        RowState.REJECTED if i == 2 else RowState.SENT for i in range(5)
    ]
    assert sorted(e.event["transaction_id"] for e in sent) == ["O0", "O1", "O3", "O4"]


@pytest.mark.parametrize("tells", [True, False], ids=["named", "unnamed"])
@pytest.mark.parametrize("gone", [False, True], ids=["all there", "one gone"])
def test_restatements_of_several_actions_share_a_request(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, change, sink, tells, gone
):
    actions = {name: make_action(google, name) for name in ("sale", "lead", "visit")}
    rows = [[list(actions)[i % 3], *row[1:]] for i, row in enumerate(sales(6))]
    run(write_csv(tmp_path / "a.csv", rows), policy={"actions": actions})
    before = len(google.data_manager.received_events())
    google.data_manager.tells_fields = tells
    if gone:
        google.ads.store.get(
            "conversion_action",
            f"customers/{CUSTOMER}/conversionActions/{actions['lead']}",
        ).status = 3  # REMOVED
    wishes = [
        adjustment(action=actions[row[0]], transaction_id=row[4], at=google.clock.now())
        for row in rows
    ]

    found = change(DataManagerAdjustments(sink), *wishes)

    sent = google.data_manager.received_events()[before:]
    lost = RowState.PENDING if tells else RowState.REJECTED
    assert [state for state, _ in found] == [
        lost if gone and row[0] == "lead" else RowState.SENT for row in rows
    ]
    assert sorted(
        (*e.product_destinations, e.event["transaction_id"]) for e in sent
    ) == sorted(
        (actions[row[0]], row[4]) for row in rows if not (gone and row[0] == "lead")
    )
    assert len({e.request_id for e in sent}) == (2 if gone and not tells else 1)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "frame"])
def test_adjustments_are_read_from_whatever_holds_them(tmp_path, kind):
    rows = [
        {"order_id": "7", "value": "4.5"},
        {"order_id": "B", "kind": "RETRACT"},
        {"order_id": "", "value": "1"},
    ]
    rows = [{"event": "sale", "time": "2026-11-20 10:00", **row} for row in rows]
    table = pa.Table.from_pylist(rows, pa.schema([(n, pa.string()) for n in NAMES]))
    path = tmp_path / f"a.{kind}"
    if kind == "csv":
        pc.write_csv(table, path)
    elif kind == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    elif kind == "parquet":
        pq.write_table(table, path)

    found = read_adjustments(
        table if kind == "frame" else path,
        client=CLIENT,
        actions={"sale": "5012"},
        time_zone="Asia/Bangkok",
    )

    first, second, third = (row for _, row in found)
    assert (first.transaction_id, first.value, first.kind) == (
        "cb-7",
        Decimal("4.5"),
        AdjustmentKind.RESTATEMENT,
    )
    assert (second.transaction_id, second.kind) == ("B", AdjustmentKind.RETRACTION)
    assert third.startswith("the row has no order_id, nor both gclid")


def test_restatement_to_zero_is_sent_once_and_is_final(
    google, action, sold, change, ads_adjustments
):
    fields = {"action": action, "currency": "THB"}
    zero = adjustment(value=Decimal(0), at=google.clock.now(), **fields)
    google.clock.advance(hours=1)
    later = adjustment(value=Decimal(7), at=google.clock.now(), **fields)
    stranger = adjustment(transaction_id="O2", at=google.clock.now(), **fields)

    first = change(ads_adjustments, zero, stranger)
    second = change(ads_adjustments, later)

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
