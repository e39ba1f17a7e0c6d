"""Key events, event create rules and audiences: read, made, changed, removed."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from convbridge.errors import AuthError, QuotaError
from convbridge.model.changes import Action, Change, FieldChange, OutcomeKind
from convbridge.model.resources import ResourceType
from ga4.conftest import COFFEE

OWNER = f"properties/{COFFEE}"


def change(action, key, name, *, type_=ResourceType.KEY_EVENT, info=None, **fields):
    return Change(
        action=action,
        type=type_,
        key=key,
        owner=OWNER,
        name=name,
        fields=tuple(
            FieldChange(name=f.replace("__", "."), before=None, after=v)
            for f, v in fields.items()
        ),
        reason="test",
        info=info,
    )


def mark(name="sign_up", **fields):
    return change(
        Action.CREATE,
        f"new:key_event/{name}",
        name,
        event_name=name,
        counting_method="ONCE_PER_SESSION",
        **fields,
    )


def kinds(outcomes):
    return [outcome.kind for outcome in outcomes]


def only(state, type_):
    (found,) = state.of(type_)
    return found


def test_key_events_are_read_with_and_without_a_default_value(desk):
    target = desk.target()
    target.apply(
        [
            mark(
                default_value__numeric_value=Decimal("12.5"),
                default_value__currency_code="THB",
            )
        ],
        names={},
    )

    found = {r.name: dict(r.fields) for r in target.fetch_state()}

    assert found == {
        "purchase": {
            "event_name": "purchase",
            "counting_method": "ONCE_PER_EVENT",
            "default_value.numeric_value": None,
            "default_value.currency_code": None,
        },
        "sign_up": {
            "event_name": "sign_up",
            "counting_method": "ONCE_PER_SESSION",
            "default_value.numeric_value": Decimal("12.5"),
            "default_value.currency_code": "THB",
        },
    }


def test_a_made_key_event_has_googles_name(desk):
    (outcome,) = desk.target().apply([mark()], names={})

    assert outcome.kind is OutcomeKind.APPLIED
    assert outcome.resource_name.startswith(f"{OWNER}/keyEvents/")


def test_half_a_default_value_keeps_the_other_half(desk):
    target = desk.target()
    (made,) = target.apply(
        [
            mark(
                default_value__numeric_value=Decimal(10),
                default_value__currency_code="THB",
            )
        ],
        names={},
    )

    target.apply(
        [
            change(
                Action.UPDATE,
                made.resource_name,
                "sign_up",
                default_value__numeric_value=Decimal(0),
            )
        ],
        names={},
    )

    found = target.fetch_state().get(made.resource_name)
    assert (
        found.fields["default_value.numeric_value"],
        found.fields["default_value.currency_code"],
    ) == (Decimal("0.0"), "THB")


def test_the_counting_method_is_changed_alone(desk):
    target = desk.target()
    (made,) = target.apply([mark()], names={})

    target.apply(
        [
            change(
                Action.UPDATE,
                made.resource_name,
                "sign_up",
                counting_method="ONCE_PER_EVENT",
            )
        ],
        names={},
    )

    found = target.fetch_state().get(made.resource_name)
    assert found.fields["counting_method"] == "ONCE_PER_EVENT"


def test_a_removed_key_event_is_gone(desk):
    target = desk.target()
    (made,) = target.apply([mark()], names={})

    (outcome,) = target.apply(
        [change(Action.REMOVE, made.resource_name, "sign_up")], names={}
    )

    assert outcome.kind is OutcomeKind.APPLIED
    assert [r.name for r in target.fetch_state()] == ["purchase"]


def test_a_refused_change_does_not_stop_the_others(desk):
    outcomes = desk.target().apply(
        [mark("1up"), mark("sign_up"), mark("2up")], names={}
    )

    assert kinds(outcomes) == [
        OutcomeKind.REJECTED,
        OutcomeKind.APPLIED,
        OutcomeKind.REJECTED,
    ]


def test_a_key_event_that_is_there_already_is_used(desk):
    (outcome,) = desk.target().apply([mark("purchase")], names={})

    assert (outcome.is_reused, outcome.error) == (True, None)


def test_a_name_made_earlier_in_the_plan_is_resolved(desk):
    target = desk.target()
    (made,) = target.apply([mark()], names={})
    update = change(
        Action.UPDATE, "new:key_event/sign_up", "x", counting_method="ONCE_PER_EVENT"
    )

    (outcome,) = target.apply([update], names={update.key: made.resource_name})

    assert (outcome.kind, outcome.resource_name) == (
        OutcomeKind.APPLIED,
        made.resource_name,
    )


def test_a_write_without_an_answer_is_unknown_and_stops_the_rest(desk):
    desk.google.faults.add(service="ga4_admin", method="createKeyEvent", kind="cut")

    outcomes = desk.target().apply([mark("sign_up"), mark("search")], names={})

    assert kinds(outcomes) == [OutcomeKind.UNKNOWN, OutcomeKind.SKIPPED]
    assert [r.name for r in desk.target().fetch_state()] == ["purchase", "sign_up"]


def test_a_write_that_fails_before_anything_was_done_raises(desk):
    desk.google.faults.add(
        service="ga4_admin", method="createKeyEvent", status=403, times=10
    )

    with pytest.raises(AuthError):
        desk.target().apply([mark()], names={})


def test_quota_between_changes_skips_the_rest(desk):
    desk.google.faults.add(
        service="ga4_admin", method="createKeyEvent", status=429, times=10, after=1
    )

    outcomes = desk.target().apply([mark("sign_up"), mark("search")], names={})

    assert kinds(outcomes) == [OutcomeKind.APPLIED, OutcomeKind.SKIPPED]


def test_quota_before_the_first_change_raises(desk):
    desk.google.faults.add(
        service="ga4_admin", method="createKeyEvent", status=429, times=10
    )

    with pytest.raises(QuotaError):
        desk.target().apply([mark()], names={})


def test_nothing_can_be_validated(desk):
    outcomes = desk.target().validate([mark()], names={})

    assert kinds(outcomes) == [OutcomeKind.SKIPPED]
    assert len(desk.google.calls) == 0


CONDITIONS = (
    json.dumps(
        {
            "comparison_type": "EQUALS",
            "field": "event_name",
            "negated": False,
            "value": "click",
        },
        sort_keys=True,
    ),
    json.dumps(
        {
            "comparison_type": "EQUALS_CASE_INSENSITIVE",
            "field": "link_domain",
            "negated": False,
            "value": "line.me",
        },
        sort_keys=True,
    ),
)


def test_an_event_create_rule_comes_back_as_it_was_wished(desk):
    target = desk.target()
    stream = f"{OWNER}/dataStreams/1001"
    wish = change(
        Action.CREATE,
        "new:event_create_rule/1001/line_click",
        "line_click",
        type_=ResourceType.EVENT_CREATE_RULE,
        info={"parent": stream},
        destination_event="line_click",
        event_conditions=CONDITIONS,
        source_copy_parameters=True,
    )

    (outcome,) = target.apply([wish], names={})

    found = only(target.fetch_state(), ResourceType.EVENT_CREATE_RULE)
    assert outcome.kind is OutcomeKind.APPLIED
    assert (found.key, dict(found.fields)) == (
        outcome.resource_name,
        {f.name: f.after for f in wish.fields},
    )
    remove = change(
        Action.REMOVE,
        found.key,
        "line_click",
        type_=ResourceType.EVENT_CREATE_RULE,
    )
    assert kinds(target.apply([remove], names={})) == [OutcomeKind.APPLIED]
    assert target.fetch_state().of(ResourceType.EVENT_CREATE_RULE) == ()


@pytest.mark.parametrize("status", [403, 404, 501])
def test_without_v1alpha_there_are_key_events_still(desk, status):
    for method in ("listAudiences", "listEventCreateRules"):
        desk.google.faults.add(
            service="ga4_admin", method=method, status=status, times=10
        )

    assert [r.name for r in desk.target().fetch_state()] == ["purchase"]
