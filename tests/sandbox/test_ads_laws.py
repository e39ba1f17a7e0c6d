"""Laws: any text is a query or refused, and a mask does what it says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convbridge.sandbox.ads_errors import AdsFailure
from convbridge.sandbox.ads_gaql import Query, parse
from convbridge.sandbox.ads_masks import apply_mask
from convbridge.sandbox.ads_messages import clone, new, read, resolve
from sandbox.ads_client import FieldMask, action, open_ads, refusal

_TEXT = """
SELECT FROM WHERE AND OR IN NOT LIKE IS NULL ORDER BY DESC LIMIT BETWEEN DURING
CONTAINS ANY PARAMETERS campaign campaign.id 'x' 5 ( ) , = != < >= ' " %
include_drafts=true LAST_7_DAYS
"""
WORDS = st.sampled_from(_TEXT.split())
NAMES = st.text("abcdefghij_", min_size=1, max_size=8)
FIELDS = st.tuples(NAMES, NAMES).map(".".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=14).map(" ".join) | st.text(max_size=60))
def test_any_text_is_a_query_or_a_query_error(text):
    categories = set()
    try:
        query = parse(text)
    except AdsFailure as failure:
        query = None
        categories = {error.category for error in failure.errors}

    assert isinstance(query, Query) or categories == {"query_error"}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(FIELDS, min_size=1, max_size=4),
    NAMES,
    st.none() | st.integers(1, 10**6),
    st.lists(st.tuples(FIELDS, st.booleans()), max_size=3),
)
def test_a_query_that_is_written_is_the_query_that_is_read(
    fields, resource, limit, order
):
    text = f"SELECT {', '.join(fields)} FROM {resource}"
    if order:
        parts = (f"{name} {'DESC' if down else 'ASC'}" for name, down in order)
        text += f" ORDER BY {', '.join(parts)}"
    if limit:
        text += f" LIMIT {limit}"

    expected = Query(
        select=tuple(fields), resource=resource, order_by=tuple(order), limit=limit
    )
    assert parse(text) == expected


PATHS = (
    "name",
    "status",
    "category",
    "primary_for_goal",
    "counting_type",
    "click_through_lookback_window_days",
    "value_settings.default_value",
    "value_settings.default_currency_code",
    "value_settings.always_use_default_value",
)
ACTIONS = st.fixed_dictionaries(
    {},
    optional={
        "name": NAMES,
        "status": st.sampled_from([2, 4]),
        "category": st.integers(2, 5),
        "primary_for_goal": st.booleans(),
        "counting_type": st.sampled_from([2, 3]),
        "click_through_lookback_window_days": st.integers(0, 90),
        "value_settings": st.fixed_dictionaries(
            {},
            optional={
                "default_value": st.floats(0, 100),
                "default_currency_code": st.sampled_from(["THB", "PLN"]),
                "always_use_default_value": st.booleans(),
            },
        ),
    },
).map(lambda fields: new("resources.ConversionAction", **fields))


@settings(max_examples=100, deadline=None)
@given(ACTIONS, ACTIONS, st.sets(st.sampled_from(PATHS), min_size=1))
def test_a_mask_takes_its_fields_from_the_update_and_no_other(current, update, paths):
    before = clone(current)

    changed, applied = apply_mask(current, update, FieldMask(paths=sorted(paths)))

    assert applied == paths
    assert current == before
    for path in PATHS:
        chain = resolve(current.DESCRIPTOR, path)
        source = update if path in paths else current
        assert read(changed, chain) == read(source, chain)


@pytest.mark.parametrize("version", ["v23", "v24", "v25", "v26"])
def test_every_version_creates_refuses_and_reads(version):
    with open_ads(version=version) as ads:
        name = ads.create_action(value_settings={"default_value": 0.0})
        actual = refusal(lambda: ads.actions([{"create": action("CRM sale")}]))
        [row] = ads.rows(
            "SELECT conversion_action.value_settings.default_value FROM "
            f"conversion_action WHERE conversion_action.resource_name = '{name}'"
        )

    place = "operations[0].create.name"
    assert actual == [("conversion_action_error.DUPLICATE_NAME", place)]
    assert row.conversion_action.value_settings.default_value == 0.0
