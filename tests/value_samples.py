"""A small shop, with every number to be changed by the test that uses it."""

from __future__ import annotations

from datetime import date, timedelta

from convbridge.classify import classify
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import FunnelCount, Funnels
from convbridge.model.policy import ValuePolicy
from convbridge.model.rules import RuleSet
from convbridge.value import value_events
from translated import assert_translated

WINDOW = DateWindow(start=date(2026, 1, 1), end=date(2026, 3, 31))
RULES = RuleSet(template="ecommerce")
USERS = {
    None: 10000,
    "view_item": 3000,
    "add_to_cart": 600,
    "begin_checkout": 300,
    "scroll": 4000,
    "purchase": 120,
}
RATES = {"view_item": 110, "add_to_cart": 100, "begin_checkout": 96, "scroll": 52}


def spread(total, days=WINDOW.days):
    """Share a total out over the days as evenly as whole numbers allow."""
    return [(i + 1) * total // days - i * total // days for i in range(days)]


def daily(event, total, **dimensions):
    return [
        {"date": day, "event": event, "count": n, **dimensions}
        for day, n in zip(WINDOW, spread(total), strict=True)
        if n
    ]


def sales(total=120, each=50.0, **dimensions):
    return [
        {"date": day, "revenue": n * each, "transactions": n, **dimensions}
        for day, n in zip(WINDOW, spread(total), strict=True)
        if n
    ]


def counts(users=None, *, revenue=None, events=None, **more):
    users = USERS if users is None else users
    rows = [row for e, n in users.items() if e for row in daily(e, n)]
    return EventCounts.build(
        property_id="1",
        window=WINDOW,
        time_zone="UTC",
        currency=more.pop("currency", "EUR"),
        events=rows if events is None else events,
        users=users,
        revenue=sales() if revenue is None else revenue,
        key_events=more.pop("key_events", [e for e in users if e]),
        **more,
    )


def funnel(event, converted, users=None, **more):
    return FunnelCount(
        event=event,
        primary="purchase",
        window=more.pop("window", WINDOW),
        horizon_days=more.pop("horizon_days", 30),
        users=USERS[event] if users is None else users,
        converted=converted,
        **more,
    )


def funnels(rates=None, *, extra=(), lag=(), **more):
    rates = RATES if rates is None else rates
    rows = tuple(funnel(e, c) for e, c in rates.items())
    return Funnels(
        funnels=(*rows, *extra),
        lag=lag,
        total_users=more.pop("total_users", 10000),
        primary_users=more.pop("primary_users", 120),
    )


def value(found=None, ways=None, *, rules=RULES, policy=None, **more):
    """Classify and value; `ways` None means funnels, False none."""
    found = counts() if found is None else found
    ways = None if ways is False else (funnels() if ways is None else ways)
    classes = classify(found, client="shop", rules=rules, funnels=ways)
    policy = ValuePolicy() if policy is None else policy
    valued = value_events(found, classes, ways, rules=rules, policy=policy, **more)
    made_up = {flag.reason for flag in found.flags}
    said = {*valued.warnings, *(event.reason for event in valued)}
    assert_translated(said - made_up)
    return valued


def later(weeks):
    return WINDOW.end + timedelta(weeks=weeks)
