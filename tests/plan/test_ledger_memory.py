from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from convbridge.model.changes import Action, Change, FieldChange, Outcome, OutcomeKind
from convbridge.model.journal import Entry, Verb
from convbridge.model.resources import ResourceType, State
from convbridge.plan import Baseline, read_back, remember, rollback
from plan_samples import (
    CUSTOMER,
    NOW,
    VALUE,
    action,
    campaign,
    config,
    custom_goal,
    key_event,
    resource,
)

ROOT = f"customers/{CUSTOMER}"
CART = f"{ROOT}/conversionActions/2"
GOAL = f"{ROOT}/customConversionGoals/5"
TARGET = "maximize_conversion_value.target_roas"


def entry(
    key,
    *,
    act=Action.UPDATE,
    kind=ResourceType.CONVERSION_ACTION,
    outcome=OutcomeKind.APPLIED,
    day=0,
    title="Cart",
    info=None,
    after=(),
    said=None,
    **fields,
):
    moved = tuple(
        FieldChange(name=n.replace("__", "."), before=b, after=a)
        for n, (b, a) in fields.items()
    )
    change = Change(
        action=act,
        type=kind,
        key=key,
        owner="properties/111" if kind is ResourceType.KEY_EVENT else CUSTOMER,
        name=title,
        fields=moved,
        reason="",
        after=after,
        info=info,
    )
    result = Outcome(change=change, kind=outcome, **(said or {})) if outcome else None
    return Entry(
        id=1,
        run="r1",
        client="acme",
        actor="ann",
        verb=Verb.APPLY,
        at=NOW + timedelta(days=day),
        change=change,
        outcome=result,
    )


V = VALUE.replace(".", "__")
CREATED = entry(
    "new:conversion_action/call",
    act=Action.CREATE,
    info={"event": "call"},
    said={"resource_name": f"{ROOT}/conversionActions/9"},
    name__x=(None, "a"),
)


def test_what_convbridge_made_or_imported_is_managed():
    imported = entry(CART, info={"event": "add_to_cart"}, status=("HIDDEN", "ENABLED"))
    goal = entry(GOAL, act=Action.CREATE, kind=ResourceType.CUSTOM_CONVERSION_GOAL)
    changed = entry(f"{ROOT}/conversionActions/1", primary_for_goal=(False, True))
    removed = entry(GOAL, act=Action.REMOVE)

    attached = entry(
        config(7, "").key,
        kind=ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG,
        custom_conversion_goal=(None, GOAL),
    )

    found = remember([CREATED, imported, goal, changed, removed, attached])

    assert found.managed == {
        config(7, "").key: "",
        f"{ROOT}/conversionActions/9": "call",
        CART: "add_to_cart",
    }


def found_goal(code):
    """An entry of a goal that was to be made and was there already."""
    return entry(
        "new:custom_conversion_goal/acme",
        act=Action.CREATE,
        kind=ResourceType.CUSTOM_CONVERSION_GOAL,
        title="convbridge: acme",
        said={"code": code, "resource_name": GOAL},
        name=(None, "convbridge: acme"),
    )


@pytest.mark.parametrize(
    ("code", "managed"),
    [
        pytest.param("DUPLICATE_CONVERSION_ACTION_LIST", set(), id="another-name"),
        pytest.param("CUSTOM_GOAL_DUPLICATE_NAME", {GOAL}, id="our-name"),
    ],
)
def test_a_goal_that_was_there_is_ours_by_its_name_alone(code, managed):
    memory = remember([found_goal(code)])

    assert set(memory.managed) == managed
    assert memory.applied == {}


def test_what_a_run_found_there_stays_when_it_is_undone():
    goal = custom_goal(5, "Somebody's", 1, 2)
    back = rollback(
        [found_goal("CUSTOM_GOAL_DUPLICATE_NAME")], State(resources=(goal,))
    )

    assert back.wishes == ()
    assert back.notes == ("convbridge: acme: was there before run r1; left as it is",)


def test_a_campaign_that_was_let_go_is_managed_no_more():
    kind = ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG
    key = config(7, "").key
    own = entry(key, kind=kind, goal_config_level=("CUSTOMER", "CAMPAIGN"))
    back = entry(key, kind=kind, goal_config_level=("CAMPAIGN", "CUSTOMER"))

    assert remember([own]).managed == {key: ""}
    assert remember([own, back]).managed == {}


def test_the_last_applied_value_counts_and_nothing_else():
    entries = [
        entry(CART, **{V: (None, Decimal(4))}),
        entry(CART, **{V: (Decimal(4), Decimal(5))}),
        entry(CART, outcome=OutcomeKind.REJECTED, **{V: (Decimal(5), Decimal(6))}),
        entry(CART, outcome=None, **{V: (Decimal(5), Decimal(7))}),
        entry(GOAL, act=Action.CREATE, name__x=(None, "g")),
        entry(GOAL, act=Action.REMOVE, name__x=("g", None)),
    ]

    assert remember(entries).applied == {(CART, VALUE): Decimal(5)}


BOTH = {V: (Decimal(1), Decimal(2)), "status": ("HIDDEN", "ENABLED")}
REFUSALS = [
    pytest.param(
        {"code": "UPDATE_NOT_SUPPORTED", "fields": (f"operations[0].update.{VALUE}",)},
        {(CART, VALUE)},
        id="named-by-google",
    ),
    pytest.param(
        {"code": "IMMUTABLE_FIELD", "fields": ("value_settings",)},
        {(CART, VALUE)},
        id="named-by-its-parent",
    ),
    pytest.param(
        {
            "code": "MUTATE_NOT_ALLOWED",
            "fields": (
                "mutate_operations[3].conversion_action_operation.update.value_settings",
            ),
        },
        {(CART, VALUE)},
        id="named-by-its-parent-in-a-mutate",
    ),
    pytest.param(
        {"code": "MUTATE_NOT_ALLOWED", "fields": ()},
        {(CART, VALUE)},
        id="not-named-so-all-but-the-import",
    ),
    pytest.param({"code": "DUPLICATE_NAME"}, set(), id="another-reason"),
]


@pytest.mark.parametrize(("said", "expected"), REFUSALS)
def test_refused_fields_are_remembered(said, expected):
    rejected = entry(CART, outcome=OutcomeKind.REJECTED, said=said, **BOTH)

    assert remember([rejected]).refused == expected


def test_how_an_action_counts_is_blamed_before_its_value():
    said = {"code": "UPDATE_NOT_SUPPORTED", "fields": ("operations[0]",)}
    counting = {"counting_type": ("MANY_PER_CLICK", "ONE_PER_CLICK")}
    rejected = entry(CART, outcome=OutcomeKind.REJECTED, said=said, **BOTH, **counting)

    assert remember([rejected]).refused == {(CART, "counting_type")}


def test_a_field_google_took_later_is_no_longer_refused():
    said = {"code": "UPDATE_NOT_SUPPORTED"}
    rejected = entry(CART, outcome=OutcomeKind.REJECTED, said=said, **BOTH)

    assert remember([rejected, entry(CART, **BOTH)]).refused == set()


def test_a_refused_creation_is_no_refused_field():
    said = {"code": "MUTATE_NOT_ALLOWED"}
    rejected = entry(
        "new:x", act=Action.CREATE, outcome=OutcomeKind.REJECTED, said=said, **BOTH
    )

    assert remember([rejected]).refused == set()


def test_the_target_before_the_first_change_is_the_baseline():
    key = f"{ROOT}/campaigns/7"
    field = TARGET.replace(".", "__")
    kind = ResourceType.CAMPAIGN
    first = entry(key, kind=kind, info={"baseline": 4.0}, **{field: (4.0, 4.8)})
    then = entry(key, kind=kind, day=14, info={"baseline": 4.8}, **{field: (4.8, 5.76)})
    unset = entry("k", kind=kind, info={"baseline": None}, **{field: (None, 0.0)})

    assert remember([first, then, unset]).baselines == {
        key: Baseline(target_roas=4.0, changed_on=date(2026, 12, 6))
    }


def unknown(key, **given):
    return entry(key, outcome=None, **given)


def cart(value, status="ENABLED"):
    return action(2, "add_to_cart", status=status, **{V: Decimal(value)})


NAMED = {"name": (None, "convbridge: acme")}
GOAL_TYPE = ResourceType.CUSTOM_CONVERSION_GOAL
RULE = resource(
    ResourceType.EVENT_CREATE_RULE,
    "dataStreams/5/eventCreateRules/1",
    owner="properties/111",
    destination_event="line",
)
READ = [
    pytest.param(
        unknown(CART, **{V: (Decimal(1), Decimal(5))}), cart(5), CART, id="update-made"
    ),
    pytest.param(
        unknown(CART, **{V: (Decimal(1), Decimal(5))}), cart(1), None, id="not-made"
    ),
    pytest.param(
        unknown("gone", **{V: (Decimal(1), Decimal(5))}), cart(5), None, id="gone"
    ),
    pytest.param(
        unknown("new:g", act=Action.CREATE, kind=GOAL_TYPE, **NAMED),
        custom_goal(5, "convbridge: acme"),
        GOAL,
        id="created",
    ),
    pytest.param(
        unknown("new:g", act=Action.CREATE, kind=GOAL_TYPE, **NAMED),
        custom_goal(5, "convbridge: acme", status="REMOVED"),
        None,
        id="created-and-removed",
    ),
    pytest.param(
        unknown("new:g", act=Action.CREATE, kind=GOAL_TYPE, **NAMED),
        custom_goal(5, "other"),
        None,
        id="not-created",
    ),
    pytest.param(
        unknown(
            "new:k",
            act=Action.CREATE,
            kind=ResourceType.KEY_EVENT,
            event_name=(None, "sign_up"),
        ),
        key_event("sign_up", 3),
        "properties/111/keyEvents/3",
        id="key-event-created",
    ),
    pytest.param(
        unknown(GOAL, act=Action.REMOVE, kind=GOAL_TYPE), cart(1), None, id="removed"
    ),
]


@pytest.mark.parametrize(("given", "now", "name"), READ)
def test_an_unknown_outcome_is_read_back(given, now, name):
    found = read_back(given, State(resources=(now,)))

    is_removal = given.change.action is Action.REMOVE
    made = name is not None or is_removal
    assert found.kind is (OutcomeKind.APPLIED if made else OutcomeKind.SKIPPED)
    assert found.resource_name == name or not made
    assert (found.error is None) is made


def test_a_goal_that_is_still_there_was_not_removed():
    given = unknown(GOAL, act=Action.REMOVE, kind=GOAL_TYPE)

    found = read_back(given, State(resources=(custom_goal(5, "g"),)))

    assert found.kind is OutcomeKind.SKIPPED
    assert found.error == "read back from Google: the change was not made"


def test_an_event_rule_is_looked_for_in_its_own_stream():
    given = {
        "act": Action.CREATE,
        "kind": ResourceType.EVENT_CREATE_RULE,
        "destination_event": (None, "line"),
    }
    here = unknown("new:r", info={"parent": "properties/111/dataStreams/5"}, **given)
    there = unknown("new:r", info={"parent": "properties/111/dataStreams/6"}, **given)
    actual = State(resources=(RULE,))

    owned = [in_property(e) for e in (here, there)]

    assert [read_back(e, actual).kind for e in owned] == [
        OutcomeKind.APPLIED,
        OutcomeKind.SKIPPED,
    ]


def in_property(found):
    change = replace(found.change, owner="properties/111")
    return replace(found, change=change)


def back(entries, *resources):
    found = rollback(entries, State(resources=resources))
    return found, {
        w.resource.key: "gone" if w.absent else dict(w.resource.fields) for w in found
    }


def test_fields_go_back_and_what_was_made_is_removed_after_all_let_go():
    entries = [
        entry(CART, **{V: (Decimal(1), Decimal(5))}),
        entry(
            "new:goal",
            act=Action.CREATE,
            kind=GOAL_TYPE,
            after=(CART,),
            said={"resource_name": GOAL},
        ),
        entry(
            config(7, "Brand").key,
            kind=ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG,
            after=("new:goal",),
            custom_conversion_goal=(None, GOAL),
            goal_config_level=("CUSTOMER", "CAMPAIGN"),
        ),
    ]

    found, fields = back(
        entries,
        cart(5),
        custom_goal(5, "g"),
        config(7, "Brand", level="CAMPAIGN", goal=GOAL),
    )

    assert fields == {
        config(7, "").key: {
            "custom_conversion_goal": None,
            "goal_config_level": "CUSTOMER",
        },
        GOAL: "gone",
        CART: {VALUE: Decimal(1)},
    }
    assert [w.after for w in found] == [(), (config(7, "").key,), (GOAL,)]
    assert {w.resource.info["grounds"] for w in found} == {"ledger"}


def test_what_somebody_changed_since_stays():
    entries = [
        entry(CART, status=("HIDDEN", "ENABLED"), **{V: (Decimal(1), Decimal(5))})
    ]

    found, fields = back(entries, cart(9))

    assert fields == {CART: {"status": "HIDDEN"}}
    assert found.warnings == (f"Cart: {VALUE} was changed since run r1; left as it is",)


def test_what_is_back_already_needs_nothing():
    found, fields = back([entry(CART, **{V: (Decimal(1), Decimal(5))})], cart(1))

    assert (fields, found.warnings) == ({}, ())


NOTHING = [
    pytest.param(
        entry(GOAL, act=Action.REMOVE, kind=GOAL_TYPE, title="g"),
        (),
        ("g: was removed by run r1; removing is for good",),
        id="removals-stay",
    ),
    pytest.param(CREATED, ("Cart: is no longer in the account",), (), id="gone"),
    pytest.param(
        entry(CART, outcome=OutcomeKind.REJECTED, status=("HIDDEN", "ENABLED")),
        (),
        (),
        id="never-made",
    ),
]


@pytest.mark.parametrize(("given", "notes", "warnings"), NOTHING)
def test_nothing_to_undo(given, notes, warnings):
    found, fields = back([given], cart(5), campaign(7, "Brand"))

    assert fields == {}
    assert (found.notes, found.warnings) == (notes, warnings)


def test_an_action_removed_since_stays_removed():
    found, fields = back(
        [entry(CART, **{V: (Decimal(1), Decimal(5))})], cart(5, status="REMOVED")
    )

    assert (fields, found.notes) == ({}, ("Cart: is no longer in the account",))


def test_an_entry_says_who_when_what_from_to_and_why():
    given = entry(CART, **{V: (Decimal(1), Decimal(5))})

    assert given.rows() == [
        {
            "run": "r1",
            "at": "2026-11-22T09:00:00+00:00",
            "actor": "ann",
            "verb": "apply",
            "client": "acme",
            "resource": "conversion_action",
            "action": "update",
            "name": "Cart",
            "field": VALUE,
            "before": "1",
            "after": "5",
            "reason": "",
            "outcome": "applied",
            "error": None,
            "request_id": None,
        }
    ]
    assert (
        entry(CART, outcome=None, status=("a", "b")).rows()[0]["outcome"] == "unknown"
    )
