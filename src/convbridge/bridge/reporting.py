"""What a client's report offers, whichever module above the bridge makes it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from convbridge.bridge.client import Bridge
    from convbridge.model.readiness import Readiness
    from convbridge.model.values import Valuation
    from convbridge.plan import Plan


class ReportData(Protocol):
    """A `convbridge.report.ClientReport`; `render_client` makes a page of it."""

    @property
    def client(self) -> str:
        """The client's name in the configuration."""
        ...

    @property
    def made_at(self) -> datetime:
        """When it was made, in the property's time zone."""
        ...

    @property
    def valuation(self) -> Valuation:
        """What each event is worth."""
        ...

    @property
    def readiness(self) -> tuple[Readiness, ...]:
        """Whether each campaign has enough conversions to bid on value."""
        ...

    @property
    def plan(self) -> Plan | None:
        """The changes the values ask for; None without a Google Ads account."""
        ...

    @property
    def state(self) -> str:
        """`needs_attention`, `changed` (there is a plan) or `unchanged`."""
        ...

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per event."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        ...


def gather_report(bridge: Bridge) -> ReportData:
    """Return the client's report."""
    # The report is made of what the bridge returns: it lies above the bridge.
    found: ReportData = import_module("convbridge.report").gather(bridge)
    return found
