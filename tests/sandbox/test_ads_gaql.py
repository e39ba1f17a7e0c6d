"""The query language: what parses, and what is refused with which error."""

from __future__ import annotations

import pytest

from convbridge.sandbox.ads_errors import AdsFailure
from convbridge.sandbox.ads_gaql import Condition, Query, parse
from sandbox.ads_client import CUSTOMER, MANAGER, open_ads, refusal


@pytest.fixture(scope="module")
def ads():
    with open_ads() as running:
        yield running


def test_a_full_query_is_read_clause_by_clause():
    text = """
        SELECT campaign.id, metrics.clicks FROM campaign
        WHERE campaign.name LIKE 'Brand\\'s %'
          AND campaign.status IN ('ENABLED', PAUSED)
          AND segments.date BETWEEN '2026-01-01' AND '2026-01-31'
          AND campaign.id != 3 AND campaign.labels IS NOT NULL
        ORDER BY metrics.clicks DESC, campaign.id LIMIT 5
        PARAMETERS include_drafts=true
    """

    actual = parse(text)

    expected = Query(
        select=("campaign.id", "metrics.clicks"),
        resource="campaign",
        where=(
            Condition(field="campaign.name", operator="LIKE", values=("Brand's %",)),
            Condition(
                field="campaign.status", operator="IN", values=("ENABLED", "PAUSED")
            ),
            Condition(
                field="segments.date",
                operator="BETWEEN",
                values=("2026-01-01", "2026-01-31"),
            ),
            Condition(field="campaign.id", operator="!=", values=(3,)),
            Condition(field="campaign.labels", operator="IS NOT NULL"),
        ),
        order_by=(("metrics.clicks", True), ("campaign.id", False)),
        limit=5,
        parameters=(("include_drafts", "true"),),
    )
    assert actual == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("FROM campaign", "EXPECTED_SELECT", id="no-select"),
        pytest.param("SELECT campaign.id", "EXPECTED_FROM", id="no-from"),
        pytest.param("SELECT a.b FROM c LIMIT x", "BAD_LIMIT_VALUE", id="limit-word"),
        pytest.param("SELECT a.b FROM c LIMIT 0", "LIMIT_VALUE_TOO_LOW", id="limit-0"),
        pytest.param("SELECT a.b FROM c ORDER a.b", "EXPECTED_BY", id="no-by"),
        pytest.param("SELECT a.b FROM c WHERE a.b ~ 1", "BAD_SYMBOL", id="symbol"),
        pytest.param("SELECT a.b FROM c WHERE a.b NOT 1", "BAD_OPERATOR", id="not"),
        pytest.param(
            "SELECT a.b FROM c WHERE a.b = 'x", "STRING_NOT_TERMINATED", id="string"
        ),
        pytest.param(
            "SELECT a.b FROM c WHERE a.b = 1 OR a.b = 2", "EXPECTED_AND", id="no-or"
        ),
        pytest.param(
            "SELECT a.b FROM c WHERE a.b IN ()",
            "PROHIBITED_EMPTY_LIST_IN_CONDITION",
            id="empty-list",
        ),
        pytest.param(
            "SELECT a.b FROM c WHERE a.b IN 1", "EXPECTED_LIST", id="list-missing"
        ),
        pytest.param(
            "SELECT a.b FROM c WHERE a.b =", "UNEXPECTED_END_OF_QUERY", id="cut-off"
        ),
        pytest.param(
            "SELECT a.b FROM c PARAMETERS x=1", "BAD_PARAMETER_NAME", id="parameter"
        ),
        pytest.param("SELECT a.b FROM c d", "UNEXPECTED_INPUT", id="more-than-a-query"),
    ],
)
def test_a_malformed_query_is_refused(text, code):
    with pytest.raises(AdsFailure) as caught:
        parse(text)

    assert [error.code for error in caught.value.errors] == [code]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(
            "SELECT campaign.idd FROM campaign", "UNRECOGNIZED_FIELD", id="misspelt"
        ),
        pytest.param(
            "SELECT customer.conversion_tracking_setting."
            "enhanced_conversions_for_leads_enabled FROM customer",
            "UNRECOGNIZED_FIELD",
            id="field-gone-in-v26",
        ),
        pytest.param(
            "SELECT conversion_action.value_settings FROM conversion_action",
            "UNRECOGNIZED_FIELD",
            id="message-with-fields",
        ),
        pytest.param(
            "SELECT campaign.id FROM campaigns",
            "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE",
            id="resource",
        ),
        pytest.param(
            "SELECT campaign.id FROM conversion_action",
            "PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE",
            id="stranger",
        ),
        pytest.param(
            "SELECT metrics.conversions FROM conversion_action",
            "PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE",
            id="conversions-from-action",
        ),
        pytest.param(
            "SELECT segments.date, bidding_strategy.id FROM bidding_strategy",
            "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE",
            id="segment-without-metrics",
        ),
        pytest.param(
            "SELECT segments.conversion_action, metrics.clicks FROM campaign",
            "PROHIBITED_SEGMENT_WITH_METRIC_IN_SELECT_OR_WHERE_CLAUSE",
            id="clicks-by-action",
        ),
        pytest.param(
            "SELECT metrics.conversions, segments.date FROM customer",
            "EXPECTED_FILTERS_ON_DATE_RANGE",
            id="dates-without-end",
        ),
        pytest.param(
            "SELECT campaign.id FROM campaign ORDER BY campaign.name",
            "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
            id="order-unselected",
        ),
        pytest.param(
            "SELECT campaign.id FROM campaign WHERE campaign.status = 'ON'",
            "BAD_ENUM_CONSTANT",
            id="enum",
        ),
        pytest.param(
            "SELECT campaign.id FROM campaign WHERE campaign.id = 'x'",
            "BAD_NUMBER",
            id="number",
        ),
        pytest.param(
            "SELECT metrics.clicks FROM customer "
            "WHERE segments.date DURING LAST_CENTURY",
            "INVALID_VALUE_WITH_DURING_OPERATOR",
            id="during",
        ),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_on_the_wire(ads, text, code):
    assert refusal(lambda: ads.rows(text)) == [(f"query_error.{code}", "")]


def test_metrics_of_a_manager_are_refused(ads):
    query = "SELECT metrics.clicks FROM customer"

    actual = refusal(lambda: ads.rows(query, MANAGER))

    assert actual == [("query_error.REQUESTED_METRICS_FOR_MANAGER", "")]


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        pytest.param("campaign.name LIKE 'generic%'", 2, id="like-ignores-case"),
        pytest.param("campaign.name NOT LIKE '%Coffee%'", 2, id="not-like"),
        pytest.param("campaign.name REGEXP_MATCH 'PMax.*'", 1, id="regexp"),
        pytest.param("campaign.id IN (7000001, 7000002)", 2, id="in"),
        pytest.param("campaign.id > 7000003", 2, id="above"),
        pytest.param("campaign.status = ENABLED", 5, id="enum-without-quotes"),
        pytest.param("campaign.status NOT IN ('ENABLED')", 0, id="not-in"),
        pytest.param("campaign.bidding_strategy IS NULL", 5, id="is-null"),
        pytest.param("customer.manager = FALSE", 5, id="of-the-customer"),
        pytest.param("campaign.labels CONTAINS ANY ('a')", 0, id="contains"),
    ],
)
def test_conditions_select_campaigns(ads, condition, count):
    rows = ads.rows(f"SELECT campaign.id FROM campaign WHERE {condition}")

    assert len(rows) == count


def test_rows_are_ordered_and_limited(ads):
    rows = ads.rows(
        "SELECT campaign.id FROM campaign ORDER BY campaign.id DESC LIMIT 2"
    )

    assert [row.campaign.id for row in rows] == [7000005, 7000004]


def test_only_what_is_selected_comes_back(ads):
    [row] = ads.rows("SELECT customer.currency_code FROM customer")

    kind = type(row)
    assert kind.to_dict(row, always_print_fields_with_no_presence=False) == {
        "customer": {
            "resource_name": f"customers/{CUSTOMER}",
            "currency_code": "THB",
        }
    }
