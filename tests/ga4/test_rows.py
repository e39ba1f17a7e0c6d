"""Decoding: the fast way and the plain way give the same columns."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from google.analytics.data_v1beta.types import RunReportResponse
from hypothesis import given
from hypothesis import strategies as st

from convbridge.adapters.ga4 import rows as module
from convbridge.adapters.ga4.rows import decode_rows, to_columns
from convbridge.errors import DataError
from convbridge.model.tables import EVENTS

DIMENSIONS = (
    "date",
    "eventName",
    "sessionDefaultChannelGroup",
    "sessionGoogleAdsCampaignId",
    "deviceCategory",
)
METRICS = ("eventCount", "eventValue")


def page(rows, *, dimensions=DIMENSIONS, metrics=METRICS):
    """Build a page as the message that the transport gives."""
    message = RunReportResponse.pb(RunReportResponse())
    for name in dimensions:
        message.dimension_headers.add().name = name
    for name in metrics:
        message.metric_headers.add().name = name
    for names, values in rows:
        row = message.rows.add()
        for text in names:
            row.dimension_values.add().value = text
        for text in values:
            row.metric_values.add().value = text
    message.row_count = len(rows)
    message.metadata.currency_code = "THB"
    return message


ROW = (["20261101", "purchase", "Direct", "(not set)", "mobile"], ["3", "410.25"])


def test_a_page_becomes_typed_columns():
    table = to_columns(decode_rows(page([ROW])), EVENTS)

    assert table.to_pylist() == [
        {
            "date": date(2026, 11, 1),
            "event": "purchase",
            "channel": "Direct",
            "campaign_id": "(not set)",
            "device": "mobile",
            "count": 3,
            "value": 410.25,
        }
    ]


TEXT = st.text(max_size=200)


@given(
    st.lists(
        st.tuples(
            st.lists(TEXT, min_size=3, max_size=3),
            st.lists(TEXT, min_size=2, max_size=2),
        ),
        max_size=30,
    )
)
def test_both_ways_agree_on_any_text(rows):
    message = page(rows, dimensions=("a", "b", "c"), metrics=("x", "y"))

    table = decode_rows(message)

    assert table.to_pydict() == {
        **{n: [r[0][i] for r in rows] for i, n in enumerate("abc")},
        **{n: [r[1][i] for r in rows] for i, n in enumerate("xy")},
    }


def test_plain_pages_take_the_fast_way():
    assert module._cut(page([ROW] * 5), 5, 2) is not None


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda m: m.MergeFromString(b"\xa2\x06\x01x"), id="unknown field"),
        pytest.param(
            lambda m: m.rows[0].MergeFromString(b"\x1a\x01x"), id="unknown row field"
        ),
        pytest.param(
            lambda m: m.rows[0].dimension_values[0].MergeFromString(b"\x12\x01x"),
            id="unknown value field",
        ),
        pytest.param(
            lambda m: setattr(m.rows[0].dimension_values[1], "value", "x" * 300),
            id="long value",
        ),
        pytest.param(
            lambda m: m.rows[0].dimension_values[3].Clear(), id="value left out"
        ),
    ],
)
def test_what_google_adds_later_changes_nothing(harm):
    message = page([ROW] * 3)
    harm(message)

    table = decode_rows(message)

    expected = pa.Table.from_arrays(
        module._read(message, 5, 2), names=[*DIMENSIONS, *METRICS]
    )
    assert table.equals(expected)


def test_an_empty_report_has_no_columns_where_google_sends_no_headers():
    message = page([], dimensions=(), metrics=())

    assert to_columns(decode_rows(message), EVENTS).num_rows == 0


@pytest.mark.parametrize(
    "row",
    [
        pytest.param((ROW[0][:4], ROW[1]), id="a dimension short"),
        pytest.param((ROW[0], ROW[1][:1]), id="a metric short"),
        pytest.param((ROW[0], [*ROW[1], "1"]), id="a metric too many"),
    ],
)
def test_a_row_of_another_width_is_an_error(row):
    with pytest.raises(DataError, match="5 dimensions and 2 metrics"):
        decode_rows(page([ROW, row]))


def test_whole_numbers_may_come_as_fractions():
    message = page([(ROW[0], ["3.0", "1"])])

    table = to_columns(decode_rows(message), EVENTS)

    assert table["count"].to_pylist() == [3]


@pytest.mark.parametrize(
    ("names", "values"),
    [
        pytest.param(["(other)", *ROW[0][1:]], ROW[1], id="no day"),
        pytest.param(ROW[0], ["many", "1"], id="no number"),
    ],
)
def test_what_cannot_be_read_is_an_error(names, values):
    with pytest.raises(DataError, match="cannot be read"):
        to_columns(decode_rows(page([(names, values)])), EVENTS)
