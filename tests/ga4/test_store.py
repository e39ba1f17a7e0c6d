"""Final days are kept: what is read again, what is not, and what it saves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from convbridge.adapters.ga4.metadata import ReportInfo
from convbridge.adapters.ga4.spans import Span, gaps, spans_from, united
from convbridge.model.dates import DateWindow
from convbridge.model.rules import Condition, EventRule, Match
from ga4.conftest import COFFEE, WINDOW

ORDER = [
    (name, "ascending")
    for name in ("date", "event", "channel", "campaign_id", "device")
]
LINE = EventRule(
    event="line_click",
    source_event="click",
    where=(
        Condition(
            dimension="linkDomain", match=Match.IN_LIST, values=("line.me", "lin.ee")
        ),
    ),
)
PHONE = EventRule(
    event="phone",
    source_event="click",
    where=(Condition(dimension="linkUrl", match=Match.BEGINS_WITH, values=("tel:",)),),
)


def tokens(desk, work) -> int:
    before = desk.google.quota(COFFEE).consumed("core")
    work()
    return desk.google.quota(COFFEE).consumed("core") - before


def test_a_second_read_gives_the_same_counts(desk, tmp_path):
    source = desk.source(store_dir=tmp_path)

    first = source.fetch_counts(WINDOW, derived=[LINE])
    second = source.fetch_counts(WINDOW, derived=[LINE])

    assert second == first


def test_a_daily_sync_equals_a_full_read(desk, tmp_path):
    source = desk.source(store_dir=tmp_path)
    source.fetch_counts(WINDOW, derived=[LINE])
    desk.google.clock.advance(days=1)
    tomorrow = WINDOW.shifted(1)

    kept = source.fetch_counts(tomorrow, derived=[LINE])
    full = desk.source().fetch_counts(tomorrow, derived=[LINE])

    assert kept.events.sort_by(ORDER) == full.events.sort_by(ORDER)
    assert kept.group("event").equals(full.group("event"))
    assert (kept.total_revenue, kept.total_cost, kept.transactions) == (
        full.total_revenue,
        full.total_cost,
        full.transactions,
    )


def test_users_are_kept_for_a_week_and_say_so(desk, tmp_path):
    source = desk.source(store_dir=tmp_path)
    first = source.fetch_counts(WINDOW)
    desk.google.clock.advance(days=7)
    kept = source.fetch_counts(WINDOW.shifted(7))
    desk.google.clock.advance(days=1)
    anew = source.fetch_counts(WINDOW.shifted(8))

    assert kept.users == first.users
    assert [f.reason for f in kept.flags if f.code == "users_kept"] == [
        (
            "users were counted for 2026-08-24 to 2026-11-21 (90 d); "
            "--refresh counts them anew"
        )
    ]
    assert anew.users != first.users
    assert "users_kept" not in {f.code for f in anew.flags}


def test_a_daily_sync_costs_at_most_15_percent_of_a_full_read(desk, tmp_path):
    source = desk.source(store_dir=tmp_path)
    full = tokens(desk, lambda: source.fetch_counts(WINDOW))
    desk.google.clock.advance(days=1)

    daily = tokens(desk, lambda: source.fetch_counts(WINDOW.shifted(1)))

    assert daily <= 0.15 * full, f"{daily} of {full}"


def test_a_changed_definition_reads_only_its_own_event_again(desk, tmp_path):
    source = desk.source(store_dir=tmp_path)
    source.fetch_counts(WINDOW, derived=[LINE, PHONE])
    changed = replace(
        PHONE,
        where=(
            Condition(
                dimension="linkUrl", match=Match.BEGINS_WITH, values=("tel:", "sms:")
            ),
        ),
    )
    names = {path.name for path in tmp_path.rglob("*.parquet")}

    source.fetch_counts(WINDOW, derived=[LINE, changed])

    after = {path.name for path in tmp_path.rglob("*.parquet")}
    assert {n.split(".")[0] for n in names ^ after} == {
        "event-phone",
        "users-of-phone",
        "users-of-click",
    }
    assert len(after) == len(names)


def test_refresh_reads_everything_again(desk, tmp_path):
    source = desk.source(store_dir=tmp_path)
    full = tokens(desk, lambda: source.fetch_counts(WINDOW))

    again = tokens(desk, lambda: source.fetch_counts(WINDOW, refresh=True))

    assert again == full


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda path: path.write_bytes(b"PAR1 torn"), id="torn"),
        pytest.param(lambda path: path.unlink(), id="gone"),
    ],
)
def test_a_damaged_file_is_read_again(desk, tmp_path, harm):
    first = desk.source(store_dir=tmp_path).fetch_counts(WINDOW)
    for path in tmp_path.rglob("events*.parquet"):
        harm(path)

    again = desk.source(store_dir=tmp_path).fetch_counts(WINDOW)

    assert again.counts() == first.counts()


def test_no_open_day_is_kept(desk, tmp_path):
    desk.source(store_dir=tmp_path).fetch_counts(WINDOW)
    desk.google.clock.advance(days=1)
    first_call = len(desk.google.calls)

    desk.source(store_dir=tmp_path).fetch_counts(WINDOW)

    assert len(desk.google.calls) > first_call


def test_two_properties_share_no_file(desk, tmp_path):
    desk.source(store_dir=tmp_path).fetch_counts(WINDOW)
    desk.source("222222222", store_dir=tmp_path).fetch_counts(WINDOW)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "111111111",
        "222222222",
    ]


def span(start, end, **info):
    days = DateWindow(start=date(2026, 11, start), end=date(2026, 11, end))
    return Span(days=days, info=ReportInfo(currency="THB", **info))


@pytest.mark.parametrize(
    ("spans", "missing"),
    [
        ([], [(3, 9)]),
        ([span(1, 12)], []),
        ([span(1, 5)], [(6, 9)]),
        ([span(5, 20)], [(3, 4)]),
        ([span(8, 8), span(4, 5)], [(3, 3), (6, 7), (9, 9)]),
        ([span(1, 2), span(10, 12)], [(3, 9)]),
    ],
    ids=["nothing", "everything", "the end", "the start", "between", "elsewhere"],
)
def test_the_days_that_are_not_kept_are_missing(spans, missing):
    assert gaps(spans, span(3, 9).days) == [span(*days).days for days in missing]


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        ([span(1, 5), span(6, 6), span(7, 9)], [span(1, 9)]),
        ([span(6, 6), span(1, 5)], [span(1, 6)]),
        ([span(1, 5), span(7, 9)], [span(1, 5), span(7, 9)]),
        (
            [span(1, 5), span(6, 6, sampled=0.5), span(7, 9)],
            [span(1, 5), span(6, 6, sampled=0.5), span(7, 9)],
        ),
        ([], []),
    ],
    ids=["day by day", "out of order", "a gap", "said otherwise", "none"],
)
def test_neighbours_of_which_ga4_said_the_same_are_kept_as_one(spans, kept):
    found = tuple(united(spans))

    assert found == tuple(kept)
    assert spans_from([one.to_dict() for one in found]) == found


def test_a_sync_that_finds_no_final_day_writes_no_file(desk, tmp_path):
    desk.source(store_dir=tmp_path).fetch_counts(WINDOW)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}

    desk.source(store_dir=tmp_path).fetch_counts(WINDOW)

    found = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert found == before
