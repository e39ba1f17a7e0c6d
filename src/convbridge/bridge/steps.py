"""The steps from counts to values; each takes what the one before has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.classify import classify
from convbridge.model.classes import EventClass
from convbridge.model.dates import DateWindow, zone_of
from convbridge.model.rules import EventRule
from convbridge.value import carried_events, value_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from convbridge.bridge.connections import Connections
    from convbridge.model.classes import Classification
    from convbridge.model.counts import EventCounts
    from convbridge.model.funnels import Funnels
    from convbridge.model.values import Valuation


class Steps:
    """
    What one client's steps have found so far.

    A step that is run again forgets what came after it.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._counts: EventCounts | None = None
        self._classification: Classification | None = None
        self._funnels: Funnels | None = None
        self.valuation: Valuation | None = None

    @property
    def counts(self) -> EventCounts:
        """The counts of the window, fetched when they are not there."""
        if self._counts is None:  # counts without events are counts
            return self.fetch_counts(None, refresh=False)
        return self._counts

    @property
    def classification(self) -> Classification:
        """The classes, made when they are not there."""
        return self._classification or self.classify(self.counts)

    @property
    def funnels(self) -> Funnels:
        """The funnels, fetched when they are not there."""
        return self._funnels or self.fetch_funnels(self.classification)

    def today(self) -> date:
        """Return the day it is in the property's time zone."""
        zone = zone_of(self._connections.ga4.fetch_property().time_zone)
        return self._connections.clock.now().astimezone(zone).date()

    def fetch_counts(self, window: DateWindow | None, *, refresh: bool) -> EventCounts:
        """Fetch the counts of the window; see `Bridge.fetch_counts`."""
        said = self._connections.client
        if window is None:
            window = DateWindow.ending_yesterday(
                now=self._connections.clock.now(),
                time_zone=self._connections.ga4.fetch_property().time_zone,
                days=said.values.window_days,
            )
        counts = self._connections.counts.fetch_counts(
            window, derived=said.rule_set().derived, refresh=refresh
        )
        self._counts, self._classification = counts, None
        self._funnels, self.valuation = None, None
        return counts

    def classify(self, counts: EventCounts) -> Classification:
        """Classify the counts; see `Bridge.classify`."""
        said = self._connections.client
        found = classify(counts, client=said.name, rules=said.rule_set())
        self._counts, self._classification = counts, found
        self._funnels, self.valuation = None, None
        return found

    def fetch_funnels(self, classification: Classification) -> Funnels:
        """Fetch a funnel per event that is valued; see `Bridge.fetch_funnels`."""
        rules = self._connections.client.rule_set()
        carried = carried_events(
            classification, rules=rules, key_events=self.counts.key_events
        )
        wanted = (*carried, *classification.of(EventClass.ANTI))
        self._funnels = self.funnels_of(classification, (e.event for e in wanted))
        return self._funnels

    def funnels_of(
        self, classification: Classification, events: Iterable[str]
    ) -> Funnels:
        """Fetch the funnels of these events to any primary."""
        said = self._connections.client
        rules = said.rule_set().rules
        return self._connections.counts.fetch_funnels(
            self.counts,
            events=_rules(rules, events),
            primaries=_rules(rules, classification.primaries),
            horizon_days=said.values.horizon_days,
        )

    def value(self, classification: Classification, funnels: Funnels) -> Valuation:
        """Value the events; see `Bridge.value`."""
        said = self._connections.client
        counts = self.counts
        self._classification, self._funnels = classification, funnels
        self.valuation = value_events(
            counts,
            classification,
            funnels,
            rules=said.rule_set(),
            policy=said.value_policy(),
            previous=self._connections.ledger.read_published(said.name),
            on=self.today(),
        )
        return self.valuation


def _rules(rules: Mapping[str, EventRule], events: Iterable[str]) -> list[EventRule]:
    """Return the rule of each event; one nobody wrote a rule for is itself."""
    return [rules.get(event) or EventRule(event=event) for event in events]
