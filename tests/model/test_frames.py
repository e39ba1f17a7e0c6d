"""Results as dataframes: one row for each, and what a missing library says."""

from __future__ import annotations

import sys

import pyarrow as pa
import pytest

import value_samples as shop
from convbridge.classify import classify
from convbridge.errors import ConvbridgeError
from convbridge.model.frames import as_polars

FUNNELS = shop.funnels()


@pytest.mark.parametrize(
    ("result", "rows"),
    [
        pytest.param(shop.value(), 5, id="valuation"),
        pytest.param(
            classify(shop.counts(), client="shop", rules=shop.RULES, funnels=FUNNELS),
            5,
            id="classification",
        ),
        pytest.param(FUNNELS, 4, id="funnels"),
    ],
)
def test_a_dataframe_has_the_rows_of_the_result(result, rows):
    frame = result.to_pandas()

    assert (len(frame), frame.to_dict("records")[0]["event"]) == (
        rows,
        result.rows()[0]["event"],
    )


def test_a_missing_library_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)

    with pytest.raises(ConvbridgeError, match="polars is not installed") as told:
        as_polars(pa.table({}))

    assert told.value.hint == 'pip install "convbridge[polars]"'
