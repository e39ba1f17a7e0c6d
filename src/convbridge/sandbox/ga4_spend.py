"""Ad spend as rows of a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .ga4_columns import CAMPAIGN_TEXTS, CHANNEL_TEXTS, NOT_SET, Column, campaign_labels
from .ga4_fields import canonical
from .ga4_filters import evaluate, label_test
from .ga4_metrics import RATES, Cost

if TYPE_CHECKING:
    from .events import Bools, Floats, Ints
    from .ga4_columns import View
    from .ga4_query import Query


@dataclass(frozen=True, slots=True)
class Spent:
    """Ad spend as rows: one per date range, day and campaign that had any."""

    view: View
    day: Ints
    campaign: Ints
    ranges: Ints

    @staticmethod
    def read(query: Query, view: View) -> Spent:
        """Return the spend of the request's ranges that its filter keeps."""
        known = view.site.recording.spend.clicks
        through = int(view.events.day.max()) + 1 if len(view.events) else 0
        pieces = []
        for number, each in enumerate(query.ranges):
            first = max(view.site.day_of(each.start), 0)
            last = min(view.site.day_of(each.end) + 1, through)
            day, campaign = np.nonzero(known[first:last])
            pieces.append((day + first, campaign, np.full(len(day), number)))
        day, campaign, ranges = (
            np.concatenate(part) for part in zip(*pieces, strict=True)
        )
        spend = Spent(view, day, campaign, ranges)
        return spend.filtered(query)

    def filtered(self, query: Query) -> Spent:
        """Return the spend that passes the dimension filter."""
        expression = query.message.dimension_filter
        if expression.WhichOneof("expr") is None:
            return self

        def leaf(single: Any) -> Bools:
            column = self.column(single.field_name)
            test = label_test(single)
            kept = np.array([test(label) for label in column.labels], dtype=bool)
            return np.asarray(kept[column.codes])

        mask = evaluate(expression, leaf)
        return Spent(self.view, self.day[mask], self.campaign[mask], self.ranges[mask])

    def columns(self, query: Query) -> tuple[Column, ...]:
        """Return the request's dimensions over the spend."""
        return tuple(self.column(name) for name in query.dimensions)

    def column(self, name: str) -> Column:
        """Return a dimension of campaigns, channels or dates."""
        name = canonical(name)
        site = self.view.site
        session_name = (
            name
            if name.startswith("session")
            else f"session{name[0].upper()}{name[1:]}"
        )
        if session_name in CAMPAIGN_TEXTS:
            return Column(self.campaign, campaign_labels(site, session_name)).merged()
        if session_name in CHANNEL_TEXTS:
            channels = [self._channel(number) for number in range(len(site.campaigns))]
            text = CHANNEL_TEXTS[session_name]
            labels = tuple(text(channel) for channel in channels)
            return Column(self.campaign, (*labels, NOT_SET)).merged()
        labels = self.view.column(name).labels
        return Column(np.asarray(self._dates(name)), labels)

    def _dates(self, name: str) -> Ints:
        """Date-like columns are known per day: look one event of the day up."""
        column = self.view.column(name)
        first = np.searchsorted(self.view.events.day, self.day)
        return column.codes[np.minimum(first, len(column.codes) - 1)]

    def _channel(self, campaign: int) -> str:
        sessions = self.view.sessions
        channels = sessions.channel[sessions.campaign == campaign]
        if not len(channels):
            return self.view.site.recording.channels[0]
        return self.view.site.recording.channels[int(np.bincount(channels).argmax())]

    def cost(self, group: Ints, size: int, query: Query, view: View) -> Cost:
        """Add the spend up by group."""
        spend = view.site.recording.spend
        place = (self.day, self.campaign)

        def total(values: Any) -> Floats:
            sums = np.bincount(group, weights=values[place], minlength=size)
            return np.asarray(sums, dtype=float)

        factor = currency_factor(view, query.currency)
        return Cost(
            impressions=total(spend.impressions),
            clicks=total(spend.clicks),
            cost=np.round(total(spend.cost) * factor, 6),
        )


def currency_factor(view: View, currency: str) -> float:
    """Return the rate from the property's currency to the report's."""
    return RATES[currency] / RATES[view.site.currency]
