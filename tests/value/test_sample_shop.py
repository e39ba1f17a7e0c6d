"""Google's public sample shop: three steps before the purchase."""

from __future__ import annotations

from datetime import date

import pytest

from convbridge.classify import classify
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import FunnelCount, Funnels
from convbridge.model.policy import Anchor, Scheme, ValuePolicy
from convbridge.model.rules import RuleSet
from convbridge.value import value_events

WINDOW = DateWindow(start=date(2020, 11, 1), end=date(2021, 1, 31))
USERS = {
    None: 267116,
    "view_item": 61252,
    "add_to_cart": 12545,
    "begin_checkout": 9715,
    "purchase": 4419,
}
MONTHS = [
    {"date": date(2020, 11, 15), "revenue": 144260, "transactions": 1259},
    {"date": date(2020, 12, 15), "revenue": 160555, "transactions": 2311},
    {"date": date(2021, 1, 15), "revenue": 57350, "transactions": 895},
]
STEPS = ("view_item", "add_to_cart", "begin_checkout")
RULES = RuleSet(template="ecommerce")
COUNTS = EventCounts.build(
    property_id="1",
    window=WINDOW,
    time_zone="UTC",
    currency="USD",
    events=[{"event": e, "count": n} for e, n in USERS.items() if e],
    users=USERS,
    revenue=MONTHS,
)
FUNNELS = Funnels(
    funnels=tuple(
        FunnelCount(
            event=step,
            primary="purchase",
            window=WINDOW,
            horizon_days=30,
            users=USERS[step],
            converted=USERS["purchase"],
        )
        for step in STEPS
    ),
    total_users=USERS[None],
    primary_users=USERS["purchase"],
)
CLASSES = classify(COUNTS, client="shop", rules=RULES, funnels=FUNNELS)


def shop(scheme, anchor):
    policy = ValuePolicy(scheme=scheme, anchor=anchor)
    return value_events(COUNTS, CLASSES, FUNNELS, rules=RULES, policy=policy)


def test_static_values_count_the_money_once_per_step():
    assert shop(Scheme.STATIC, Anchor.PRIMARY).inflation == pytest.approx(
        len(STEPS) + 1, rel=0.001
    )


@pytest.mark.parametrize("scheme", [Scheme.BLEND, Scheme.STATIC, Scheme.INCREMENTAL])
def test_total_at_face_value_adds_up_to_the_revenue(scheme):
    valuation = shop(scheme, Anchor.TOTAL)

    pushed = sum(float(e.value) * e.users for e in valuation)

    assert valuation.inflation == 1.0
    # 4465 orders of 4419 users; values have two significant digits
    assert pushed == pytest.approx(362165, rel=0.02)


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        (
            Anchor.TOTAL,
            [
                (
                    "anchor `total` gives each purchase one fixed value: bids no "
                    "longer see what a single sale brought"
                )
            ],
        ),
        (Anchor.PRIMARY, []),
    ],
)
def test_a_total_that_replaces_revenue_is_told(anchor, expected):
    warnings = shop(Scheme.BLEND, anchor).warnings

    assert [w for w in warnings if w.startswith("anchor")] == expected
