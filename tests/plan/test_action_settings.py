"""How a conversion action counts: changed where the configuration says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convbridge.model.policy import ActionPolicy, GoalMode, GoalPolicy
from convbridge.model.resources import ResourceType, State
from convbridge.model.rules import EventRule, RuleSet
from plan_samples import CART, PURCHASE, VALUE, action, key_event, plan, valued, world

NO_GOALS = GoalPolicy(mode=GoalMode.NONE)
ATTRIBUTION = "attribution_model_settings.attribution_model"
CLICKS = "click_through_lookback_window_days"
VIEWS = "view_through_lookback_window_days"
ALL = ActionPolicy(
    counting_type="ONE_PER_CLICK",
    click_through_lookback_window_days=60,
    view_through_lookback_window_days=7,
    attribution_model="GOOGLE_ADS_LAST_CLICK",
)
WANTED = {
    "counting_type": "ONE_PER_CLICK",
    CLICKS: 60,
    VIEWS: 7,
    ATTRIBUTION: "GOOGLE_ADS_LAST_CLICK",
}
AS_IT_IS = {
    "counting_type": "MANY_PER_CLICK",
    CLICKS: 30,
    VIEWS: 1,
    ATTRIBUTION: "GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN",
}


def tag(number=4, kind="WEBPAGE", **fields):
    """Return an enabled, valued action that no GA4 event feeds."""
    given = {
        "name": "Tag",
        "status": "ENABLED",
        "category": "ADD_TO_CART",
        **AS_IT_IS,
        **fields,
    }
    return replace(action(number, **given), info={"type": kind, "origin": "WEBSITE"})


def rules(settings=ALL, *, event="add_to_cart", **said):
    rule = EventRule(event=event, action="Tag", action_settings=settings, **said)
    return RuleSet(template="ecommerce", rules={event: rule})


def planned(actual, *events, **changes):
    found = plan(actual, *events, **{"goals": NO_GOALS, **changes})
    return found, {
        c.name: {f.name: f.after for f in c.fields if not f.name.startswith("value")}
        for c in found.changes
    }


@pytest.mark.parametrize("kind", ["WEBPAGE", "UPLOAD_CLICKS"])
def test_what_the_configuration_says_is_planned(kind):
    found, moved = planned(world(tag(kind=kind)), PURCHASE, CART, rules=rules())

    assert moved == {"Tag": WANTED}
    assert found.changes[0].reason == (
        "micro: 100 events in 90 d; config: counting_type, "
        "click_through_lookback_window_days, view_through_lookback_window_days, "
        "attribution_model"
    )


def test_what_it_does_not_say_is_left_alone():
    said = ActionPolicy(click_through_lookback_window_days=60)

    _, moved = planned(world(tag()), PURCHASE, CART, rules=rules(said))
    _, silent = planned(world(tag()), PURCHASE, CART, rules=rules(ActionPolicy()))

    assert (moved, silent) == ({"Tag": {CLICKS: 60}}, {"Tag": {}})


def test_the_clients_settings_hold_for_every_action():
    said = RuleSet(
        template="ecommerce",
        rules={"add_to_cart": EventRule(event="add_to_cart", action="Tag")},
        action_settings=ActionPolicy(counting_type="ONE_PER_CLICK"),
    )

    found, moved = planned(
        world(tag()), PURCHASE, CART, rules=said, delivery_actions={"call": None}
    )

    assert moved["Tag"] == {"counting_type": "ONE_PER_CLICK"}
    assert moved["convbridge: acme: call"]["counting_type"] == "ONE_PER_CLICK"
    assert found.warnings == (
        (
            "delivery: call: counting ONE_PER_CLICK, Google refuses conversions with "
            "gbraid or wbraid"
        ),
    )


def test_what_is_as_said_needs_no_change():
    found, _ = planned(world(tag(**WANTED, **{VALUE: CART.value})), CART, rules=rules())

    (change,) = found.changes
    assert [f.name for f in change.fields] == [
        "value_settings.always_use_default_value"
    ]
    assert change.reason == "micro: 100 events in 90 d"


def test_an_import_is_set_by_hand_at_a_named_place():
    cart = action(2, "add_to_cart", **AS_IT_IS)
    actual = State(resources=(*(r for r in world() if r.key != cart.key), cart))
    said = {"add_to_cart": EventRule(event="add_to_cart", action_settings=ALL)}

    found, moved = planned(
        actual, CART, rules=RuleSet(template="ecommerce", rules=said)
    )

    assert not moved["Acme (web) add_to_cart"].keys() & WANTED.keys()
    assert found.notes[0] == (
        "'Acme (web) add_to_cart': the config asks for counting_type MANY_PER_CLICK → "
        "ONE_PER_CLICK, click_through_lookback_window_days 30 → 60, "
        "view_through_lookback_window_days 1 → 7, attribution_model "
        "GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN → GOOGLE_ADS_LAST_CLICK, which Google "
        "does not let the API set on a GA4 import; set it in GA4: Admin > Data display "
        "> Key events > add_to_cart > Counting method; Google Ads: Goals > Conversions "
        "> Summary > Acme (web) add_to_cart > Edit settings; GA4: Admin > Data display "
        "> Attribution settings > Channels that can receive credit"
    )


def test_an_import_that_counts_as_said_needs_nobody():
    cart = action(2, "add_to_cart", **{**AS_IT_IS, **WANTED})
    actual = State(resources=(*(r for r in world() if r.key != cart.key), cart))
    said = {"add_to_cart": EventRule(event="add_to_cart", action_settings=ALL)}

    found, _ = planned(actual, CART, rules=RuleSet(template="ecommerce", rules=said))

    assert [note for note in found.notes if "the config asks" in note] == []


def test_other_read_only_types_are_set_in_google_ads():
    found, moved = planned(
        world(tag(kind="WEBPAGE_CODELESS")),
        PURCHASE,
        CART,
        rules=rules(ActionPolicy(counting_type="ONE_PER_CLICK")),
    )

    assert moved["Tag"] == {}
    assert found.notes[0] == (
        "'Tag': the config asks for counting_type MANY_PER_CLICK → ONE_PER_CLICK, "
        "which Google does not let the API set on this type of action; set it in "
        "Google Ads: Goals > Conversions > Summary > Tag > Edit settings"
    )


def test_a_setting_google_refused_is_not_tried_again():
    found, moved = planned(
        world(tag()),
        PURCHASE,
        CART,
        rules=rules(),
        refused={(tag().key, "counting_type"), (tag().key, CLICKS)},
    )

    assert moved["Tag"].keys() == {VIEWS, ATTRIBUTION}
    assert found.notes[0] == (
        f"'Tag': Google does not let the API set {CLICKS}, counting_type; set it in "
        "Google Ads: Goals > Conversions > Summary > Tag > Edit settings"
    )


def test_a_new_upload_action_is_made_with_its_settings():
    found, moved = planned(
        world(),
        PURCHASE,
        rules=rules(event="call"),
        delivery_actions={"call": None},
    )

    assert moved["convbridge: acme: call"] == {
        "name": "convbridge: acme: call",
        "type": "UPLOAD_CLICKS",
        "category": "DEFAULT",
        "status": "ENABLED",
        "primary_for_goal": False,
        **WANTED,
    }
    assert len(found.warnings) == 1


UPLOADED = [
    pytest.param(None, "convbridge: acme: call", "ledger", id="ours"),
    pytest.param("Sales", "Sales", "config", id="named"),
]


@pytest.mark.parametrize(("wanted", "name", "grounds"), UPLOADED)
def test_an_upload_action_that_is_there_gets_its_settings(wanted, name, grounds):
    found, moved = planned(
        world(tag(5, "UPLOAD_CLICKS", name=name)),
        PURCHASE,
        rules=rules(event="call"),
        delivery_actions={"call": wanted},
    )

    assert moved == {name: WANTED}
    assert found.changes[0].info["grounds"] == grounds
    assert found.changes[0].reason.startswith(
        "delivery: conversions of call are uploaded to it; config: counting_type"
    )


def test_two_events_delivered_to_one_action_agree_or_are_told():
    same = RuleSet(template="ecommerce", action_settings=ALL)
    other = replace(
        same,
        rules={
            "web": EventRule(
                event="web",
                action_settings=ActionPolicy(counting_type="MANY_PER_CLICK"),
            )
        },
    )
    to_one = {"call": "Sales", "web": "Sales"}

    agreed, _ = planned(
        world(tag(5, "UPLOAD_CLICKS", name="Sales")),
        PURCHASE,
        rules=same,
        delivery_actions=to_one,
    )
    told, _ = planned(
        world(tag(5, "UPLOAD_CLICKS", name="Sales")),
        PURCHASE,
        rules=other,
        delivery_actions=to_one,
    )

    assert [w for w in agreed.warnings if "already" in w] == []
    assert [w for w in told.warnings if "already" in w] == [
        "web: 'Sales' is used by call already; left out"
    ]


def test_a_category_in_the_configuration_replaces_the_one_somebody_chose():
    said = {"add_to_cart": EventRule(event="add_to_cart", category="ADD_TO_CART")}
    cart = action(2, "add_to_cart", status="ENABLED", category="CONTACT")
    actual = State(resources=(*(r for r in world() if r.key != cart.key), cart))

    _, moved = planned(actual, CART, rules=RuleSet(template="ecommerce", rules=said))

    assert moved["Acme (web) add_to_cart"]["category"] == "ADD_TO_CART"


def marked(event, method, *, refused=(), actual=None):
    said = {event: EventRule(event=event, counting_method=method)}
    found = plan(
        actual or world(),
        PURCHASE,
        CART,
        valued("sign_up", "2"),
        rules=RuleSet(template="ecommerce", rules=said),
        goals=NO_GOALS,
        refused=set(refused),
    )
    return {
        c.name: {f.name: f.after for f in c.fields}
        for c in found.changes
        if c.type is ResourceType.KEY_EVENT
    }


def test_a_key_event_counts_as_the_configuration_says():
    waiting = world(key_event("sign_up", 3))

    assert marked("add_to_cart", "ONCE_PER_SESSION") == {
        "add_to_cart": {"counting_method": "ONCE_PER_SESSION"}
    }
    assert marked("purchase", "ONCE_PER_SESSION") == {
        "purchase": {"counting_method": "ONCE_PER_SESSION"}
    }
    assert marked("sign_up", "ONCE_PER_EVENT") == {
        "sign_up": {"event_name": "sign_up", "counting_method": "ONCE_PER_EVENT"}
    }
    assert marked("sign_up", "ONCE_PER_SESSION", actual=waiting) == {
        "sign_up": {"counting_method": "ONCE_PER_SESSION"}
    }
    assert marked("add_to_cart", "ONCE_PER_EVENT") == {}
    assert marked("add_to_cart", None) == {}


def test_a_key_event_carries_value_and_counting_in_one_change():
    key = action(2, "add_to_cart").key

    assert marked("add_to_cart", "ONCE_PER_SESSION", refused={(key, VALUE)}) == {
        "add_to_cart": {
            "counting_method": "ONCE_PER_SESSION",
            "default_value.numeric_value": CART.value,
            "default_value.currency_code": "EUR",
        }
    }
