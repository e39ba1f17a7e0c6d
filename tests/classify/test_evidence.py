from __future__ import annotations

from datetime import date

import pytest

from convbridge.classify import classify
from convbridge.classify.evidence import lift
from convbridge.classify.taxonomy import fold, load_taxonomy
from convbridge.errors import ConfigError
from convbridge.model.classes import EventClass
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import FunnelCount, Funnels
from convbridge.model.rules import Condition, EventRule, Match, RuleSet

WINDOW = DateWindow(start=date(2026, 1, 1), end=date(2026, 3, 31))
MATURE = DateWindow(start=date(2026, 1, 1), end=date(2026, 2, 14))


def classified(funnels, event="quiz", users=200):
    found = EventCounts.build(
        property_id="1",
        window=WINDOW,
        time_zone="UTC",
        currency="EUR",
        events=[{"event": event, "count": 300}, {"event": "purchase", "count": 40}],
        users={None: 2000, event: users, "purchase": 40},
    )
    rules = RuleSet(template="ecommerce")
    return classify(found, client="shop", rules=rules, funnels=funnels)[event].evidence


def funnels(users=200, converted=20, *, window=WINDOW, **more):
    row = FunnelCount(
        event="quiz",
        primary="purchase",
        window=window,
        horizon_days=30,
        users=users,
        converted=converted,
    )
    return Funnels(funnels=(row,), **more)


def test_lift_compares_those_who_did_it_with_the_others():
    found = classified(funnels(total_users=2000, primary_users=40))

    assert found["rate"] == 0.1
    assert found["precedence"] == 0.5
    # 20 of 200 against 20 of 1800, half a success added on each side
    assert found["lift"] == pytest.approx((20.5 / 201) / (20.5 / 1801))
    assert found["lift_low"] < found["lift"] < found["lift_high"]


def test_mature_funnel_is_compared_with_its_part_of_the_window():
    half = classified(
        funnels(100, 10, window=MATURE, total_users=2000, primary_users=40)
    )

    assert half["precedence"] == 0.5
    assert half["lift"] == pytest.approx((10.5 / 101) / (10.5 / 901))


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        pytest.param(None, {"count", "users"}, id="no-funnels"),
        pytest.param(Funnels(funnels=()), {"count", "users"}, id="not-asked"),
        pytest.param(funnels(0, 0), {"count", "users"}, id="nobody"),
        pytest.param(
            funnels(), {"count", "users", "rate", "converted"}, id="no-baseline"
        ),
        pytest.param(
            funnels(total_users=200, primary_users=20),
            {"count", "users", "rate", "converted", "precedence"},
            id="everybody-did-it",
        ),
    ],
)
def test_evidence_holds_what_the_data_allow(ways, expected):
    assert set(classified(ways)) == expected


def test_lift_of_no_conversions_is_finite():
    found = lift(users=10, converted=0, other_users=10, other_converted=0)

    assert found["lift"] == 1.0
    assert found["lift_high"] > 5


def test_unknown_template_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="'shop' is not a template") as caught:
        load_taxonomy().template("shop")

    assert caught.value.hint == "templates are ecommerce, lead_gen, service"


def test_every_name_of_the_taxonomy_stands_for_one_act():
    taxonomy = load_taxonomy()

    named = [(name, act.name) for act in taxonomy.acts.values() for name in act.names]

    assert [(n, taxonomy.find(n).name) for n, _ in named] == named


def test_templates_name_known_acts_only():
    taxonomy = load_taxonomy()
    for template in taxonomy.templates.values():
        acts = {*template.path, *template.after, *sum(template.primary, ())}
        assert acts <= taxonomy.acts.keys()
    follows = {a.follows for a in taxonomy.acts.values() if a.follows}
    assert follows <= taxonomy.acts.keys()


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("addToCart", "add_to_cart"),
        ("ADD-TO-CART", "add_to_cart"),
        ("Płatność odrzucona", "platnosc_odrzucona"),
        ("HTMLForm sent", "html_form_sent"),
        ("หยิบใส่ตะกร้า", "หยิบใส่ตะกร้า"),
    ],
)
def test_names_are_compared_folded(event, expected):
    assert fold(event) == expected


@pytest.mark.parametrize(
    ("event", "act"),
    [
        ("btn_line_footer", "line_click"),
        ("scroll_75", "scroll"),
        ("contact_form_submit", "contact_form"),
        ("newsletter_form_submit", "form_submit"),
        ("view_404", "page_404"),
        ("czas_60s", "time_on_page"),
        ("coupon_code_expired", "wrong_coupon"),
        ("tap_call_header", "phone_click"),
        ("gtm_something", "automatic"),
        ("frobnicate", None),
    ],
)
def test_names_are_found_by_pattern(event, act):
    found = load_taxonomy().find(event)

    assert (found.name if found else None) == act


@pytest.mark.parametrize(
    ("condition", "rule"),
    [
        pytest.param(
            Condition(dimension="linkDomain", match=Match.EXACT, values=("M.ME",)),
            "taxonomy:messenger_click",
            id="domain",
        ),
        pytest.param(
            Condition(dimension="linkDomain", match=Match.EXACT, values=("x.org",)),
            "none",
            id="other-domain",
        ),
        pytest.param(
            Condition(
                dimension="linkDomain",
                match=Match.EXACT,
                values=("m.me",),
                negate=True,
            ),
            "none",
            id="not-the-domain",
        ),
        pytest.param(
            Condition(dimension="pagePath", match=Match.EXACT, values=("/x",)),
            "none",
            id="other-dimension",
        ),
    ],
)
def test_derived_event_is_classified_by_its_condition(condition, rule):
    found = EventCounts.build(
        property_id="1",
        window=WINDOW,
        time_zone="UTC",
        currency="EUR",
        events=[{"event": "mine", "count": 3}],
    )
    rules = {"mine": EventRule(event="mine", source_event="click", where=(condition,))}

    classes = classify(
        found, client="s", rules=RuleSet(template="service", rules=rules)
    )

    assert classes["mine"].rule == rule


def test_rule_of_the_user_gives_stage_group_and_category():
    found = EventCounts.build(
        property_id="1",
        window=WINDOW,
        time_zone="UTC",
        currency="EUR",
        events=[{"event": "quiz", "count": 3}],
    )
    rule = EventRule(
        event="quiz", event_class=EventClass.MICRO, stage=2, category="ENGAGEMENT"
    )

    event = classify(
        found, client="s", rules=RuleSet(template="service", rules={"quiz": rule})
    )["quiz"]

    assert (event.stage, event.category, event.rule) == (2, "ENGAGEMENT", "config:quiz")
