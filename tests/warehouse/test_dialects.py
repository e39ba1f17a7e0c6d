"""One text per question: golden in BigQuery's dialect, transpiled for the others."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
import sqlglot

from convbridge.adapters.warehouse import BigQueryEngine, queries
from convbridge.adapters.warehouse.conversions import conversion_query
from convbridge.adapters.warehouse.dialects import literal, transpile
from convbridge.adapters.warehouse.export import condition_test
from convbridge.errors import DataError
from convbridge.model.dates import DateWindow
from convbridge.model.rules import Condition, EventRule, Match

GOLDEN = Path(__file__).parent / "golden"
WINDOW = DateWindow(start=date(2026, 8, 24), end=date(2026, 11, 21))
COLUMNS = frozenset(
    {
        "device.category",
        "ecommerce.refund_value",
        "session_traffic_source_last_click.cross_channel_campaign.default_channel_group",
        "session_traffic_source_last_click.google_ads_campaign.campaign_id",
    }
)
LINE = EventRule(
    event="line_click",
    source_event="click",
    where=(
        Condition(
            dimension="linkDomain", match=Match.IN_LIST, values=("line.me", "lin.ee")
        ),
    ),
)
QUERIES = {
    "counts": queries.count_query([LINE], COLUMNS),
    "users": queries.users_query([LINE]),
    "revenue": queries.revenue_query(COLUMNS),
    "currencies": queries.currencies_query(),
    "funnel": queries.funnel_query(
        [LINE],
        events=["add_to_cart", "line_click"],
        primaries=["purchase"],
        until="20261022",
        horizon_days=30,
        lag_days=[1],
        dimension="deviceCategory",
    ),
    "conversions": conversion_query(
        [LINE],
        ["purchase", "line_click"],
        COLUMNS | {"collected_traffic_source.gclid", "privacy_info.ads_storage"},
        since=WINDOW.start,
        valued=["purchase"],
    ),
}


class Table:
    def __init__(self, table_id):
        self.table_id = table_id


class Job:
    def __init__(self, size, table):
        self.total_bytes_processed = size
        self._table = table

    def to_arrow(self):
        return self._table

    def result(self):
        return self

    def to_arrow_iterable(self):
        return iter(self._table.to_batches())


class Client:
    """What the engine uses of google.cloud.bigquery.Client."""

    def __init__(self, size=1_000):
        self.asked = []
        self._size = size

    def list_tables(self, dataset):
        self.dataset = dataset
        names = ["events_20261101", "events_intraday_20261102", "users_20261101"]
        return [Table(name) for name in names]

    def query(self, text, job_config):
        self.asked.append((text, vars(job_config)))
        return Job(self._size, pa.table({"n": [1]}))


@pytest.fixture
def bigquery(monkeypatch):
    """Stand in for google-cloud-bigquery, which the test set-up lacks."""
    import sys

    config = SimpleNamespace(QueryJobConfig=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "google.cloud.bigquery", config)


def engine(client, *, approve=lambda _: True):
    return BigQueryEngine(client, dataset="shop.analytics_111111111", approve=approve)


@pytest.mark.parametrize("name", QUERIES)
def test_bigquery_is_sent_the_golden_text(name):
    text = engine(Client()).render(QUERIES[name], WINDOW)

    assert text + "\n" == (GOLDEN / f"{name}.sql").read_text()


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_every_query_can_be_said_in_every_dialect(name, dialect):
    text = transpile(QUERIES[name], dialect)

    sqlglot.parse_one(text, read=dialect)
    assert "UNNEST" not in text
    assert "EXPLODE" not in text


def test_a_dry_run_comes_first_and_caps_what_is_billed(bigquery):
    client = Client(size=50 * 2**20)
    told = []

    engine(client, approve=lambda size: told.append(size) or True).run(
        QUERIES["counts"], WINDOW
    )

    assert told == [50 * 2**20]
    assert [options for _, options in client.asked] == [
        {"dry_run": True, "use_query_cache": False},
        {"maximum_bytes_billed": 50 * 2**20},
    ]


def test_an_answer_comes_in_pieces(bigquery):
    with engine(Client()).stream(QUERIES["counts"], WINDOW) as batches:
        found = batches.read_all()

    assert found.to_pylist() == [{"n": 1}]


def test_a_query_that_reads_too_much_is_not_sent(bigquery):
    client = Client(size=2 * 10**12)

    with pytest.raises(DataError, match=r"would read 2000\.00 GB"):
        engine(client, approve=lambda size: size < 10**9).run(QUERIES["counts"], WINDOW)

    assert len(client.asked) == 1


def test_only_daily_tables_are_days():
    window = DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 3))

    assert engine(Client()).days(window) == {date(2026, 11, 1)}


@pytest.mark.parametrize(
    "hostile", ["o'clock", "a'; DROP TABLE events; --", "back\\slash", 'say "hi"']
)
def test_names_stay_text_whatever_is_in_them(hostile):
    import duckdb

    text = transpile(f"SELECT {literal(hostile)} AS name", "duckdb")

    assert duckdb.sql(text).fetchall() == [(hostile,)]


@pytest.mark.parametrize("match", Match)
@pytest.mark.parametrize("case_sensitive", [True, False])
@pytest.mark.parametrize("negate", [True, False])
def test_conditions_hold_in_sql_as_they_hold_in_python(match, case_sensitive, negate):
    import duckdb

    found = ["line.me", "LINE.ME", "www.line.me", "line.me/x", "lin", "", "x-line"]
    condition = Condition(
        dimension="platform",
        match=match,
        values=("Line.me", "lin"),
        case_sensitive=case_sensitive,
        negate=negate,
    )
    rows = " UNION ALL ".join(f"SELECT {literal(text)} AS platform" for text in found)
    sql = f"SELECT platform FROM ({rows}) WHERE {condition_test(condition)}"

    kept = {row[0] for row in duckdb.sql(transpile(sql, "duckdb")).fetchall()}

    assert kept == {text for text in found if condition.holds(text)}
