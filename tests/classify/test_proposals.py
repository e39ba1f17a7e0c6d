from __future__ import annotations

from datetime import date

import pytest
import yaml

from convbridge.classify import classify, lint, suggest
from convbridge.model.classes import EventClass
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import FunnelCount, Funnels
from convbridge.model.rules import EventRule, RuleSet

WINDOW = DateWindow(start=date(2026, 1, 1), end=date(2026, 3, 31))
RULES = RuleSet(template="ecommerce")


def shop(seen, *, rows=(), revenue=(), key_events=(), everybody=10000):
    events = [{"event": e, "count": n} for e, n in seen.items()]
    return EventCounts.build(
        property_id="1",
        window=WINDOW,
        time_zone="UTC",
        currency="EUR",
        events=[*events, *rows],
        users={None: everybody, **seen},
        revenue=revenue,
        key_events=key_events,
    )


def row(event, users, converted, primary="purchase"):
    return FunnelCount(
        event=event,
        primary=primary,
        window=WINDOW,
        horizon_days=30,
        users=users,
        converted=converted,
    )


def ways(*rows, everybody=10000):
    return Funnels(funnels=rows, total_users=everybody, primary_users=200)


def proposals(seen, *rows, **more):
    found, funnels = shop(seen, **more), ways(*rows)
    classes = classify(found, client="s", rules=RULES, funnels=funnels)
    return {s.event: s for s in suggest(found, classes, funnels)}


@pytest.mark.parametrize(
    ("users", "converted", "kind", "reason"),
    [
        pytest.param(
            500,
            80,
            "micro",
            "lift 13 (10 to 16), 40% of primaries came after it",
            id="lift",
        ),
        pytest.param(
            2000,
            4,
            "anti",
            "lift 0.092 (0.042 to 0.2), 2% of primaries came after it",
            id="harm",
        ),
        pytest.param(
            500,
            10,
            "noise",
            "lift 1 (0.62 to 1.8), 5% of primaries came after it: "
            "no better and no worse than others",
            id="nothing",
        ),
        pytest.param(
            20, 10, "noise", "only 20 users: nothing can be told yet", id="few"
        ),
        pytest.param(9000, 180, "noise", "90% of all users do it", id="everybody"),
    ],
)
def test_unknown_event_is_proposed_a_class(users, converted, kind, reason):
    found = proposals({"purchase": 200, "frob": users}, row("frob", users, converted))

    assert (str(found["frob"].event_class), found["frob"].reason) == (kind, reason)


def test_without_a_funnel_nothing_is_known():
    found = suggest(
        shop({"frob": 500}),
        classify(shop({"frob": 500}), client="s", rules=RULES),
        None,
    )

    assert [s.reason for s in found] == [
        "no funnel: whether it leads to the primary is unknown"
    ]


def test_lift_without_precedence_is_told_alone():
    funnels = Funnels(funnels=(row("frob", 500, 0),), total_users=9000, primary_users=0)
    found = shop({"frob": 500})
    classes = classify(found, client="s", rules=RULES, funnels=funnels)

    assert suggest(found, classes, funnels)[0].reason.startswith("lift 17 (0.63 to")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        pytest.param("begin_chekcout", "micro", id="micro"),
        pytest.param("purchasee", "noise", id="never-primary-by-a-guess"),
    ],
)
def test_name_with_a_slip_is_proposed_what_it_resembles(event, kind):
    found = proposals({event: 500, "purchase": 200}, row(event, 500, 10))

    assert str(found[event].event_class) == kind
    assert "the name is close to" in found[event].reason


def test_clicks_are_proposed_to_be_split_by_where_they_lead():
    found = proposals({"click": 90, "purchase": 9, "line_click": 3})

    assert list(found) == ["messenger_click", "whatsapp_click", "maps_click"]


def test_proposal_is_a_line_of_configuration():
    found = proposals(
        {"click": 90, "แบบทดสอบ": 500, "purchase": 200}, row("แบบทดสอบ", 500, 80)
    )

    lines = "\n".join(s.config for s in found.values())

    parsed = yaml.safe_load(lines)
    assert parsed["แบบทดสอบ"] == {"class": "micro"}
    assert parsed["messenger_click"] == {
        "class": "micro",
        "from": "click",
        "where": {"linkDomain": ["m.me", "messenger.com", "www.messenger.com"]},
    }
    assert found["แบบทดสอบ"].to_dict()["config"] == found["แบบทดสอบ"].config


def findings(seen, funnels=None, rules=RULES, **more):
    found = shop(seen, **more)
    classes = classify(found, client="s", rules=rules, funnels=funnels)
    return [(f.code, f.events) for f in lint(found, classes, funnels, rules=rules)]


SOLD = ({"date": WINDOW.end, "revenue": 100.0, "transactions": 2},)


@pytest.mark.parametrize(
    ("seen", "more", "expected"),
    [
        pytest.param(
            {"purchase": 9, "scroll": 900},
            {"revenue": SOLD, "key_events": ("scroll", "purchase")},
            [("engagement_key_event", ("scroll",))],
            id="engagement-as-key-event",
        ),
        pytest.param(
            {"purchase": 9, "generate_lead": 100, "form_submit": 98},
            {"revenue": SOLD},
            [("double_count", ("generate_lead", "form_submit"))],
            id="two-tags-on-one-act",
        ),
        pytest.param(
            {"purchase": 9, "generate_lead": 100, "form_submit": 50},
            {"revenue": SOLD},
            [],
            id="two-acts",
        ),
        pytest.param(
            {"purchase": 9, "dodaj_do_koszyka": 100, "add_to_cart": 99},
            {"revenue": SOLD},
            [("double_count", ("dodaj_do_koszyka", "add_to_cart"))],
            id="one-act-in-two-languages",
        ),
        pytest.param(
            {"purchase": 9},
            {},
            [("primary_without_value", ("purchase",))],
            id="no-value",
        ),
        pytest.param(
            {"purchase": 9, "Sign_Up": 90, "signUp": 20},
            {"revenue": SOLD},
            [("renamed", ("Sign_Up", "signUp"))],
            id="two-spellings",
        ),
    ],
)
def test_lint_finds_what_is_likely_wrong(seen, more, expected):
    assert findings(seen, **more) == expected


def test_events_without_an_act_are_never_the_same_act():
    rules = RuleSet(
        template="ecommerce",
        rules={
            e: EventRule(event=e, event_class=EventClass.MICRO)
            for e in ("frob", "grob")
        },
    )

    assert (
        findings({"purchase": 9, "frob": 5, "grob": 5}, rules=rules, revenue=SOLD) == []
    )


def test_primary_with_a_value_of_the_user_has_a_value():
    rule = EventRule(event="generate_lead", event_class=EventClass.PRIMARY, value=9)
    rules = RuleSet(template="lead_gen", rules={"generate_lead": rule})

    assert findings({"generate_lead": 4}, rules=rules) == []


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([row("share", 150, 0)], id="nobody-buys-after"),
        pytest.param([row("purchase", 200, 140, primary="share")], id="reverse-funnel"),
    ],
)
def test_micro_event_after_the_primary_is_found(rows):
    found = findings(
        {"purchase": 200, "share": 150}, ways(*rows, everybody=2000), revenue=SOLD
    )

    assert found == [("micro_after_primary", ("share",))]


def test_event_that_took_over_from_another_is_found():
    old = [{"date": WINDOW.start, "event": "add_to_cart", "count": 50}]
    new = [{"date": WINDOW.end, "event": "cart_add", "count": 20}]

    assert findings({"purchase": 9}, rows=[*old, *new], revenue=SOLD) == [
        ("renamed", ("add_to_cart", "cart_add"))
    ]
    old[0]["event"], new[0]["event"] = "cart_add", "add_to_cart"
    new[0]["count"] = 80
    assert findings({"purchase": 9}, rows=[*old, *new], revenue=SOLD) == [
        ("renamed", ("cart_add", "add_to_cart"))
    ]


def test_finding_says_what_to_do():
    found = shop({"purchase": 9})
    classes = classify(found, client="s", rules=RULES)

    assert [f.to_dict() for f in lint(found, classes, None, rules=RULES)] == [
        {
            "code": "primary_without_value",
            "events": ["purchase"],
            "message": "purchase is primary and has no value: GA4 reports no revenue "
            "for it",
            "hint": "purchase: {class: primary, value: 400, close_rate: 0.25}",
        }
    ]
