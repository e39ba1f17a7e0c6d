"""The sites of the sandbox: the two default ones, and agencies full of clients."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zlib import crc32
from zoneinfo import ZoneInfo

from .property import AdsLink, KeyEvent, Property
from .site import Site, day_starts, record_story
from .story_coffee import COFFEE, COFFEE_CAMPAIGNS
from .story_dental import DENTAL, DENTAL_CAMPAIGNS
from .world import World

if TYPE_CHECKING:
    from datetime import date

    from .clock import Clock
    from .story import Campaign, Story

MANAGER_ID = "9999999999"


def default_world(*, seed: int, clock: Clock) -> World:
    """Return a world with the coffee shop and the dental clinic."""
    return World(
        (coffee(seed=seed, clock=clock), dental(seed=seed, clock=clock)), clock=clock
    )


def coffee(*, seed: int, clock: Clock) -> Site:
    """Return the Thai coffee shop, which sells little and is clicked much."""
    return build_site(
        key="siam-coffee",
        name="Siam Coffee",
        property_id="111111111",
        customer_id="1234567890",
        currency="THB",
        time_zone="Asia/Bangkok",
        story=COFFEE,
        campaigns=COFFEE_CAMPAIGNS,
        seed=seed,
        clock=clock,
        custom_dimensions=(("resultsCount", "Search results count"),),
    )


def dental(*, seed: int, clock: Clock) -> Site:
    """Return the Polish dental clinic, which lives on leads."""
    return build_site(
        key="krakow-dental",
        name="Kraków Dental",
        property_id="222222222",
        customer_id="2345678901",
        currency="PLN",
        time_zone="Europe/Warsaw",
        story=DENTAL,
        campaigns=DENTAL_CAMPAIGNS,
        seed=seed,
        clock=clock,
    )


def build_site(
    *,
    key: str,
    name: str,
    property_id: str,
    customer_id: str,
    currency: str,
    time_zone: str,
    story: Story,
    campaigns: tuple[Campaign, ...],
    seed: int,
    clock: Clock,
    manager_customer_id: str = MANAGER_ID,
    conversion_customer_id: str | None = None,
    custom_dimensions: tuple[tuple[str, str], ...] = (),
) -> Site:
    """Return a site whose story ends, as history, yesterday in its own zone."""
    zone = ZoneInfo(time_zone)
    first = clock.now().astimezone(zone).date() - timedelta(days=story.history_days)
    days = story.history_days + story.future_days
    steps = tuple(step.event for step in story.steps)
    return Site(
        key=key,
        name=name,
        property_id=property_id,
        account_id=f"1{property_id}",
        currency=currency,
        time_zone=time_zone,
        customer_id=customer_id,
        manager_customer_id=manager_customer_id,
        conversion_customer_id=conversion_customer_id or customer_id,
        campaigns=campaigns,
        primary=steps[-1],
        steps=steps,
        first_day=first,
        tape=record_story(
            story,
            campaigns,
            currency=currency,
            seed=(seed, crc32(key.encode())),
            starts=day_starts(first, days, zone),
        ),
        ga4=property_state(
            first, steps[-1], customer_id, custom_dimensions=custom_dimensions
        ),
    )


def property_state(
    first_day: date,
    primary: str,
    customer_id: str,
    *,
    custom_dimensions: tuple[tuple[str, str], ...] = (),
) -> Property:
    """Return a property whose primary event is a key event, linked to its account."""
    since = datetime.combine(first_day, time(), UTC)
    # GA4 makes purchase a key event by itself, and it can't be unmarked.
    automatic = primary == "purchase"
    mark = KeyEvent(
        id="10000001",
        event_name=primary,
        created_at=since,
        deletable=not automatic,
        custom=not automatic,
    )
    link = AdsLink(id="5000001", customer_id=customer_id, created_at=since)
    return Property(
        key_events={mark.id: mark},
        ads_links={link.id: link},
        custom_dimensions=custom_dimensions,
    )


def agency_world(count: int, *, seed: int = 7, clock: Clock) -> World:
    """
    Return a world of many small clients under one manager.

    Clients take turns at a few recordings, so a thousand cost little more than
    six; ids, names and the state of each property are their own.
    """
    models = [_small(number, seed, clock) for number in range(min(count, 6))]
    return World(
        (_client(models[number % 6], number) for number in range(count)), clock=clock
    )


def _small(number: int, seed: int, clock: Clock) -> Site:
    story, campaigns, currency, zone = (
        (COFFEE, COFFEE_CAMPAIGNS, "THB", "Asia/Bangkok"),
        (DENTAL, DENTAL_CAMPAIGNS, "PLN", "Europe/Warsaw"),
    )[number % 2]
    return build_site(
        key=f"model-{number}",
        name=f"Model {number}",
        property_id=str(300_000_000 + number),
        customer_id=str(3_000_000_000 + number),
        currency=currency,
        time_zone=zone,
        story=replace(story, visitors_per_day=4.0 + 2 * number),
        campaigns=campaigns,
        seed=seed,
        clock=clock,
    )


def _client(model: Site, number: int) -> Site:
    customer_id = str(3_000_000_000 + number)
    property_id = str(300_000_000 + number)
    return replace(
        model,
        key=f"client-{number:04d}",
        name=f"Client {number:04d}",
        property_id=property_id,
        account_id=f"1{property_id}",
        customer_id=customer_id,
        conversion_customer_id=customer_id,
        campaigns=tuple(
            replace(each, id=each.id + 1_000_000_000 + number * 100)
            for each in model.campaigns
        ),
        ga4=property_state(model.first_day, model.primary, customer_id),
    )
