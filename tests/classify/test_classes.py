from __future__ import annotations

from datetime import date

import pytest

from convbridge.classify import classify
from convbridge.model.classes import EventClass
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.rules import Condition, EventRule, Match, RuleSet

WINDOW = DateWindow(start=date(2026, 1, 1), end=date(2026, 3, 31))


def counts_of(seen: dict[str, int]) -> EventCounts:
    return EventCounts.build(
        property_id="1",
        window=WINDOW,
        time_zone="UTC",
        currency="EUR",
        events=[{"event": e, "count": n} for e, n in seen.items()],
    )


def classes_of(seen, template="ecommerce", **rules):
    found = classify(
        counts_of(dict.fromkeys(seen, 10)),
        client="shop",
        rules=RuleSet(template=template, rules=rules),
    )
    return {e.event: str(e.event_class) for e in found}


@pytest.mark.parametrize(
    ("template", "seen", "expected"),
    [
        pytest.param(
            "ecommerce",
            ["purchase", "order_confirmation", "add_to_cart", "scroll", "page_view"],
            {
                "purchase": "primary",
                "order_confirmation": "noise",
                "add_to_cart": "micro",
                "scroll": "micro",
                "page_view": "noise",
            },
            id="one-primary-per-money",
        ),
        pytest.param(
            "ecommerce",
            ["Zakup", "Dodaj do koszyka", "Płatność odrzucona", "generate_lead"],
            {
                "Zakup": "primary",
                "Dodaj do koszyka": "micro",
                "Płatność odrzucona": "anti",
                "generate_lead": "micro",
            },
            id="polish",
        ),
        pytest.param(
            "ecommerce",
            ["สั่งซื้อสำเร็จ", "หยิบใส่ตะกร้า", "แอดไลน์"],
            {"สั่งซื้อสำเร็จ": "primary", "หยิบใส่ตะกร้า": "micro", "แอดไลน์": "micro"},
            id="thai",
        ),
        pytest.param(
            "lead_gen",
            ["generate_lead", "form_submit", "qualify_lead", "phone_click", "xyz"],
            {
                "generate_lead": "primary",
                "form_submit": "noise",
                "qualify_lead": "noise",
                "phone_click": "micro",
                "xyz": "unclassified",
            },
            id="lead-gen",
        ),
        pytest.param(
            "service",
            ["umow_wizyte", "generate_lead", "route"],
            {"umow_wizyte": "primary", "generate_lead": "noise", "route": "micro"},
            id="service",
        ),
    ],
)
def test_template_gives_the_classes(template, seen, expected):
    assert classes_of(seen, template) == expected


def test_rule_of_the_user_wins_over_the_taxonomy():
    rule = EventRule(event="scroll", event_class=EventClass.ANTI)

    assert classes_of(["scroll", "purchase"], scroll=rule) == {
        "scroll": "anti",
        "purchase": "primary",
    }


def test_primary_named_by_the_user_makes_a_lead_a_step_before_it():
    rule = EventRule(event="crm_sale", event_class=EventClass.PRIMARY)

    assert classes_of(["generate_lead", "crm_sale"], "lead_gen", crm_sale=rule) == {
        "generate_lead": "micro",
        "crm_sale": "primary",
    }


def test_primary_named_by_the_user_goes_before_the_template_order():
    rule = EventRule(event="form_submit", event_class=EventClass.PRIMARY)

    assert classes_of(
        ["generate_lead", "form_submit"], "lead_gen", form_submit=rule
    ) == {"generate_lead": "noise", "form_submit": "primary"}


def test_derived_event_is_known_by_where_its_link_leads():
    rule = EventRule(
        event="oa",
        source_event="click",
        where=(
            Condition(dimension="linkDomain", match=Match.IN_LIST, values=("lin.ee",)),
        ),
    )

    found = classify(
        counts_of({"purchase": 3, "oa": 5}),
        client="shop",
        rules=RuleSet(template="lead_gen", rules={"oa": rule}),
    )

    assert (found["oa"].rule, found["oa"].event_class, found["oa"].stage) == (
        "taxonomy:line_click",
        EventClass.MICRO,
        9,
    )


def test_rule_that_never_matches_is_reported_with_the_nearest_event():
    rules = {
        "add_to_crat": EventRule(event="add_to_crat", event_class=EventClass.MICRO),
        "line": EventRule(event="line", source_event="click"),
    }

    found = classify(
        counts_of({"purchase": 3, "add_to_cart": 5, "click": 1}),
        client="shop",
        rules=RuleSet(template="ecommerce", rules=rules),
    )

    assert found.warnings == (
        (
            "the rule for 'add_to_crat' matches no event in the window; "
            "did you mean 'add_to_cart'?"
        ),
        "the rule for 'line' matches no event in the window",
    )
