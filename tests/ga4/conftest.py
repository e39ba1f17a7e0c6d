"""A sandbox per test, and GA4 sources and targets opened on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.ga4 import open_ga4, open_ga4_target
from convbridge.model.access import GoogleAccess
from convbridge.model.dates import DateWindow
from convbridge.model.ids import PropertyId
from convbridge.sandbox import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.adapters.ga4 import Ga4Source, Ga4Target
    from convbridge.sandbox import Google

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
WINDOW = DateWindow(start=date(2026, 8, 24), end=date(2026, 11, 21))
"""The 90 days before NOW."""
SHORT = DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 14))
COFFEE = "111111111"


@dataclass
class Desk:
    """What a test needs to read one property of the sandbox."""

    google: Google
    waits: list[float] = field(default_factory=list)
    """Seconds that were slept, had anybody slept."""

    @property
    def access(self) -> GoogleAccess:
        return GoogleAccess(ga4_endpoint=self.google.ga4_endpoint)

    def source(self, property_id: str = COFFEE, **options: Any) -> Ga4Source:
        return open_ga4(
            self.access,
            AnonymousCredentials(),
            property_id=PropertyId(property_id),
            clock=self.google.clock,
            sleep=self.waits.append,
            **options,
        )

    def target(self, property_id: str = COFFEE) -> Ga4Target:
        return open_ga4_target(
            self.access,
            AnonymousCredentials(),
            property_id=PropertyId(property_id),
            clock=self.google.clock,
            sleep=self.waits.append,
        )

    @property
    def site(self):
        return self.google.world.site_of_property(COFFEE)

    def calls(self, method: str) -> int:
        return len(self.google.calls.where(method=method))


@pytest.fixture
def desk() -> Iterator[Desk]:
    with serve(now=NOW) as google:
        yield Desk(google)
