"""Tracking breaks in daily counts: a tag that stops, doubles, or is renamed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    _Floats = NDArray[np.float64]

# Chosen on simulated sites (tests/model/test_breaks.py holds the rates): Poisson
# counts with a weekly pattern must pass, a real break must not.
_HISTORY = 14
"""Days of history before a stop can be told from a rare event."""
_SILENCE = 3
"""Days of silence; the last one or two may merely be late."""
_LOST = 15.0
"""Counts that should have come in the silence, per unit of dispersion."""
_DOUBLE = 1.7
_SIGMAS = 6.0
_SIDE = 7
"""Days needed on either side of a jump."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """An event that fell silent."""

    day: int
    """Index of the first silent day."""
    expected: float
    """Counts that its history led to expect since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """An event that from one day on comes more often per visit."""

    day: int
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """An event that stopped on the day when another one began."""

    old: str
    new: str
    day: int


def find_stop(daily: ArrayLike) -> Stop | None:
    """Return where an event with a steady history falls silent to the end."""
    counts = np.asarray(daily, np.float64)
    seen = np.flatnonzero(counts)
    if not len(seen):
        return None
    first, last = int(seen[0]), int(seen[-1])
    silence = len(counts) - 1 - last
    history = counts[first : last + 1]
    if silence < _SILENCE or len(history) < _HISTORY:
        return None
    if silence < 2 * _longest_gap(history) + 2:
        return None
    days = np.arange(last + 1, len(counts))
    expected = float(_by_weekday(counts, first, last + 1)[days % 7].sum())
    if expected / _dispersion(history, _fit(counts, first, last + 1)) < _LOST:
        return None
    return Stop(day=last + 1, expected=expected)


def find_jump(daily: ArrayLike, visits: ArrayLike | None = None) -> Jump | None:
    """
    Return where an event begins to come at least 1.7 times as often.

    `visits` is the daily traffic to measure against, so that a busy month is no
    break; without it the weekly pattern of the event itself is used.
    """
    counts = np.asarray(daily, np.float64)
    if len(counts) < 2 * _SIDE or counts.sum() < 50:
        return None
    base = _base(counts, visits)
    before, after = np.cumsum(counts), counts.sum() - np.cumsum(counts)
    base_before, base_after = np.cumsum(base), base.sum() - np.cumsum(base)
    splits = np.arange(_SIDE - 1, len(counts) - _SIDE)
    valid = (before[splits] > 0) & (base_before[splits] > 0) & (base_after[splits] > 0)
    splits = splits[valid]
    if not len(splits):
        return None
    low = before[splits] / base_before[splits]
    high = after[splits] / base_after[splits]
    factor = high / low
    noise = np.sqrt(1 / before[splits] + 1 / np.maximum(after[splits], 1))
    score = np.log(np.maximum(factor, 1e-9)) / noise
    best = int(np.argmax(score))
    at = int(splits[best]) + 1
    expected = base * np.where(np.arange(len(base)) < at, low[best], high[best])
    sigma = float(score[best] / np.sqrt(_dispersion(counts, expected)))
    if factor[best] < _DOUBLE or sigma < _SIGMAS or not _is_sharp(counts, base, at):
        return None
    return Jump(day=at, factor=float(factor[best]))


def find_renames(
    series: Mapping[str, ArrayLike], stops: Mapping[str, Stop]
) -> tuple[Rename, ...]:
    """Return stopped events with another one that began as they ended, as often."""
    found = []
    for old, stop in stops.items():
        rate = _rate(np.asarray(series[old]), 0, stop.day)
        for new, line in series.items():
            daily = np.asarray(line)
            seen = np.flatnonzero(daily)
            if new == old or not len(seen) or abs(int(seen[0]) - stop.day) > 1:
                continue
            if 0.5 <= _rate(daily, int(seen[0]), len(daily)) / rate <= 2:
                found.append(Rename(old=old, new=new, day=stop.day))
                break
    return tuple(found)


def _rate(daily: NDArray[Any], start: int, end: int) -> float:
    days = daily[start:end]
    return float(days.sum()) / max(len(days), 1)


def _longest_gap(counts: _Floats) -> int:
    seen = np.flatnonzero(counts)
    return int(np.max(np.diff(seen), initial=1)) - 1


def _by_weekday(counts: _Floats, start: int, end: int) -> _Floats:
    """Return the mean of each of the seven weekdays over the last four weeks."""
    start = max(start, end - 28)
    days = np.arange(start, end)
    mean = counts[start:end].mean()
    return np.array(
        [counts[days[days % 7 == w]].mean() if (days % 7 == w).any() else mean
         for w in range(7)]
    )  # fmt: skip


def _fit(counts: _Floats, start: int, end: int) -> _Floats:
    return _by_weekday(counts, start, end)[np.arange(start, end) % 7]


def _dispersion(counts: _Floats, expected: _Floats) -> float:
    """Return variance over mean, at least 1 (Poisson), robust to a few odd days."""
    fitted = np.maximum(expected, 0.1)
    squares = (counts - fitted) ** 2 / fitted
    trimmed = np.sort(squares)[: max(1, int(len(squares) * 0.95))]
    return max(1.0, float(trimmed.mean()))


def _base(counts: _Floats, visits: ArrayLike | None) -> _Floats:
    if visits is not None and np.min(visits) > 0:
        return np.asarray(visits, np.float64)
    weekdays = _by_weekday(counts, 0, len(counts))
    return np.maximum(weekdays, 1e-3)[np.arange(len(counts)) % 7]


def _is_sharp(counts: _Floats, base: _Floats, at: int) -> bool:
    """Tell a jump from growth: three days on either side must differ as well."""
    before = slice(max(0, at - 4), at - 1)
    after = slice(at + 1, at + 4)
    low = counts[before].sum() / max(base[before].sum(), 1e-9)
    high = counts[after].sum() / max(base[after].sum(), 1e-9)
    return bool(high >= 1.5 * low)
