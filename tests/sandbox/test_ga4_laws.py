"""Laws of reports: whatever the dimensions, the same visitors are behind them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convbridge.sandbox import serve
from convbridge.sandbox.ga4_fields import DIMENSIONS
from sandbox.ga4_client import NOW, ask, body, post, refused, rows, where

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.sandbox import Google

PLAIN = sorted(name for name, each in DIMENSIONS.items() if each.kind != "attributed")
COST = "advertiserAdCost advertiserAdClicks advertiserAdImpressions"


@pytest.fixture(scope="module")
def shared() -> Iterator[Google]:
    with serve(now=NOW) as running:
        yield running


@given(
    dimensions=st.lists(st.sampled_from(PLAIN), unique=True, max_size=4),
    first=st.integers(2, 120),
    length=st.integers(0, 30),
)
@settings(max_examples=25, deadline=None)
def test_rows_add_up_to_the_total_for_any_dimensions(
    shared: Google, dimensions: list[str], first: int, length: int
) -> None:
    shared.quota("111111111").set_remaining("tokens_per_project_per_hour", 14_000)
    shared.quota("111111111").set_remaining(
        "potentially_thresholded_requests_per_hour", 120
    )
    last = max(first - length, 1)
    dates = {"startDate": f"{first}daysAgo", "endDate": f"{last}daysAgo"}
    sent = body(
        " ".join(dimensions),
        "eventCount eventValue newUsers totalUsers sessions",
        dateRanges=[dates],
        metricAggregations=["TOTAL"],
        limit=250_000,
    )

    _, answer = post(shared, sent)

    found = [[float(text) for text in row[-5:]] for row in rows(answer)]
    total = [float(each["value"]) for each in answer["totals"][0]["metricValues"]]
    sums = [sum(column) for column in zip(*found, strict=True)]
    assert sums[0] == total[0]
    assert sums[1] == pytest.approx(total[1])
    assert len(found) == answer["rowCount"]
    # People and visits are in several rows at once, never in none.
    assert all(more >= once for more, once in zip(sums[2:], total[2:], strict=True))


@given(
    event=st.sampled_from(["click", "purchase", "scroll", "page_view", "nothing"]),
    negated=st.booleans(),
)
@settings(max_examples=10, deadline=None)
def test_a_filter_and_its_opposite_share_out_the_events(
    shared: Google, event: str, *, negated: bool
) -> None:
    shared.quota("111111111").set_remaining("tokens_per_project_per_hour", 14_000)
    only = where("eventName", stringFilter={"value": event})
    expression = {"notExpression": only} if negated else only

    kept = ask(shared, "", dimensionFilter=expression)
    rest = ask(shared, "", dimensionFilter={"notExpression": expression})
    whole = ask(shared, "")

    assert sum(int(row[0]) for row in kept + rest) == int(whole[0][0])


def test_cost_by_day_and_campaign_adds_up_to_cost_by_campaign(shared: Google) -> None:
    by_campaign = ask(shared, "sessionCampaignName", COST)
    by_day = ask(shared, "date sessionCampaignName", COST)

    sums: Counter[str] = Counter()
    for _, name, _, clicks, _ in by_day:
        sums[name] += int(clicks)
    assert dict(sums) == {name: int(clicks) for name, _, clicks, _ in by_campaign}


def test_cost_by_channel_and_month_is_all_of_it(shared: Google) -> None:
    spend = shared.world.site("siam-coffee").recording.spend

    channels = ask(shared, "sessionDefaultChannelGroup", "advertiserAdClicks")
    months = ask(shared, "yearMonth sessionMedium", "advertiserAdClicks")

    assert sum(int(row[-1]) for row in channels) == spend.clicks[60:150].sum()
    assert sum(int(row[-1]) for row in months) == spend.clicks[60:150].sum()
    assert {row[0] for row in channels} == {"Paid Search", "Cross-network", "Display"}


def test_cost_can_be_filtered_by_campaign(shared: Google) -> None:
    brand = where(
        "sessionCampaignName",
        stringFilter={"matchType": "BEGINS_WITH", "value": "brand"},
    )

    found = ask(shared, "sessionCampaignId", COST, dimensionFilter=brand)

    assert [row[0] for row in found] == ["7000001"]


def test_cost_ratios_are_those_of_their_parts(shared: Google) -> None:
    [row] = ask(
        shared,
        "sessionCampaignName",
        "advertiserAdCost advertiserAdClicks advertiserAdCostPerClick totalRevenue "
        "returnOnAdSpend keyEvents advertiserAdCostPerKeyEvent",
        dimensionFilter=where("sessionCampaignId", stringFilter={"value": "7000002"}),
    )

    cost, clicks, per_click, revenue, returned, key_events, per_key_event = (
        float(text) for text in row[1:]
    )
    assert per_click == pytest.approx(cost / clicks)
    assert returned == pytest.approx(revenue / cost)
    assert per_key_event == pytest.approx(cost / key_events)


@pytest.mark.parametrize(
    ("single", "kept"),
    [
        pytest.param(
            {
                "numericFilter": {
                    "operation": "GREATER_THAN_OR_EQUAL",
                    "value": {"int64Value": "22"},
                }
            },
            {"22", "23"},
            id="numeric",
        ),
        pytest.param(
            {
                "betweenFilter": {
                    "fromValue": {"int64Value": "3"},
                    "toValue": {"doubleValue": 4.5},
                }
            },
            {"03", "04"},
            id="between",
        ),
    ],
)
def test_numbers_in_dimensions_can_be_compared(
    shared: Google, single: Any, kept: set[str]
) -> None:
    found = ask(shared, "hour", dimensionFilter=where("hour", **single))

    assert {row[0] for row in found} == kept


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        pytest.param(
            body(dimensionFilter=where("eventName")),
            "The filter of eventName has no condition.",
            id="filter without a condition",
        ),
        pytest.param(
            body(
                metricFilter=where("eventCount", stringFilter={"value": "1"}),
            ),
            "The metric eventCount needs a numeric filter.",
            id="text filter on a metric",
        ),
        pytest.param(
            body(
                metricFilter=where(
                    "eventCount", numericFilter={"value": {"int64Value": "1"}}
                )
            ),
            "The operation of a numeric filter must be specified.",
            id="no operation",
        ),
        pytest.param(
            body(
                metricFilter=where("eventCount", numericFilter={"operation": 1}),
            ),
            "A numeric value must be int64_value or double_value.",
            id="no number",
        ),
        pytest.param(
            body("date date"),
            "Duplicate dimension or metric date in the request.",
            id="the same dimension twice",
        ),
        pytest.param(
            body(orderBys=[{"desc": True}]),
            "An OrderBy needs a metric or a dimension.",
            id="order by nothing",
        ),
    ],
)
def test_half_a_filter_or_order_is_refused(
    shared: Google, sent: Any, message: str
) -> None:
    assert refused(shared, sent) == message


def test_expressions_know_their_arithmetic(shared: Google) -> None:
    asked = [
        {"name": "a", "expression": "(eventCount - sessions) * 2"},
        {"name": "b", "expression": "eventCount + eventCount - 2*sessions"},
        {"name": "c", "expression": "eventCount/addToCarts"},
    ]
    only = where("eventName", stringFilter={"value": "page_view"})

    _, answer = post(shared, body(dimensionFilter=only) | {"metrics": asked})

    [[left, right, nothing]] = rows(answer)
    assert left == right != "0"
    assert nothing == "0"  # divided by zero
