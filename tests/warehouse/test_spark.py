"""The same questions asked of DuckDB and of a real local Spark: the same numbers."""

from __future__ import annotations

import logging
import os
import shutil
from datetime import UTC, date, datetime

import pytest

from convbridge.adapters.warehouse import DuckDbEngine, SparkEngine, queries
from convbridge.adapters.warehouse.conversions import conversion_query
from convbridge.model.dates import DateWindow
from convbridge.model.rules import Condition, EventRule, Match
from convbridge.sandbox import serve
from convbridge.sandbox.clicks import click_id
from warehouse.export_files import rows_of, write_days

pytestmark = pytest.mark.engine

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
WINDOW = DateWindow(start=date(2026, 10, 1), end=date(2026, 11, 14))
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
def engines(tmp_path_factory):
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("Spark needs Java, which is not here")
    from pyspark.sql import SparkSession

    folder = tmp_path_factory.mktemp("export")
    with serve(now=NOW) as google:
        site = google.world.site("siam-coffee")
        days = {f"{day:%Y%m%d}" for day in WINDOW}
        rows = rows_of(site, NOW, click_id=click_id)
        write_days(folder, (row for row in rows if row["event_date"] in days))
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        # Small data: a JVM that compiles less starts sooner than it would run faster.
        .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    session.read.parquet(str(folder)).createOrReplaceTempView("events")
    yield DuckDbEngine(folder), SparkEngine(session)
    session.stop()
    # It goes on to log while Python ends, when pytest has closed what it logs to.
    logging.getLogger("py4j").setLevel(logging.ERROR)


def answers(engine, sql):
    rows = engine.run(sql, WINDOW).to_pylist()
    plain = [
        {k: round(float(v), 6) if _number(v) else v for k, v in row.items()}
        for row in rows
    ]
    return sorted(plain, key=str)


def _number(value):
    return value is not None and not isinstance(value, str)


@pytest.mark.parametrize(
    "question",
    [
        pytest.param(lambda c: queries.count_query([LINE], c), id="counts"),
        pytest.param(lambda _: queries.users_query([LINE]), id="users"),
        pytest.param(queries.revenue_query, id="revenue"),
        pytest.param(lambda _: queries.currencies_query(), id="currencies"),
        pytest.param(
            lambda _: queries.funnel_query(
                [LINE],
                events=["add_to_cart", "line_click"],
                primaries=["purchase"],
                until="20261031",
                horizon_days=14,
                lag_days=[1, 7],
                dimension="deviceCategory",
            ),
            id="funnels",
        ),
        pytest.param(
            lambda c: conversion_query(
                [LINE],
                ["purchase", "line_click"],
                c,
                since=date(2026, 10, 8),
                valued=["purchase"],
            ),
            id="conversions",
        ),
    ],
)
def test_spark_and_duckdb_agree(engines, question):
    duck, spark = engines
    sql = question(duck.columns(WINDOW))

    found = answers(spark, sql)

    assert found
    assert found == answers(duck, sql)


def test_both_know_the_same_days_and_columns(engines):
    duck, spark = engines

    assert spark.days(WINDOW) == duck.days(WINDOW)
    assert spark.columns(WINDOW) == duck.columns(WINDOW)
