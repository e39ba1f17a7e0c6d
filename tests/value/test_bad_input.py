"""Whatever the data: a status and a reason, never NaN, never a negative value."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convbridge.model.classes import EventClass
from convbridge.model.funnels import Funnels
from convbridge.model.policy import Anchor, Scheme, ValuePolicy
from convbridge.model.rules import EventRule, RuleSet
from convbridge.value import channels, explain
from value_samples import (
    RATES,
    USERS,
    WINDOW,
    counts,
    daily,
    funnel,
    funnels,
    sales,
    value,
)

NO_ONE = Funnels(funnels=())


def check(valuation):
    assert math.isfinite(valuation.inflation)
    assert valuation.inflation >= 1.0 or valuation.anchor is Anchor.TOTAL
    for event in valuation:
        assert event.reason
        assert explain(valuation, event.event)
        for amount in (event.value, event.low, event.high):
            assert amount is None or (amount.is_finite() and amount >= 0)
    for row in channels(counts(), valuation).rows():
        assert all(math.isfinite(x) for x in row["weighted"].values())


def statuses(valuation):
    return {e.event: str(e.status) for e in valuation}


@pytest.mark.parametrize(
    ("found", "ways", "expected"),
    [
        pytest.param(
            counts({None: 0, "view_item": 10, "purchase": 0}, revenue=[]),
            funnels({}),
            {"view_item": "refused"},
            id="no-primary-happened",
        ),
        pytest.param(
            counts({None: 50, "scroll": 10}, revenue=[]),
            NO_ONE,
            {"scroll": "refused"},
            id="no-primary-at-all",
        ),
        pytest.param(
            counts({None: 50, "page_404": 10, "refund": 3, "js_error": 9}, revenue=[]),
            NO_ONE,
            {
                "page_404": "not_valued",
                "js_error": "not_valued",
                "refund": "not_valued",
            },
            id="all-anti",
        ),
        pytest.param(
            counts(revenue=sales(each=-50.0)),
            funnels(),
            dict.fromkeys(USERS.keys() - {None}, "refused"),
            id="refunds-outweigh-sales",
        ),
        pytest.param(
            counts(revenue=[]),
            funnels(),
            dict.fromkeys(USERS.keys() - {None}, "refused"),
            id="no-revenue",
        ),
        pytest.param(counts({}, revenue=[]), NO_ONE, {}, id="nothing"),
    ],
)
def test_data_that_cannot_carry_a_value_are_refused(found, ways, expected):
    valuation = value(found, ways)

    check(valuation)
    assert statuses(valuation) == expected
    assert valuation.inflation == 1.0


def test_rate_above_one_is_clamped_and_said():
    valuation = value(ways=funnels({"add_to_cart": 640}))

    check(valuation)
    assert valuation["add_to_cart"].rate <= 1.0
    assert "GA4 estimates both" in valuation["add_to_cart"].reason


def test_funnel_of_nobody_falls_back_to_bounds():
    ways = funnels({}, extra=(funnel("add_to_cart", 0, users=0),))

    valuation = value(ways=ways)

    check(valuation)
    assert str(valuation["add_to_cart"].evidence) == "bounds"


def test_event_with_counts_and_no_users_is_bounded_by_its_count():
    users = {e: n for e, n in USERS.items() if e != "add_to_cart"}
    rows = [row for e, n in USERS.items() if e for row in daily(e, n)]
    found = counts(users, events=rows, key_events=["add_to_cart"])

    valuation = value(found, False)

    check(valuation)
    assert valuation["add_to_cart"].detail["conversions"] == 600
    assert valuation["add_to_cart"].detail["events_per_user"] is None


def test_event_with_zero_users_keeps_a_status():
    rows = [row for e, n in USERS.items() if e for row in daily(e, n)]

    valuation = value(counts({**USERS, "add_to_cart": 0}, events=rows), False)

    check(valuation)
    assert str(valuation["add_to_cart"].status) == "weak"


def test_users_unknown_altogether_are_no_obstacle():
    rows = [row for e, n in USERS.items() if e for row in daily(e, n)]

    check(value(counts({}, events=rows), False))


def test_nobody_with_a_primary_but_money_is_refused():
    ways = funnels(primary_users=0)
    users = {**USERS, "purchase": 0}

    check(value(counts(users), ways))


def test_one_campaign_gives_equal_weights():
    rows = [r for e, n in USERS.items() if e for r in daily(e, n, campaign_id="c1")]
    valuation = value(counts(events=rows, revenue=sales(campaign_id="c1")))

    check(valuation)
    assert valuation["add_to_cart"].detail["weights"] == "equal weights"
    assert valuation["add_to_cart"].detail["i2"] is None


def test_two_campaigns_of_which_one_sold_nothing():
    rows = [r for e, n in USERS.items() if e for r in daily(e, n, campaign_id="c1")]
    rows += daily("scroll", 500, campaign_id="c2")

    check(value(counts(events=rows, revenue=sales(campaign_id="c1"))))


def test_campaign_of_refunds_only():
    rows = [r for e, n in USERS.items() if e for r in daily(e, n, campaign_id="c1")]
    rows += daily("view_item", 100, campaign_id="c2")
    revenue = sales(campaign_id="c1")
    revenue += [{"date": WINDOW.end, "revenue": -90.0, "campaign_id": "c2"}]

    check(value(counts(events=rows, revenue=revenue)))


def test_days_missing_from_the_window():
    gone = {WINDOW.start.toordinal() + d for d in range(20, 40)}
    rows = [
        r
        for e, n in USERS.items()
        if e
        for r in daily(e, n)
        if r["date"].toordinal() not in gone
    ]

    revenue = [r for r in sales() if r["date"].toordinal() not in gone]

    valuation = value(counts(events=rows, revenue=revenue))

    check(valuation)
    assert str(valuation["add_to_cart"].status) == "ok"


def test_five_hundred_events():
    users = {**USERS, **{f"custom_{i}": 50 + i for i in range(500)}}

    valuation = value(counts(users))

    check(valuation)
    assert len(valuation.events) == 505


def test_rates_of_one_leave_the_primary_a_little():
    users = {None: 1000, "begin_checkout": 100, "purchase": 100}
    ways = Funnels(
        funnels=(funnel("begin_checkout", 100, users=100),),
        total_users=1000,
        primary_users=100,
    )
    policy = ValuePolicy(scheme=Scheme.INCREMENTAL)

    check(value(counts(users, revenue=sales(100)), ways, policy=policy))


def test_incremental_without_a_path_gives_nothing_to_micro_events():
    policy = ValuePolicy(scheme=Scheme.INCREMENTAL)

    valuation = value(ways=funnels({"scroll": 80}), policy=policy)

    check(valuation)
    assert valuation["scroll"].value == Decimal("0.00")


def test_step_nobody_converts_from_has_no_increment():
    policy = ValuePolicy(scheme=Scheme.INCREMENTAL)
    ways = Funnels(funnels=(funnel("view_item", 0),))

    check(value(ways=ways, policy=policy))
    check(value(ways=ways, policy=ValuePolicy(scheme=Scheme.DEEPEST_STATE)))


@pytest.mark.parametrize("scheme", list(Scheme))
def test_steps_without_users_of_the_site_or_conversions(scheme):
    users = {e: n for e, n in USERS.items() if e}
    ways = Funnels(funnels=(funnel("view_item", 0), funnel("scroll", 4)))

    valuation = value(counts(users), ways, policy=ValuePolicy(scheme=scheme))

    check(valuation)
    assert valuation["view_item"].rate == 0.0
    assert valuation["scroll"].rate == pytest.approx(0.001)


def test_primary_of_no_value_beside_one_with_value():
    rules = RuleSet(
        template="ecommerce",
        rules={
            "lead": EventRule(
                event="lead", event_class=EventClass.PRIMARY, value=Decimal(0)
            )
        },
    )

    valuation = value(counts({**USERS, "lead": 20}), rules=rules)

    check(valuation)
    assert str(valuation["lead"].status) == "refused"


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries(
        {e: st.tuples(st.integers(0, 5000), st.integers(0, 6000)) for e in RATES}
    ),
    st.integers(0, 500),
    st.floats(-1e4, 1e6),
    st.sampled_from(list(Scheme)),
    st.sampled_from(list(Anchor)),
)
def test_any_counts_give_finite_values(rows, bought, each, scheme, anchor):
    users = {None: 5000, **{e: n for e, (n, _) in rows.items()}, "purchase": bought}
    ways = Funnels(
        funnels=tuple(funnel(e, c, users=n) for e, (n, c) in rows.items()),
        total_users=5000,
        primary_users=bought,
    )
    found = counts(users, revenue=sales(bought, each))

    check(value(found, ways, policy=ValuePolicy(scheme=scheme, anchor=anchor)))
