"""Times of conversions: any usual form in, microseconds since 1970 in UTC out."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from convbridge.deliver.quoting import quoted
from convbridge.deliver.time_columns import read_alike
from convbridge.errors import ConfigError
from convbridge.model.moments import to_micros

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

# Unix times come in seconds, milliseconds and, from GA4's BigQuery export, in
# microseconds; each has its number of digits from 2001 to 2286.
_UNIX_SCALES = {10: 1_000_000, 13: 1_000, 16: 1}
_REMEMBERED = 100_000
_SECONDS = {f"{second:02d}": second * 1_000_000 for second in range(60)}


class TimeReader:
    """
    Reads times; those without a zone are given one.

    What a minute comes to is remembered, since a file has many rows in each.
    """

    def __init__(self, time_zone: str) -> None:
        self._zone = _zone(time_zone)
        self._name = time_zone
        self._minutes: dict[str, int] = {}
        self._hours: dict[datetime, timezone] = {}

    def __call__(self, found: Any) -> int:  # Any: text, datetime, or a Unix time
        """
        Return microseconds since 1970.

        Raises:
            ValueError: It is not a time, or the zone's clock change makes it
                ambiguous or impossible; the message says which.
        """
        if type(found) is not str or found[16:17] != ":":
            return self._read(found)
        seconds = _SECONDS.get(found[17:19])
        if seconds is None:
            return self._read(found)
        minute = found[:17] + found[19:]
        known = self._minutes.get(minute)
        if known is None:
            known = self._read(found) - seconds
            if len(self._minutes) >= _REMEMBERED:
                self._minutes.clear()
            self._minutes[minute] = known
        return known + seconds

    def column(self, found: Sequence[Any]) -> list[int]:
        """
        Return what each of these is, as calls would.

        Raises:
            ValueError: One of them is not a time.
        """
        try:
            times = read_alike(found, self._hour_offset)
        except (TypeError, ValueError, OverflowError):
            times = None
        return list(map(self, found)) if times is None else times

    def _hour_offset(self, hour: datetime) -> int:
        """
        Return the zone's offset in seconds in a wall-clock hour.

        Raises:
            ValueError: The clocks change in it.
        """
        if not _is_even(hour, self._zone):
            raise ValueError(f"the clocks of {self._name} changed")
        offset = self._offset(hour).utcoffset(None)
        return offset // timedelta(seconds=1)

    def _read(self, found: Any) -> int:
        moment = found if isinstance(found, datetime) else _parse(found)
        if isinstance(moment, int):
            return moment
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._offset(moment))
        return to_micros(moment)

    def _offset(self, moment: datetime) -> timezone:
        """Return the zone's offset; asking the zone is slow, so once for an hour."""
        hour = moment.replace(minute=0, second=0, microsecond=0)
        known = self._hours.get(hour)
        if known is None:
            if _is_even(hour, self._zone):
                known = _fixed(hour, self._zone, self._name)
                self._hours[hour] = known
            else:
                return _fixed(moment, self._zone, self._name)
        return known


def _parse(found: Any) -> datetime | int:
    text = "" if found is None else str(found).strip()
    if not text:
        raise ValueError("the row has no time")
    scale = _UNIX_SCALES.get(len(text)) if text.isdecimal() else None
    if scale is not None:
        return int(text) * scale
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{quoted(text)} is not a time; write 2026-11-20 14:05:00+07:00"
        ) from None


def _is_even(hour: datetime, zone: tzinfo) -> bool:
    """Tell whether no clock change touches an hour."""
    ends = (hour, hour + timedelta(hours=1))
    offsets = {
        end.replace(tzinfo=zone, fold=fold).utcoffset()
        for end in ends
        for fold in (0, 1)
    }
    return len(offsets) == 1


def _fixed(moment: datetime, zone: tzinfo, name: str) -> timezone:
    """Return the zone's offset at a wall-clock time, if there is just one."""
    first = moment.replace(tzinfo=zone, fold=0).utcoffset() or timedelta()
    second = moment.replace(tzinfo=zone, fold=1).utcoffset() or timedelta()
    if first == second:
        return timezone(first)
    clocks = f"the clocks of {name} changed"
    if first > second:
        raise ValueError(f"{moment} happened twice when {clocks}; write its offset")
    raise ValueError(f"{moment} did not exist: {clocks}; write its offset")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as exc:
        raise ConfigError(
            f"{name!r} is not a time zone", hint="use a name such as Asia/Bangkok"
        ) from exc
