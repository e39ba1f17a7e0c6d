"""EventCounts: totals, cuts, files, and what they refuse."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convbridge.errors import DataError
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId, PropertyId
from convbridge.model.quality import Effect, QualityFlag

WINDOW = DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 3))
ABOUT = {
    "property_id": "111111111",
    "window": WINDOW,
    "time_zone": "Asia/Bangkok",
    "currency": "THB",
}
EVENTS = [
    {
        "date": date(2026, 11, 1),
        "event": "view_item",
        "channel": "Paid Search",
        "campaign_id": "7000001",
        "device": "mobile",
        "count": 40,
    },
    {"date": date(2026, 11, 2), "event": "view_item", "device": "desktop", "count": 10},
    {"date": date(2026, 11, 2), "event": "add_to_cart", "count": 8, "value": 800.5},
    {"date": date(2026, 11, 3), "event": "purchase", "count": 2, "value": 410.25},
]


def siam(**changes) -> EventCounts:
    given_ = {
        "events": EVENTS,
        "users": {None: 30, "view_item": 25, "add_to_cart": 7, "purchase": 2},
        "revenue": [
            {"date": date(2026, 11, 3), "revenue": 410.25, "transactions": 2},
        ],
        "costs": [
            {
                "date": date(2026, 11, 1),
                "campaign_id": "7000001",
                "campaign_name": "Brand",
                "cost": 99.9,
                "clicks": 12,
            },
        ],
        "key_events": ["purchase"],
    }
    return EventCounts.build(**ABOUT, **{**given_, **changes})


def test_counts_come_most_frequent_first():
    assert siam().counts() == {"view_item": 50, "add_to_cart": 8, "purchase": 2}


def test_an_event_never_seen_counts_zero_and_has_no_users():
    counts = siam()

    assert (counts.count("refund"), counts.users_of("refund")) == (0, None)


def test_totals_are_those_of_the_rows():
    counts = siam()

    assert {
        "users": counts.total_users,
        "of view_item": counts.users_of("view_item"),
        "buyers": counts.buyers,
        "revenue": counts.total_revenue,
        "transactions": counts.transactions,
        "cost": counts.total_cost,
        "value": counts.value_of("add_to_cart"),
    } == {
        "users": 30,
        "of view_item": 25,
        "buyers": 2,
        "revenue": 410.25,
        "transactions": 2,
        "cost": 99.9,
        "value": 800.5,
    }


def test_buyers_asked_for_win_over_users_of_purchase():
    assert siam(purchasers=3).buyers == 3


def test_daily_counts_hold_a_zero_for_a_silent_day():
    assert siam().daily("view_item") == (40, 10, 0)


def test_filter_by_event_keeps_users():
    counts = siam().filter(events={"purchase"})

    assert (counts.counts(), counts.total_users, counts.users_of("view_item")) == (
        {"purchase": 2},
        30,
        None,
    )


def test_filter_by_device_drops_what_cannot_be_cut():
    counts = siam().filter(devices={"mobile"})

    assert {
        "counts": counts.counts(),
        "users": counts.total_users,
        "revenue": counts.total_revenue,
        "cost": counts.total_cost,
    } == {"counts": {"view_item": 40}, "users": None, "revenue": 0.0, "cost": 0.0}


def test_filter_by_days_moves_the_window():
    window = DateWindow(start=date(2026, 11, 2), end=date(2026, 11, 3))

    counts = siam().filter(window=window)

    assert (counts.window, counts.counts(), counts.total_cost) == (
        window,
        {"view_item": 10, "add_to_cart": 8, "purchase": 2},
        0.0,
    )


def test_group_sums_by_any_columns():
    assert siam().group("event", "device").to_pylist() == [
        {"event": "add_to_cart", "device": "(not set)", "count": 8, "value": 800.5},
        {"event": "purchase", "device": "(not set)", "count": 2, "value": 410.25},
        {"event": "view_item", "device": "desktop", "count": 10, "value": 0.0},
        {"event": "view_item", "device": "mobile", "count": 40, "value": 0.0},
    ]


def test_group_by_an_unknown_column_names_the_known_ones():
    with pytest.raises(DataError, match="dimensions are date, event, channel"):
        siam().group("pagePath")


def test_to_dict_is_the_json_of_the_counts_verb():
    flag = QualityFlag(code="sampling", effect=Effect.WIDEN, reason="half", factor=0.5)

    assert siam().with_flags(flag).to_dict() == {
        "property_id": "111111111",
        "window": {"start": "2026-11-01", "end": "2026-11-03"},
        "time_zone": "Asia/Bangkok",
        "currency": "THB",
        "total_users": 30,
        "revenue": 410.25,
        "transactions": 2,
        "buyers": 2,
        "cost": 99.9,
        "flags": [flag.to_dict()],
        "events": [
            {
                "event": "view_item",
                "count": 50,
                "users": 25,
                "value": 0.0,
                "key_event": False,
            },
            {
                "event": "add_to_cart",
                "count": 8,
                "users": 7,
                "value": 800.5,
                "key_event": False,
            },
            {
                "event": "purchase",
                "count": 2,
                "users": 2,
                "value": 410.25,
                "key_event": True,
            },
        ],
    }


def test_repr_is_one_line_and_html_escapes_names():
    counts = EventCounts.build(**ABOUT, events=[{"event": "<b>", "count": 1}])

    assert repr(counts) == (
        "EventCounts(property 111111111, 2026-11-01 to 2026-11-03 (3 d), "
        "1 events, 1 times, 0 flags)"
    )


def test_empty_counts_are_empty():
    counts = EventCounts.build(**ABOUT)

    assert (counts.is_empty, counts.counts(), counts.total_revenue, list(counts)) == (
        True,
        {},
        0.0,
        [],
    )


def test_dataframes_hold_every_row():
    counts = siam()

    assert counts.to_pandas()["count"].tolist() == [40, 10, 8, 2]
    assert counts.to_polars()["count"].to_list() == [40, 10, 8, 2]
    assert pa.table(counts).equals(counts.events)


def test_parquet_gives_back_what_was_saved(tmp_path):
    flag = QualityFlag(code="sampling", effect=Effect.WIDEN, reason="half", factor=0.5)
    counts = siam(flags=[flag], purchasers=2)

    counts.to_parquet(tmp_path / "counts")

    assert EventCounts.from_parquet(tmp_path / "counts") == counts


def test_a_directory_of_something_else_is_refused(tmp_path):
    with pytest.raises(DataError, match="does not hold counts written by convbridge"):
        EventCounts.from_parquet(tmp_path)


FRAME_ABOUT = {"property_id": "1", "currency": "PLN", "time_zone": "Europe/Warsaw"}


def test_csv_is_read_with_google_headers(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text(
        "date,eventName,sessionGoogleAdsCampaignId,eventCount,eventValue\n"
        "20261101,generate_lead,007,3,1200.5\n"
        "20261104,click,,9,0\n"
    )

    counts = EventCounts.from_csv(path, **FRAME_ABOUT)

    assert counts.window == DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 4))
    assert counts.group("date", "event", "campaign_id").to_pylist() == [
        {
            "date": date(2026, 11, 1),
            "event": "generate_lead",
            "campaign_id": "007",
            "count": 3,
            "value": 1200.5,
        },
        {
            "date": date(2026, 11, 4),
            "event": "click",
            "campaign_id": "",
            "count": 9,
            "value": 0.0,
        },
    ]


def test_a_frame_without_dates_needs_a_window_and_is_flagged():
    frame = pa.table({"event": ["generate_lead"], "count": [3], "users": [2]})

    counts = EventCounts.from_frame(frame, **FRAME_ABOUT, window=WINDOW)

    assert [flag.code for flag in counts.flags] == ["undated"]
    assert counts.users_of("generate_lead") == 2


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        pytest.param({"event": ["a"]}, "'count' is missing", id="no count"),
        pytest.param(
            {"event": ["a"], "count": [-1], "date": ["2026-11-01"]},
            "a count cannot be negative",
            id="negative count",
        ),
        pytest.param(
            {"event": ["a"], "count": [1.5], "date": ["2026-11-01"]},
            "column 'count'",
            id="half a count",
        ),
        pytest.param(
            {
                "event": ["a"],
                "count": [1],
                "value": [float("nan")],
                "date": ["20261101"],
            },
            "NaN or an infinite amount",
            id="NaN",
        ),
        pytest.param(
            {"event": ["a"], "count": [1], "value": [1e18], "date": ["20261101"]},
            "no such amount",
            id="absurd",
        ),
        pytest.param(
            {"event": ["a"], "count": [1], "date": ["2026-12-01"]},
            "2026-12-01 lies outside the window",
            id="outside the window",
        ),
        pytest.param(
            {"event": ["a"], "count": [1], "date": ["01.12.2026"]},
            "is not a date",
            id="not a date",
        ),
        pytest.param(
            {"event": ["a"], "count": [1], "colour": ["red"]},
            "unknown column 'colour'",
            id="unknown column",
        ),
        pytest.param(
            {"event": ["a", "a"], "count": [1, 1], "users": [1, 1]},
            "users do not add up",
            id="users by row",
        ),
    ],
)
def test_bad_frames_are_refused(columns, message):
    with pytest.raises(DataError, match=message):
        EventCounts.from_frame(pa.table(columns), **FRAME_ABOUT, window=WINDOW)


def test_a_frame_without_dates_or_window_is_refused():
    with pytest.raises(DataError, match="no dates"):
        EventCounts.from_frame({"event": ["a"], "count": [1]}, **FRAME_ABOUT)


def test_a_table_of_another_shape_is_refused():
    counts = siam()
    with pytest.raises(DataError, match="the users table has columns"):
        EventCounts(
            property_id=counts.property_id,
            window=WINDOW,
            time_zone="UTC",
            currency="THB",
            events=counts.events,
            users=counts.events,
            revenue=counts.revenue,
            costs=counts.costs,
        )


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.sampled_from(["Direct", "Email"]),
            st.integers(0, 10**12),
        ),
        max_size=8,
    )
)
def test_counts_are_the_same_however_they_are_cut(drawn):
    rows = [dict(zip(("event", "channel", "count"), row, strict=True)) for row in drawn]
    counts = EventCounts.build(**ABOUT, events=rows)

    parts = [counts.filter(channels={c}) for c in ("Direct", "Email")]

    for event in "abc":
        assert counts.count(event) == sum(part.count(event) for part in parts)


def test_events_are_asked_for_by_name():
    counts = siam()

    assert ("purchase" in counts, "refund" in counts, len(counts), list(counts)) == (
        True,
        False,
        3,
        ["view_item", "add_to_cart", "purchase"],
    )


def test_a_window_that_ends_before_it_starts_is_refused():
    with pytest.raises(DataError, match=r"cannot end \(2026-11-01\) before 2026-11-02"):
        DateWindow(start=date(2026, 11, 2), end=date(2026, 11, 1))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="no such file"),
        pytest.param(b"event,count\n\xff\xfe,1\n", id="not UTF-8"),
        pytest.param(b"\xff\xfee\x00", id="UTF-16"),
        pytest.param(b"event,count\npurchase\n", id="a short line"),
    ],
)
def test_an_unreadable_csv_names_its_path(content, tmp_path):
    path = tmp_path / "counts.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(DataError, match=r"counts\.csv cannot be read as CSV"):
        EventCounts.from_csv(path, **ABOUT)


def test_a_moment_counts_on_its_day():
    moment = datetime.fromisoformat("2026-11-02T23:59:00+07:00")

    counts = siam(events=[{"date": moment, "event": "purchase", "count": 1}])

    assert counts.group("date").to_pylist() == [
        {"date": date(2026, 11, 2), "count": 1, "value": 0.0}
    ]


def test_ids_show_what_they_are():
    assert repr((PropertyId("properties/123"), CustomerId("123-456-7890"))) == (
        "(PropertyId('123'), CustomerId('1234567890'))"
    )
