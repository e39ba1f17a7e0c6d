"""Reports are read to the end, and a page that cannot be right is an error."""

from __future__ import annotations

import pytest

from convbridge.adapters.ga4 import fields, reports
from convbridge.adapters.ga4.paging import ReportSpec, read_report
from convbridge.errors import DataError
from ga4.conftest import SHORT


def read(desk, **options):
    source = desk.source(**options)
    return read_report(source._api, reports.EVENTS_REPORT, SHORT)


def test_many_pages_give_the_same_rows_as_one(desk):
    whole = read(desk, page_size=250_000)

    paged = read(desk, page_size=100)

    assert paged.table.equals(whole.table)
    assert desk.calls("runReport") > 10


def test_rows_come_in_the_order_of_the_dimensions(desk):
    table = read(desk, page_size=100).table

    keys = ["date", "event", "channel", "campaign_id", "device"]
    rows = [tuple(row[key] for key in keys) for row in table.to_pylist()]
    assert rows == sorted(rows)


def test_a_page_that_comes_twice_is_an_error(desk):
    desk.google.faults.add(
        service="ga4", method="runReport", kind="repeated_page", after=1
    )

    with pytest.raises(DataError, match=r"sent the page before again|rows came twice"):
        read(desk, page_size=100)


def test_a_page_that_repeats_an_older_one_is_an_error(desk):
    desk.google.faults.add(
        service="ga4", method="runReport", kind="repeated_page", after=3
    )

    with pytest.raises(DataError, match="came twice"):
        read(desk, page_size=100)


def test_a_short_page_is_continued_where_it_stopped(desk):
    whole = read(desk, page_size=250_000)
    desk.google.faults.add(service="ga4", method="runReport", kind="short_page")

    paged = read(desk, page_size=100)

    assert paged.table.equals(whole.table)


def test_pages_that_stay_empty_are_an_error(desk):
    desk.google.faults.add(
        service="ga4", method="runReport", kind="short_page", times=50
    )

    with pytest.raises(DataError, match="sent an empty page"):
        read(desk, page_size=1)


@pytest.mark.parametrize(
    ("dimensions", "metrics"),
    [
        pytest.param((fields.DATE,) * 10, (fields.EVENT_COUNT,), id="10 dimensions"),
        pytest.param((fields.DATE,), (fields.EVENT_COUNT,) * 11, id="11 metrics"),
        pytest.param((fields.DATE,), (), id="no metric"),
    ],
)
def test_more_fields_than_ga4_allows_are_refused_here(dimensions, metrics):
    with pytest.raises(DataError, match="GA4 allows 9 and 1 to 10"):
        ReportSpec(
            name="wide",
            dimensions=dimensions,
            metrics=metrics,
            schema=reports.EVENTS_REPORT.schema,
        )
