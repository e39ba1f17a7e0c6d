"""The time from event to primary: how much of it a window has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convbridge.model.funnels import LagPoint

    Floats = NDArray[np.float64]

SHORTEST = 0.5
"""A window shorter than this many horizons is called immature."""


def seen_share(
    entrants: Floats, last_age: float, points: Sequence[LagPoint], horizon: float
) -> float | None:
    """
    Return the share of the conversions within the horizon already seen.

    `entrants` are the users (or events) of each day of the window, whose last
    day is `last_age` days old when the data end. F comes from funnels with
    shorter and longer durations; between two it is taken linear in log time.
    None: nothing is known about the lag.
    """
    curve = lag_curve(points, horizon)
    total = float(entrants.sum())
    if curve is None or total <= 0:
        return None
    days, share = curve
    ages = last_age + np.arange(len(entrants))[::-1] + 0.5
    seen = np.interp(np.log(np.minimum(ages, horizon)), np.log(days), share)
    return float(entrants @ seen) / total


def lag_curve(
    points: Sequence[LagPoint], horizon: float
) -> tuple[Floats, Floats] | None:
    """Return days and the share of conversions within them, of those in `horizon`."""
    rows = sorted((p.days, p.converted) for p in points if p.days > 0)
    if len(rows) < 2 or rows[-1][1] <= 0:
        return None
    days = np.array([d for d, _ in rows], dtype=np.float64)
    share = np.maximum.accumulate(np.array([c for _, c in rows], dtype=np.float64))
    within = float(np.interp(np.log(horizon), np.log(days), share))
    # Below the shortest duration F falls to 0 over a factor of 100 in time
    start = days[0] / 100.0
    return np.r_[start, days], np.minimum(np.r_[0.0, share] / max(within, 1e-9), 1.0)
