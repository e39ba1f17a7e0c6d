from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from convbridge.errors import UnsafePlanError
from convbridge.model.changes import Action, Change, FieldChange
from convbridge.model.policy import Limits
from convbridge.model.resources import ResourceType
from convbridge.plan import LIMITS, Plan, breaches, check_limits, make_plan
from plan_samples import (
    ALWAYS,
    NOW,
    VALUE,
    account,
    plan,
    property_info,
    wishes,
    world,
)


def change(act=Action.UPDATE, kind=ResourceType.CONVERSION_ACTION, info=None, **fields):
    moved = tuple(
        FieldChange(name=n.replace("__", "."), before=b, after=a)
        for n, (b, a) in fields.items()
    )
    return Change(
        action=act,
        type=kind,
        key=f"k{len(fields)}",
        owner="1",
        name="Cart",
        fields=moved,
        reason="",
        info={"grounds": "event", "event_class": "micro"} if info is None else info,
    )


def plan_of(*changes):
    return Plan(
        client="acme",
        account=account().customer_id,
        made_at=NOW,
        actual_digest="a",
        desired_digest="d",
        changes=changes,
        kept=0,
    )


V, A = VALUE.replace(".", "__"), ALWAYS.replace(".", "__")
PRIMARY = {"grounds": "event", "event_class": "primary"}
NOBODY = {"grounds": "ledger"}
CASES = [
    pytest.param(change(**{V: (Decimal(2), Decimal(6))}), [], id="threefold"),
    pytest.param(
        change(**{V: (Decimal(2), Decimal("6.01"))}), ["max_value_ratio"], id="more"
    ),
    pytest.param(
        change(**{V: (Decimal(6), Decimal("1.99"))}), ["max_value_ratio"], id="less"
    ),
    pytest.param(
        change(**{V: (Decimal(6), Decimal(0))}), ["max_value_ratio"], id="to-zero"
    ),
    pytest.param(change(**{V: (Decimal(0), Decimal(6))}), [], id="from-zero"),
    pytest.param(change(**{V: (None, Decimal(6))}), [], id="first-value"),
    pytest.param(
        change(**{V: (Decimal(1), Decimal(60)), A: (False, True)}),
        [],
        id="the-old-default-was-not-in-use",
    ),
    pytest.param(
        change(**{V: (Decimal(1), Decimal(60)), "status": ("HIDDEN", "ENABLED")}),
        [],
        id="import",
    ),
    pytest.param(change(Action.CREATE, **{V: (None, Decimal(60))}), [], id="creation"),
    pytest.param(
        change(info=PRIMARY, primary_for_goal=(True, False)),
        ["primary_loss"],
        id="primary-demoted",
    ),
    pytest.param(
        change(info=PRIMARY, status=("ENABLED", "HIDDEN")),
        ["primary_loss"],
        id="primary-hidden",
    ),
    pytest.param(
        change(info=PRIMARY, primary_for_goal=(False, True)), [], id="promoted"
    ),
    pytest.param(
        change(Action.REMOVE, info={**PRIMARY, "grounds": "ledger"}),
        ["primary_loss"],
        id="primary-removed",
    ),
    pytest.param(change(primary_for_goal=(True, False)), [], id="micro-demoted"),
    pytest.param(
        change(info=NOBODY, primary_for_goal=(True, False)),
        ["primary_loss"],
        id="unclassified-demoted",
    ),
    pytest.param(
        change(Action.REMOVE, info=NOBODY), [], id="our-own-upload-action-removed"
    ),
    pytest.param(
        change(info={}, status=("ENABLED", "HIDDEN")),
        ["primary_loss", "unmanaged"],
        id="strange-action-hidden",
    ),
    pytest.param(
        change(info={}, name=("a", "b")), ["unmanaged"], id="strange-action-renamed"
    ),
    pytest.param(change(Action.REMOVE), ["unmanaged"], id="not-ours-removed"),
    pytest.param(
        change(kind=ResourceType.CAMPAIGN, info={}, x=(1, 2)),
        ["unmanaged"],
        id="campaign-not-named",
    ),
]


@pytest.mark.parametrize(("given", "expected"), CASES)
def test_limits_passed(given, expected):
    assert [b.limit for b in breaches(plan_of(given), Limits())] == expected


def test_a_plan_of_three_changes_is_limited_like_any_other():
    changes = tuple(
        replace(change(name=("a", "b")), key=str(number)) for number in range(3)
    )

    with pytest.raises(UnsafePlanError) as caught:
        check_limits(plan_of(*changes), Limits(max_changes=2))

    assert str(caught.value) == (
        "the plan for acme goes beyond its limits:\n"
        "  max_changes: 3 changes, at most 2 are allowed\n"
        "Hint: read the plan; if this is what you want, add --allow-max-changes"
    )


def test_a_lifted_limit_is_no_limit():
    unsafe = plan_of(change(info={}, status=("ENABLED", "HIDDEN")))

    check_limits(unsafe, Limits(), lifted={"primary_loss", "unmanaged"})
    with pytest.raises(UnsafePlanError, match="--allow-unmanaged"):
        check_limits(unsafe, Limits(), lifted={"primary_loss"})


def test_an_unlinked_property_is_a_limit_of_its_own():
    unlinked = plan(world(), property_info=property_info(google_ads_links=()))

    (found,) = breaches(unlinked, Limits())

    assert found.flag == "--allow-unlinked"
    assert found.message == (
        "GA4 property 111 is not linked to Google Ads account 123-456-7890; "
        "link it in GA4 Admin > Product links"
    )


def test_links_the_login_may_not_read_are_said_so():
    unread = property_info(google_ads_links=(), links_known=False)

    (found,) = breaches(plan(world(), property_info=unread), Limits())

    assert found.message == (
        "the login may not read the Google Ads links of property 111"
    )


def test_the_plan_that_only_imports_and_attaches_is_safe():
    check_limits(plan(world()), Limits())


def test_every_limit_is_listed():
    assert {
        "max_changes",
        "max_value_ratio",
        "primary_loss",
        "unlinked",
        "unmanaged",
    } == (set(LIMITS))


def test_a_plan_says_which_limits_it_goes_past():
    found = make_plan(
        wishes(world()),
        actual=world(),
        client="acme",
        account=account(),
        made_at=NOW,
        limits=Limits(max_changes=1),
    )

    assert [b.message for b in found.limits] == ["3 changes, at most 1 are allowed"]
    check_limits(found, Limits())
