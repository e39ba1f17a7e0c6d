"""A property's settings and funnels as kept facts, and back."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from convbridge.adapters.ga4.filters import step_filter
from convbridge.model.accounts import PropertyInfo
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import Evidence, FunnelCount, Funnels, LagPoint
from convbridge.model.ids import CustomerId, PropertyId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.adapters.kept import Kept
    from convbridge.model.counts import EventCounts
    from convbridge.model.rules import EventRule

PROPERTY, FUNNELS = "property", "funnels"


def keep_property(kept: Kept, info: PropertyInfo) -> None:
    """Keep the property's settings."""
    data = {
        **asdict(info),
        "property_id": str(info.property_id),
        "google_ads_links": [str(link) for link in info.google_ads_links],
    }
    kept.put(PROPERTY, data)


def kept_property(kept: Kept) -> PropertyInfo | None:
    """Return the kept settings, or None."""
    data = kept.get(PROPERTY)
    if data is None:
        return None
    return PropertyInfo(
        **{
            **data,
            "property_id": PropertyId(data["property_id"]),
            "google_ads_links": tuple(map(CustomerId, data["google_ads_links"])),
            "custom_dimensions": tuple(data["custom_dimensions"]),
            "web_streams": tuple(data["web_streams"]),
        }
    )


class KeptFunnels:
    """
    Funnels of up to a week ago, used again for the same questions.

    A funnel is a share of users over a window: a few days' shift moves it less than
    GA4's own estimate is off. Known are the questions (steps, filters, horizon,
    length of the window), so a changed rule is asked anew.

    Args:
        kept: Where facts are kept.
        asked: What all funnels of one fetch share.
    """

    def __init__(self, kept: Kept, asked: dict[str, Any]) -> None:
        self._kept = kept
        self._asked = asked

    @classmethod
    def of(
        cls,
        kept: Kept,
        counts: EventCounts,
        primaries: Sequence[EventRule],
        **asked: Any,
    ) -> Self:
        """Return what is kept for these questions."""
        known = {
            "primaries": [[rule.event, step_filter(rule)] for rule in primaries],
            "window_days": counts.window.days,
            **asked,
        }
        return cls(kept, known)

    def get(self, counts: EventCounts, events: Sequence[EventRule]) -> Funnels | None:
        """Return the kept funnels of these events, or None if one is missing."""
        data = self._kept.get(FUNNELS)
        if data is None or data["asked"] != _digest(self._asked):
            return None
        known, window = data["events"], _window(data["window"])
        shift = (counts.window.end - window.end).days
        if not 0 <= shift <= max(1, window.days // 10):
            return None
        if any(known.get(e.event) != _digest(step_filter(e)) for e in events):
            return None
        names = {event.event for event in events}
        return _funnels(data, names)

    def put(
        self, counts: EventCounts, events: Sequence[EventRule], found: Funnels
    ) -> None:
        """Keep funnels that GA4 counted; bounds are asked again."""
        if any(funnel.evidence is not Evidence.FUNNEL for funnel in found):
            return
        if not found.funnels:
            return
        data = {
            "asked": _digest(self._asked),
            "window": counts.window.to_dict(),
            "events": {e.event: _digest(step_filter(e)) for e in events},
            "funnels": [
                {**asdict(f), "window": f.window.to_dict()} for f in found.funnels
            ],
            "lag": [asdict(point) for point in found.lag],
            "total_users": found.total_users,
            "primary_users": found.primary_users,
            "notes": list(found.notes),
        }
        self._kept.put(FUNNELS, data)


def _funnels(data: dict[str, Any], names: set[str]) -> Funnels:
    whole = Funnels(
        funnels=tuple(_funnel(f) for f in data["funnels"] if f["event"] in names),
        lag=tuple(LagPoint(**p) for p in data["lag"] if p["event"] in names),
        total_users=data["total_users"],
        primary_users=data["primary_users"],
        notes=tuple(data["notes"]),
    )
    until = data["window"]["end"]
    return replace(whole, notes=(*whole.notes, f"funnels were read up to {until}"))


def _funnel(data: dict[str, Any]) -> FunnelCount:
    window, evidence = _window(data["window"]), Evidence(data["evidence"])
    return FunnelCount(**{**data, "window": window, "evidence": evidence})


def _window(data: dict[str, Any]) -> DateWindow:
    start, end = data["start"], data["end"]
    return DateWindow(start=date.fromisoformat(start), end=date.fromisoformat(end))


def _digest(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
