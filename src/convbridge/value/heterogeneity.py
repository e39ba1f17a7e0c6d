"""How much an event's worth differs from campaign to campaign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LARGE_I2 = 0.75
LARGE_TAU = 0.5
"""Campaigns' rates differ by a factor of 1.6 either way: too much for one value."""
FEWEST_CAMPAIGNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Heterogeneity:
    """Spread of the rate over campaigns, beyond what chance explains."""

    campaigns: int
    i2: float
    """Share of the spread that is not chance."""
    tau: float
    """Standard deviation of the rate over campaigns, relative to its mean."""

    @property
    def is_large(self) -> bool:
        """Whether one value for all campaigns misleads: the event is demoted."""
        enough = self.campaigns >= FEWEST_CAMPAIGNS
        return enough and self.i2 >= LARGE_I2 and self.tau >= LARGE_TAU


def measure(counts: Floats, primaries: Floats) -> Heterogeneity | None:
    """
    Compare primaries per event over campaigns (DerSimonian and Laird).

    A campaign with n events expects s n primaries, s being the whole's rate;
    the ratio of found to expected has variance (1 - s) / (s n) by chance.
    None with fewer than two campaigns that have events, or no primaries.
    """
    used = counts > 0
    n, c = counts[used], primaries[used]
    if len(n) < 2 or c.sum() <= 0:
        return None
    rate = float(c.sum() / n.sum())
    expected = rate * n
    weights = expected / max(1.0 - rate, 0.05)
    deviation = float(weights @ (c / expected - 1.0) ** 2)
    freedom = len(n) - 1
    excess = max(0.0, deviation - freedom)
    spread = float(weights.sum() - weights @ weights / weights.sum())
    return Heterogeneity(
        campaigns=len(n),
        i2=excess / deviation if deviation > 0 else 0.0,
        tau=(excess / spread) ** 0.5 if spread > 0 else 0.0,
    )
