"""Windows of days in a property's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from convbridge.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DateWindow:
    """Whole days from `start` to `end`, both included, in the property's zone."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise DataError(f"a window cannot end ({self.end}) before {self.start}")

    @classmethod
    def ending_yesterday(
        cls, *, now: datetime, time_zone: str, days: int
    ) -> DateWindow:
        """
        Return the last `days` complete days in `time_zone` as of `now`.

        GA4 resolves dates in the property's zone, so "today" is asked there.
        """
        today = now.astimezone(zone_of(time_zone)).date()
        return cls(start=today - timedelta(days=days), end=today - timedelta(days=1))

    @property
    def days(self) -> int:
        """The number of days in the window."""
        return (self.end - self.start).days + 1

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day <= self.end

    def __iter__(self) -> Iterator[date]:
        return (self.start + timedelta(days=i) for i in range(self.days))

    def overlap(self, other: DateWindow) -> DateWindow | None:
        """Return the days that are in both windows, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return DateWindow(start=start, end=end) if start <= end else None

    def shifted(self, days: int) -> DateWindow:
        """Return the window moved by `days`."""
        step = timedelta(days=days)
        return DateWindow(start=self.start + step, end=self.end + step)

    def to_dict(self) -> dict[str, str]:
        """Return both dates in ISO form."""
        return {"start": self.start.isoformat(), "end": self.end.isoformat()}

    def __str__(self) -> str:
        return f"{self.start} to {self.end} ({self.days} d)"


def zone_of(name: str) -> ZoneInfo:
    """
    Return the time zone of a name as GA4 and Google Ads write it.

    Raises:
        DataError: No zone of this name is known here.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise DataError(
            f"the time zone {name!r} is not known here",
            hint="zones are added every year: pip install --upgrade tzdata",
        ) from exc
