"""The simulated world: the sites, and what the servers ask about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

import numpy as np

from .clicks import click_of, read_click_id
from .events import NONE
from .property import KeyEvent
from .truth import derived_truth, site_truth

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from .clicks import Click
    from .clock import Clock
    from .events import Floats, Ints
    from .site import Site
    from .truth import EventTruth, Truth

DAY = 86_400_000_000


class World:
    """The sites by key, property and customer, under one clock."""

    def __init__(self, sites: Iterable[Site], *, clock: Clock) -> None:
        self.clock = clock
        self.sites: Mapping[str, Site] = {site.key: site for site in sites}
        self._by_property = {site.property_id: site for site in self.sites.values()}
        self._by_customer = {site.customer_id: site for site in self.sites.values()}

    def site(self, key: str) -> Site:
        """Return a site by its key."""
        return self.sites[key]

    def site_of_property(self, property_id: str) -> Site | None:
        """Return the site of a GA4 property."""
        return self._by_property.get(property_id)

    def site_of_customer(self, customer_id: str) -> Site | None:
        """Return the site of a Google Ads account (not of a manager)."""
        return self._by_customer.get(customer_id)

    def mark_key_event(self, key: str, event: str) -> None:
        """Mark an event of a site as a key event, as if since its first day."""
        site = self.site(key)
        since = datetime.combine(site.first_day, time(), UTC)
        mark = KeyEvent(
            id=site.ga4.next_id(),
            event_name=event,
            created_at=since,
            counting_method="ONCE_PER_SESSION",
        )
        site.ga4.key_events[mark.id] = mark

    def managers(self) -> Mapping[str, tuple[Site, ...]]:
        """Return the manager accounts and the sites under each."""
        found: dict[str, tuple[Site, ...]] = {}
        for site in self.sites.values():
            key = site.manager_customer_id
            found[key] = (*found.get(key, ()), site)
        return found

    def find_click(self, click_id: str) -> Click | None:
        """Return the click of a gclid, gbraid or wbraid, if it happened by now."""
        read = read_click_id(click_id)
        site = self.site_of_customer(read[0]) if read else None
        click = click_of(site, read[1]) if site and read else None
        if click is None or click.time > self.clock.now() or click.id != click_id:
            return None
        return click

    def conversions(self, site: Site, event: str, *, lookback_days: int = 90) -> Credit:
        """Return an event's occurrences that follow a paid click of the same user."""
        return _credit(site, event, self.clock.now(), lookback_days)

    def truth(
        self, site: Site, *, horizon_days: int = 30, primary: str | None = None
    ) -> Truth:
        """Return what the events themselves say, as far as GA4 saw them."""
        return site_truth(site, self.clock.now(), horizon_days, primary or site.primary)

    def truth_where(
        self,
        site: Site,
        event: str,
        where: Mapping[str, Collection[str]],
        *,
        horizon_days: int = 30,
    ) -> EventTruth:
        """Return the truth of an event with parameters, as `linkDomain`, given."""
        return derived_truth(site, self.clock.now(), horizon_days, event, where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """
    Events with the paid click they are credited to (the user's latest before).

    `campaign` indexes `site.campaigns`; days count from `site.first_day`.
    """

    campaign: Ints
    click_session: Ints
    click_day: Ints
    day: Ints
    time: Ints
    value: Floats
    user: Ints
    session: Ints

    def __len__(self) -> int:
        return len(self.day)


def _credit(site: Site, event: str, now: datetime, lookback_days: int) -> Credit:
    """Google Ads counts without analytics cookies too, so refusals are included."""
    events = site.events(now)
    events = events.where(events.named(event))
    sessions = site.recording.sessions
    click = sessions.last_click[events.session]
    age = events.time - sessions.time[click]
    kept = (click != NONE) & (age <= lookback_days * DAY)
    events, click = events.where(kept), click[kept]
    starts = site.recording.day_starts
    return Credit(
        campaign=sessions.campaign[click],
        click_session=click,
        click_day=np.searchsorted(starts, sessions.time[click], side="right") - 1,
        day=events.day,
        time=events.time,
        value=events.value,
        user=events.user,
        session=events.session,
    )
