from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from google.ads.googleads.v26.enums.types.bidding_strategy_system_status import (
    BiddingStrategySystemStatusEnum,
)

from convbridge.model.policy import BiddingPolicy, GoalMode, GoalPolicy
from convbridge.model.resources import ResourceType, State
from convbridge.plan import Baseline
from convbridge.plan.bidding import rescaled
from convbridge.plan.statuses import STATUSES
from plan_samples import (
    CUSTOMER,
    campaign,
    config,
    plan,
    resource,
    valuation,
    world,
)

TARGET = "maximize_conversion_value.target_roas"
OLD = "target_roas.target_roas"
TODAY = date(2026, 11, 22)
ROOT = f"customers/{CUSTOMER}"
BIDDING = {ResourceType.CAMPAIGN, ResourceType.BIDDING_STRATEGY}
VALUE_BIDDING = "maximize_conversion_value"


def campaigns(*found):
    numbers = [c.key.rsplit("/", 1)[-1] for c in found]
    kept = [r for r in world() if r.type is ResourceType.CONVERSION_ACTION]
    return State(resources=(*kept, *found, *(config(n, n) for n in numbers)))


def moves(actual, *, names=("*",), **changes):
    """Return {name: target} of the campaigns and portfolios that change."""
    changes.setdefault("bidding", BiddingPolicy(strategy=VALUE_BIDDING))
    found = plan(actual, goals=GoalPolicy(campaigns=names), **changes)
    moved = {
        c.name: {f.name: f.after for f in c.fields}
        for c in found.changes
        if c.type in BIDDING
    }
    return found, moved


def brand(**fields):
    return campaign(7, "Brand", **fields)


POLICIES = [
    pytest.param(brand(), None, {}, id="has-it-no-target"),
    pytest.param(brand(target=3.5), None, {}, id="a-target-stays-when-none-is-named"),
    pytest.param(brand(target=3.5), "keep", {}, id="keeps-its-target"),
    pytest.param(brand(target=3.5), 4.0, {"Brand": {TARGET: 4.0}}, id="number"),
    pytest.param(brand(target=0.0), 4.0, {"Brand": {TARGET: 4.0}}, id="first-target"),
    pytest.param(brand(target=0.0), "keep", {}, id="no-target-to-keep"),
    pytest.param(
        brand(strategy="MAXIMIZE_CONVERSIONS"),
        None,
        {"Brand": {TARGET: 0.0}},
        id="switch-without-target",
    ),
    pytest.param(
        brand(strategy="TARGET_ROAS", **{OLD: 3.0}),
        "keep",
        {"Brand": {TARGET: 3.0}},
        id="switch-keeps-the-target",
    ),
    pytest.param(brand(target=4.0), "rescale", {"Brand": {TARGET: 4.8}}, id="rescale"),
    pytest.param(
        brand(strategy="MAXIMIZE_CONVERSIONS"),
        "rescale",
        {"Brand": {TARGET: 0.0}},
        id="nothing-to-rescale",
    ),
]


@pytest.mark.parametrize(("given", "target", "expected"), POLICIES)
def test_targets(given, target, expected):
    bidding = BiddingPolicy(strategy=VALUE_BIDDING, target_roas=target)

    _, moved = moves(campaigns(given), bidding=bidding, today=TODAY)

    assert moved == expected


def test_bidding_is_left_alone_when_nobody_asks():
    _, moved = moves(campaigns(brand(target=3.5)), bidding=BiddingPolicy())

    assert moved == {}


def test_a_target_moves_after_the_goals_it_was_computed_for():
    bidding = BiddingPolicy(strategy=VALUE_BIDDING, target_roas=4.0)

    found, _ = moves(campaigns(brand(target=3.5)), bidding=bidding)

    assert found.changes[-1].type is ResourceType.CAMPAIGN
    assert found.changes[-1].after == (f"{ROOT}/conversionGoalCampaignConfigs/7",)
    assert found.changes[-1].info["baseline"] == 3.5


STEPS = [
    pytest.param(4.0, 6.0, None, 4.8, id="first-step-up"),
    pytest.param(4.8, 6.0, 13, 4.8, id="too-soon"),
    pytest.param(4.8, 6.0, 14, 5.76, id="second-step"),
    pytest.param(5.76, 6.0, 20, 6.0, id="last-step"),
    pytest.param(6.0, 6.02, 20, 6.0, id="near-enough"),
    pytest.param(6.0, 3.0, None, 4.8, id="down"),
]


@pytest.mark.parametrize(("now", "goal", "days", "expected"), STEPS)
def test_a_rescaled_target_goes_in_steps(now, goal, days, expected):
    assert rescaled(now, goal, days_since=days) == expected


def test_a_rescale_starts_from_the_target_before_convbridge():
    baseline = Baseline(target_roas=4.0, changed_on=TODAY - timedelta(days=14))
    bidding = BiddingPolicy(strategy=VALUE_BIDDING, target_roas="rescale")
    key = f"{ROOT}/campaigns/7"

    found, moved = moves(
        campaigns(brand(target=4.8)),
        bidding=bidding,
        baselines={key: baseline},
        today=TODAY,
    )
    _, same_day = moves(
        campaigns(brand(target=4.8)),
        bidding=bidding,
        baselines={key: replace(baseline, changed_on=TODAY)},
        today=TODAY,
    )

    assert (moved, same_day) == ({"Brand": {TARGET: 5.76}}, {})
    assert found.changes[-1].reason == "bidding: 4 x 1.5 = 6, at most 20 % a step"


def on_portfolio():
    path = f"{ROOT}/biddingStrategies/5"
    shared = replace(
        resource(ResourceType.BIDDING_STRATEGY, "biddingStrategies/5", "Shared"),
        fields={TARGET: 4.0, OLD: None},
        info={"type": "MAXIMIZE_CONVERSION_VALUE"},
    )
    return brand(bidding_strategy=path), shared


UNREADY = [
    pytest.param((brand(target=4.0),), id="campaign"),
    pytest.param(on_portfolio(), id="portfolio"),
]


@pytest.mark.parametrize("bidders", UNREADY)
def test_a_target_is_not_rescaled_for_values_nobody_bids_on_yet(bidders):
    """Google shows a new key event within a day; till then no goal can list it."""
    bidding = BiddingPolicy(strategy=VALUE_BIDDING, target_roas="rescale")
    bid = State(resources=(config(7, "Brand"), *bidders))
    imported = tuple(r for r in world() if r.type is ResourceType.CONVERSION_ACTION)

    _, waits = moves(bid, bidding=bidding)
    _, goes = moves(State(resources=(*imported, *bid)), bidding=bidding)

    assert waits == {}
    assert list(goes.values()) == [{TARGET: 4.8}]


def test_a_target_that_convbridge_rescaled_is_not_called_unscaled():
    key = f"{ROOT}/campaigns/7"
    ours = {key: Baseline(target_roas=4.0, changed_on=TODAY)}
    bid = campaigns(brand(target=4.8))

    told, _ = moves(bid, bidding=BiddingPolicy())
    known, _ = moves(bid, bidding=BiddingPolicy(), baselines=ours)

    assert [w for w in told.warnings if "target ROAS 4.8" in w]
    assert known.warnings == ()


def test_a_rescale_without_inflation_moves_nothing():
    bidding = BiddingPolicy(strategy=VALUE_BIDDING, target_roas="rescale")

    _, moved = moves(
        campaigns(brand(target=4.0)),
        bidding=bidding,
        valuation=valuation(troas_multiplier=1.0),
    )

    assert moved == {}


ASTRAY = [
    pytest.param(
        brand(strategy="MAXIMIZE_CONVERSIONS"),
        "goals: 'Brand' bids by MAXIMIZE_CONVERSIONS, which counts a micro conversion "
        "as much as a sale; set `bidding` too",
        id="counts-conversions",
    ),
    pytest.param(
        brand(strategy="TARGET_SPEND"),
        "goals: 'Brand' bids by TARGET_SPEND, which does not bid on conversions; the "
        "goal only changes its columns",
        id="bids-on-clicks",
    ),
    pytest.param(
        brand(target=4.0),
        "goals: 'Brand': target ROAS 4 was set without micro values; `target_roas: "
        "rescale` multiplies by 1.5",
        id="target-without-micro-values",
    ),
    pytest.param(brand(), None, id="no-target"),
]


@pytest.mark.parametrize(("given", "warning"), ASTRAY)
def test_a_campaign_that_micro_values_would_lead_astray_is_told(given, warning):
    silent = BiddingPolicy()

    found, _ = moves(campaigns(given), bidding=silent)
    asked, _ = moves(campaigns(given))

    assert found.warnings == ((warning,) if warning else ())
    assert asked.warnings == ()


def test_a_target_needs_no_rescale_without_inflation():
    found, _ = moves(
        campaigns(brand(target=4.0)),
        bidding=BiddingPolicy(),
        valuation=valuation(troas_multiplier=1.001),
    )

    assert found.warnings == ()


def test_the_target_of_a_portfolio_is_told_for_its_campaigns():
    actual = with_portfolio(members(), portfolio())

    found, _ = moves(actual, bidding=BiddingPolicy())

    assert [w.split("target ROAS")[1][:4] for w in found.warnings] == [" 3.5"] * 2


PORTFOLIO = f"{ROOT}/biddingStrategies/3"
TO_FOUR = BiddingPolicy(strategy=VALUE_BIDDING, target_roas=4.0)


def portfolio(kind="MAXIMIZE_CONVERSION_VALUE"):
    return resource(
        ResourceType.BIDDING_STRATEGY,
        "biddingStrategies/3",
        "All shops",
        info={"type": kind},
        **{TARGET: 3.5, OLD: None},
    )


def members(*extra):
    found = [campaign(n, f"Shop {n}", bidding_strategy=PORTFOLIO) for n in (7, 8)]
    return campaigns(*found, *extra)


def with_portfolio(state, *found):
    return State(resources=(*state.resources, *found))


def test_a_portfolio_whose_campaigns_are_all_named_is_changed_once():
    _, moved = moves(with_portfolio(members(), portfolio()), bidding=TO_FOUR)

    assert moved == {"All shops": {TARGET: 4.0}}


UNTOUCHED = [
    pytest.param(
        with_portfolio(members(), portfolio()),
        ("Shop 7",),
        "bidding: portfolio 'All shops' also holds Shop 8; name them in `goals` too, "
        "or it is left",
        id="other-campaigns-in-it",
    ),
    pytest.param(
        members(),
        ("*",),
        f"bidding: the portfolio {PORTFOLIO} cannot be read; its campaigns are left",
        id="of-another-account",
    ),
    pytest.param(
        with_portfolio(members(), portfolio("TARGET_SPEND")),
        ("*",),
        "bidding: portfolio 'All shops' is TARGET_SPEND, which is for good",
        id="of-another-type",
    ),
]


@pytest.mark.parametrize(("actual", "names", "warning"), UNTOUCHED)
def test_a_portfolio_that_is_not_ours_to_change_is_left(actual, names, warning):
    found, moved = moves(actual, names=names, bidding=TO_FOUR)

    assert moved == {}
    assert warning in found.warnings


def unwell(status, number=7, name="Brand"):
    found = campaign(number, name)
    facts = {"bidding_strategy_system_status": status, "status": "ENABLED"}
    return replace(found, info={**found.info, **facts})


SHOWN = [
    pytest.param(
        "LEARNING_CONVERSION_SETTING_CHANGE",
        "learning since its conversion settings changed; judge after two conversion "
        "cycles",
        id="learning",
    ),
    pytest.param(
        "LIMITED_BY_DATA",
        "limited by too few conversions in the last weeks: name more micro events, or "
        "more campaigns in one portfolio",
        id="limited",
    ),
    pytest.param(
        "MISCONFIGURED_CONVERSION_TYPES",
        "misconfigured: no conversion action is one it could bid on; look at its goals",
        id="misconfigured",
    ),
    pytest.param("UNKNOWN_99", "of a status that this version does not know", id="new"),
    pytest.param("ENABLED", None, id="well"),
    pytest.param("UNAVAILABLE", None, id="without-a-status"),
    pytest.param(None, None, id="unread"),
]


@pytest.mark.parametrize(("status", "words"), SHOWN)
def test_what_google_says_of_the_strategy_is_shown(status, words):
    found, _ = moves(campaigns(unwell(status)), bidding=BiddingPolicy())

    told = [note for note in found.notes if note.startswith("bidding: 'Brand': ")]
    assert told == ([f"bidding: 'Brand': {words} ({status})"] if words else [])


def test_campaigns_of_one_status_are_told_together_and_all_in_account_mode():
    paused = unwell("LIMITED_BY_BUDGET", 9, "Old")
    paused = replace(paused, info={**paused.info, "status": "PAUSED"})
    both = (unwell("LIMITED_BY_BUDGET"), unwell("LIMITED_BY_BUDGET", 8, "Generic"))

    found = plan(
        campaigns(*both, paused),
        goals=GoalPolicy(mode=GoalMode.ACCOUNT),
        bidding=BiddingPolicy(),
    )

    assert [note for note in found.notes if note.startswith("bidding: ")] == [
        (
            "bidding: 'Brand', 'Generic': limited by its budget: raise the budget or "
            "the target (LIMITED_BY_BUDGET)"
        )
    ]


def test_every_status_of_google_has_words():
    enum = BiddingStrategySystemStatusEnum.BiddingStrategySystemStatus

    assert set(STATUSES) == {s.name for s in enum} - {"UNSPECIFIED", "UNKNOWN"}
