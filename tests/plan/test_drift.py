from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from convbridge.model.policy import OnDrift
from convbridge.model.resources import State
from convbridge.plan import drift, settle_drift
from convbridge.plan.diff import diff_wishes
from plan_samples import ALWAYS, CUSTOMER, VALUE, action, wishes, world

CART = f"customers/{CUSTOMER}/conversionActions/2"
APPLIED = {
    (CART, VALUE): Decimal("4.00"),
    (CART, ALWAYS): True,
    ("customers/1/gone", VALUE): Decimal(1),
    (CART, "app_id"): "x",
}

SAID = f"drift: Acme (web) add_to_cart: {VALUE} is 9.00, convbridge made it 4.00"


def edited():
    """The world with the cart imported, and its value changed in the UI."""
    cart = action(
        2,
        "add_to_cart",
        status="ENABLED",
        category="ADD_TO_CART",
        **{
            VALUE.replace(".", "__"): Decimal("9.00"),
            ALWAYS.replace(".", "__"): True,
        },
    )
    kept = tuple(r for r in world() if r.key != CART)
    return State(resources=(*kept, cart))


def test_drift_is_what_differs_from_the_last_applied():
    (found,) = drift(APPLIED, edited())

    assert found.to_dict() == {
        "key": CART,
        "name": "Acme (web) add_to_cart",
        "field": VALUE,
        "applied": "4.00",
        "found": "9.00",
    }


SETTLED = [
    pytest.param(
        OnDrift.REPORT,
        [],
        (f"{SAID}; left as it is until `on_drift` says restore or adopt",),
        (),
        id="report",
    ),
    pytest.param(
        OnDrift.ADOPT,
        [],
        (),
        (f"{SAID}; adopted",),
        id="adopt",
    ),
    pytest.param(
        OnDrift.RESTORE,
        [VALUE],
        (),
        (f"{SAID}; restored",),
        id="restore",
    ),
]


@pytest.mark.parametrize(("on_drift", "changed", "warnings", "notes"), SETTLED)
def test_the_config_says_which_side_wins(on_drift, changed, warnings, notes):
    actual = edited()

    settled = settle_drift(wishes(actual), drift(APPLIED, actual), on_drift)

    cart = [c for c in diff_wishes(actual, settled) if c.key == CART]
    assert [f.name for c in cart for f in c.fields] == changed
    assert (settled.warnings, settled.notes) == (warnings, notes)


@pytest.mark.parametrize("on_drift", list(OnDrift))
def test_drift_that_nobody_minds_is_not_mentioned(on_drift):
    actual = edited()
    applied = {(CART, VALUE): Decimal(4)}
    (found,) = drift(applied, actual)
    agreed = replace(found, found=Decimal("5.25"))
    elsewhere = replace(found, key="customers/1/elsewhere")
    unwanted = replace(found, field="name")
    before = wishes(actual)

    assert settle_drift(before, [agreed, elsewhere, unwanted], on_drift) == before
