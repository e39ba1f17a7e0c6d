"""The simulated world: it is the same for a seed, and it is worth simulating."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from convbridge.sandbox import Clock
from convbridge.sandbox.clicks import clicks_between
from convbridge.sandbox.events import EVENT_COLUMNS, NONE
from convbridge.sandbox.site import day_starts, microseconds
from convbridge.sandbox.sites import agency_world, default_world
from convbridge.sandbox.story_coffee import COFFEE, COFFEE_CAMPAIGNS
from convbridge.sandbox.story_dental import DENTAL, DENTAL_CAMPAIGNS
from convbridge.sandbox.visitors import simulate
from sandbox.ga4_client import NOW

if TYPE_CHECKING:
    from convbridge.sandbox.story import Campaign, Story
    from convbridge.sandbox.world import World

SITES = ["siam-coffee", "krakow-dental"]


def world(*, now: datetime = NOW, seed: int = 7) -> World:
    return default_world(seed=seed, clock=Clock(now))


STARTS = day_starts(date(2026, 6, 25), 171, ZoneInfo("Europe/Warsaw"))


@pytest.mark.parametrize(
    ("story", "campaigns"),
    [
        pytest.param(COFFEE, COFFEE_CAMPAIGNS, id="coffee"),
        pytest.param(DENTAL, DENTAL_CAMPAIGNS, id="dental"),
    ],
)
def test_the_same_seed_makes_the_same_recording(
    story: Story, campaigns: tuple[Campaign, ...]
) -> None:
    first, second = (
        simulate(story, campaigns, currency="EUR", seed=(7, 1), day_starts=STARTS)
        for _ in range(2)
    )

    for name in EVENT_COLUMNS:
        np.testing.assert_array_equal(
            getattr(first.events, name), getattr(second.events, name)
        )
    np.testing.assert_array_equal(first.spend.cost, second.spend.cost)
    np.testing.assert_array_equal(first.sessions.campaign, second.sessions.campaign)


def test_worlds_that_are_the_same_share_a_recording_nobody_can_write_on() -> None:
    first, second = (world().site("siam-coffee") for _ in range(2))

    assert first.recording is second.recording
    assert first.ga4 is not second.ga4
    with pytest.raises(ValueError, match="read-only"):
        first.recording.events.value[0] = 1.0


def test_another_seed_makes_other_events() -> None:
    first = world().site("siam-coffee").recording.events
    second = world(seed=8).site("siam-coffee").recording.events

    assert len(first) != len(second)


@pytest.mark.parametrize("key", SITES)
def test_counts_per_day_do_not_depend_on_the_date(key: str) -> None:
    early = world(now=NOW).site(key).recording.events
    late = world(now=NOW + timedelta(days=3)).site(key).recording.events

    np.testing.assert_array_equal(np.bincount(early.day), np.bincount(late.day))
    np.testing.assert_array_equal(early.name, late.name)
    np.testing.assert_array_equal(early.value, late.value)


@pytest.mark.parametrize("key", SITES)
def test_history_ends_now_and_goes_on_when_the_clock_moves(key: str) -> None:
    made = world()
    site = made.site(key)
    before = site.events(made.clock.now())

    made.clock.advance(days=1)
    after = site.events(made.clock.now())

    assert before.time.max() <= microseconds(NOW)
    assert len(after) > len(before)
    np.testing.assert_array_equal(after.time[: len(before)], before.time)


def test_days_begin_at_midnight_in_the_propertys_zone() -> None:
    site = world().site("krakow-dental")
    starts = site.recording.day_starts

    lengths = {int(day) // 3_600_000_000 for day in np.diff(starts)}
    first = datetime.fromtimestamp(int(starts[0]) / 1e6, UTC).astimezone(site.zone)

    assert (first.hour, first.date()) == (0, site.first_day)
    assert lengths == {24, 25}  # the clocks went back on 25 October


def test_the_shop_sells_little_and_each_step_is_nearer_to_a_sale() -> None:
    made = world()
    site = made.site("siam-coffee")
    events = site.seen(NOW)
    last_90 = events.where((events.day >= 60) & (events.day < 150))

    truth = made.truth(site)
    rates = [truth.events[step].rate for step in site.steps]

    assert 60 <= last_90.named("purchase").sum() <= 100
    assert all(early < late for early, late in pairwise(rates))
    assert truth.events["sign_up"].rate > 2 * truth.events["page_view"].rate
    assert truth.events["page_404"].rate < truth.events["page_view"].rate


def test_a_part_of_an_event_has_a_truth_of_its_own() -> None:
    made = world()
    site = made.site("siam-coffee")
    line = {"linkDomain": {"line.me", "lin.ee"}}

    chats = made.truth_where(site, "click", line)
    clicks = made.truth(site).events["click"]
    nothing = made.truth_where(site, "click", {"linkDomain": {"example.com"}})

    assert 0 < chats.count < clicks.count
    assert chats.rate > clicks.rate
    assert (nothing.count, nothing.users) == (0, 0)


def test_purchases_lag_their_micro_events_by_hours_to_weeks() -> None:
    events = world().site("siam-coffee").events(NOW)
    bought = events.where(events.named("purchase"))
    added = events.where(events.named("add_to_cart"))
    first = dict(zip(added.user[::-1].tolist(), added.time[::-1].tolist(), strict=True))

    hours = [
        (time - first[user]) / 3.6e9
        for user, time in zip(bought.user.tolist(), bought.time.tolist(), strict=True)
        if user in first
    ]

    assert np.mean(np.array(hours) < 1) > 0.4
    assert np.mean((np.array(hours) > 24) & (np.array(hours) < 24 * 15)) > 0.08


def test_every_step_of_the_shop_comes_after_the_one_before() -> None:
    site = world().site("siam-coffee")
    events = site.recording.events
    first: dict[str, dict[int, int]] = {}
    for step in site.steps:
        mine = events.where(events.named(step))
        users, places = np.unique(mine.user, return_index=True)
        first[step] = dict(zip(users.tolist(), mine.time[places].tolist(), strict=True))

    for early, late in pairwise(site.steps):
        assert all(
            user in first[early] and first[early][user] < time
            for user, time in first[late].items()
        )


def test_some_visitors_are_lost_to_consent() -> None:
    site = world().site("siam-coffee")

    share = len(site.seen(NOW)) / len(site.events(NOW))

    assert 0.9 < share < 0.97


def test_refunds_follow_their_purchase_with_its_value() -> None:
    events = world().site("siam-coffee").recording.events
    refunds = events.where(events.named("refund"))
    bought = events.where(events.named("purchase"))
    orders = {
        order: (time, value)
        for order, time, value in zip(
            bought.transaction.tolist(),
            bought.time.tolist(),
            bought.value.tolist(),
            strict=True,
        )
    }

    assert len(refunds)
    for order, time, value in zip(
        refunds.transaction.tolist(),
        refunds.time.tolist(),
        refunds.value.tolist(),
        strict=True,
    ):
        assert orders[order][0] < time
        assert orders[order][1] == value


def test_a_click_id_leads_back_to_its_click_and_no_other() -> None:
    made = world()
    site = made.site("siam-coffee")
    clicks = clicks_between(site, NOW - timedelta(days=30), NOW)

    found = [made.find_click(click.id) for click in clicks]

    assert len({click.id for click in clicks}) == len(clicks) > 500
    assert found == list(clicks)
    assert {click.kind for click in clicks} == {"gclid", "gbraid", "wbraid"}


def test_a_changed_or_future_click_id_is_not_found() -> None:
    made = world()
    site = made.site("siam-coffee")
    past = clicks_between(site, NOW - timedelta(days=2), NOW)[0]
    future = clicks_between(site, NOW, NOW + timedelta(days=2))[0]
    swapped = past.id[:-3] + ("A" if past.id[-3] != "A" else "B") + past.id[-2:]

    found = [
        made.find_click(text)
        for text in (swapped, future.id, "Cj0KCQ", "Cj0KCQżółć", "EAIaIQob", "")
    ]

    assert found == [None] * 6


def test_conversions_are_credited_to_the_users_latest_click() -> None:
    made = world()
    site = made.site("krakow-dental")
    sessions = site.recording.sessions
    credit = made.conversions(site, "generate_lead", lookback_days=30)
    paid = np.flatnonzero(sessions.campaign != NONE)

    for number in range(len(credit)):
        mine = paid[sessions.user[paid] == credit.user[number]]
        mine = mine[sessions.time[mine] <= sessions.time[credit.session[number]]]
        latest = mine[np.argmax(sessions.time[mine])]
        assert latest == credit.click_session[number]
        assert credit.campaign[number] == sessions.campaign[latest]
    assert len(credit) > 50
    assert (credit.day >= credit.click_day).all()


def test_campaigns_differ_in_what_their_clicks_are_worth() -> None:
    made = world()
    site = made.site("siam-coffee")
    clicks = site.recording.spend.clicks[:150].sum(axis=0)
    sales = np.bincount(made.conversions(site, "purchase").campaign, minlength=5)

    rates = dict(
        zip((each.name for each in site.campaigns), sales / clicks, strict=True)
    )

    assert rates["Brand - Siam Coffee"] > 3 * rates["Generic - Coffee Machines"]


def test_an_agency_of_a_thousand_shares_recordings_but_not_ids_or_state() -> None:
    clock = Clock(NOW)
    made = agency_world(1000, clock=clock)
    sites = list(made.sites.values())

    sites[0].ga4.key_events.clear()

    assert len({site.property_id for site in sites}) == 1000
    assert len({site.customer_id for site in sites}) == 1000
    assert len({each.id for site in sites for each in site.campaigns}) == sum(
        len(site.campaigns) for site in sites
    )
    assert len({id(site.tape) for site in sites}) == 6
    assert [len(site.key_events) for site in sites[:8]] == [0, 1, 1, 1, 1, 1, 1, 1]
    assert list(made.managers()) == ["9999999999"]
