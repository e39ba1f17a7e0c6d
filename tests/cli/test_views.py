# ruff: noqa: E501 - tables are compared as they are printed
"""Whole tables, narrow and wide."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from textwrap import dedent

from rich.console import Console

from convbridge.cli.views import (
    show_checks,
    show_classes,
    show_counts,
    show_history,
    show_plan,
    show_values,
)
from convbridge.model.changes import Action, Change, FieldChange
from convbridge.model.classes import (
    Classification,
    ClassifiedEvent,
    EventClass,
    EventGroup,
)
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId
from convbridge.model.policy import Anchor, Scheme
from convbridge.model.quality import Effect, QualityFlag
from convbridge.model.resources import ResourceType
from convbridge.model.values import Valuation, ValuedEvent, ValueStatus
from convbridge.plan import Plan
from convbridge.plan.wishes import Breach

WINDOW = DateWindow(start=date(2026, 8, 1), end=date(2026, 10, 29))


def printed(show, *args, width=80) -> str:
    out = StringIO()
    show(Console(file=out, width=width, highlight=False), *args)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def text(block: str) -> str:
    return dedent(block).removeprefix("\n")


COUNTS = EventCounts.build(
    property_id="111111111",
    window=WINDOW,
    time_zone="Asia/Bangkok",
    currency="THB",
    events=[
        {"date": WINDOW.end, "event": "view_item", "count": 12345, "value": 0.0},
        {"date": WINDOW.end, "event": "purchase", "count": 12, "value": 3456.5},
    ],
    users={None: 900, "purchase": 11},
    revenue=[
        {
            "date": WINDOW.end,
            "revenue": 3456.5,
            "transactions": 12,
            "purchasers": 11,
        }
    ],
    key_events=("purchase",),
    flags=[QualityFlag(code="sampling", effect=Effect.WIDEN, reason="half is read")],
)


def test_counts():
    assert printed(show_counts, "siam-coffee", COUNTS, width=100) == text("""
        siam-coffee   property 111111111   2026-08-01 to 2026-10-29 (90 d)   revenue 3,456.50 THB
        event        count   users      value   key event
        ─────────────────────────────────────────────────
        view_item   12,345       -       0.00
        purchase        12      11   3,456.50   ✓
        ! half is read
    """)


CLASSES = Classification(
    client="siam-coffee",
    template="ecommerce",
    events=(
        ClassifiedEvent(
            event="purchase",
            event_class=EventClass.PRIMARY,
            group=EventGroup.TRANSACTION,
            stage=2,
            count=12,
            users=11,
            rule="taxonomy:purchase",
            reason="an order is paid",
        ),
        ClassifiedEvent(
            event="<b>\x1b[31mred[/b]",
            event_class=EventClass.NOISE,
            count=7,
            rule="none",
            reason="nobody knows [bold]it[/bold]",
        ),
    ),
    warnings=("line_click never happened",),
)


def test_classes_on_a_narrow_terminal_have_their_reasons_below():
    assert printed(show_classes, CLASSES) == text("""
        siam-coffee   template ecommerce
        event                class     group         stage   count   users
        ──────────────────────────────────────────────────────────────────
        purchase             primary   transaction       2      12      11
        <b>\\x1b[31mred[/b]   noise     -                 -       7       -
        purchase            an order is paid
        <b>\\x1b[31mred[/b]  nobody knows [bold]it[/bold]

        ! line_click never happened
    """)


def test_classes_on_a_wide_terminal_have_their_reasons_beside():
    assert printed(show_classes, CLASSES, width=200) == text("""
        siam-coffee   template ecommerce
        event                class     group         stage   count   users   reason
        ─────────────────────────────────────────────────────────────────────────────────────────────────
        purchase             primary   transaction       2      12      11   an order is paid
        <b>\\x1b[31mred[/b]   noise     -                 -       7       -   nobody knows [bold]it[/bold]
        ! line_click never happened
    """)


VALUES = Valuation(
    client="siam-coffee",
    currency="THB",
    window=WINDOW,
    horizon_days=30,
    scheme=Scheme.BLEND,
    anchor=Anchor.PRIMARY,
    events=(
        ValuedEvent(
            event="add_to_cart",
            event_class=EventClass.MICRO,
            group=EventGroup.TRANSACTION,
            stage=1,
            category="ADD_TO_CART",
            value=Decimal(40),
            low=Decimal("31.5"),
            high=Decimal("52.25"),
            status=ValueStatus.OK,
            count=431,
            users=345,
            reason="first value",
        ),
        ValuedEvent(
            event="scroll",
            event_class=EventClass.NOISE,
            group=None,
            stage=None,
            category=None,
            value=None,
            low=None,
            high=None,
            status=ValueStatus.NOT_VALUED,
            count=2841,
            users=None,
            reason="everybody does it",
        ),
    ),
    revenue=Decimal("96030.5"),
    inflation=1.25,
    troas_multiplier=1.25,
    warnings=("few purchases",),
)


def test_values_on_a_narrow_terminal():
    assert printed(show_values, VALUES) == text("""
        siam-coffee   2026-08-01 to 2026-10-29 (90 d)   scheme blend, anchor primary
        THB
        event         class   value    90 % interval   status
        ─────────────────────────────────────────────────────────
        add_to_cart   micro   40.00   31.50 to 52.25   ok
        scroll        noise       -                -   not_valued
        add_to_cart  first value
        scroll       everybody does it

        inflation 1.25   target-ROAS multiplier 1.25   revenue 96,030.50 THB
        ! few purchases
    """)


def test_values_on_a_wide_terminal():
    assert printed(show_values, VALUES, width=200) == text("""
        siam-coffee   2026-08-01 to 2026-10-29 (90 d)   scheme blend, anchor primary   THB
        event         class   value    90 % interval   status       count   reason
        ─────────────────────────────────────────────────────────────────────────────────────
        add_to_cart   micro   40.00   31.50 to 52.25   ok             431   first value
        scroll        noise       -                -   not_valued   2,841   everybody does it
        inflation 1.25   target-ROAS multiplier 1.25   revenue 96,030.50 THB
        ! few purchases
    """)


def plan_of(*changes: Change, **about) -> Plan:
    return Plan(
        client="siam-coffee",
        account=CustomerId("1234567890"),
        made_at=datetime(2026, 11, 1, tzinfo=UTC),
        actual_digest="a",
        desired_digest="b",
        changes=changes,
        kept=3,
        **about,
    )


UPDATE = Change(
    action=Action.UPDATE,
    type=ResourceType.CONVERSION_ACTION,
    key="customers/1/conversionActions/2",
    owner="1234567890",
    name="Add to cart",
    fields=(
        FieldChange(
            name="value_settings.default_value",
            before=Decimal(0),
            after=Decimal("40.00"),
        ),
        FieldChange(name="primary_for_goal", before=True, after=False),
    ),
    reason="micro: first value",
    info={"currency": "THB"},
)
CREATE = Change(
    action=Action.CREATE,
    type=ResourceType.KEY_EVENT,
    key="new:line_click",
    owner="properties/1",
    name="line_click",
    fields=(FieldChange(name="event_name", before=None, after="line_click"),),
    reason="micro: first value",
)


def test_plan_on_a_narrow_terminal():
    plan = plan_of(
        UPDATE,
        CREATE,
        notes=("goals: none yet",),
        warnings=("LEARNING",),
        limits=(Breach(limit="unlinked", message="not linked"),),
    )

    shown = printed(show_plan, plan).replace(plan.digest[:8], "digest00")

    assert shown == text("""
        siam-coffee   account 123-456-7890   plan digest00   1 create, 1 update, 0
        remove, 3 kept
        name          change                       from → to
        ──────────────────────────────────────────────────────────────────────────────
        Add to cart   ~ update conversion_action   default_value: 0.00 THB → 40.00 THB
                                                   primary_for_goal: true → false
        line_click    + create key_event           event_name: line_click
        Add to cart  micro: first value
        line_click   micro: first value

        ! not linked (--allow-unlinked lifts it)
        ! LEARNING
        · goals: none yet
    """)


def test_empty_plan_says_so():
    plan = plan_of()

    shown = printed(show_plan, plan).replace(plan.digest[:8], "digest00")

    assert shown == text("""
        siam-coffee   account 123-456-7890   plan digest00   0 create, 0 update, 0
        remove, 3 kept
        nothing to do
    """)


def test_history_is_told_run_by_run():
    row = {
        "run": "r1",
        "at": "2026-11-01T10:20:30+00:00",
        "verb": "apply",
        "actor": "ann@host",
        "name": "Add to cart",
        "field": "value_settings.default_value",
        "before": None,
        "after": "40.00",
        "reason": "first value",
        "outcome": "applied",
    }
    other = {**row, "run": "r2", "verb": "rollback", "before": "40.00", "after": 0}

    shown = printed(show_history, [row, {**row, "field": "status"}, other])

    assert shown == text("""
        run r1   2026-11-01 10:20   apply   by ann@host
        name          field           from → to   outcome
        ─────────────────────────────────────────────────
        Add to cart   default_value   - → 40.00   applied
        Add to cart   status          - → 40.00   applied
        Add to cart  first value

        run r2   2026-11-01 10:20   rollback   by ann@host
        name          field           from → to   outcome
        ─────────────────────────────────────────────────
        Add to cart   default_value   40.00 → 0   applied
        Add to cart  first value

    """)


def test_checks_have_a_sign_and_a_next_step():
    rows = [
        {"check": "link", "status": "ok", "found": "linked", "next": None},
        {"check": "goals", "status": "warn", "found": "scroll", "next": "see Goals"},
        {"check": "data", "status": "fail", "found": "none", "next": "see Realtime"},
    ]

    assert printed(show_checks, "siam-coffee", rows) == text("""
        siam-coffee
            check   found    next step
        ─────────────────────────────────
        ✓   link    linked
        !   goals   scroll   see Goals
        ✗   data    none     see Realtime
    """)
