"""The columns of everything that happened on a site: sessions, events, ad spend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Ints = NDArray[np.integer[Any]]
    Floats = NDArray[np.floating[Any]]
    Bools = NDArray[np.bool_]

NONE = -1
"""In a column of indexes: there is none."""

CLICK_KINDS = ("", "gclid", "gbraid", "wbraid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """One entry per session; `campaign`, `channel`, ... index the site's tuples."""

    user: Ints
    time: Ints  # microseconds, UTC
    channel: Ints
    campaign: Ints  # NONE without a paid click
    device: Ints
    country: Ints
    is_first: Bools
    click_kind: Ints  # index into CLICK_KINDS
    last_click: Ints  # the session with the user's latest paid click so far, or NONE

    def __len__(self) -> int:
        return len(self.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """One entry per event, in order of time; a missing value is NaN."""

    time: Ints  # microseconds, UTC
    day: Ints  # days since the first day, in the property's zone
    session: Ints
    user: Ints
    name: Ints  # index into `names`
    params: Ints  # index into `param_rows`
    value: Floats
    currency: Ints  # index into `currencies`; NONE without a currency
    transaction: Ints  # a number unique to the purchase, or NONE
    names: tuple[str, ...]
    param_rows: tuple[Mapping[str, str], ...]
    currencies: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.time)

    def where(self, mask: Bools) -> Events:
        """Return the events the mask keeps."""
        return Events(
            **{name: getattr(self, name)[mask] for name in EVENT_COLUMNS},
            names=self.names,
            param_rows=self.param_rows,
            currencies=self.currencies,
        )

    def named(self, event: str) -> Bools:
        """Return the mask of one event."""
        if event not in self.names:
            return np.zeros(len(self), dtype=bool)
        return np.asarray(self.name == self.names.index(event), dtype=bool)


EVENT_COLUMNS = (
    "time",
    "day",
    "session",
    "user",
    "name",
    "params",
    "value",
    "currency",
    "transaction",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """What each campaign cost, one row per day and one column per campaign."""

    impressions: Ints
    clicks: Ints
    cost: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Everything that happened on a site, and the days it covers."""

    sessions: Sessions
    events: Events
    spend: Spend
    denied: Bools  # per user: refused analytics cookies, GA4 never sees them
    day_starts: Ints  # microseconds, UTC, one per day and one past the end
    channels: tuple[str, ...]
    devices: tuple[str, ...]
    countries: tuple[str, ...]


def last_clicks(user: Ints, time: Ints, paid: Bools) -> Ints:
    """Return, per session, the user's latest paid session up to it, or NONE."""
    order = np.lexsort((time, user))
    position = np.arange(len(order))
    marks = np.where(paid[order], position, NONE)
    latest = np.maximum.accumulate(marks) if len(marks) else marks
    starts = np.r_[True, user[order][1:] != user[order][:-1]] if len(user) else marks
    first = np.maximum.accumulate(np.where(starts, position, 0))
    found = np.where(latest >= first, order[np.maximum(latest, 0)], NONE)
    answer = np.empty(len(order), dtype=np.int64)
    answer[order] = found
    return answer
