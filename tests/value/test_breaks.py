from __future__ import annotations

import pytest

from convbridge.model.quality import Effect
from convbridge.value.breaks import find_breaks
from convbridge.value.tally import tally
from value_samples import USERS, WINDOW, counts, daily, later, sales, value


def cut(event, total, since, factor):
    """Return an event's days, multiplied from a day on."""
    rows = daily(event, total)
    day = WINDOW.start.fromordinal(WINDOW.start.toordinal() + since)
    return [
        {**r, "count": int(r["count"] * (factor if r["date"] >= day else 1))}
        for r in rows
    ]


def flags(*changed, without=(), primaries=("purchase",)):
    names = {c[0]["event"] for c in changed} | set(without)
    rows = [r for e, n in USERS.items() if e and e not in names for r in daily(e, n)]
    rows += [row for c in changed for row in c if row["count"]]
    found = find_breaks(tally(counts(events=rows)), primaries)
    return [(f.code, str(f.effect), f.event) for f in found]


def test_sound_shop_has_no_breaks():
    assert flags() == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param(
            cut("add_to_cart", 600, 80, 0),
            ("tag_stopped", "freeze", "add_to_cart"),
            id="stopped",
        ),
        pytest.param(
            cut("view_item", 3000, 75, 2),
            ("tag_doubled", "freeze", "view_item"),
            id="doubled",
        ),
        pytest.param(
            cut("view_item", 3000, 30, 0.3),
            ("tag_dropped", "widen", "view_item"),
            id="dropped-long-ago",
        ),
        pytest.param(
            cut("first_visit", 6000, 75, 1.5),
            ("users_without_ids", "freeze", None),
            id="ids-lost",
        ),
        pytest.param(
            cut("purchase", 1200, 70, 0), ("tag_stopped", "freeze", None), id="primary"
        ),
    ],
)
def test_break_is_found(changed, expected):
    assert expected in flags(changed)


def test_renamed_event_is_told_from_one_that_stopped():
    old = cut("add_to_cart", 600, 80, 0)
    new = [
        {**r, "event": "cart_add_v2"}
        for r in daily("add_to_cart", 600)
        if r["date"].toordinal() >= WINDOW.start.toordinal() + 80
    ]

    assert flags(old, new) == [("renamed", "freeze", "add_to_cart")]


def test_orders_counted_twice_freeze_everything():
    assert flags(cut("purchase", 120, 70, 2)) == [("duplicate_orders", "freeze", None)]


def test_event_that_lives_alone_is_compared_with_nothing():
    found = counts(events=daily("purchase", 500))

    assert find_breaks(tally(found), ("purchase",)) == ()


def test_few_days_are_too_few_to_find_a_break():
    found = counts().filter(
        window=WINDOW.__class__(start=WINDOW.start, end=WINDOW.start)
    )

    assert find_breaks(tally(found)) == ()


def test_broken_tag_freezes_its_value():
    before = value()
    rows = [
        r for e, n in USERS.items() if e and e != "add_to_cart" for r in daily(e, n)
    ]
    rows += [r for r in cut("add_to_cart", 600, 80, 0) if r["count"]]

    after = value(
        counts(events=rows, revenue=sales()), previous=before.published, on=later(2)
    )

    assert (after["add_to_cart"].value, str(after["add_to_cart"].status)) == (
        before["add_to_cart"].value,
        "frozen",
    )
    assert [f.effect for f in after.flags] == [Effect.FREEZE]
