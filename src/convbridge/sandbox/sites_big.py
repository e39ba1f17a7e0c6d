"""A site that is only large: a million report rows without simulating anyone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from .events import NONE, Events, Recording, Sessions, Spend
from .site import Site, Tape, day_starts
from .sites import MANAGER_ID, property_state
from .story import Campaign

if TYPE_CHECKING:
    from .clock import Clock

DAYS = 100
EVENTS = (
    "page_view",
    "session_start",
    "scroll",
    "view_item_list",
    "select_item",
    "view_item",
    "add_to_wishlist",
    "add_to_cart",
    "view_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    "purchase",
    "refund",
    "sign_up",
    "login",
    "search",
    "share",
    "click",
    "generate_lead",
)


def big_site(*, clock: Clock, rows: int = 1_000_000) -> Site:
    """
    Return a property whose date x event x campaign report has this many rows.

    The report covers the 100 days before today; `rows` is rounded down to a
    whole number of campaigns.
    """
    zone = ZoneInfo("UTC")
    first = clock.now().date() - timedelta(days=DAYS)
    campaigns = _campaigns(max(rows // (DAYS * len(EVENTS)), 1))
    starts = day_starts(first, DAYS + 1, zone)
    return Site(
        key="big-store",
        name="Big Store",
        property_id="333333333",
        account_id="1333333333",
        currency="EUR",
        time_zone="UTC",
        customer_id="3456789012",
        manager_customer_id=MANAGER_ID,
        conversion_customer_id="3456789012",
        campaigns=campaigns,
        primary="purchase",
        steps=("view_item", "add_to_cart", "begin_checkout", "purchase"),
        first_day=first,
        tape=Tape(lambda: _recording(len(campaigns), starts)),
        ga4=property_state(first, "purchase", "3456789012"),
    )


def _campaigns(count: int) -> tuple[Campaign, ...]:
    return tuple(
        Campaign(
            id=8_000_000 + number,
            name=f"Campaign {number:04d}",
            channel_type="SEARCH",
            daily_budget=50.0,
            cpc=0.5,
            weight=1.0,
        )
        for number in range(count)
    )


def _recording(campaigns: int, starts: np.ndarray) -> Recording:
    """Make one session per day and campaign, and one event of each kind in it."""
    size = DAYS * campaigns
    number = np.arange(size)
    day, campaign = number // campaigns, number % campaigns
    zeros = np.zeros(size, dtype=np.int64)
    sessions = Sessions(
        user=number % max(size // 3, 1),
        time=starts[day] + 36_000_000_000 + campaign * 1000,
        channel=zeros,
        campaign=campaign,
        device=campaign % 3,
        country=zeros,
        is_first=number < size // 3,
        click_kind=np.ones(size, dtype=np.int64),
        last_click=number,
    )
    shape = (DAYS, campaigns)
    return Recording(
        sessions=sessions,
        events=_events(sessions, day),
        spend=Spend(
            impressions=np.full(shape, 40),
            clicks=np.ones(shape, dtype=np.int64),
            cost=np.full(shape, 0.5),
        ),
        denied=np.zeros(size, dtype=bool),
        day_starts=starts,
        channels=("Paid Search",),
        devices=("mobile", "desktop", "tablet"),
        countries=("Germany",),
    )


def _events(sessions: Sessions, day: np.ndarray) -> Events:
    kinds, size = len(EVENTS), len(sessions)
    session = np.repeat(np.arange(size), kinds)
    name = np.tile(np.arange(kinds), size)
    valued = (name >= EVENTS.index("view_item")) & (name <= EVENTS.index("refund"))
    value = np.where(valued, 5.0 + (session * 7 + name) % 400 / 4, np.nan)
    # One thousandth of a second apart, so that they are in order of time.
    time = sessions.time[session] + name
    bought = name == EVENTS.index("purchase")
    return Events(
        time=time,
        day=day[session],
        session=session,
        user=sessions.user[session],
        name=name,
        params=np.zeros(len(name), dtype=np.int64),
        value=value,
        currency=np.where(valued, 0, NONE),
        transaction=np.where(bought, session, NONE),
        names=EVENTS,
        param_rows=({},),
        currencies=("EUR",),
    )
