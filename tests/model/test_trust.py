"""The trust gate: each reason to doubt counts, from the counts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.quality import Effect
from convbridge.model.trust import check_counts

START = date(2026, 8, 1)
WINDOW = DateWindow(start=START, end=START + timedelta(days=89))
LATER = WINDOW.end + timedelta(days=30)


def counts_of(series, *, users=None, window=WINDOW):
    rows = [
        {"date": window.start + timedelta(days=i), "event": event, "count": n}
        for event, daily in series.items()
        for i, n in enumerate(daily)
        if n
    ]
    return EventCounts.build(
        property_id="1",
        window=window,
        time_zone="Europe/Warsaw",
        currency="PLN",
        events=rows,
        users={None: 500, **dict.fromkeys(series, 100)} if users is None else users,
    )


def found(counts, today=LATER):
    return [(f.code, f.event, f.effect) for f in check_counts(counts, today=today)]


def test_counts_of_other_days_are_no_counts():
    early = counts_of({"purchase": [3] * 90})
    later = WINDOW.shifted(90)

    assert found(replace(early, window=later)) == [("empty", None, Effect.REFUSE)]


def test_sound_counts_have_no_flags():
    assert found(counts_of({"session_start": [50] * 90, "purchase": [3] * 90})) == []


@pytest.mark.parametrize(
    ("series", "users", "expected"),
    [
        pytest.param({}, {}, [("empty", None, Effect.REFUSE)], id="nothing"),
        pytest.param(
            {"page_view": [50] * 40 + [0] * 5 + [50] * 45},
            None,
            [("missing_days", None, Effect.WIDEN)],
            id="silent days within",
        ),
        pytest.param(
            {"page_view": [0] * 30 + [50] * 60},
            None,
            [("short_history", None, Effect.NOTE)],
            id="begins late",
        ),
        pytest.param(
            {"page_view": [50] * 90},
            {None: 0},
            [("users_without_ids", None, Effect.REFUSE)],
            id="nobody has an id",
        ),
        pytest.param(
            {"page_view": [50] * 90, "crm_sale": [1] * 90},
            {None: 500, "page_view": 500, "crm_sale": 0},
            [("users_without_ids", "crm_sale", Effect.IMMATURE)],
            id="one event without ids",
        ),
        pytest.param(
            {"session_start": [50] * 90, "sign_up": [10] * 70 + [0] * 20},
            None,
            [("tag_stopped", "sign_up", Effect.FREEZE)],
            id="a tag stops",
        ),
        pytest.param(
            {"session_start": [50] * 90, "sign_up": [30] * 60 + [60] * 30},
            None,
            [("tag_doubled", "sign_up", Effect.FREEZE)],
            id="a tag fires twice",
        ),
        pytest.param(
            {
                "session_start": [50] * 90,
                "sign_up": [10] * 60 + [0] * 30,
                "signup": [0] * 60 + [10] * 30,
            },
            None,
            [
                ("renamed", "sign_up", Effect.FREEZE),
                ("renamed", "signup", Effect.FREEZE),
            ],
            id="a tag is renamed",
        ),
    ],
)
def test_each_fault_is_flagged(series, users, expected):
    assert found(counts_of(series, users=users)) == expected


@pytest.mark.parametrize(
    ("today", "factor"),
    [
        pytest.param(WINDOW.end + timedelta(days=1), 1 - 2 / 90, id="ends yesterday"),
        pytest.param(WINDOW.end, 1 - 3 / 90, id="ends today"),
        pytest.param(WINDOW.end + timedelta(days=2), 1 - 1 / 90, id="one day open"),
    ],
)
def test_days_that_are_not_final_widen_by_their_share(today, factor):
    flags = check_counts(counts_of({"page_view": [50] * 90}), today=today)

    assert [(f.code, f.effect, f.factor) for f in flags] == [
        ("not_final", Effect.WIDEN, pytest.approx(factor))
    ]


def test_every_flag_has_a_reason_in_words():
    counts = counts_of({"session_start": [50] * 90, "sign_up": [10] * 70 + [0] * 20})

    (flag,) = check_counts(counts, today=LATER)

    assert flag.reason == (
        "sign_up has not come since 2026-10-10, where its history led to expect 200: "
        "check its tag"
    )


def test_counts_without_dates_are_checked_for_ids_only():
    frame = {"event": ["crm_sale"], "count": [50], "users": [0]}
    counts = EventCounts.from_frame(
        frame, property_id="1", currency="PLN", time_zone="UTC", window=WINDOW
    )

    assert found(counts) == [("users_without_ids", "crm_sale", Effect.IMMATURE)]


def test_days_outside_the_window_are_not_looked_at():
    before = {"date": START - timedelta(days=1), "event": "sign_up", "count": 900}
    sound = [{"date": day, "event": "page_view", "count": 50} for day in WINDOW]
    counts = EventCounts.build(
        property_id="1",
        window=WINDOW,
        time_zone="UTC",
        currency="PLN",
        events=[before, *sound],
        users={None: 500, "page_view": 500, "sign_up": 9},
    )

    assert found(counts) == []
