"""Conversion metrics: the same events as everywhere, counted by Google's rules."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from convbridge.sandbox.property import KeyEvent
from convbridge.sandbox.site import microseconds
from sandbox.ads_client import CUSTOMER, NOW, open_ads, update

BASE = f"customers/{CUSTOMER}"
ALL_TIME = "segments.date BETWEEN '2015-01-01' AND '2030-01-01'"


@pytest.fixture
def ads():
    with open_ads() as running:
        yield running


def site_of(ads):
    return ads.google.world.site_of_customer(CUSTOMER)


def import_event(ads, event, **fields):
    """Mark a key event in GA4 and import its action, secondary; return its name."""
    site = site_of(ads)
    key = site.ga4.next_id()
    site.ga4.key_events[key] = KeyEvent(
        id=key, event_name=event, created_at=ads.google.clock.now()
    )
    [row] = ads.rows(
        "SELECT conversion_action.resource_name FROM conversion_action WHERE "
        f"conversion_action.google_analytics_4_settings.event_name = '{event}'"
    )
    name = row.conversion_action.resource_name
    fields = {"status": "ENABLED", "primary_for_goal": False, **fields}
    paths = (
        path
        for field, value in fields.items()
        for path in (
            [f"{field}.{sub}" for sub in value] if isinstance(value, dict) else [field]
        )
    )
    ads.update_action(name, *paths, **fields)
    return name


def by_hand(ads, event, since, until, days=30):
    """Count an event's occurrences within the window after the user's paid click."""
    site = site_of(ads)
    events, sessions = site.recording.events, site.recording.sessions
    code = events.names.index(event)
    start, end = microseconds(since), microseconds(until)
    found = []
    for at in range(len(events)):
        if events.name[at] != code or not start < events.time[at] <= end:
            continue
        click = sessions.last_click[events.session[at]]
        if click < 0:
            continue
        if events.time[at] - sessions.time[click] <= days * 86_400_000_000:
            found.append((int(sessions.campaign[click]), int(click), events.value[at]))
    return found


def by_campaign(ads, condition=ALL_TIME):
    rows = ads.rows(
        "SELECT campaign.id, segments.conversion_action, metrics.conversions, "
        "metrics.conversions_value, metrics.all_conversions, "
        "metrics.all_conversions_value "
        f"FROM campaign WHERE {condition}"
    )
    return {
        (row.segments.conversion_action, row.campaign.id): (
            row.metrics.conversions,
            row.metrics.conversions_value,
            row.metrics.all_conversions,
            row.metrics.all_conversions_value,
        )
        for row in rows
    }


def test_the_primary_action_counts_what_the_events_say(ads):
    site = site_of(ads)
    actual = by_campaign(ads)

    expected = {}
    for campaign, _, value in by_hand(ads, "purchase", NOW - timedelta(days=900), NOW):
        key = (f"{BASE}/conversionActions/5001", site.campaigns[campaign].id)
        count, total = expected.get(key, (0.0, 0.0))
        expected[key] = (count + 1, total + value)
    assert len(actual) > 1
    assert actual == {
        key: pytest.approx((count, value, count, value))
        for key, (count, value) in expected.items()
    }


def test_an_imported_action_counts_from_then_on_and_not_as_a_conversion(ads):
    name = import_event(
        ads,
        "add_to_cart",
        value_settings={"default_value": 7.0, "always_use_default_value": True},
    )
    before = {key for key in by_campaign(ads) if key[0] == name}
    ads.google.clock.advance(days=14)

    actual = {key: value for key, value in by_campaign(ads).items() if key[0] == name}

    count = len(by_hand(ads, "add_to_cart", NOW, NOW + timedelta(days=14)))
    assert count > 5
    assert before == set()
    totals = [sum(column) for column in zip(*actual.values(), strict=True)]
    assert totals == [0.0, 0.0, float(count), 7.0 * count]


def test_a_new_value_holds_for_later_events_only(ads):
    name = import_event(
        ads,
        "add_to_cart",
        value_settings={"default_value": 1.0, "always_use_default_value": True},
    )
    ads.google.clock.advance(days=7)
    ads.update_action(
        name, "value_settings.default_value", value_settings={"default_value": 100.0}
    )
    ads.google.clock.advance(days=7)

    first = len(by_hand(ads, "add_to_cart", NOW, NOW + timedelta(days=7)))
    second = len(
        by_hand(ads, "add_to_cart", NOW + timedelta(days=7), NOW + timedelta(days=14))
    )
    values = [v[3] for key, v in by_campaign(ads).items() if key[0] == name]
    assert sum(values) == first + 100.0 * second


def test_one_per_click_counts_a_click_once(ads):
    ads.google.ads.account(CUSTOMER).ga4_refused_fields.clear()
    name = import_event(ads, "page_view", counting_type="ONE_PER_CLICK")
    ads.google.clock.advance(days=7)

    counts = [v[2] for key, v in by_campaign(ads).items() if key[0] == name]

    hits = by_hand(ads, "page_view", NOW, NOW + timedelta(days=7))
    clicks = {click for _, click, _ in hits}
    assert len(clicks) < len(hits)
    assert sum(counts) == len(clicks)


def test_a_custom_goal_makes_a_secondary_action_count_in_its_campaign_only(ads):
    name = import_event(ads, "add_to_cart")
    goal = ads.mutate(
        "CustomConversionGoalService",
        "MutateCustomConversionGoals",
        [{"create": {"name": "Micro", "conversion_actions": [name]}}],
    )
    config = update(
        f"{BASE}/conversionGoalCampaignConfigs/7000001",
        "custom_conversion_goal",
        custom_conversion_goal=goal.results[0].resource_name,
    )
    ads.mutate(
        "ConversionGoalCampaignConfigService",
        "MutateConversionGoalCampaignConfigs",
        [config],
    )
    ads.google.clock.advance(days=14)

    mine = {k[1]: v for k, v in by_campaign(ads).items() if k[0] == name}

    assert mine[7000001][0] == mine[7000001][2] > 0
    assert [v[0] for k, v in mine.items() if k != 7000001] == [0.0] * (len(mine) - 1)


def test_a_goal_that_is_not_biddable_takes_its_actions_out_of_conversions(ads):
    goal = update(f"{BASE}/customerConversionGoals/PURCHASE~WEBSITE", "biddable")
    ads.rows("SELECT campaign.id FROM campaign")
    ads.mutate("CustomerConversionGoalService", "MutateCustomerConversionGoals", [goal])
    ads.google.clock.advance(days=21)
    after = "segments.date BETWEEN '2026-11-24' AND '2027-01-01'"

    counts = [v[:1] + v[2:3] for v in by_campaign(ads, after).values()]

    assert sum(count for _, count in counts) > 0
    assert sum(count for count, _ in counts) == 0


def test_segments_add_up_to_the_total(ads):
    condition = "WHERE segments.date DURING LAST_30_DAYS"
    fields = "metrics.conversions, metrics.cost_micros, metrics.clicks"

    [total] = ads.rows(f"SELECT {fields} FROM customer {condition}")
    days = ads.rows(f"SELECT segments.date, {fields} FROM customer {condition}")
    campaigns = ads.rows(f"SELECT campaign.id, {fields} FROM campaign {condition}")

    dates = [row.segments.date for row in days]
    assert len(dates) == 30
    assert (min(dates), max(dates)) == ("2026-10-23", "2026-11-21")
    for rows in (days, campaigns):
        for field in ("conversions", "cost_micros", "clicks"):
            parts = sum(getattr(row.metrics, field) for row in rows)
            assert parts == pytest.approx(getattr(total.metrics, field))


def test_conversions_by_conversion_date_are_the_same_in_sum(ads):
    [row] = ads.rows(
        "SELECT metrics.conversions, metrics.conversions_by_conversion_date, "
        "metrics.conversions_value, metrics.conversions_value_per_cost, "
        "metrics.value_per_conversion, metrics.cost_micros "
        f"FROM customer WHERE {ALL_TIME}"
    )

    metrics = row.metrics
    assert metrics.conversions == metrics.conversions_by_conversion_date > 0
    cost = metrics.cost_micros / 1e6
    assert metrics.conversions_value_per_cost == metrics.conversions_value / cost
    assert metrics.value_per_conversion == (
        metrics.conversions_value / metrics.conversions
    )


def test_an_action_knows_its_last_conversion(ads):
    [row] = ads.rows(
        "SELECT conversion_action.name, metrics.all_conversions, "
        "metrics.conversion_last_conversion_date FROM conversion_action"
    )

    last = by_hand(ads, "purchase", NOW - timedelta(days=900), NOW)
    assert row.metrics.all_conversions == len(last)
    assert row.metrics.conversion_last_conversion_date.startswith("2026-11")


def test_a_key_events_default_value_reaches_the_linked_action(ads):
    site = site_of(ads)
    name = import_event(ads, "add_to_cart")
    [(key, key_event)] = [
        item for item in site.ga4.key_events.items() if item[1].event_name != "purchase"
    ]
    site.ga4.key_events[key] = replace(key_event, default_value=(4.0, "THB"))
    ads.google.clock.advance(days=14)

    mine = [value for k, value in by_campaign(ads).items() if k[0] == name]

    hits = by_hand(ads, "add_to_cart", NOW, NOW + timedelta(days=14))
    expected = sum(4.0 if math.isnan(value) else value for _, _, value in hits)
    assert sum(value[3] for value in mine) == pytest.approx(expected)


def test_an_upload_action_knows_when_it_was_last_sent_to(ads):
    ads.google.ads.uploads_allowed = True
    name = ads.create_action("CRM sale")
    query = (
        "SELECT conversion_action.name, metrics.all_conversions, "
        "metrics.conversion_last_received_request_date_time FROM conversion_action "
        "WHERE conversion_action.type = 'UPLOAD_CLICKS'"
    )
    [before] = ads.rows(query)
    kind = ads.types("services", "UploadClickConversionsRequest")
    row = {"gclid": "made-up", "conversion_action": name}
    request = kind(customer_id=CUSTOMER, conversions=[row], partial_failure=True)
    ads.service("ConversionUploadService").upload_click_conversions(request)

    [after] = ads.rows(query)

    last = [
        each.metrics.conversion_last_received_request_date_time
        for each in (before, after)
    ]
    assert last == ["", "2026-11-22 16:00:00"]
    assert after.metrics.all_conversions == 0
