"""One simulated business: its ids, its campaigns, and what happened on its site."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from .processing import processed
from .visitors import simulate

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from .events import Bools, Events, Ints, Recording
    from .property import KeyEvent, Property
    from .story import Campaign, Story

_KEPT_TAPES = 12
_TAPES: dict[object, tuple[object, Tape]] = {}
_TAPES_LOCK = threading.Lock()
MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Tape:
    """A recording made when it is first wanted; several sites may share one."""

    def __init__(self, make: Callable[[], Recording]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Recording | None = None

    def play(self) -> Recording:
        """Return the recording."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made


@dataclass(frozen=True, kw_only=True)
class Site:
    """
    A business with a GA4 property and a Google Ads account.

    `first_day` is the property-local date of day 0 of the recording; `tape`
    holds the events, `ga4` what the Admin API can change.
    """

    key: str
    name: str
    property_id: str
    account_id: str
    currency: str
    time_zone: str
    customer_id: str
    manager_customer_id: str
    conversion_customer_id: str
    campaigns: tuple[Campaign, ...]
    primary: str
    steps: tuple[str, ...]
    first_day: date
    tape: Tape = field(repr=False)
    ga4: Property = field(repr=False)

    @cached_property
    def recording(self) -> Recording:
        """Everything that happens on the site, later than now included."""
        return self.tape.play()

    @property
    def key_events(self) -> tuple[KeyEvent, ...]:
        """The events marked as key events in GA4 now, oldest first."""
        return tuple(self.ga4.key_events.values())

    @property
    def zone(self) -> ZoneInfo:
        """The property's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def event_names(self) -> tuple[str, ...]:
        """The names of the events that the site sends."""
        return self.recording.events.names

    def events(self, now: datetime) -> Events:
        """Return what has happened by now, refused cookies included."""
        events = self.recording.events
        return processed(self.ga4, events.where(events.time <= microseconds(now)))

    def seen(self, now: datetime) -> Events:
        """Return what GA4 has by now, as it keeps it: without refusals."""
        events = self.recording.events.where(self.seen_mask(now))
        return processed(self.ga4, events)

    def seen_mask(self, now: datetime) -> Bools:
        """Return the mask of what GA4 has processed by now."""
        events = self.recording.events
        moment = microseconds(now)
        known = (events.time <= moment) & ~self.recording.denied[events.user]
        late = self.ga4.switches.late_share
        if late:
            known &= _arrival(events, late) <= moment
        return np.asarray(known, dtype=bool)

    def unsettled(self, now: datetime) -> Bools:
        """Return which sessions GA4 can't attribute yet."""
        share = self.ga4.switches.unsettled_share
        time = self.recording.sessions.time
        draw = (time // 11 * 2_654_435_761) % 10_007 / 10_007
        wait = 86_400_000_000 * (1 + 11 * draw / share) if share else 0 * draw
        return np.asarray((draw < share) & (time + wait > microseconds(now)))

    def date_of(self, day: int) -> date:
        """Return the property-local date of a day of the recording."""
        return self.first_day + timedelta(days=int(day))

    def day_of(self, when: date) -> int:
        """Return the recording's day of a property-local date."""
        return (when - self.first_day).days

    def today(self, now: datetime) -> date:
        """Return the property-local date."""
        return now.astimezone(self.zone).date()


def _arrival(events: Events, share: float) -> Ints:
    """Return when GA4 has processed each event; a share comes one to two days late."""
    draw = (events.time // 7 * 2_654_435_761) % 10_007 / 10_007
    delay = np.where(draw < share, 86_400_000_000 * (1 + draw / share), 0)
    return events.time + delay.astype(np.int64)


def microseconds(moment: datetime) -> int:
    """Return a moment as microseconds since 1970, UTC."""
    return (moment - _EPOCH) // MICROSECOND


def moment(time: int) -> datetime:
    """Return microseconds since 1970 as a UTC datetime."""
    return _EPOCH + timedelta(microseconds=int(time))


def day_starts(first_day: date, days: int, zone: ZoneInfo) -> Ints:
    """Return the UTC start of each local day, and of the day after the last."""
    starts = [first_day + timedelta(days=day) for day in range(days + 1)]
    return np.array(
        [
            microseconds(datetime(day.year, day.month, day.day, tzinfo=zone))
            for day in starts
        ],
        dtype=np.int64,
    )


def record_story(
    story: Story,
    campaigns: tuple[Campaign, ...],
    *,
    currency: str,
    seed: tuple[int, ...],
    starts: Ints,
) -> Tape:
    """
    Return a tape that plays a story when first wanted.

    The latest tapes are kept: a test suite starts the same world many times,
    and nobody can write on a recording.
    """
    key = (id(story), id(campaigns), currency, seed, starts.tobytes())
    with _TAPES_LOCK:
        if key not in _TAPES:
            while len(_TAPES) >= _KEPT_TAPES:
                del _TAPES[next(iter(_TAPES))]
            # The story stays with its tape, so its id can't become another's.
            _TAPES[key] = (
                (story, campaigns),
                Tape(
                    lambda: sealed(
                        simulate(
                            story,
                            campaigns,
                            currency=currency,
                            seed=seed,
                            day_starts=starts,
                        )
                    )
                ),
            )
        return _TAPES[key][1]


def sealed(recording: Recording) -> Recording:
    """Make a recording's columns read-only."""
    for part in (recording.events, recording.sessions, recording.spend):
        for field_ in fields(part):
            column = getattr(part, field_.name)
            if isinstance(column, np.ndarray):
                column.flags.writeable = False
    return recording
