"""Dimensions as columns: a code per event and the labels of the codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from .events import NONE
from .ga4_fields import DIMENSIONS, canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .events import Bools, Events, Ints, Sessions
    from .property import KeyEvent
    from .site import Site

NOT_SET = "(not set)"
UNASSIGNED = "Unassigned"
MINUTE = 60_000_000

SOURCES: Mapping[str, tuple[str, str]] = {
    "Organic Search": ("google", "organic"),
    "Paid Search": ("google", "cpc"),
    "Direct": ("(direct)", "(none)"),
    "Organic Social": ("facebook.com", "referral"),
    "Paid Social": ("google", "cpc"),
    "Cross-network": ("google", "cpc"),
    "Display": ("google", "cpc"),
    "Referral": ("blog.example.com", "referral"),
    "Email": ("newsletter", "email"),
}
_UNPAID = {
    "Organic Search": "(organic)",
    "Organic Social": "(referral)",
    "Referral": "(referral)",
    "Direct": "(direct)",
}
_AD_NETWORKS = {
    "SEARCH": "Google search",
    "PERFORMANCE_MAX": "Cross-network",
    "DISPLAY": "Google Display Network",
    "DEMAND_GEN": "Discover",
}
_CAMPAIGN_TYPES = {
    "SEARCH": "Search",
    "PERFORMANCE_MAX": "Cross-network",
    "DISPLAY": "Display",
    "DEMAND_GEN": "Demand Gen",
}
# What a parameter's dimension says on events that do not carry it.
_ABSENT = {"pagePath": NOT_SET, "pageTitle": NOT_SET}


@dataclass(frozen=True, slots=True)
class Column:
    """A dimension over some events: `labels[codes[i]]` is event i's value."""

    codes: Ints
    labels: tuple[str, ...]

    def take(self, index: Ints) -> Column:
        """Return the column of the events at these places."""
        return Column(self.codes[index], self.labels)

    def merged(self) -> Column:
        """Return the column with equal labels given one code."""
        unique = tuple(dict.fromkeys(self.labels))
        if len(unique) == len(self.labels):
            return self
        place = {label: code for code, label in enumerate(unique)}
        recode = np.array([place[label] for label in self.labels], dtype=np.int64)
        return Column(recode[self.codes], unique)


class View:
    """The events of a property as GA4 has them now, with their dimensions."""

    def __init__(
        self,
        site: Site,
        events: Events,
        key_events: Sequence[KeyEvent],
        unsettled: Bools,
    ) -> None:
        self.site = site
        self.events = events
        self.key_events = tuple(key_events)
        self.unsettled = unsettled  # per session
        self._columns: dict[str, Column] = {}

    @property
    def channels(self) -> tuple[str, ...]:
        """The site's channels."""
        return self.site.recording.channels

    @property
    def sessions(self) -> Sessions:
        """The site's sessions."""
        return self.site.recording.sessions

    def column(self, name: str) -> Column:
        """Return a dimension by its API name."""
        name = canonical(name)
        if name not in self._columns:
            self._columns[name] = self._make(name).merged()
        return self._columns[name]

    def key_mask(self, event: str | None = None) -> Bools:
        """Return the mask of key events: marking counts from when it was done."""
        mask = np.zeros(len(self.events), dtype=bool)
        for mark in self.key_events:
            if event in {None, mark.event_name}:
                since = int(mark.created_at.timestamp() * 1e6)
                mask |= self.events.named(mark.event_name) & (self.events.time >= since)
        return mask

    def _make(self, name: str) -> Column:
        if name.startswith("customEvent:"):
            return self._parameter(name.removeprefix("customEvent:"), NOT_SET)
        kind = DIMENSIONS[name].kind
        if kind == "parameter":
            return self._parameter(name, _ABSENT.get(name, ""))
        return _MAKERS[kind](self, name)

    def _parameter(self, name: str, absent: str) -> Column:
        labels = tuple(row.get(name, absent) for row in self.events.param_rows)
        return Column(self.events.params, labels)

    def local_minutes(self) -> Ints:
        """Return the minutes since each event's local midnight."""
        starts = self.site.recording.day_starts[self.events.day]
        minutes: Ints = (self.events.time - starts) // MINUTE
        return minutes


def _event_name(view: View, _: str) -> Column:
    return Column(view.events.name, view.events.names)


def _date(view: View, name: str) -> Column:
    days = len(view.site.recording.day_starts)
    text = _DATE_FORMATS[name]
    dates = [view.site.first_day + timedelta(days=day) for day in range(days)]
    return Column(view.events.day, tuple(text(each) for each in dates))


_DATE_FORMATS: Mapping[str, Callable[..., str]] = {
    "date": lambda day: f"{day:%Y%m%d}",
    "year": lambda day: f"{day:%Y}",
    "month": lambda day: f"{day:%m}",
    "day": lambda day: f"{day:%d}",
    "week": lambda day: f"{(day.timetuple().tm_yday - 1 + 7) // 7:02d}",
    "yearMonth": lambda day: f"{day:%Y%m}",
    "dayOfWeek": lambda day: str(day.isoweekday() % 7),
    "dayOfWeekName": lambda day: f"{day:%A}",
}


def _hour(view: View, name: str) -> Column:
    hour = np.minimum(view.local_minutes() // 60, 23)
    if name == "hour":
        return Column(hour, tuple(f"{each:02d}" for each in range(24)))
    date = view.column("date")
    labels = tuple(f"{day}{each:02d}" for day in date.labels for each in range(24))
    return Column(date.codes * 24 + hour, labels)


def _key_event(view: View, _: str) -> Column:
    return Column(view.key_mask().astype(np.int64), ("false", "true"))


def _session(view: View, name: str) -> Column:
    field, labels = _session_labels(view, name)
    column = getattr(view.sessions, field)[view.events.session]
    if field == "campaign":
        column = np.where(column == NONE, len(labels) - 1, column)
    if name == "sessionCampaignName":
        # Without a campaign it is called after the channel: "(organic)".
        unpaid = tuple(_UNPAID.get(each, NOT_SET) for each in view.channels)
        channel = view.sessions.channel[view.events.session]
        column = np.where(column == len(labels) - 1, len(labels) + channel, column)
        labels = (*labels, *unpaid)
    codes = column.astype(np.int64)
    if field in {"campaign", "channel"} and view.unsettled.any():
        codes = np.where(view.unsettled[view.events.session], len(labels), codes)
        labels = (*labels, UNASSIGNED if "Channel" in name else NOT_SET)
    return Column(codes, labels)


def _session_labels(view: View, name: str) -> tuple[str, tuple[str, ...]]:
    recording = view.site.recording
    if name == "deviceCategory":
        return "device", recording.devices
    if name == "country":
        return "country", recording.countries
    if name == "newVsReturning":
        return "is_first", ("returning", "new")
    if name in CHANNEL_TEXTS:
        text = CHANNEL_TEXTS[name]
        return "channel", tuple(text(channel) for channel in recording.channels)
    return "campaign", campaign_labels(view.site, name)


def campaign_labels(site: Site, name: str) -> tuple[str, ...]:
    """Return a campaign dimension's label per campaign, then that of no campaign."""
    text = CAMPAIGN_TEXTS[name]
    return (*(text(site, each) for each in site.campaigns), NOT_SET)


CHANNEL_TEXTS: Mapping[str, Callable[[str], str]] = {
    "sessionDefaultChannelGroup": lambda channel: channel,
    "sessionPrimaryChannelGroup": lambda channel: channel,
    "sessionSource": lambda channel: SOURCES[channel][0],
    "sessionMedium": lambda channel: SOURCES[channel][1],
    "sessionSourceMedium": lambda channel: " / ".join(SOURCES[channel]),
}
CAMPAIGN_TEXTS: Mapping[str, Callable[..., str]] = {
    "sessionCampaignId": lambda _, each: str(each.id),
    "sessionCampaignName": lambda _, each: each.name,
    "sessionGoogleAdsCampaignId": lambda _, each: str(each.id),
    "sessionGoogleAdsCampaignName": lambda _, each: each.name,
    "sessionGoogleAdsCampaignType": lambda _, each: _CAMPAIGN_TYPES[each.channel_type],
    "sessionGoogleAdsAdNetworkType": lambda _, each: _AD_NETWORKS[each.channel_type],
    "sessionGoogleAdsCustomerId": lambda site, _: site.customer_id,
    "sessionGoogleAdsAccountName": lambda site, _: site.name,
}


def _attributed(view: View, name: str) -> Column:
    """Key-event attribution: the latest paid click gets it, other events have none."""
    session_name = f"session{name[0].upper()}{name[1:]}"
    if session_name in CHANNEL_TEXTS:
        plain = view.column(session_name)
        codes, labels = plain.codes, (*plain.labels, NOT_SET)
    else:
        labels = campaign_labels(view.site, session_name)
        click = view.sessions.last_click[view.events.session]
        codes = np.where(click == NONE, NONE, view.sessions.campaign[click])
        codes = np.where(codes == NONE, len(labels) - 1, codes)
    return Column(np.where(view.key_mask(), codes, len(labels) - 1), labels)


def _transaction(view: View, _: str) -> Column:
    numbers, codes = np.unique(view.events.transaction, return_inverse=True)
    labels = tuple(
        NOT_SET if number == NONE else f"T{number:07d}" for number in numbers.tolist()
    )
    return Column(codes, labels)


def _currency(view: View, _: str) -> Column:
    labels = (*view.events.currencies, NOT_SET)
    codes = view.events.currency
    return Column(np.where(codes == NONE, len(labels) - 1, codes), labels)


def _constant(view: View, name: str) -> Column:
    text = {
        "platform": "web",
        "streamId": view.site.ga4.streams[0],
        "streamName": view.site.name,
        "hostName": f"{view.site.key}.example.com",
    }.get(name, NOT_SET)
    return Column(np.zeros(len(view.events), dtype=np.int64), (text,))


_MAKERS: Mapping[str, Callable[[View, str], Column]] = {
    "event": _event_name,
    "date": _date,
    "hour": _hour,
    "key_event": _key_event,
    "session": _session,
    "attributed": _attributed,
    "transaction": _transaction,
    "currency": _currency,
    "constant": _constant,
}
