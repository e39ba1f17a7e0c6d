from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convbridge.model.funnels import LagPoint
from convbridge.value.intervals import exact
from convbridge.value.lag import lag_curve, seen_share
from convbridge.value.rates import overlap_bounds, pool, rate_estimate
from convbridge.value.worth import close_rate, revenue_per_sale


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(0, 1))
def test_rate_stays_within_its_interval_and_within_one(users, converted, base):
    found = rate_estimate(users, converted, base=base)

    assert 0 <= found.low <= found.quarter <= found.mean <= found.high <= 1


def test_rate_without_users_is_the_base_and_anything():
    found = rate_estimate(0, 0, base=0.02)

    assert (found.mean, found.low, found.high) == (0.02, 0.0, 1.0)


@pytest.mark.parametrize(
    ("users", "converted", "total", "expected"),
    [
        pytest.param(100, 20, 1000, (0.0, 0.2), id="room-outside"),
        pytest.param(900, 200, 1000, (1 / 9, 2 / 9), id="no-room-outside"),
        pytest.param(100, 500, None, (0.0, 1.0), id="more-primaries-than-users"),
        pytest.param(0, 5, 10, (0.0, 1.0), id="no-users"),
        pytest.param(1200, 900, 1000, (1100 / 1200, 0.75), id="estimates-disagree"),
    ],
)
def test_user_counts_bound_the_rate(users, converted, total, expected):
    assert overlap_bounds(users, converted, total) == pytest.approx(expected)


def test_pooling_pulls_small_segments_to_the_rest():
    found = pool(np.array([1000.0, 5, 5]), np.array([100.0, 5, 0]))

    large, full, empty = (e.mean for e in found.segments)
    assert empty < large < full < 1
    assert found.whole.low < 105 / 1010 < found.whole.high


def test_pooling_of_segments_with_nobody_stays_finite():
    found = pool(np.zeros(3), np.zeros(3))

    assert all(0 <= e.low <= e.mean <= e.high <= 1 for e in found.segments)


def points(*rows):
    return [LagPoint(event="e", days=d, converted=c, users=100) for d, c in rows]


def test_lag_curve_rises_to_one_at_the_horizon():
    days, share = lag_curve(points((1, 50), (7, 80), (3, 60), (30, 100)), 30)

    assert share.tolist() == [0.0, 0.5, 0.6, 0.8, 1.0]
    assert days.tolist() == [0.01, 1, 3, 7, 30]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([], id="none"),
        pytest.param([(1, 5)], id="one"),
        pytest.param([(1, 0), (30, 0)], id="nobody"),
    ],
)
def test_lag_is_unknown_without_two_points(rows):
    assert lag_curve(points(*rows), 30) is None
    assert seen_share(np.ones(10), 0.0, points(*rows), 30) is None


def test_lag_is_unknown_when_nobody_came():
    assert seen_share(np.zeros(10), 0.0, points((1, 5), (30, 9)), 30) is None


def test_old_entrants_are_seen_in_full():
    assert seen_share(np.ones(5), 40.0, points((1, 5), (30, 9)), 30) == 1.0


def days(*numbers):
    return np.array(numbers, dtype=float)


def test_revenue_per_sale_is_the_ratio_of_sums():
    found = revenue_per_sale(days(100, 0, 90, 30), days(2, 0, 1, 1))

    assert found.mean == 55.0
    assert found.low < 55 < found.high


@pytest.mark.parametrize(
    ("revenue", "sales"),
    [
        pytest.param((0, 0), (0, 0), id="no-sales"),
        pytest.param((-50, 20), (1, 1), id="refunds-outweigh"),
    ],
)
def test_revenue_that_is_none_is_worth_nothing(revenue, sales):
    assert revenue_per_sale(days(*revenue), days(*sales)) == exact(0.0)


def test_single_day_of_sales_is_given_a_wide_interval():
    found = revenue_per_sale(days(0, 100), days(0, 2))

    assert found.high / found.low == pytest.approx(np.exp(2 * 1.645), rel=0.01)


def test_single_huge_order_is_cut():
    ordinary = np.full(60, 50.0) + np.tile([-10.0, 10.0], 30)
    huge = ordinary.copy()
    huge[7] = 20000.0

    plain = revenue_per_sale(ordinary, np.ones(60)).mean
    cut = revenue_per_sale(huge, np.ones(60)).mean

    assert plain == 50.0
    assert cut < 200 < huge.mean()


@pytest.mark.parametrize("rate", [0.0, 0.25, 1.0])
def test_close_rate_lies_within_its_interval(rate):
    found = close_rate(rate)

    assert found.low <= found.quarter <= rate <= found.high
