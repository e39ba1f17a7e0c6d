"""Two-step funnels: how many of those who did a micro event did the primary."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from convbridge.model.frames import to_pandas
from convbridge.model.html import html_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.model.dates import DateWindow


class Evidence(StrEnum):
    """Where a rate comes from, strongest first."""

    EVENTS = "events"
    """Counted user by user in an event-level source."""
    FUNNEL = "funnel"
    """A closed two-step funnel of GA4 (v1alpha runFunnelReport)."""
    BOUNDS = "bounds"
    """No funnel: only what user counts allow, wide by nature."""
    CONFIG = "config"
    """Given by the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelCount:
    """
    Of `users` who did `event`, `converted` did `primary` within the horizon.

    Users are GA4's activeUsers: estimates, counted once in the window.
    """

    event: str
    primary: str
    window: DateWindow
    """Days in which the first step counts; ends a horizon before the data do
    where the property's history allows (a mature window)."""
    horizon_days: float
    """Most days between the event and the primary."""
    users: int
    converted: int
    low_converted: int | None = None
    """With `bounds`: fewest users who can have done both."""
    high_converted: int | None = None
    """With `bounds`: most users who can have done both."""
    dimension: str | None = None
    """Breakdown dimension such as `deviceCategory`; None for the whole."""
    segment: str | None = None
    """Value of the breakdown dimension; None for the whole."""
    mature: bool = True
    """False when the last entrants had less than the horizon to convert."""
    evidence: Evidence = Evidence.FUNNEL
    sampled: float = 1.0
    """Share of the events that GA4 read for it; users are scaled up from those."""

    def to_dict(self) -> dict[str, Any]:
        """Return the funnel as JSON-ready data."""
        return {
            "event": self.event,
            "primary": self.primary,
            "window": self.window.to_dict(),
            "horizon_days": self.horizon_days,
            "users": self.users,
            "converted": self.converted,
            "dimension": self.dimension,
            "segment": self.segment,
            "mature": self.mature,
            "evidence": str(self.evidence),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LagPoint:
    """Share of eventual conversions seen within `days` of the micro event."""

    event: str
    days: float
    converted: int
    users: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Funnels:
    """All funnels of one client towards its primaries."""

    funnels: tuple[FunnelCount, ...]
    lag: tuple[LagPoint, ...] = ()
    total_users: int | None = None
    """Active users of the window, for baselines."""
    primary_users: int | None = None
    """Users who did any primary in the window."""
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[FunnelCount]:
        return iter(self.funnels)

    def whole(self, event: str) -> FunnelCount | None:
        """Return the event's funnel without breakdown."""
        found = (f for f in self.funnels if f.event == event and f.dimension is None)
        return next(found, None)

    def segments(self, event: str, dimension: str) -> tuple[FunnelCount, ...]:
        """Return the event's funnels by the values of one dimension."""
        return tuple(
            f for f in self.funnels if f.event == event and f.dimension == dimension
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per funnel."""
        return [f.to_dict() for f in self.funnels]

    def to_pandas(self) -> Any:
        """Return one row per funnel as a pandas dataframe (extra `pandas`)."""
        return to_pandas(self.rows())

    def __repr__(self) -> str:
        return f"<Funnels: {len(self.funnels)}, {len(self.lag)} lag points>"

    def _repr_html_(self) -> str:
        columns = ("event", "primary", "users", "converted", "mature", "evidence")
        return html_table(self.rows(), caption=repr(self), columns=columns)
