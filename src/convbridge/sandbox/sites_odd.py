"""Sites with something wrong: made from a good one by editing what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from .events import EVENT_COLUMNS
from .site import Tape

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from .clock import Clock
    from .events import Bools, Events, Recording
    from .site import Site

DAY = 86_400_000_000


def edited(site: Site, change: Callable[[Events], Events]) -> Site:
    """Return the site with its events changed; it plays its story as before."""
    tape = site.tape

    def make() -> Recording:
        recording = tape.play()
        return replace(recording, events=_sorted(change(recording.events)))

    return replace(site, tape=Tape(make))


def days_ago(site: Site, clock: Clock, count: int) -> date:
    """Return the property-local date so many days before today."""
    return site.today(clock.now()) - timedelta(days=count)


def without_events(site: Site) -> Site:
    """Return the site with a tag that never fired."""
    return edited(site, lambda events: events.where(np.zeros(len(events), dtype=bool)))


def with_event_stopped(site: Site, event: str, *, since: date) -> Site:
    """Return the site with an event that is no longer sent."""
    return edited(
        site, lambda events: events.where(~_since(site, events, event, since))
    )


def with_event_doubled(site: Site, event: str, *, since: date) -> Site:
    """Return the site with a tag that fires twice, half a second apart."""

    def change(events: Events) -> Events:
        again = np.flatnonzero(_since(site, events, event, since))
        places = np.r_[np.arange(len(events)), again]
        twice = taken(events, places)
        time = twice.time.copy()
        time[len(events) :] += 500_000
        return replace(twice, time=time)

    return edited(site, change)


def with_event_renamed(site: Site, event: str, *, to: str, since: date) -> Site:
    """Return the site with an event that goes by another name from a day on."""

    def change(events: Events) -> Events:
        names = (*events.names, to)
        moved = _since(site, events, event, since)
        name = np.where(moved, len(names) - 1, events.name)
        return replace(events, name=name, names=names)

    return edited(site, change)


def with_users_lost(site: Site, *, since: date) -> Site:
    """Return the site with no lasting user id: each session is someone new."""
    day = site.day_of(since)

    def change(events: Events) -> Events:
        fresh = int(events.user.max(initial=0)) + 1 + events.session
        return replace(events, user=np.where(events.day >= day, fresh, events.user))

    changed = edited(site, change)
    return replace(changed, tape=Tape(lambda: _without_denied(changed.tape.play())))


def with_money_in(site: Site, currency: str, *, every: int) -> Site:
    """Return the site with every nth valued event in another currency."""

    def change(events: Events) -> Events:
        valued = np.flatnonzero(~np.isnan(events.value))
        code = events.currency.copy()
        code[valued[::every]] = len(events.currencies)
        return replace(events, currency=code, currencies=(*events.currencies, currency))

    return edited(site, change)


def with_all_refunded(site: Site, *, on: date) -> Site:
    """Return the site with every purchase of the ten days before refunded on a day."""
    day = site.day_of(on)

    def change(events: Events) -> Events:
        names = events.names if "refund" in events.names else (*events.names, "refund")
        bought = events.named("purchase")
        bought &= (events.day < day) & (events.day >= day - 10)
        places = np.r_[np.arange(len(events)), np.flatnonzero(bought)]
        more = taken(events, places)
        name, when, days = more.name.copy(), more.time.copy(), more.day.copy()
        name[len(events) :] = names.index("refund")
        when[len(events) :] = site.recording.day_starts[day] + 36_000_000_000
        days[len(events) :] = day
        return replace(more, name=name, time=when, day=days, names=names)

    return edited(site, change)


def taken(events: Events, places: object) -> Events:
    """Return the events at these places, repeats allowed."""
    return replace(
        events, **{name: getattr(events, name)[places] for name in EVENT_COLUMNS}
    )


def _since(site: Site, events: Events, event: str, since: date) -> Bools:
    return np.asarray(events.named(event) & (events.day >= site.day_of(since)))


def _sorted(events: Events) -> Events:
    return taken(events, np.argsort(events.time, kind="stable"))


def _without_denied(recording: Recording) -> Recording:
    """Give the new users room in the table of refusals."""
    size = int(recording.events.user.max(initial=0)) + 1
    denied = np.zeros(size, dtype=bool)
    denied[: len(recording.denied)] = recording.denied[:size]
    return replace(recording, denied=denied)
