"""A GA4 property's own state: what the Admin API changes, and the test switches."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEvent:
    """A key event as GA4 has it; `default_value` is an amount and a currency."""

    id: str
    event_name: str
    created_at: datetime
    counting_method: str = "ONCE_PER_EVENT"
    default_value: tuple[float, str] | None = None
    default_since: datetime | None = None
    deletable: bool = True
    custom: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AdsLink:
    """A link from the property to a Google Ads account."""

    id: str
    customer_id: str
    created_at: datetime
    can_manage_clients: bool = False
    ads_personalization_enabled: bool = True


@dataclass(slots=True, kw_only=True)
class Switches:
    """
    What a test can turn on for one property.

    `late_share`: this share of events arrives one to two days late.
    `unsettled_share`: this share of sessions has no source and no campaign until
    one to twelve days have passed, as modelled attribution arrives late.
    `user_noise`: users and sessions are off by about this much, as HyperLogLog
    is; the same request gives the same number.
    `other_over`: rows beyond this many go to "(other)".
    `sampled`: samples read and sampling space. `retention_days`: funnels see no
    event older than this. `truncation`: dataTruncationReasons to report.
    `restricted`: COST_DATA and REVENUE_DATA the caller's role hides.
    `unreadable`: every call is a 403. `funnels_refused`: funnels are.
    """

    late_share: float = 0.0
    unsettled_share: float = 0.0
    user_noise: float = 0.0
    other_over: int | None = None
    thresholded: bool = False
    sampled: tuple[int, int] | None = None
    restricted: tuple[str, ...] = ()
    truncation: tuple[dict[str, Any], ...] = ()
    retention_days: int | None = None
    empty_reason: str | None = None
    unreadable: bool = False
    funnels_refused: bool = False


@dataclass(slots=True, kw_only=True)
class Property:
    """The mutable half of a property; `lock` guards every change."""

    service_level: str = "GOOGLE_ANALYTICS_STANDARD"
    key_events: dict[str, KeyEvent] = field(default_factory=dict)
    ads_links: dict[str, AdsLink] = field(default_factory=dict)
    custom_dimensions: tuple[tuple[str, str], ...] = ()
    """Registered event-scoped custom dimensions: parameter and display name."""
    event_retention: str = "FOURTEEN_MONTHS"
    user_retention: str = "FOURTEEN_MONTHS"
    streams: tuple[str, ...] = ("1001",)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Audiences and event create rules, by resource name, as JSON."""
    rules_since: dict[str, datetime] = field(default_factory=dict)
    """When each event create rule was made or last changed."""
    switches: Switches = field(default_factory=Switches)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _next_id: int = 20_000_000

    def next_id(self) -> str:
        """Return an id not used before."""
        with self.lock:
            self._next_id += 1
            return str(self._next_id)
