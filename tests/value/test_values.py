from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from convbridge.errors import DataError
from convbridge.model.classes import EventClass
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import Evidence, Funnels, LagPoint
from convbridge.model.policy import Anchor, Scheme, ValuePolicy
from convbridge.model.quality import Effect, QualityFlag
from convbridge.model.rules import EventRule, RuleSet
from convbridge.value import explain
from value_samples import (
    USERS,
    WINDOW,
    counts,
    daily,
    funnel,
    funnels,
    later,
    sales,
    value,
)


def with_rules(template="ecommerce", **rules):
    return RuleSet(template=template, rules=rules)


def shown(valuation):
    return {e.event: (e.value, str(e.status)) for e in valuation}


def test_blend_without_campaigns_gives_each_unit_the_same_weight():
    valuation = value()

    assert shown(valuation) == {
        "scroll": (Decimal("0.01"), "weak"),
        "view_item": (Decimal("1.80"), "ok"),
        "add_to_cart": (Decimal("8.30"), "ok"),
        "begin_checkout": (Decimal("16.00"), "ok"),
        "purchase": (Decimal("50.00"), "revenue"),
    }
    assert valuation.revenue == Decimal("6000.0")
    assert valuation.troas_multiplier == valuation.inflation
    # 110, 100 and 96 buyers of 120 did the step: 1 + (110 + 100 + 96) / 120
    assert valuation.inflation == pytest.approx(3.56, abs=0.02)


def test_value_is_rate_times_worth_times_weight_times_scale():
    for event in value().events:
        if event.event_class is EventClass.MICRO:
            d = event.detail
            product = d["rate"] * d["primary_value"] * d["weight"] * d["scale"]
            assert d["estimate"] == pytest.approx(product)
            assert event.low <= event.high


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("anchor", list(Anchor))
def test_total_anchor_pushes_no_more_than_the_revenue(scheme, anchor):
    weights = {"add_to_cart": 0.3, "begin_checkout": 0.9}
    policy = ValuePolicy(scheme=scheme, anchor=anchor, weights=weights)

    valuation = value(policy=policy)

    if anchor is Anchor.TOTAL or scheme is Scheme.DEEPEST_STATE:
        assert valuation.inflation == pytest.approx(1.0)
    else:
        assert valuation.inflation > 1.0


def test_states_are_worth_more_the_further_they_are_and_count_once():
    rates = {"view_item": 110, "add_to_cart": 100, "begin_checkout": 30}
    policy = ValuePolicy(scheme=Scheme.DEEPEST_STATE)

    valuation = value(ways=funnels(rates), policy=policy)

    found = [valuation[e].detail["estimate"] for e in rates]
    assert found[0] < found[1]
    assert found[1] == pytest.approx(found[2])
    assert valuation.inflation == 1.0
    assert any("deliver" in w for w in valuation.warnings)


def test_scheme_of_weights_without_weights_says_so():
    valuation = value(policy=ValuePolicy(scheme=Scheme.WEIGHTS))

    assert valuation.inflation == 1.0
    assert valuation.warnings == ("the scheme is `weights` and no event has a weight",)


def test_weight_of_a_rule_goes_before_the_policy():
    rules = with_rules(add_to_cart=EventRule(event="add_to_cart", weight=0.5))
    policy = ValuePolicy(scheme=Scheme.WEIGHTS, weights={"add_to_cart": 0.1})

    assert value(rules=rules, policy=policy)["add_to_cart"].weight == 0.5


def test_event_off_the_path_earns_what_it_adds_to_the_base_rate():
    ways = funnels({"scroll": 80})

    scroll = value(ways=ways)["scroll"]

    assert scroll.status == "ok"
    # 80 of 4000 against 40 of the 6000 others
    assert scroll.rate == pytest.approx(0.02 - 0.00667, abs=2e-4)


def test_event_off_the_path_everybody_does_keeps_its_rate():
    ways = funnels({"scroll": 80}, total_users=4000)

    assert value(ways=ways)["scroll"].rate == pytest.approx(0.02, abs=1e-4)


@pytest.mark.parametrize(
    ("effect", "status"),
    [
        pytest.param(Effect.REFUSE, "refused", id="refuse"),
        pytest.param(Effect.FREEZE, "frozen", id="freeze"),
        pytest.param(Effect.IMMATURE, "immature", id="immature"),
        pytest.param(Effect.NOTE, "ok", id="note"),
    ],
)
@pytest.mark.parametrize("event", ["add_to_cart", None])
def test_flag_reaches_the_value(effect, status, event):
    flag = QualityFlag(code="x", effect=effect, reason="because", event=event)

    valuation = value(counts(flags=[flag]))

    assert valuation["add_to_cart"].status == status
    if status != "ok":
        assert valuation["add_to_cart"].value is None
        assert valuation["add_to_cart"].reason == "because"


def test_sampled_funnel_widens_the_interval():
    whole = funnels()
    part = tuple(replace(found, sampled=0.25) for found in whole)

    narrow = value(ways=whole)["add_to_cart"]
    wide = value(ways=replace(whole, funnels=part))["add_to_cart"]

    assert wide.detail["rate_high"] > narrow.detail["rate_high"]
    assert wide.detail["rate_low"] < narrow.detail["rate_low"]
    assert "25% of the sample counts" in wide.reason


def test_flag_that_widens_widens_the_interval():
    flag = QualityFlag(code="sampling", effect=Effect.WIDEN, reason="s", factor=0.25)

    narrow, wide = value()["add_to_cart"], value(counts(flags=[flag]))["add_to_cart"]

    assert wide.detail["rate_high"] > narrow.detail["rate_high"]
    assert wide.detail["rate_low"] < narrow.detail["rate_low"]
    assert "25% of the sample counts" in wide.reason
    assert "(25% of this sample counts)" in explain(
        value(counts(flags=[flag])), "add_to_cart"
    )


def test_frozen_event_keeps_the_published_value():
    before = value()
    flag = QualityFlag(code="x", effect=Effect.FREEZE, reason="tag stopped")

    after = value(counts(flags=[flag]), previous=before.published, on=later(2))

    assert shown(after)["add_to_cart"] == (Decimal("8.30"), "frozen")
    assert after.published["add_to_cart"] == before.published["add_to_cart"]
    assert after.inflation == pytest.approx(before.inflation, rel=0.05)


def test_same_data_a_week_later_keep_every_value():
    before = value()

    after = value(previous=before.published, on=later(1))

    assert {d.action for d in after.journal} == {"kept"}
    assert after["add_to_cart"].value == before["add_to_cart"].value
    assert after["add_to_cart"].status == "kept"


def test_few_conversions_publish_the_25th_percentile():
    found = value(ways=funnels({"add_to_cart": 3}))["add_to_cart"]

    assert found.status == "weak"
    assert found.detail["amount"] == found.detail["quarter"] < found.detail["estimate"]


def test_without_funnels_only_bounds_are_known():
    found = value(ways=False)["begin_checkout"]

    assert (found.evidence, str(found.status)) == (Evidence.BOUNDS, "weak")
    assert found.detail["bound_high"] == pytest.approx(120 / 300)


def test_bounds_of_the_source_are_used():
    ways = Funnels(
        funnels=(
            funnel("add_to_cart", 0, evidence=Evidence.BOUNDS, low_converted=60),
            funnel(
                "view_item",
                0,
                evidence=Evidence.BOUNDS,
                low_converted=30,
                high_converted=120,
            ),
        ),
        total_users=10000,
        primary_users=120,
    )

    valuation = value(ways=ways)

    assert valuation["view_item"].rate == pytest.approx(0.025)
    assert valuation["add_to_cart"].detail["bound_low"] == pytest.approx(0.1)
    assert valuation["add_to_cart"].detail["bound_high"] >= 0.1


LAG = tuple(
    LagPoint(event="add_to_cart", days=d, converted=c, users=600)
    for d, c in ((1, 40), (7, 80), (30, 100))
)


def short(days):
    return DateWindow(start=WINDOW.end - timedelta(days=days - 1), end=WINDOW.end)


@pytest.mark.parametrize(
    ("days", "lag", "status", "says"),
    [
        pytest.param(10, (), "immature", "too few to see", id="far-too-short"),
        pytest.param(40, LAG, "ok", "are seen; scaled up", id="lag-known"),
        pytest.param(40, (), "immature", "no time to convert", id="lag-unknown"),
        pytest.param(90, (), "ok", "lag is not known", id="long-window"),
    ],
)
def test_window_too_short_for_the_horizon(days, lag, status, says):
    row = funnel("add_to_cart", 90, mature=False, window=short(days))
    ways = Funnels(funnels=(row,), lag=lag, total_users=10000, primary_users=120)

    found = value(ways=ways)["add_to_cart"]

    assert str(found.status) == status
    assert says in found.reason


def test_lead_is_worth_value_times_close_rate_with_the_spread_of_thirty_leads():
    rules = with_rules(
        "lead_gen",
        generate_lead=EventRule(
            event="generate_lead",
            event_class=EventClass.PRIMARY,
            value=Decimal(400),
            close_rate=0.25,
        ),
    )
    users = {None: 5000, "form_start": 300, "generate_lead": 80}
    ways = funnels({}, extra=(funnel("form_start", 70, users=300),), primary_users=80)

    valuation = value(counts(users, revenue=[]), ways, rules=rules)

    lead = valuation["generate_lead"]
    assert (lead.value, str(lead.status)) == (Decimal("100.00"), "given")
    assert lead.low < Decimal(70) < Decimal(140) < lead.high
    assert valuation.revenue == Decimal("8000.0")
    assert valuation["form_start"].value == Decimal("23.00")


def test_leads_found_bad_lower_a_value_without_a_close_rate():
    rule = EventRule(
        event="generate_lead", event_class=EventClass.PRIMARY, value=Decimal(100)
    )
    users = {None: 5000, "generate_lead": 80, "disqualify_lead": 20}

    lead = value(
        counts(users, revenue=[]),
        False,
        rules=with_rules("lead_gen", generate_lead=rule),
    )["generate_lead"]

    assert lead.value == Decimal("75.00")


def test_anti_event_lowers_the_bounds_of_the_step_it_follows():
    users = USERS | {"remove_from_cart": 150}

    plain, lowered = value(ways=False), value(counts(users), False)

    assert lowered["add_to_cart"].rate == pytest.approx(
        0.75 * plain["add_to_cart"].rate
    )


def test_anti_event_is_reported_where_the_funnel_counts_it_already():
    found = value(counts(USERS | {"remove_from_cart": 150}))["add_to_cart"]

    assert found.rate == value()["add_to_cart"].rate
    assert "remove_from_cart followed 25% of them" in found.reason


def test_users_own_value_of_a_micro_event_stands():
    rules = with_rules(
        add_to_cart=EventRule(event="add_to_cart", value=Decimal("12.50")),
        view_item=EventRule(event="view_item", value=Decimal(8), close_rate=0.5),
    )

    valuation = value(rules=rules)

    assert shown(valuation)["add_to_cart"] == (Decimal("12.50"), "given")
    assert shown(valuation)["view_item"] == (Decimal("4.00"), "given")
    assert valuation["add_to_cart"].evidence is Evidence.CONFIG


def test_two_primaries_add_their_own_money():
    rules = with_rules(
        generate_lead=EventRule(
            event="generate_lead", event_class=EventClass.PRIMARY, value=Decimal(10)
        )
    )

    valuation = value(counts(USERS | {"generate_lead": 60}), rules=rules)

    assert valuation.revenue == Decimal("6600.0")
    assert shown(valuation)["generate_lead"] == (Decimal("10.00"), "given")


def test_primary_without_money_is_refused_and_the_other_is_valued():
    rules = with_rules(
        webinar=EventRule(event="webinar", event_class=EventClass.PRIMARY),
    )
    valuation = value(counts(USERS | {"webinar": 0}), rules=rules)

    assert valuation["purchase"].status == "revenue"


def test_campaigns_teach_the_weights_and_a_step_that_differs_gets_less():
    events, revenue = [], []
    for place in range(12):
        campaign = {"campaign_id": f"c{place}"}
        views = 900 if place % 3 else 2700
        events += daily("view_item", views, **campaign)
        events += daily("add_to_cart", 90, **campaign)
        events += daily("purchase", 30, **campaign)
        revenue += sales(30, **campaign)
    users = {None: 60000, "view_item": 18000, "add_to_cart": 1080, "purchase": 360}
    ways = Funnels(
        funnels=(
            funnel("view_item", 360, users=18000),
            funnel("add_to_cart", 360, users=1080),
        ),
        total_users=60000,
        primary_users=360,
    )

    valuation = value(counts(users, events=events, revenue=revenue), ways)

    view, cart = valuation["view_item"], valuation["add_to_cart"]
    assert view.weight < cart.weight
    assert "its rate differs by campaign" in view.reason
    assert cart.detail["i2"] == 0.0
    assert "over campaigns" in cart.detail["weights"]


def test_segments_of_a_funnel_are_pooled():
    rows = [
        funnel("add_to_cart", c, users=m, dimension="channel,device", segment=s)
        for s, m, c in (
            ("Paid Search,mobile", 200, 40),
            ("Paid Search,desktop", 100, 30),
            ("Display,mobile", 250, 10),
            ("Display,desktop", 50, 3),
        )
    ]
    rows += [funnel("add_to_cart", 9, users=50, dimension="country", segment="PL")]

    found = value(ways=funnels(extra=rows))["add_to_cart"].detail["segments"]

    assert list(found) == ["channel,device"]
    cells = found["channel,device"]
    assert cells["Display,mobile"]["rate"] < cells["Paid Search,mobile"]["rate"]
    assert all(c["low"] < c["rate"] < c["high"] for c in cells.values())


def test_plain_segments_shrink_towards_each_other():
    rows = [
        funnel("add_to_cart", c, users=m, dimension="device", segment=s)
        for s, m, c in (("mobile", 500, 80), ("tablet", 5, 0), ("tv", 5, 5))
    ]

    cells = value(ways=funnels(extra=rows))["add_to_cart"].detail["segments"]["device"]

    assert (
        0 < cells["tablet"]["rate"] < cells["mobile"]["rate"] < cells["tv"]["rate"] < 1
    )


@pytest.mark.parametrize(
    ("event", "hint"),
    [("add_to_crat", "did you mean add_to_cart?"), ("", "convbridge counts lists")],
)
def test_an_event_that_did_not_happen_has_no_explanation(event, hint):
    with pytest.raises(DataError, match=f"no event '{event}' in the window") as caught:
        explain(value(), event)

    assert caught.value.hint.startswith(hint)


def test_explanation_tells_the_numbers_that_were_used():
    assert explain(value(), "add_to_cart") == (
        "add_to_cart is worth 8.30 EUR per conversion. Of 600 users who did it, 100 "
        "did a primary within 30 days: a rate of 16.64% (14.28% to 19.29%). A user "
        "who converts brings 50.00 EUR; the event's weight is 0.2 (equal weights), "
        "and a factor of 5 keeps the primary at face value: 0.1664 x 50 x 0.2 x 5 = "
        "8.32. With 90 % certainty it is between 7.14 EUR and 9.64 EUR. It is "
        "published rounded to two significant digits. Another rate or another order "
        "value would change it."
    )


def test_explanation_of_a_value_that_moved_or_stayed():
    before = value(ways=funnels({"add_to_cart": 60, "view_item": 100}))
    after = value(
        ways=funnels({"add_to_cart": 200, "view_item": 100}),
        previous=before.published,
        on=later(12),
    )

    assert "It moved from 5.00 EUR: +24% after smoothing" in explain(
        after, "add_to_cart"
    )
    assert "The published value is kept: " in explain(after, "view_item")


def test_explanation_of_a_frozen_value_has_no_arithmetic():
    before = value()
    flag = QualityFlag(code="x", effect=Effect.FREEZE, reason="tag stopped")

    text = explain(
        value(counts(flags=[flag]), previous=before.published), "add_to_cart"
    )

    assert " x " not in text
    assert "The published value is frozen: tag stopped." in text


def test_explanation_tells_what_share_of_conversions_is_seen():
    row = funnel("add_to_cart", 90, mature=False, window=short(40))
    ways = Funnels(funnels=(row,), lag=LAG, total_users=10000, primary_users=120)

    assert "of what is to come" in explain(value(ways=ways), "add_to_cart")


def test_explanation_of_a_step_that_differs_by_campaign_names_the_spread():
    events = []
    for place in range(6):
        views = 300 if place % 2 else 900
        events += daily("view_item", views, campaign_id=f"c{place}")
        events += daily("purchase", 60, campaign_id=f"c{place}")
    users = {None: 60000, "view_item": 3600, "purchase": 360}
    ways = Funnels(funnels=(funnel("view_item", 300, users=3600),), primary_users=360)

    text = explain(value(counts(users, events=events), ways), "view_item")

    assert "Its rate differs between 6 campaigns (I2 " in text


def test_sampled_funnels_widen_what_is_added_to_the_base_rate():
    flag = QualityFlag(code="sampling", effect=Effect.WIDEN, reason="s", factor=0.1)
    ways = funnels({"scroll": 80})

    narrow, wide = value(ways=ways), value(counts(flags=[flag]), ways)

    assert wide["scroll"].detail["rate_high"] > narrow["scroll"].detail["rate_high"]


def test_only_what_google_ads_can_count_shares_the_credit():
    rules = with_rules(view_item=EventRule(event="view_item"))
    marked = counts(key_events=["add_to_cart", "purchase"])

    valuation = value(marked, rules=rules)

    assert shown(valuation) == {
        "scroll": (None, "not_valued"),
        "view_item": (Decimal("1.80"), "ok"),
        "add_to_cart": (Decimal("8.30"), "ok"),
        "begin_checkout": (None, "not_valued"),
        "purchase": (Decimal("50.00"), "revenue"),
    }
    assert "named under `events`" in valuation["begin_checkout"].reason
    # 110 and 100 buyers of 120 did the step: 1 + (110 + 100) / 120
    assert valuation.inflation == pytest.approx(2.75, abs=0.02)


def test_before_anything_is_marked_all_but_engagement_is_looked_at():
    valuation = value(counts(key_events=[]))

    assert [e.event for e in valuation if e.value is None] == ["scroll"]
    assert "engagement" in valuation["scroll"].reason


def test_reason_says_what_the_value_rests_on():
    assert value()["add_to_cart"].reason == (
        "100 of 600 users converted within 30 d, weight 0.2; first value"
    )


def test_a_rounded_value_stays_within_its_interval():
    many = {event: n * 10_000 for event, n in USERS.items()}
    ways = Funnels(
        funnels=tuple(
            funnel(e, c * 10_000, users=many[e])
            for e, c in {"view_item": 113, "add_to_cart": 104}.items()
        ),
        total_users=many[None],
        primary_users=many["purchase"],
    )

    half_a_cent = Decimal("0.005")
    for event in value(counts(many), ways):
        if event.value is not None and event.low is not None:
            assert event.low - half_a_cent <= event.value <= event.high + half_a_cent
