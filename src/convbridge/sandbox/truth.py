"""What is true of a site, counted from its events: the yardstick for every estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from .events import Bools, Events, Ints
    from .site import Site

DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTruth:
    """
    What is true of one event.

    Of `users` who did it, `mature` did it long enough ago, and `converted` of
    those did the primary event within the horizon after their first time.
    """

    count: int
    users: int
    mature: int
    converted: int
    value: float

    @property
    def rate(self) -> float:
        """P(primary within the horizon | event)."""
        return self.converted / self.mature if self.mature else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The true figures of a site."""

    users: int
    sessions: int
    primary: str
    horizon_days: int
    events: Mapping[str, EventTruth]


def site_truth(site: Site, now: datetime, horizon_days: int, primary: str) -> Truth:
    """Return what is true of a site and each of its events."""
    events = site.seen(now)
    ask = _Question(events, now, horizon_days, primary)
    return Truth(
        users=len(np.unique(events.user)),
        sessions=len(np.unique(events.session)),
        primary=primary,
        horizon_days=horizon_days,
        events={name: ask.about(events.named(name)) for name in events.names},
    )


def derived_truth(
    site: Site,
    now: datetime,
    horizon_days: int,
    event: str,
    where: Mapping[str, Collection[str]],
) -> EventTruth:
    """Return what is true of an event with parameters among the given values."""
    events = site.seen(now)
    kept = np.array(
        [
            all(row.get(name) in values for name, values in where.items())
            for row in events.param_rows
        ],
        dtype=bool,
    )
    ask = _Question(events, now, horizon_days, site.primary)
    return ask.about(np.asarray(events.named(event) & kept[events.params]))


class _Question:
    """Asks the same of different events."""

    def __init__(
        self, events: Events, now: datetime, horizon_days: int, primary: str
    ) -> None:
        self._events = events
        self._horizon = horizon_days * DAY
        self._ripe = int(now.timestamp() * 1e6) - self._horizon
        won = events.where(events.named(primary))
        self._won: dict[int, list[int]] = {}
        for user, time in zip(won.user.tolist(), won.time.tolist(), strict=True):
            self._won.setdefault(user, []).append(time)

    def about(self, mask: Bools) -> EventTruth:
        mine = self._events.where(mask)
        users, first = np.unique(mine.user, return_index=True)
        since = mine.time[first]
        mature = since <= self._ripe
        return EventTruth(
            count=len(mine),
            users=len(users),
            mature=int(mature.sum()),
            converted=self._converted(users[mature], since[mature]),
            value=float(np.nansum(mine.value)),
        )

    def _converted(self, users: Ints, since: Ints) -> int:
        return sum(
            any(
                start <= time <= start + self._horizon
                for time in self._won.get(user, ())
            )
            for user, start in zip(users.tolist(), since.tolist(), strict=True)
        )
