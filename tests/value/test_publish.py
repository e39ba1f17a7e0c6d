from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convbridge.model.policy import PublishPolicy
from convbridge.model.values import PublishedValue
from convbridge.value.intervals import Estimate, exact, log_normal
from convbridge.value.publish import Proposal, decide
from convbridge.value.rounding import round_value

DAY = date(2026, 3, 2)
POLICY = PublishPolicy()


def published(value, *, days=70, smoothed=None):
    day = DAY - timedelta(days=days)
    return PublishedValue(
        value=Decimal(value), published_on=day, smoothed=smoothed, smoothed_on=day
    )


def run(amount, previous, *, spread=0.02, halt=None, policy=POLICY):
    proposal = Proposal(
        event="e",
        estimate=log_normal(amount, spread),
        amount=amount,
        halt=halt,
        halt_reason="because" if halt else "",
    )
    return decide(proposal, previous, policy=policy, currency="EUR", on=DAY)


def test_first_value_is_published_at_once():
    decision = run(12.345, None)

    assert decision.to_dict() == {
        "event": "e",
        "action": "first",
        "before": None,
        "estimate": 12.0,
        "after": 12.0,
        "reason": "first value",
        "published": {
            "value": 12.0,
            "published_on": "2026-03-02",
            "low": pytest.approx(11.945, abs=0.001),
            "high": pytest.approx(12.758, abs=0.001),
            "smoothed": 12.345,
            "smoothed_on": "2026-03-02",
        },
    }


@pytest.mark.parametrize(
    ("amount", "previous", "spread", "expected"),
    [
        pytest.param(
            10.5,
            published(10),
            0.02,
            ("kept", "10", "+5% is within the dead band of 10%"),
            id="dead-band",
        ),
        pytest.param(
            13,
            published(10),
            0.6,
            ("kept", "10", "+29%, but only 79% sure to be a change"),
            id="not-sure",
        ),
        pytest.param(
            30,
            published(10, days=7),
            0.02,
            ("kept", "10", "published 7 days ago; 14 are the least"),
            id="too-young",
        ),
        pytest.param(
            30,
            published(10),
            0.02,
            ("moved", "12.00", "+20% after smoothing, capped at 25% a step"),
            id="step-cap",
        ),
        pytest.param(
            12,
            published(10),
            0.02,
            ("moved", "12.00", "+20% after smoothing"),
            id="moved",
        ),
        pytest.param(
            5,
            published(0),
            0.02,
            ("moved", "4.90", "from 0 after smoothing"),
            id="from-zero",
        ),
        pytest.param(
            0, published(0), 0.02, ("kept", "0", "no change"), id="stays-zero"
        ),
        pytest.param(
            5, published(0, days=1), 0.02, ("kept", "0", "no change"), id="young-zero"
        ),
        pytest.param(
            0,
            published(10),
            0.02,
            ("moved", "7.50", "-25% after smoothing, capped at 25% a step"),
            id="to-zero-by-steps",
        ),
        pytest.param(
            12,
            published(10),
            0.0,
            ("moved", "12.00", "+20% after smoothing"),
            id="exact",
        ),
    ],
)
def test_published_value_moves_only_for_a_reason(amount, previous, spread, expected):
    decision = run(amount, previous, spread=spread)

    assert (decision.action, str(decision.after), decision.reason) == expected


@pytest.mark.parametrize("halt", ["frozen", "immature", "refused"])
def test_halted_event_keeps_what_is_published(halt):
    before = published(10)

    decision = run(99, before, halt=halt)

    assert (decision.action, decision.after, decision.published) == (
        halt,
        before.value,
        before,
    )
    assert run(99, None, halt=halt).after is None


def test_second_run_on_one_day_changes_nothing():
    once = run(14, published(10, days=3))
    again = decide(
        Proposal(event="e", estimate=log_normal(20, 0.02), amount=20),
        once.published,
        policy=POLICY,
        currency="EUR",
        on=DAY,
    )

    assert again.after == once.after
    assert again.published.smoothed == once.published.smoothed


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 3), st.integers(0, 400))
def test_one_step_is_never_larger_than_the_cap(amount, old, spread, days):
    before = published(round_value(old, "EUR"), days=days)

    decision = run(amount, before, spread=spread)

    assert decision.after >= 0
    if before.value > 1:
        ratio = float(decision.after / before.value)
        # Rounding to two digits may add to the cap of 25 %
        assert 0.70 <= ratio <= 1.32


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        pytest.param(1234.5, "THB", "1200.00", id="two-digits"),
        pytest.param(0.004, "PLN", "0.01", id="least-is-a-grosz"),
        pytest.param(0.4, "JPY", "1", id="least-is-a-yen"),
        pytest.param(155, "JPY", "160", id="half-even"),
        pytest.param(0.01234, "KWD", "0.012", id="three-decimals"),
        pytest.param(0, "PLN", "0.00", id="zero-is-a-value"),
        pytest.param(-3, "PLN", "0.00", id="never-negative"),
    ],
)
def test_value_has_two_digits_and_a_minor_unit_at_least(amount, currency, expected):
    assert str(round_value(amount, currency)) == expected


def test_product_of_estimates_adds_log_distances_in_quadrature():
    found = log_normal(10, 0.3) * log_normal(2, 0.4)

    assert found.mean == 20
    assert found.log_sd == pytest.approx(0.5)
    assert (exact(3) * exact(4)) == exact(12)


def test_product_with_nothing_is_nothing():
    nothing = Estimate(mean=0, low=0, quarter=0, high=0.1)

    assert (nothing * exact(5)) == Estimate(mean=0.0, low=0.0, quarter=0.0, high=0.5)
    assert nothing.log_sd == math.inf
    assert exact(0).log_sd == 0.0
    assert Estimate(mean=1, low=0, quarter=0, high=2).log_sd == pytest.approx(
        0.4214, rel=1e-3
    )


def test_product_with_a_rate_that_may_be_nothing_may_be_nothing():
    doubtful = Estimate(mean=0.1, low=0, quarter=0.05, high=0.2)

    assert (doubtful * exact(5)).low == 0.0
