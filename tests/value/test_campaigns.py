from __future__ import annotations

import pytest

from convbridge.classify import classify
from convbridge.errors import DataError
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import Funnels
from convbridge.model.policy import Anchor, ReadinessPolicy, ValuePolicy
from convbridge.model.readiness import CampaignFacts
from convbridge.model.rules import RuleSet
from convbridge.value import assess_readiness, backtest, channels
from convbridge.value.readiness import target_steps
from value_samples import RULES, WINDOW, counts, daily, funnel, sales, value

SHARES = {"brand": (400, 90, 45, 900.0), "generic": (900, 160, 40, 400.0)}
SHARES["video"] = (1500, 60, 5, 700.0)


def shop(**more):
    events, revenue, costs = [], [], []
    for name, (views, carts, sold, cost) in SHARES.items():
        at = {"campaign_id": name, "channel": f"Paid {name}"}
        events += daily("view_item", views, **at) + daily("add_to_cart", carts, **at)
        events += daily("purchase", sold, **at)
        revenue += sales(sold, **at)
        costs.append({"campaign_id": name, "campaign_name": name.title(), "cost": cost})
    users = {None: 9000, "view_item": 2800, "add_to_cart": 310, "purchase": 90}
    return counts(users, events=events, revenue=revenue, costs=costs, **more)


WAYS = Funnels(
    funnels=(
        funnel("view_item", 90, users=2800),
        funnel("add_to_cart", 88, users=310),
    ),
    total_users=9000,
    primary_users=90,
)


def test_weighted_value_adds_up_to_the_revenue():
    for anchor in Anchor:
        valuation = value(shop(), WAYS, policy=ValuePolicy(anchor=anchor))

        report = channels(shop(), valuation)

        total = sum(c.weighted.value for c in report)
        # Published values have two significant digits
        assert total == pytest.approx(4500, rel=0.05)


def test_campaign_report_names_who_moves_when_micro_conversions_count():
    report = channels(shop(), value(shop(), WAYS), by="campaign")

    assert [c.name for c in report] == ["Generic", "Brand", "Video"]
    generic, brand, video = report
    assert (brand.rank_primary, generic.rank_primary) == (2, 1)
    assert brand.primary_per_cost.value == pytest.approx(2.5)
    assert brand.weighted.low < brand.weighted.value < brand.weighted.high
    # Many looks and few sales: micro conversions speak for the video
    assert video.weighted.value > video.primary.value
    assert report.to_dict()["channels"][0]["weighted_per_cost"]["value"] > 0
    assert report.rank_changes == ()


def test_rank_changes_are_told_in_words():
    events, revenue = [], []
    for name, views, sold in (("one", 200, 4), ("two", 2000, 3)):
        at = {"channel": name}
        events += daily("view_item", views, **at) + daily("purchase", sold, **at)
        revenue += sales(sold, **at)
    found = counts(
        {None: 9000, "view_item": 2200, "purchase": 7}, events=events, revenue=revenue
    )
    ways = Funnels(
        funnels=(funnel("view_item", 7, users=2200),), total_users=9000, primary_users=7
    )

    report = channels(found, value(found, ways))

    assert report.rank_changes == (
        "two rises from place 2 to 1 when micro conversions count",
        "one falls from place 1 to 2 when micro conversions count",
    )
    assert [c.weighted_per_cost for c in report] == [None, None]


def test_campaign_without_cost_ranks_last_and_has_no_value_per_cost():
    found = shop()
    extra = daily("view_item", 10, campaign_id="free")
    found = counts(
        {None: 9000, "view_item": 2810, "add_to_cart": 310, "purchase": 90},
        events=[*found.events.to_pylist(), *extra],
        revenue=found.revenue.to_pylist(),
        costs=found.costs.to_pylist(),
    )

    report = channels(found, value(found, WAYS), by="campaign")

    assert report.channels[-1].key == "free"
    assert report.channels[-1].primary_per_cost is None


def test_value_of_given_primaries_is_counted_by_channel():
    rules = RuleSet(template="lead_gen")
    report = channels(
        counts({None: 10, "generate_lead": 5}, revenue=[]),
        value(counts({None: 10, "generate_lead": 5}, revenue=[]), False, rules=rules),
    )

    assert [c.primary.value for c in report] == [0.0]


def facts(**more):
    micro = {"view_item": 133.0, "add_to_cart": 30.0, "scroll": 99.0}
    base = {
        "campaign_id": "1",
        "name": "Brand",
        "bidding_strategy": "MAXIMIZE_CONVERSION_VALUE",
        "status": "ENABLED",
        "target_roas": 2.0,
        "primary_30_days": 4.0,
        "primary_45_days": 7.0,
        "micro_30_days": micro,
        "micro_45_days": micro,
        "primary_value_30_days": 200.0,
    }
    return CampaignFacts(**(base | more))


def assess(**more):
    valuation = value(shop(), WAYS)
    return assess_readiness([facts(**more)], valuation, ReadinessPolicy())[0]


@pytest.mark.parametrize(
    ("more", "verdict", "reason"),
    [
        pytest.param(
            {"primary_30_days": 15.0},
            "ready",
            "15 primary conversions in 30 days, 15 needed",
            id="primaries-alone",
        ),
        pytest.param(
            {},
            "ready_with_micro",
            "4 primary conversions in 30 days, 15 needed; 167 with micro conversions",
            id="with-micro",
        ),
        pytest.param(
            {"channel_type": "PERFORMANCE_MAX", "micro_45_days": {"add_to_cart": 2.0}},
            "not_ready",
            "7 primary conversions in 45 days, 20 needed; 9 even with micro "
            "conversions",
            id="not-even-then",
        ),
    ],
)
def test_readiness_counts_against_googles_thresholds(more, verdict, reason):
    found = assess(**more)

    assert (str(found.verdict), found.reason) == (verdict, reason)


def test_target_follows_the_campaigns_own_inflation_in_steps():
    found = assess()

    valuation = value(shop(), WAYS)
    micro = 133 * float(valuation["view_item"].value)
    micro += 30 * float(valuation["add_to_cart"].value)
    assert found.new_target_roas == pytest.approx(2.0 * (200 + micro) / 200)
    assert found.micro_share == pytest.approx(micro / (200 + micro))
    assert found.target_steps[-1] == pytest.approx(found.new_target_roas, abs=1e-4)
    assert found.distinct_values == 3
    assert found.recommended
    assert found.to_dict()["verdict"] == "ready_with_micro"


def test_campaign_without_value_takes_the_clients_multiplier():
    found = assess(primary_value_30_days=0.0, micro_30_days=None)

    assert found.new_target_roas == pytest.approx(
        2.0 * value(shop(), WAYS).troas_multiplier
    )
    assert found.micro_share == 0.0


def test_total_at_face_value_leaves_the_target_alone():
    valuation = value(shop(), WAYS, policy=ValuePolicy(anchor=Anchor.TOTAL))

    found = assess_readiness([facts()], valuation, ReadinessPolicy())[0]

    assert (found.new_target_roas, found.target_steps) == (2.0, ())


def test_campaign_without_a_target_gets_none():
    found = assess(target_roas=None)

    assert (found.new_target_roas, found.target_steps) == (None, ())


def test_target_falls_by_steps_too():
    assert target_steps(3.0, 2.0) == (2.4, 2.0)


def run_backtest(found=None, **more):
    found = shop() if found is None else found
    classes = classify(found, client="shop", rules=RULES, funnels=WAYS)
    return backtest(found, classes, WAYS, rules=RULES, policy=ValuePolicy(), **more)


def test_backtest_compares_with_purchase_only_and_static_values():
    found = run_backtest()

    assert [r.scheme for r in found.results] == ["purchase_only", "blend", "static"]
    assert found["purchase_only"].total_ratio == pytest.approx(1.0, abs=0.1)
    assert found["blend"].total_ratio == pytest.approx(1.0, abs=0.1)
    assert found["static"].total_ratio == pytest.approx(3.0, abs=0.2)
    assert found["blend"].error is not None
    assert found.warnings == ()
    assert found.to_dict()["campaigns"] == 4
    with pytest.raises(KeyError):
        found["markov"]


def test_backtest_runs_without_funnels():
    found = shop()
    classes = classify(found, client="shop", rules=RULES)

    tested = backtest(found, classes, None, rules=RULES, policy=ValuePolicy())

    assert tested["blend"].total_ratio == pytest.approx(1.0, abs=0.1)


def test_backtest_of_a_short_window_is_refused():
    window = DateWindow(start=WINDOW.start, end=WINDOW.start)

    with pytest.raises(DataError, match="needs 28 days, the window has 1"):
        run_backtest(shop().filter(window=window))


def test_backtest_without_campaigns_compares_the_totals():
    found = run_backtest(counts())

    assert found["blend"].error is None
    assert found.warnings == (
        "less than two campaigns: only the totals can be compared",
    )


def test_backtest_without_money_in_the_rest_says_so():
    first = [r for r in sales() if r["date"] < WINDOW.start.replace(month=2)]

    found = run_backtest(counts(revenue=first))

    assert found["blend"].total_ratio is None
    assert "brought no money" in found.warnings[-1]


def test_backtest_of_campaigns_that_are_alike_has_no_correlation():
    events, revenue = [], []
    for name in ("a", "b"):
        events += daily("purchase", 90, campaign_id=name)
        revenue += sales(90, campaign_id=name)
    found = run_backtest(
        counts({None: 900, "purchase": 180}, events=events, revenue=revenue)
    )

    assert found["purchase_only"].correlation is None
