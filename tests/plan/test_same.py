from __future__ import annotations

from decimal import Decimal

import pytest

from convbridge.plan.same import currency_of, same

CASES = [
    pytest.param(Decimal("1.001"), Decimal("1.00"), "EUR", True, id="below-a-cent"),
    pytest.param(Decimal("1.01"), Decimal("1.00"), "EUR", False, id="a-cent"),
    pytest.param(Decimal("1.4"), Decimal(1), "JPY", True, id="no-minor-unit"),
    pytest.param(Decimal("1.001"), Decimal(1), "KWD", False, id="three-decimals"),
    pytest.param(Decimal("1.10"), 1.1, "EUR", True, id="decimal-and-double"),
    pytest.param(Decimal("1.10"), Decimal("1.1"), None, True, id="no-currency"),
    pytest.param(Decimal("NaN"), Decimal(1), "EUR", False, id="not-a-number"),
    pytest.param(Decimal(0), None, "EUR", False, id="zero-is-not-absent"),
    pytest.param(None, 0.0, None, False, id="absent-is-not-zero"),
    pytest.param(False, None, None, False, id="false-is-not-absent"),
    pytest.param(True, True, None, True, id="true"),
    pytest.param(True, 1, None, False, id="true-is-not-one"),
    pytest.param(3.5, 3.5000001, None, True, id="ratio"),
    pytest.param(3.5, 3.6, None, False, id="other-ratio"),
    pytest.param(3.5, "3.5", None, False, id="ratio-and-text"),
    pytest.param("3.5", 3.5, None, False, id="text-and-ratio"),
    pytest.param(("a", "b"), ("b", "a"), None, True, id="lists-have-no-order"),
    pytest.param(("a",), ("a", "b"), None, False, id="other-list"),
    pytest.param((), None, None, True, id="empty-list-is-absent"),
    pytest.param("", None, None, True, id="empty-text-is-absent"),
    pytest.param("a", None, None, False, id="text"),
    pytest.param("a", "a", None, True, id="same-text"),
    pytest.param(30, 30, None, True, id="days"),
    pytest.param(30, 90, None, False, id="other-days"),
]


@pytest.mark.parametrize(("left", "right", "currency", "expected"), CASES)
def test_sameness(left, right, currency, expected):
    assert same(left, right, currency=currency) is expected


def test_currency_comes_from_the_first_side_that_has_one():
    sides = (
        {"value_settings.default_currency_code": ""},
        {"default_value.currency_code": "THB"},
    )

    assert currency_of(*sides) == "THB"
    assert currency_of({}) is None
