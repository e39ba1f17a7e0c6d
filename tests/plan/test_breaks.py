"""What is suggested after a break: a data exclusion, or an adjustment for a sale."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convbridge.model.policy import GoalMode, GoalPolicy
from convbridge.model.quality import Effect, QualityFlag
from convbridge.model.values import ValueStatus
from plan_samples import CART, PURCHASE, plan, valuation, world

NO_GOALS = GoalPolicy(mode=GoalMode.NONE)
EXCLUSIONS = "Google Ads > Tools > Budgets and bidding > Adjustments > Data exclusions"


def warned(reason, *events, **flag):
    """Return the warnings of a plan whose values are frozen for this reason."""
    frozen = [
        replace(e, status=ValueStatus.FROZEN, reason=reason) for e in events or (CART,)
    ]
    kept = [e for e in (PURCHASE,) if e.event not in {f.event for f in frozen}]
    flags = [QualityFlag(code="x", effect=Effect.FREEZE, reason=reason, **flag)]
    values = valuation(*kept, *frozen, flags=tuple(flags if flag else ()))
    found = plan(world(), valuation=values, goals=NO_GOALS)
    return found.warnings


def test_a_frozen_value_stays_and_a_data_exclusion_is_suggested():
    assert warned("the tag stopped") == (
        (
            "add_to_cart: its value is frozen: the tag stopped; if conversions were "
            f"lost or doubled, exclude those days in {EXCLUSIONS}"
        ),
    )


DAYS = [
    pytest.param(1, "2026-11-21 to 2026-11-21", id="one-day"),
    pytest.param(7, "2026-11-15 to 2026-11-21", id="a-week"),
    pytest.param(
        20,
        "2026-11-02 to 2026-11-21, at most 14 days in each exclusion,",
        id="longer-than-one-exclusion",
    ),
]


@pytest.mark.parametrize(("days", "told"), DAYS)
def test_the_days_to_exclude_are_named(days, told):
    (warning,) = warned("the tag stopped", event="add_to_cart", days=days)

    assert warning.endswith(f"exclude {told} in {EXCLUSIONS}")


def test_what_froze_several_values_is_told_once():
    (warning,) = warned("orders twice", PURCHASE, CART, days=7)

    assert warning.startswith("purchase, add_to_cart: their values are frozen: orders")


RATES = [
    pytest.param(2.14, "2.1", id="a-jump"),
    pytest.param(0.4, "0.4", id="a-drop"),
    pytest.param(25.0, "10", id="more-than-google-takes"),
    pytest.param(0.01, "0.1", id="less-than-google-takes"),
]


@pytest.mark.parametrize(("ratio", "told"), RATES)
def test_a_primarys_new_rate_may_be_a_sale_whose_days_are_announced(ratio, told):
    (warning,) = warned("more often", PURCHASE, days=4, ratio=ratio)

    assert warning.endswith(
        f"exclude 2026-11-18 to 2026-11-21 in {EXCLUSIONS}; if it is a sale that soon "
        "ends, exclude nothing and announce its days to come, 1 to 7 and never more "
        "than 14, in Google Ads > Tools > Budgets and bidding > Adjustments > "
        f"Seasonality adjustments with a conversion rate of {told} times the usual one"
    )


def test_a_micro_events_new_rate_is_no_sale():
    (warning,) = warned("more often", event="add_to_cart", days=4, ratio=2.0)

    assert "Seasonality" not in warning


def test_a_flag_that_freezes_nothing_is_not_told():
    values = valuation(
        flags=(
            QualityFlag(
                code="x", effect=Effect.FREEZE, reason="stopped", event="scroll"
            ),
        )
    )

    assert plan(world(), valuation=values, goals=NO_GOALS).warnings == ()
