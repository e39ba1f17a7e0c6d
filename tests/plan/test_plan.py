from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convbridge.errors import PlanError
from convbridge.model.changes import Action, Change, FieldChange
from convbridge.model.ids import CustomerId
from convbridge.model.resources import ResourceType, State
from convbridge.plan import (
    Breach,
    Plan,
    plan_from_dict,
    plan_from_json,
    render_html,
    render_markdown,
    render_text,
)
from convbridge.plan.same import MONEY_FIELDS
from plan_samples import CART, NOW, WINDOW, action, plan, property_info, world

TEXT = st.text(max_size=8)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    TEXT,
    st.integers(-(2**31), 2**31),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(TEXT, max_size=2).map(tuple),
)
MONEY = st.one_of(st.none(), st.decimals(0, 1000, places=2))
FIELDS = st.one_of(
    st.builds(
        FieldChange,
        name=TEXT.filter(lambda name: name not in MONEY_FIELDS),
        before=VALUES,
        after=VALUES,
    ),
    st.builds(
        FieldChange,
        name=st.sampled_from(sorted(MONEY_FIELDS)),
        before=MONEY,
        after=MONEY,
    ),
)
CHANGES = st.builds(
    Change,
    action=st.sampled_from(Action),
    type=st.sampled_from(ResourceType),
    key=TEXT,
    owner=TEXT,
    name=TEXT,
    fields=st.lists(FIELDS, max_size=3, unique_by=lambda f: f.name).map(tuple),
    reason=TEXT,
    after=st.lists(TEXT, max_size=2).map(tuple),
    info=st.dictionaries(TEXT, VALUES, max_size=2),
)
PLANS = st.builds(
    Plan,
    client=TEXT,
    account=st.just(CustomerId("1234567890")),
    made_at=st.just(NOW),
    window=st.sampled_from([None, WINDOW]),
    actual_digest=TEXT,
    desired_digest=TEXT,
    changes=st.lists(CHANGES, max_size=3).map(tuple),
    kept=st.integers(0, 9),
    notes=st.lists(TEXT, max_size=2).map(tuple),
    warnings=st.lists(TEXT, max_size=2).map(tuple),
    limits=st.lists(st.builds(Breach, limit=TEXT, message=TEXT), max_size=2).map(tuple),
)


@settings(deadline=None)
@given(PLANS)
def test_a_saved_plan_is_the_plan(found):
    saved = json.loads(json.dumps(found.to_dict()))

    assert plan_from_dict(saved) == found


def test_the_digest_is_of_what_is_done_and_not_of_when():
    found = plan(world())

    assert replace(found, made_at=NOW + timedelta(days=1)).digest == found.digest
    assert replace(found, changes=found.changes[:1]).digest != found.digest
    assert plan(State(resources=world().resources[::-1])).digest == found.digest


def test_the_plan_says_how_much_it_does():
    found = plan(world())

    assert found.counts == {"create": 1, "update": 2, "remove": 0, "kept": 1}
    assert repr(found) == (
        f"<Plan acme {found.digest[:8]}: 1 create, 2 update, 0 remove, 1 kept>"
    )
    assert list(found.to_dict()) == [
        "format",
        "client",
        "account",
        "window",
        "actual_digest",
        "desired_digest",
        "changes",
        "kept",
        "notes",
        "warnings",
        "limits",
        "digest",
        "made_at",
    ]


def edited(**changes):
    return {**plan(world()).to_dict(), **changes}


def with_other_value():
    data = json.loads(json.dumps(plan(world()).to_dict()))
    data["changes"][0]["fields"]["value_settings.default_value"]["after"] = "500.00"
    return data


REFUSED = [
    pytest.param(with_other_value(), "was changed after it was made", id="value"),
    pytest.param(edited(kept=3), "was changed after it was made", id="kept"),
    pytest.param(edited(warnings=["x"]), "was changed", id="warnings"),
    pytest.param(edited(format=2), "format 2, this version reads 1", id="format"),
    pytest.param(edited(account="12"), "this is not a saved plan", id="account"),
    pytest.param(edited(changes=None), "this is not a saved plan", id="no-changes"),
    pytest.param({"client": "acme"}, "this is not a saved plan", id="something-else"),
    pytest.param([], "this is not a saved plan", id="a-list"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED)
def test_a_file_that_is_not_what_was_saved_is_refused(data, message):
    with pytest.raises(PlanError, match=message):
        plan_from_dict(data)


def test_a_plan_is_for_one_client_and_one_account():
    saved = plan(world()).to_dict()
    account = CustomerId("1234567890")

    assert plan_from_dict(saved, client="acme", account=account).client == "acme"
    with pytest.raises(PlanError, match="is for client 'acme', not for 'other'"):
        plan_from_dict(saved, client="other")
    with pytest.raises(PlanError, match="for account 123-456-7890, 'acme' is 999-999"):
        plan_from_dict(saved, account=CustomerId("9999999999"))


def test_a_file_holds_one_plan_or_several():
    found = plan(world())
    one, several = json.dumps(found.to_dict()), json.dumps([found.to_dict()] * 2)

    assert plan_from_json(one) == (found,)
    assert plan_from_json(several) == (found, found)
    with pytest.raises(PlanError, match="this is not a saved plan: Expecting"):
        plan_from_json("")


def test_text_has_a_line_for_each_field():
    found = plan(world())

    assert render_text(found) == str(found)
    assert str(found) == (
        f"account 123-456-7890 (acme)   plan {found.digest[:8]}   "
        "2 update, 1 create, 0 remove, 1 kept\n"
        "  ~ update  Acme (web) add_to_cart  category                  "
        "DEFAULT → ADD_TO_CART  micro: 100 events in 90 d\n"
        "  ~ update  Acme (web) add_to_cart  status                    "
        "HIDDEN → ENABLED\n"
        "  ~ update  Acme (web) add_to_cart  always_use_default_value  "
        "false → true\n"
        "  ~ update  Acme (web) add_to_cart  default_value             "
        "1.00 EUR → 5.25 EUR\n"
        "  + create  convbridge: acme        conversion_actions        "
        "1, 2                   goals: custom, 2 conversion actions to bid "
        "on: Acme (web) purchase, Acme (web) add_to_cart\n"
        "  + create  convbridge: acme        name                      "
        "convbridge: acme\n"
        "  ~ update  Brand search            custom_conversion_goal    "
        "- → acme               goals: the campaign bids on 'convbridge: acme'; "
        "it no longer follows the account's goals\n"
        "  ~ update  Brand search            goal_config_level         "
        "CUSTOMER → CAMPAIGN"
    )


def small():
    """A plan with one hostile name, a warning, a note and a limit."""
    name = "<b>|\x1b[2J*x*"
    cart = action(2, "add_to_cart", name=name)
    found = plan(
        State(resources=(cart,)),
        CART,
        property_info=property_info(google_ads_links=()),
    )
    return replace(found, notes=("see <GA4>",), warnings=("a & b",))


def test_names_cannot_paint_over_the_terminal():
    text = render_text(small())

    assert "\x1b" not in text
    assert r"<b>|\x1b[2J*x*" in text
    unlinked = (
        "  ! GA4 property 111 is not linked to Google Ads account 123-456-7890; "
        "link it in GA4 Admin > Product links (--allow-unlinked lifts this limit)"
    )
    assert text.splitlines()[-3:] == [
        unlinked,
        "  ! a & b",
        "  · see <GA4>",
    ]


def test_markdown_escapes_names():
    text = render_markdown(small())

    row = (
        r"| ~ update | &lt;b&gt;\|\\x1b\[2J\*x\* | category "
        r"| DEFAULT → ADD\_TO\_CART | micro: 100 events in 90 d |"
    )
    assert text.splitlines()[2:5] == [
        "| change | name | field | from → to | reason |",
        "| --- | --- | --- | --- | --- |",
        row,
    ]
    assert "**Warnings**" in text
    assert "- see &lt;GA4&gt;" in text


def test_html_escapes_names():
    html = small()._repr_html_()

    assert html == render_html(small())
    assert "<b>" not in html
    assert r"<td>&lt;b&gt;|\x1b[2J*x*</td>" in html
    assert '<ul class="warnings"><li>GA4 property 111 is not linked' in html
    assert '<ul class="notes"><li>see &lt;GA4&gt;</li></ul>' in html


def test_an_empty_plan_says_so_in_every_form():
    found = replace(plan(world()), changes=())

    assert found.is_empty
    assert str(found).splitlines()[-1] == "  nothing to do"
    assert render_markdown(found) == (
        f"### account 123-456-7890 (acme)   plan {found.digest[:8]}   "
        "0 update, 0 create, 0 remove, 1 kept\n\nNothing to do.\n"
    )
    assert render_html(found).endswith("<p>Nothing to do.</p></section>")


def test_rows_are_what_every_rendering_shows():
    row = plan(world()).rows()[3]

    assert row == {
        "system": "google_ads",
        "resource": "conversion_action",
        "action": "update",
        "name": "Acme (web) add_to_cart",
        "field": "value_settings.default_value",
        "before": "1",
        "after": "5.25",
        "currency": "EUR",
        "reason": "micro: 100 events in 90 d",
    }
