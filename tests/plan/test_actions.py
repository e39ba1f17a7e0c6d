from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from convbridge.errors import DataError
from convbridge.model.changes import Action
from convbridge.model.classes import EventClass
from convbridge.model.ids import CustomerId
from convbridge.model.policy import GoalMode, GoalPolicy
from convbridge.model.resources import ResourceType, State
from convbridge.model.rules import EventRule, RuleSet
from convbridge.model.values import ValueStatus
from plan_samples import (
    ALWAYS,
    CART,
    CURRENCY,
    PURCHASE,
    VALUE,
    account,
    action,
    plan,
    property_info,
    valuation,
    valued,
    wishes,
    world,
)

NO_GOALS = GoalPolicy(mode=GoalMode.NONE)
STAYS = "goals: none; micro conversions stay secondary"


def moved(actual, *events, **changes):
    """Return {name: {field: after}} of the plan's changes, without goals."""
    found = plan(actual, *events, **{"goals": NO_GOALS, **changes})
    return {c.name: {f.name: f.after for f in c.fields} for c in found.changes}


def replaced(*resources):
    keys = {r.key for r in resources}
    kept = tuple(r for r in world() if r.key not in keys)
    return State(resources=(*kept, *resources))


def test_a_hidden_micro_action_is_imported_secondary_and_valued_in_one_change():
    actual = replaced(action(2, "add_to_cart", primary_for_goal=True))

    found = plan(actual, goals=NO_GOALS)

    (change,) = found.changes
    assert {f.name: f.after for f in change.fields} == {
        "status": "ENABLED",
        "primary_for_goal": False,
        "category": "ADD_TO_CART",
        VALUE: Decimal("5.25"),
        ALWAYS: True,
    }
    assert change.reason == "micro: 100 events in 90 d"
    assert change.info["event"] == "add_to_cart"
    assert found.kept == 1


def test_an_enabled_micro_action_keeps_the_category_somebody_chose():
    actual = replaced(action(2, "add_to_cart", status="ENABLED", category="CONTACT"))

    assert moved(actual) == {
        "Acme (web) add_to_cart": {VALUE: Decimal("5.25"), ALWAYS: True}
    }


def test_an_import_of_ours_gets_the_category_of_its_event():
    cart = action(2, "add_to_cart", status="ENABLED", category="CONTACT")

    found = moved(replaced(cart), managed={cart.key: "add_to_cart"})

    assert found["Acme (web) add_to_cart"]["category"] == "ADD_TO_CART"


def test_an_event_without_category_leaves_the_category():
    cart = replace(CART, category=None)

    assert "category" not in moved(world(), PURCHASE, cart)["Acme (web) add_to_cart"]


def test_a_primary_micro_action_is_made_secondary_with_a_warning():
    actual = replaced(action(2, "add_to_cart", status="ENABLED", primary_for_goal=True))

    found = plan(actual, goals=NO_GOALS)

    assert moved(actual)["Acme (web) add_to_cart"]["primary_for_goal"] is False
    (warning,) = found.warnings
    assert warning == (
        "'Acme (web) add_to_cart' is primary in Google Ads and a micro event by its "
        "class: it leaves account-wide bidding; say `class: primary` to keep it there"
    )


def test_actions_are_joined_on_property_and_event_and_not_on_names():
    other = action(9, "add_to_cart", name="Acme (web) add_to_cart")
    stranger = replace(
        other, info={**other.info, "google_analytics_4_settings.property_id": "222"}
    )
    renamed = action(2, "add_to_cart", name="Korb")

    assert list(moved(replaced(stranger, renamed))) == ["Korb"]


def test_a_removed_action_is_not_there():
    actual = replaced(action(2, "add_to_cart", status="REMOVED"))

    found = plan(actual, goals=NO_GOALS)

    assert found.is_empty
    assert found.notes[0].startswith("add_to_cart: is a key event in GA4; Google shows")


NO_VALUE = [
    pytest.param(ValueStatus.IMMATURE, id="immature"),
    pytest.param(ValueStatus.REFUSED, id="refused"),
    pytest.param(ValueStatus.NOT_VALUED, id="not-valued"),
]


@pytest.mark.parametrize("status", NO_VALUE)
def test_an_event_without_a_value_to_publish_is_left_alone(status):
    young = replace(CART, status=status, reason="3 days only")

    found = plan(world(), PURCHASE, young, goals=NO_GOALS)

    assert found.is_empty
    assert found.notes == ("add_to_cart: no value is published: 3 days only", STAYS)


@pytest.mark.parametrize(
    "event_class", [EventClass.ANTI, EventClass.NOISE, EventClass.UNCLASSIFIED]
)
def test_other_classes_ask_for_nothing(event_class):
    other = replace(CART, event_class=event_class)

    assert plan(world(), PURCHASE, other, goals=NO_GOALS).is_empty


def test_a_revenue_primary_keeps_the_value_of_each_conversion():
    wrong = action(
        1,
        "purchase",
        status="ENABLED",
        category="PURCHASE",
        primary_for_goal=False,
        **{ALWAYS.replace(".", "__"): True},
    )

    assert moved(replaced(wrong), PURCHASE) == {
        "Acme (web) purchase": {"primary_for_goal": True, ALWAYS: False}
    }


def test_a_lead_primary_gets_the_value_that_was_given():
    lead = valued(
        "generate_lead",
        "100",
        event_class=EventClass.PRIMARY,
        status=ValueStatus.GIVEN,
        category="SUBMIT_LEAD_FORM",
    )
    actual = replaced(action(3, "generate_lead"))

    assert moved(actual, lead) == {
        "Acme (web) generate_lead": {
            "status": "ENABLED",
            "primary_for_goal": True,
            "category": "SUBMIT_LEAD_FORM",
            VALUE: Decimal("100.00"),
            ALWAYS: True,
        }
    }


def test_a_primary_without_value_is_only_made_primary():
    lead = valued(
        "generate_lead", event_class=EventClass.PRIMARY, status=ValueStatus.REFUSED
    )
    actual = replaced(action(3, "generate_lead"))

    assert moved(actual, lead) == {
        "Acme (web) generate_lead": {"status": "ENABLED", "primary_for_goal": True}
    }


def test_a_second_primary_of_the_category_is_not_imported():
    tag = action(
        4, name="Tag", status="ENABLED", category="PURCHASE", primary_for_goal=True
    )
    actual = replaced(action(1, "purchase"), tag)

    found = plan(actual, PURCHASE, goals=NO_GOALS)

    assert found.is_empty
    (warning,) = found.warnings
    assert warning == (
        "purchase: 'Tag' is primary already; the GA4 import 'Acme (web) purchase' "
        "stays hidden, or each one would be counted twice"
    )


def test_a_primary_that_a_tag_counts_needs_no_key_event():
    tag = action(
        4, name="Tag", status="ENABLED", category="PURCHASE", primary_for_goal=True
    )

    found = plan(State(resources=(tag,)), PURCHASE, goals=NO_GOALS)

    assert found.is_empty
    assert found.warnings == ("purchase: counted by 'Tag', which GA4 does not feed",)


@pytest.mark.parametrize("named", ["4", "Tag"])
def test_the_action_named_in_the_config_carries_the_event(named):
    tag = action(4, name="Tag", status="ENABLED", category="ADD_TO_CART")
    rules = RuleSet(
        template="ecommerce",
        rules={"add_to_cart": EventRule(event="add_to_cart", action=named)},
    )

    found = plan(replaced(tag), rules=rules, goals=NO_GOALS)

    (change,) = found.changes
    assert (change.name, change.info["grounds"]) == ("Tag", "config")
    assert {f.name for f in change.fields} == {VALUE, ALWAYS}


def test_two_events_on_one_action_are_told():
    rules = RuleSet(
        template="ecommerce",
        rules={"view_cart": EventRule(event="view_cart", action="2")},
    )

    found = plan(
        world(), PURCHASE, CART, valued("view_cart", "1"), rules=rules, goals=NO_GOALS
    )

    assert len(found.changes) == 1
    assert found.changes[0].info["event"] == "add_to_cart"
    assert found.warnings == (
        "view_cart: 'Acme (web) add_to_cart' is used by add_to_cart already; left out",
    )


def test_a_missing_upload_action_is_made_secondary():
    sale = valued("crm_sale", event_class=EventClass.PRIMARY, category="CONVERTED_LEAD")
    sale = replace(sale, event_class=EventClass.NOISE)

    found = plan(
        world(), PURCHASE, sale, delivery_actions={"crm_sale": None}, goals=NO_GOALS
    )

    (change,) = found.changes
    assert (change.action, change.key) == (
        Action.CREATE,
        "new:conversion_action/crm_sale",
    )
    assert {f.name: f.after for f in change.fields} == {
        "name": "convbridge: acme: crm_sale",
        "type": "UPLOAD_CLICKS",
        "category": "CONVERTED_LEAD",
        "status": "ENABLED",
        "primary_for_goal": False,
        "counting_type": "MANY_PER_CLICK",
        CURRENCY: "EUR",
        ALWAYS: False,
    }


def test_an_upload_action_of_an_unknown_event_has_the_default_category():
    found = moved(world(), PURCHASE, delivery_actions={"call": None})

    assert found["convbridge: acme: call"]["category"] == "DEFAULT"


def upload(number, **fields):
    found = action(number, **{"status": "ENABLED", **fields})
    return replace(found, info={"type": "UPLOAD_CLICKS"})


UPLOADS = [
    pytest.param(upload(5, name="convbridge: acme: call"), {}, id="by-name"),
    pytest.param(upload(5, name="Renamed"), {upload(5).key: "call"}, id="by-ledger"),
]


@pytest.mark.parametrize(("known", "managed"), UPLOADS)
def test_an_upload_action_that_is_there_is_used_again(known, managed):
    found = plan(
        replaced(known),
        PURCHASE,
        delivery_actions={"call": None},
        managed=managed,
        goals=NO_GOALS,
    )

    assert found.is_empty
    assert found.kept == 2


def test_an_import_of_the_event_is_no_upload_action():
    cart = action(2, "add_to_cart")

    found = moved(
        world(),
        PURCHASE,
        delivery_actions={"add_to_cart": None},
        managed={cart.key: "add_to_cart"},
    )

    assert list(found) == ["convbridge: acme: add_to_cart"]


def test_an_upload_action_named_in_the_config_is_left_or_missed():
    known = plan(
        replaced(upload(5)), PURCHASE, delivery_actions={"call": "5"}, goals=NO_GOALS
    )
    missing = plan(world(), PURCHASE, delivery_actions={"call": "5012"}, goals=NO_GOALS)

    assert (known.is_empty, known.warnings) == (True, ())
    assert missing.warnings == (
        "delivery: account 123-456-7890 has no conversion action '5012'",
    )


def test_refused_values_go_to_the_key_event_in_ga4():
    cart = action(2, "add_to_cart", status="ENABLED", category="ADD_TO_CART")
    refused = {(cart.key, name) for name in (VALUE, CURRENCY, ALWAYS)}

    found = plan(replaced(cart), refused=refused, goals=NO_GOALS)

    (change,) = found.changes
    assert (change.type, change.name) == (ResourceType.KEY_EVENT, "add_to_cart")
    assert {f.name: f.after for f in change.fields} == {
        "default_value.numeric_value": Decimal("5.25"),
        "default_value.currency_code": "EUR",
    }
    assert found.notes[0] == (
        "'Acme (web) add_to_cart': Google does not let the API set its value; GA4's "
        "key event carries it"
    )


def test_a_refused_value_without_key_event_is_said():
    cart = action(2, "add_to_cart", status="ENABLED", category="ADD_TO_CART")
    actual = State(resources=(cart,))

    found = plan(actual, CART, refused={(cart.key, VALUE)}, goals=NO_GOALS)

    assert found.notes[:2] == (
        (
            "'Acme (web) add_to_cart': Google does not let the API set default_value; "
            "set it in GA4: Admin > Data display > Key events > add_to_cart > Set "
            "default key event value"
        ),
        "add_to_cart: no key event can carry the value",
    )


def test_a_refused_category_is_only_said():
    cart = action(2, "add_to_cart")

    found = plan(world(), refused={(cart.key, "category")}, goals=NO_GOALS)

    assert [c.type for c in found.changes] == [ResourceType.CONVERSION_ACTION]
    assert found.notes[0] == (
        "'Acme (web) add_to_cart': Google does not let the API set category; set it in "
        "Google Ads: Goals > Conversions > Summary > Acme (web) add_to_cart > Edit "
        "settings"
    )


INSANE = [
    pytest.param("-1", id="negative"),
    pytest.param("NaN", id="not-a-number"),
    pytest.param("Infinity", id="infinite"),
    pytest.param("1000000001", id="absurd"),
]


@pytest.mark.parametrize("value", INSANE)
def test_values_nobody_can_mean_are_refused(value):
    with pytest.raises(DataError, match=f"cannot be published: add_to_cart: {value}"):
        wishes(world(), PURCHASE, valued("add_to_cart", value))


def test_an_insane_value_that_is_not_published_does_no_harm():
    refused = valued("add_to_cart", "-1", status=ValueStatus.REFUSED)

    assert plan(world(), PURCHASE, refused, goals=NO_GOALS).is_empty


CURRENCIES = [
    pytest.param({"account": account(currency="USD")}, id="google-ads"),
    pytest.param({"property_info": property_info(currency="USD")}, id="ga4"),
    pytest.param({"valuation": valuation(currency="USD")}, id="values"),
]


@pytest.mark.parametrize("changes", CURRENCIES)
def test_two_currencies_are_refused(changes):
    with pytest.raises(DataError, match="the currencies differ: GA4 property 111 in"):
        wishes(world(), **changes)


def test_a_link_to_the_manager_is_a_link():
    manager = CustomerId("9999999999")
    who = account(conversion_customer=manager)
    linked = property_info(google_ads_links=(manager,))

    found = plan(world(), account=who, property_info=linked, goals=NO_GOALS)

    assert found.limits == ()
    assert found.notes[0] == (
        "conversion actions and custom goals belong to 999-999-9999; a change there "
        "holds for every client that shares them"
    )


def test_an_import_named_for_deliveries_is_told():
    found = plan(world(), PURCHASE, delivery_actions={"sale": "1"}, goals=NO_GOALS)

    assert found.is_empty
    assert found.warnings == (
        (
            "delivery: 'Acme (web) purchase' takes no uploads, it is of the type "
            "GOOGLE_ANALYTICS_4_CUSTOM; name another action for sale"
        ),
    )


def test_an_action_of_the_name_that_takes_no_uploads_is_told():
    other = action(5, name="convbridge: acme: call", status="ENABLED")

    found = plan(
        replaced(other), PURCHASE, delivery_actions={"call": None}, goals=NO_GOALS
    )

    assert found.is_empty
    assert found.warnings == (
        (
            "delivery: 'convbridge: acme: call' takes no uploads, it is of the type "
            "WEBPAGE; rename it, or name an action for call"
        ),
    )


GONE = [
    pytest.param(State(), id="not-read-any-more"),
    pytest.param(
        State(resources=(action(2, "add_to_cart", status="REMOVED"),)), id="removed"
    ),
]


def test_a_primary_import_that_somebody_removed_is_not_waited_for():
    lost = action(1, "purchase", status="REMOVED")
    left = State(resources=tuple(r for r in world() if r.key != lost.key))

    found = plan(left, PURCHASE, removed=[lost], goals=NO_GOALS)

    assert found.notes == ("goals: none; micro conversions stay secondary",)
    assert found.warnings == (
        (
            "purchase: its conversion action 1 is gone from Google Ads, where "
            "removing is for good; import the key event anew under Goals > Conversions "
            "> Summary > New conversion action"
        ),
    )


@pytest.mark.parametrize("left", GONE)
def test_an_imported_action_that_somebody_removed_is_told(left):
    lost = action(2, "add_to_cart")
    kept = tuple(r for r in world() if r.key != lost.key)

    found = plan(
        State(resources=(*kept, *left)),
        PURCHASE,
        CART,
        managed={lost.key: "add_to_cart"},
        goals=NO_GOALS,
    )

    assert found.is_empty
    assert found.warnings == (
        (
            "add_to_cart: its conversion action 2 is gone from Google Ads, where "
            "removing is for good; import the key event anew under Goals > Conversions "
            "> Summary > New conversion action"
        ),
    )
