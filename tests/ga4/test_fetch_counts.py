"""Counts read from the sandbox, against what the simulated visitors really did."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest

from convbridge.errors import AuthError, DataError, RejectedError
from convbridge.model.dates import DateWindow
from convbridge.model.quality import Effect
from convbridge.model.rules import Condition, EventRule, Match
from ga4.conftest import COFFEE, NOW, SHORT, WINDOW

LINE = EventRule(
    event="line_click",
    source_event="click",
    where=(
        Condition(
            dimension="linkDomain", match=Match.IN_LIST, values=("line.me", "lin.ee")
        ),
    ),
)


def seen(site, window):
    """Return the recorded events of a window, as GA4 saw them."""
    events = site.seen(NOW)
    first = (window.start - site.first_day).days
    last = (window.end - site.first_day).days
    return events.where((events.day >= first) & (events.day <= last))


def truth(site, window) -> Counter:
    events = seen(site, window)
    return Counter(
        {
            name: int(np.count_nonzero(events.named(name)))
            for name in events.names
            if np.any(events.named(name))
        }
    )


def test_counts_are_exactly_what_happened(desk):
    counts = desk.source().fetch_counts(WINDOW)

    assert counts.counts() == dict(truth(desk.site, WINDOW))


def test_users_are_those_who_did_the_event(desk):
    counts = desk.source().fetch_counts(SHORT)

    events = seen(desk.site, SHORT)
    assert {e: counts.users_of(e) for e in counts} == {
        e: len(np.unique(events.user[events.named(e)])) for e in counts
    }
    assert counts.total_users == len(np.unique(events.user))


def test_property_settings_come_with_the_counts(desk):
    counts = desk.source().fetch_counts(SHORT)

    assert (counts.currency, counts.time_zone, counts.key_events) == (
        "THB",
        "Asia/Bangkok",
        ("purchase",),
    )


def test_revenue_and_buyers_are_those_of_the_window(desk):
    counts = desk.source().fetch_counts(WINDOW)

    events = seen(desk.site, WINDOW)
    bought, refunded = events.named("purchase"), events.named("refund")
    assert {
        "transactions": counts.transactions,
        "revenue": round(counts.total_revenue, 2),
        "buyers": counts.buyers,
    } == {
        "transactions": int(bought.sum()),
        "revenue": round(
            float(events.value[bought].sum() - events.value[refunded].sum()), 2
        ),
        "buyers": len(np.unique(events.user[bought])),
    }


def test_costs_are_per_campaign_and_day(desk):
    counts = desk.source().fetch_counts(SHORT)

    names = set(counts.costs["campaign_name"].to_pylist())
    assert counts.total_cost > 0
    assert names <= {campaign.name for campaign in desk.site.campaigns}
    assert set(counts.costs["date"].to_pylist()) <= set(SHORT)


def test_a_derived_event_is_taken_out_of_its_parent(desk):
    source = desk.source()

    plain = source.fetch_counts(SHORT)
    split = source.fetch_counts(SHORT, derived=[LINE])

    assert split.count("line_click") > 0
    assert split.count("click") + split.count("line_click") == plain.count("click")
    assert sum(split.counts().values()) == sum(plain.counts().values())
    assert split.group("date", "channel").column("count").to_pylist() == (
        plain.group("date", "channel").column("count").to_pylist()
    )


def test_users_of_a_split_parent_are_those_of_what_is_left(desk):
    counts = desk.source().fetch_counts(SHORT, derived=[LINE])

    events = seen(desk.site, SHORT)
    domains = [events.param_rows[p].get("linkDomain") for p in events.params]
    on_line = np.array([d in {"line.me", "lin.ee"} for d in domains])
    click = events.named("click")
    assert {e: counts.users_of(e) for e in ("click", "line_click")} == {
        "click": len(np.unique(events.user[click & ~on_line])),
        "line_click": len(np.unique(events.user[click & on_line])),
    }


def test_where_rules_overlap_the_first_in_the_file_wins(desk):
    outbound = EventRule(
        event="any_click",
        source_event="click",
        where=(Condition(dimension="linkDomain", match=Match.CONTAINS, values=(".",)),),
    )
    source = desk.source()
    plain = source.fetch_counts(SHORT)

    first = source.fetch_counts(SHORT, derived=[LINE, outbound])
    second = source.fetch_counts(SHORT, derived=[outbound, LINE])

    assert first.count("line_click") + first.count("any_click") == plain.count("click")
    assert (second.count("line_click"), second.count("any_click")) == (
        0,
        plain.count("click"),
    )


def test_a_rule_without_conditions_renames_the_event(desk):
    renamed = EventRule(event="basket", source_event="add_to_cart")
    source = desk.source()

    plain = source.fetch_counts(SHORT)
    counts = source.fetch_counts(SHORT, derived=[renamed])

    assert (counts.count("basket"), counts.count("add_to_cart")) == (
        plain.count("add_to_cart"),
        0,
    )
    assert (counts.users_of("basket"), counts.users_of("add_to_cart")) == (
        plain.users_of("add_to_cart"),
        0,
    )


def test_a_misspelt_parent_is_flagged_with_the_nearest_event(desk):
    rule = EventRule(event="cart", source_event="ad_to_cart")

    counts = desk.source().fetch_counts(SHORT, derived=[rule])

    found = [f.reason for f in counts.flags if f.code == "unknown_event"]
    assert found == [
        (
            "cart is made from ad_to_cart, which never happened in the window; "
            "did you mean add_to_cart?"
        )
    ]


def test_a_misspelt_dimension_is_refused_with_the_nearest_name(desk):
    rule = EventRule(
        event="line_click",
        source_event="click",
        where=(
            Condition(dimension="linkDomains", match=Match.EXACT, values=("line.me",)),
        ),
    )

    with pytest.raises(RejectedError) as caught:
        desk.source().fetch_counts(SHORT, derived=[rule])

    assert caught.value.hint == "did you mean linkDomain?"


def test_a_window_in_the_future_is_refused_before_anything_is_sent(desk):
    window = DateWindow(start=date(2026, 11, 1), end=date(2026, 12, 24))

    with pytest.raises(DataError, match="ends in the future"):
        desk.source().fetch_counts(window)

    assert len(desk.google.calls) == 0


def test_a_property_without_data_in_the_window_is_refused_as_evidence(desk):
    window = DateWindow(start=date(2019, 1, 1), end=date(2019, 1, 7))

    counts = desk.source().fetch_counts(window)

    assert counts.is_empty
    assert [(f.code, f.effect) for f in counts.flags] == [("empty", Effect.REFUSE)]


def test_a_property_the_login_may_not_read_is_named_once(desk):
    desk.site.ga4.switches.unreadable = True

    with pytest.raises(AuthError, match="sufficient permissions"):
        desk.source().fetch_counts(SHORT)


def test_progress_is_told_of_each_report(desk):
    told = []

    desk.source(progress=lambda *step: told.append(step)).fetch_counts(SHORT)

    events = [step for step in told if step[0] == "events"]
    assert events[-1][1] == events[-1][2] > 0


def test_property_is_known_by_its_settings(desk):
    info = desk.source().fetch_property()

    assert info.to_dict() == {
        **info.to_dict(),
        "property_id": COFFEE,
        "currency": "THB",
        "time_zone": "Asia/Bangkok",
        "google_ads_links": ["123-456-7890"],
        "event_retention_months": 14,
    }
