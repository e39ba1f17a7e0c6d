"""The export as a source: the same numbers as the events it was made from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from convbridge.adapters.warehouse import DuckDbEngine, WarehouseSource
from convbridge.errors import ConfigError, DataError
from convbridge.model.accounts import PropertyInfo
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import Evidence
from convbridge.model.ids import PropertyId
from convbridge.model.quality import Effect
from convbridge.model.rules import Condition, EventRule, Match
from convbridge.sandbox import serve
from convbridge.sandbox.clicks import click_id
from warehouse.export_files import rows_of, write_days

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
WINDOW = DateWindow(start=date(2026, 8, 24), end=date(2026, 11, 21))
INFO = PropertyInfo(
    property_id=PropertyId("111111111"),
    name="Siam Coffee",
    currency="THB",
    time_zone="Asia/Bangkok",
)
PURCHASE = EventRule(event="purchase")
CART = EventRule(event="add_to_cart")
LINE = EventRule(
    event="line_click",
    source_event="click",
    where=(
        Condition(
            dimension="linkDomain", match=Match.IN_LIST, values=("line.me", "lin.ee")
        ),
    ),
)


@pytest.fixture(scope="module")
def sandbox():
    with serve(now=NOW) as google:
        yield google


@pytest.fixture(scope="module")
def folder(sandbox, tmp_path_factory):
    path = tmp_path_factory.mktemp("export")
    site = sandbox.world.site("siam-coffee")
    write_days(path, rows_of(site, NOW, click_id=click_id))
    return path


@pytest.fixture
def source(sandbox, folder):
    return WarehouseSource(engine=DuckDbEngine(folder), info=INFO, clock=sandbox.clock)


def test_counts_users_and_revenue_are_those_of_the_data_api(sandbox, source):
    from google.auth.credentials import AnonymousCredentials

    from convbridge.adapters.ga4 import open_ga4
    from convbridge.model.access import GoogleAccess

    api = open_ga4(
        GoogleAccess(ga4_endpoint=sandbox.ga4_endpoint),
        AnonymousCredentials(),
        property_id=INFO.property_id,
        clock=sandbox.clock,
    ).fetch_counts(WINDOW, derived=[LINE])

    exact = source.fetch_counts(WINDOW, derived=[LINE])

    assert exact.group("date", "event", "channel", "campaign_id", "device").equals(
        api.group("date", "event", "channel", "campaign_id", "device")
    )
    assert {e: exact.users_of(e) for e in exact} == {e: api.users_of(e) for e in api}
    assert (exact.total_users, exact.transactions, exact.buyers) == (
        api.total_users,
        api.transactions,
        api.buyers,
    )
    assert exact.total_revenue == pytest.approx(api.total_revenue)


def test_joint_counts_are_those_of_the_visitors(sandbox, source):
    counts = source.fetch_counts(WINDOW)

    funnels = source.fetch_funnels(
        counts, events=[CART], primaries=[PURCHASE], horizon_days=30
    )

    found = funnels.whole("add_to_cart")
    truth = sandbox.world.truth(
        sandbox.world.site("siam-coffee"), horizon_days=30
    ).events["add_to_cart"]
    assert found.evidence is Evidence.EVENTS
    assert found.converted / found.users == pytest.approx(truth.rate, abs=0.06)


def test_segments_and_lags_come_from_the_same_events(source):
    counts = source.fetch_counts(WINDOW)

    funnels = source.fetch_funnels(
        counts,
        events=[CART, LINE],
        primaries=[PURCHASE],
        horizon_days=30,
        breakdowns=["deviceCategory"],
        lag_days=[1, 7],
    )

    whole = funnels.whole("line_click")
    segments = funnels.segments("line_click", "deviceCategory")
    lag = [p.converted for p in funnels.lag if p.event == "line_click"]
    assert {s.segment for s in segments} == {"desktop", "mobile", "tablet"}
    assert sum(s.users for s in segments) >= whole.users
    assert lag == sorted(lag)
    assert lag[-1] <= whole.converted
    assert funnels.primary_users == counts.users_of("purchase")


def test_conversions_carry_the_click_that_led_to_them(sandbox, source):
    window = replace(WINDOW, start=date(2026, 10, 22))
    with source.conversions(
        window, events=["purchase", "add_to_cart"], valued=["purchase"]
    ) as batches:
        rows = batches.read_all().to_pylist()

    clicks = [
        (kind, row[kind], row["click_time"])
        for row in rows
        for kind in ("gclid", "gbraid", "wbraid")
        if row[kind]
    ]
    found = [sandbox.world.find_click(click) for _, click, _ in clicks]
    assert len(clicks) == len(rows) > 30
    assert {kind for kind, *_ in clicks} == {"gclid", "gbraid", "wbraid"}
    assert [(c.kind, c.id) for c in found] == [
        (kind, click) for kind, click, _ in clicks
    ]
    assert all(row["click_time"] <= row["time"] for row in rows)
    assert {row["value"] is None for row in rows if row["event"] == "add_to_cart"} == {
        True
    }
    assert all(row["value"] > 0 for row in rows if row["event"] == "purchase")


def test_a_purchase_sent_twice_counts_once_as_money(sandbox, folder, tmp_path):
    site = sandbox.world.site("siam-coffee")
    rows = list(rows_of(site, NOW, click_id=click_id))
    twice = [
        {**row, "event_timestamp": row["event_timestamp"] + 1_000_000}
        for row in rows
        if row["event_name"] == "purchase"
    ]
    write_days(tmp_path, rows + twice)

    def money(path):
        found = WarehouseSource(
            engine=DuckDbEngine(path), info=INFO, clock=sandbox.clock
        ).fetch_counts(WINDOW)
        return found.transactions, found.total_revenue

    assert money(tmp_path) == pytest.approx(money(folder))


def test_late_tables_are_named(sandbox, folder, tmp_path):
    for path in folder.glob("*.parquet"):
        if not path.stem.endswith("20261121"):
            shutil.copy(path, tmp_path)

    counts = WarehouseSource(
        engine=DuckDbEngine(tmp_path), info=INFO, clock=sandbox.clock
    ).fetch_counts(WINDOW)

    assert [f.reason for f in counts.flags if f.code == "missing_tables"] == [
        (
            "1 of 90 days have no table yet, such as 2026-11-21: "
            "daily tables come up to a day late"
        )
    ]


@pytest.mark.parametrize(
    ("intraday", "days"),
    [
        pytest.param(False, 1, id="left alone"),
        pytest.param(True, 2, id="where asked for"),
    ],
)
def test_an_intraday_table_never_doubles_its_day(folder, tmp_path, intraday, days):
    day, next_day = "20261120", "20261121"
    shutil.copy(folder / f"events_{day}.parquet", tmp_path)
    for name in (day, next_day):
        shutil.copy(
            folder / f"events_{name}.parquet",
            tmp_path / f"events_intraday_{name}.parquet",
        )
    engine = DuckDbEngine(tmp_path, intraday=intraday)

    table = engine.run(
        "SELECT event_date, COUNT(*) AS n FROM events GROUP BY 1", WINDOW
    )

    whole = DuckDbEngine(folder).run(
        "SELECT event_date, COUNT(*) AS n FROM events GROUP BY 1", WINDOW
    )
    assert table.num_rows == days
    assert set(map(str, table.to_pylist())) <= set(map(str, whole.to_pylist()))


def test_values_in_another_currency_are_refused(sandbox, source):
    foreign = replace(source, info=replace(INFO, currency="USD"))

    counts = foreign.fetch_counts(WINDOW)

    assert [(f.code, f.effect) for f in counts.flags if f.code[:5] == "mixed"] == [
        ("mixed_currencies", Effect.REFUSE)
    ]


def test_tables_from_before_the_traffic_columns_still_count(sandbox, tmp_path, folder):
    import pyarrow.parquet as pq

    for path in folder.glob("*.parquet"):
        old = pq.read_table(path).drop_columns(
            ["session_traffic_source_last_click", "collected_traffic_source"]
        )
        pq.write_table(old, tmp_path / path.name)

    counts = WarehouseSource(
        engine=DuckDbEngine(tmp_path), info=INFO, clock=sandbox.clock
    ).fetch_counts(WINDOW)

    assert set(counts.events["channel"].to_pylist()) == {"(not set)"}
    assert counts.count("purchase") > 0


def test_an_empty_folder_says_what_it_lacks(sandbox, tmp_path):
    engine = DuckDbEngine(tmp_path)

    with pytest.raises(DataError, match="has no events_YYYYMMDD files"):
        engine.run("SELECT 1 FROM events", WINDOW)


def test_a_dimension_the_export_lacks_is_named(source):
    rule = replace(
        LINE,
        where=(Condition(dimension="audience", match=Match.EXACT, values=("x",)),),
    )

    with pytest.raises(ConfigError, match="no dimension 'audience'"):
        source.fetch_counts(WINDOW, derived=[rule])
