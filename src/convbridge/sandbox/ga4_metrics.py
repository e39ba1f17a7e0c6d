"""Metrics over groups of events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .ga4_fields import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .events import Bools, Floats, Ints
    from .ga4_columns import View

# Made up for the sandbox, against the euro: Google converts by daily rates.
RATES: Mapping[str, float] = {
    "EUR": 1.0,
    "USD": 1.08,
    "GBP": 0.85,
    "JPY": 163.0,
    "PLN": 4.3,
    "THB": 38.5,
    "CZK": 25.2,
    "CHF": 0.95,
    "VND": 27_000.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Ad clicks, impressions and cost per group."""

    impressions: Floats
    clicks: Floats
    cost: Floats


@dataclass(frozen=True, kw_only=True)
class Groups:
    """
    Events in groups: event `index[i]` of the view is in group `group[i]`.

    `currency` is the report's; money made in another is converted.
    """

    view: View
    index: Ints
    group: Ints
    size: int
    currency: str
    cost: Cost | None = None

    def values(self, expression: str) -> Floats:
        """Return a metric, or an arithmetic expression of metrics, per group."""
        if not re.search(r"[-+*/()]", expression):
            return self.metric(expression)
        return _Expression(expression, self.metric).value()

    def metric(self, name: str) -> Floats:
        """Return one metric per group."""
        head, _, event = canonical(name).partition(":")
        if head in _KEY_EVENT_METRICS:
            return _KEY_EVENT_METRICS[head](self, event or None)
        return _METRICS[head](self)

    def count(self, mask: Bools | None = None) -> Floats:
        """Count the events, those of the mask (over the view) if given."""
        group = self.group if mask is None else self.group[mask[self.index]]
        return np.asarray(np.bincount(group, minlength=self.size), dtype=float)

    def total(self, values: Floats) -> Floats:
        """Add up a value per event."""
        weights = np.nan_to_num(values[self.index])
        return np.asarray(
            np.bincount(self.group, weights=weights, minlength=self.size), dtype=float
        )

    def distinct(self, ids: Ints, mask: Bools | None = None) -> Floats:
        """Count different ids."""
        group, index = self.group, self.index
        if mask is not None:
            kept = mask[index]
            group, index = group[kept], index[kept]
        if not len(group):
            return np.zeros(self.size)
        span = int(ids.max()) + 1
        pairs = np.unique(group.astype(np.int64) * span + ids[index])
        return np.bincount(pairs // span, minlength=self.size).astype(float)

    def named(self, *events: str) -> Bools:
        """Return the mask of events by name."""
        codes = [
            code for code, name in enumerate(self.view.events.names) if name in events
        ]
        return np.isin(self.view.events.name, codes)

    @cached_property
    def money(self) -> Floats:
        """Each event's value in the report's currency."""
        events = self.view.events
        base = RATES.get(self.currency, 1.0)
        rates = np.array([base / RATES.get(name, base) for name in events.currencies])
        return np.asarray(events.value * np.r_[rates, 1.0][events.currency])

    def money_of(self, *events: str) -> Floats:
        """Add up the money of events by name."""
        return self.total(np.where(self.named(*events), self.money, 0.0))

    def users(self, *events: str) -> Floats:
        """Count users, of events by name if given."""
        mask = self.named(*events) if events else None
        return self.distinct(self.view.events.user, mask)

    def visits(self, *events: str) -> Floats:
        """Count sessions, of events by name if given."""
        mask = self.named(*events) if events else None
        return self.distinct(self.view.events.session, mask)

    def key_events(self, event: str | None) -> Floats:
        """Count key events, each by its own counting method."""
        found = np.zeros(self.size)
        for mark in self.view.key_events:
            if event not in {None, mark.event_name}:
                continue
            mask = self.view.key_mask(mark.event_name)
            if mark.counting_method == "ONCE_PER_SESSION":
                found += self.distinct(self.view.events.session, mask)
            else:
                found += self.count(mask)
        return found

    def key_rate(self, ids: Ints, event: str | None) -> Floats:
        """Return the share of ids with a key event."""
        having = self.distinct(ids, self.view.key_mask(event))
        return _ratio(having, self.distinct(ids))

    def spent(self) -> Cost:
        """Return ad cost, none for rows without a campaign."""
        nothing = np.zeros(self.size)
        return self.cost or Cost(impressions=nothing, clicks=nothing, cost=nothing)


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def _net(groups: Groups) -> Floats:
    return groups.money_of("purchase") - groups.money_of("refund")


_KEY_EVENT_METRICS: Mapping[str, Callable[[Groups, str | None], Floats]] = {
    "keyEvents": lambda groups, event: groups.key_events(event),
    "sessionKeyEventRate": lambda groups, event: groups.key_rate(
        groups.view.events.session, event
    ),
    "userKeyEventRate": lambda groups, event: groups.key_rate(
        groups.view.events.user, event
    ),
}
_METRICS: Mapping[str, Callable[[Groups], Floats]] = {
    "eventCount": lambda groups: groups.count(),
    "eventValue": lambda groups: groups.total(groups.view.events.value),
    "eventCountPerUser": lambda groups: _ratio(groups.count(), groups.users()),
    "eventsPerSession": lambda groups: _ratio(groups.count(), groups.visits()),
    "screenPageViews": lambda groups: groups.count(groups.named("page_view")),
    "addToCarts": lambda groups: groups.count(groups.named("add_to_cart")),
    "checkouts": lambda groups: groups.count(groups.named("begin_checkout")),
    "itemViewEvents": lambda groups: groups.count(groups.named("view_item")),
    "totalUsers": lambda groups: groups.users(),
    "activeUsers": lambda groups: groups.users(),
    "newUsers": lambda groups: groups.users("first_visit"),
    "sessions": lambda groups: groups.visits(),
    "engagedSessions": lambda groups: groups.visits("user_engagement"),
    "engagementRate": lambda groups: _ratio(
        groups.visits("user_engagement"), groups.visits()
    ),
    "transactions": lambda groups: groups.count(groups.named("purchase")),
    "ecommercePurchases": lambda groups: groups.count(groups.named("purchase")),
    "totalPurchasers": lambda groups: groups.users("purchase"),
    "purchaserRate": lambda groups: _ratio(groups.users("purchase"), groups.users()),
    "totalRevenue": _net,
    "purchaseRevenue": _net,
    "grossPurchaseRevenue": lambda groups: groups.money_of("purchase"),
    "refundAmount": lambda groups: groups.money_of("refund"),
    "advertiserAdCost": lambda groups: groups.spent().cost,
    "advertiserAdClicks": lambda groups: groups.spent().clicks,
    "advertiserAdImpressions": lambda groups: groups.spent().impressions,
    "advertiserAdCostPerClick": lambda groups: _ratio(
        groups.spent().cost, groups.spent().clicks
    ),
    "advertiserAdCostPerKeyEvent": lambda groups: _ratio(
        groups.spent().cost, groups.key_events(None)
    ),
    "returnOnAdSpend": lambda groups: _ratio(_net(groups), groups.spent().cost),
}

TOKEN = re.compile(r"\s*([A-Za-z_][\w:]*|\d+(?:\.\d+)?|[-+*/()])")


def expression_names(expression: str) -> tuple[str, ...]:
    """Return the metrics an expression uses."""
    return tuple(
        token for token in TOKEN.findall(expression) if re.match("[A-Za-z_]", token)
    )


class _Expression:
    """Metrics, numbers, + - * / and parentheses, read by recursive descent."""

    def __init__(self, text: str, metric: Callable[[str], Floats]) -> None:
        self._tokens = TOKEN.findall(text)
        self._metric = metric
        self._at = 0

    def value(self) -> Floats:
        left = self._product()
        while self._peek() in {"+", "-"}:
            sign = self._next()
            right = self._product()
            left = left + right if sign == "+" else left - right
        return left

    def _product(self) -> Floats:
        left = self._atom()
        while self._peek() in {"*", "/"}:
            sign = self._next()
            right = self._atom()
            left = left * right if sign == "*" else _ratio(left, right + 0 * left)
        return left

    def _atom(self) -> Floats:
        token = self._next()
        if token == "(":  # noqa: S105  # a parenthesis
            inner = self.value()
            self._next()
            return inner
        if token[0].isdigit():
            return np.asarray(float(token))
        return self._metric(token)

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token
