"""What GA4 does to events as they come in: create rules, then default values."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .events import EVENT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .events import Bools, Events
    from .property import KeyEvent, Property

_COMPARE: Mapping[str, Callable[[str, str], bool]] = {
    "EQUALS": lambda found, wanted: found == wanted,
    "CONTAINS": lambda found, wanted: wanted in found,
    "STARTS_WITH": lambda found, wanted: found.startswith(wanted),
    "ENDS_WITH": lambda found, wanted: found.endswith(wanted),
    "REGULAR_EXPRESSION": lambda found, wanted: bool(re.search(wanted, found)),
    "GREATER_THAN": lambda found, wanted: _number(found) > _number(wanted),
    "GREATER_THAN_OR_EQUAL": lambda found, wanted: _number(found) >= _number(wanted),
    "LESS_THAN": lambda found, wanted: _number(found) < _number(wanted),
    "LESS_THAN_OR_EQUAL": lambda found, wanted: _number(found) <= _number(wanted),
}
_CASE = "_CASE_INSENSITIVE"


def processed(ga4: Property, events: Events) -> Events:
    """
    Return the events as GA4 keeps them.

    Rules and default values work from when they were made and never on what
    came before; a default value fills in where an event has none.
    """
    for name, since in tuple(ga4.rules_since.items()):
        rule = ga4.resources.get(name)
        if rule is not None:
            events = _with_rule(events, rule, since)
    for mark in tuple(ga4.key_events.values()):
        if mark.default_value is not None:
            events = _with_default(events, mark)
    return events


def _with_rule(events: Events, rule: dict[str, Any], since: datetime) -> Events:
    mask = events.time >= since.timestamp() * 1e6
    for condition in rule["eventConditions"]:
        mask &= condition_mask(events, condition)
    places = np.flatnonzero(mask)
    if not len(places):
        return events
    return _inserted(events, rule["destinationEvent"], places)


def condition_mask(events: Events, condition: Mapping[str, Any]) -> Bools:
    """Return which events a MatchingCondition (as JSON) holds for."""
    kind = str(condition["comparisonType"])
    wanted = str(condition.get("value", ""))
    compare = _COMPARE[kind.removesuffix(_CASE)]

    def holds(found: str) -> bool:
        if kind.endswith(_CASE):
            return compare(found.casefold(), wanted.casefold())
        return compare(found, wanted)

    if condition["field"] == "event_name":
        kept = np.array([holds(name) for name in events.names], dtype=bool)
        mask = kept[events.name]
    else:
        field = _camel(condition["field"])
        kept = np.array(
            [field in row and holds(row[field]) for row in events.param_rows],
            dtype=bool,
        )
        mask = kept[events.params]
    return np.asarray(~mask if condition.get("negated") else mask)


def _inserted(events: Events, name: str, places: Any) -> Events:
    """Return the events with a copy, under another name, right after each of some."""
    names = events.names if name in events.names else (*events.names, name)
    columns: dict[str, Any] = {
        column: np.insert(
            getattr(events, column), places + 1, getattr(events, column)[places]
        )
        for column in EVENT_COLUMNS
    }
    made = places + 1 + np.arange(len(places))
    columns["name"][made] = names.index(name)
    return replace(events, **columns, names=names)


def _with_default(events: Events, mark: KeyEvent) -> Events:
    if mark.default_value is None or mark.default_since is None:
        return events
    amount, currency = mark.default_value
    since = mark.default_since.timestamp() * 1e6
    mask = events.named(mark.event_name) & np.isnan(events.value)
    mask &= events.time >= since
    known = events.currencies
    currencies = known if currency in known else (*known, currency)
    return replace(
        events,
        value=np.where(mask, amount, events.value),
        currency=np.where(mask, currencies.index(currency), events.currency),
        currencies=currencies,
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
