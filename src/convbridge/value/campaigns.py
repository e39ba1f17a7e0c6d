"""
Weights learnt from campaigns: which steps tell what a campaign's clicks are worth.

Each event k predicts a campaign's worth by s_k n_k: its count times the share
of the whole's primaries per event. Two errors pull against each other. Early
steps are many, so chance is small, but their quality differs by campaign; late
ones are exact and rare. The weights minimise the expected squared error of the
sum, lambda' M lambda, over lambda >= 0 that add up to 1, with

    M_kj = s_min + T U_kj      (per unit of expected primaries)

s_min is what chance gives nested counts (the rarer rate of the two), T the
primaries per campaign, and U the covariance over campaigns of the log of
primaries per event: estimated by moments, and shrunk towards a random walk
along the path in which quality is lost step by step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convbridge.value.simplex import least_on_simplex
from convbridge.value.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WALK = 0.03
"""Prior variance of log quality per unit of -log(rate): a step that a third of the
users take is expected to differ by 18 % from campaign to campaign."""
PRIOR_CAMPAIGNS = 16.0
"""How many well-measured campaigns the prior is worth."""
EQUAL_SHARE = 0.1
"""Part of equal weights mixed in, so that no step is left with nothing."""
PRIMARY_FLOOR = 0.15
"""Least weight of the primary: bounds the inflation at 1 / 0.15."""
RIDGE = 0.1
"""Of the mean error, added to each event's own: steps that tell the same share."""
_SMALLEST = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignHistory:
    """What each campaign had: counts of every event, and worth in primaries."""

    counts: Floats
    """Micro event x campaign."""
    worth: Floats
    """Campaign: money over the value of one primary."""
    rates: Floats
    """Micro event: primaries per user of the whole, at most 1."""
    order_spread: float
    """Squared coefficient of variation of the value of one primary."""

    @property
    def is_enough(self) -> bool:
        """Whether there is anything to compare: two campaigns, one primary."""
        seen = (self.counts.sum(axis=0) + self.worth) > 0
        return int(seen.sum()) >= 2 and float(self.worth.sum()) >= 1.0


def campaign_weights(events: Sequence[str], history: CampaignHistory) -> Weights:
    """Return the weights of least expected error over campaigns."""
    total = history.worth.sum()
    per_event = total / np.maximum(history.counts.sum(axis=1), 1e-9)
    columns = np.vstack([history.counts * per_event[:, None], history.worth])
    rates = np.r_[np.minimum(history.rates, 1.0), 1.0]
    size = float(total) / columns.shape[1]
    errors = _errors(columns, rates, size, history.order_spread)
    ridge = RIDGE * np.trace(errors) / len(errors) * np.eye(len(errors))
    found = least_on_simplex(errors + ridge)
    return Weights(
        primary=float(found[-1]),
        micro=dict(zip(events, (float(x) for x in found[:-1]), strict=True)),
        source="weights of least error over campaigns",
    )


def _errors(columns: Floats, rates: Floats, size: float, spread: float) -> Floats:
    """Return M, the expected squared error of each pair of predictors."""
    rarer = np.minimum.outer(rates, rates)
    commoner = np.maximum.outer(rates, rates)
    chance = rarer.copy()
    chance[-1, -1] += spread
    walk = WALK * -np.log(np.maximum(commoner, 1e-9))
    found, trust = _covariance(columns, commoner, spread)
    quality = (PRIOR_CAMPAIGNS * walk + trust * found) / (PRIOR_CAMPAIGNS + trust)
    return chance + size * quality


def _covariance(
    columns: Floats, commoner: Floats, spread: float
) -> tuple[Floats, float]:
    """
    Return the covariance of log quality over campaigns, and its worth in campaigns.

    The deviation of two predictors from the primary itself has the expected
    product c (1 - s_max + spread) by chance; what is beyond is quality.
    """
    expected = columns.mean(axis=0)
    expected = np.maximum(expected, _SMALLEST * expected.mean())
    prior = 2.0 * WALK
    weights = (1.0 / (1.0 / expected + prior)) ** 2
    weights /= weights.sum()
    apart = (columns - columns[-1]) / expected
    chance = (1.0 - commoner + spread) * float(weights @ (1.0 / expected))
    found = (apart * weights) @ apart.T - chance
    found[-1, :] = found[:, -1] = 0.0
    values, vectors = np.linalg.eigh(found)
    positive = (vectors * np.maximum(values, 0.0)) @ vectors.T
    signal = expected * prior
    return positive, float((signal / (1.0 + signal)).sum())
