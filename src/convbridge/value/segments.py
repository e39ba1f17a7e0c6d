"""An event's rate by channel, device or both, pooled over its segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from convbridge.value.rates import additive_centre, pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.model.funnels import FunnelCount, Funnels

SEPARATOR = ","
"""Between dimensions (`channel,device`) and their values, in crossed breakdowns."""
FEWEST = 2


def segment_rates(
    funnels: Funnels | None, event: str, *, factor: float
) -> dict[str, dict[str, Any]]:
    """
    Return, per breakdown dimension, each segment's rate with its interval.

    `factor` is the share of the sample that counts. Dimensions with less than
    two segments with users have nothing to pool.
    """
    found: dict[str, list[FunnelCount]] = {}
    for funnel in funnels or ():
        if funnel.event == event and funnel.dimension and funnel.users > 0:
            found.setdefault(funnel.dimension, []).append(funnel)
    return {
        dimension: _pooled(rows, factor)
        for dimension, rows in found.items()
        if len(rows) >= FEWEST
    }


def _pooled(rows: Sequence[FunnelCount], factor: float) -> dict[str, Any]:
    shares = np.minimum([max(row.sampled, 0.0) for row in rows], factor)
    users = np.array([r.users for r in rows], dtype=np.float64) * shares
    converted = np.array([r.converted for r in rows], dtype=np.float64) * shares
    names = [r.segment or "" for r in rows]
    cells = [tuple(name.split(SEPARATOR)) for name in names]
    crossed = len({len(c) for c in cells}) == 1 and len(cells[0]) > 1
    centre = additive_centre(cells, users, converted) if crossed else None
    estimates = pool(users, converted, centre).segments
    return {
        name: {"users": row.users, "rate": e.mean, "low": e.low, "high": e.high}
        for name, row, e in zip(names, rows, estimates, strict=True)
    }
