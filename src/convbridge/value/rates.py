"""Rates with intervals: P(primary within the horizon | event), pooled or bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from convbridge.value.intervals import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LEVELS = np.array([0.05, 0.25, 0.95])
_MEANS, _CONCENTRATIONS = 17, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Rates of segments that lend each other strength."""

    segments: tuple[Estimate, ...]
    whole: Estimate
    """The rate of all segments in the mix they have."""


def rate_estimate(
    users: float, converted: float, *, base: float | None = None
) -> Estimate:
    """
    Return a rate from counts.

    The mean is shrunk towards `base` with the strength of one user (so a
    conserved total stays conserved); the interval is Jeffreys' for a binomial.
    """
    converted = min(max(converted, 0.0), users)
    if users <= 0:
        centre = base or 0.0
        return Estimate(mean=centre, low=0.0, quarter=0.0, high=1.0)
    mean = converted / users if base is None else (converted + base) / (users + 1.0)
    low, quarter, high = special.betaincinv(
        converted + 0.5, users - converted + 0.5, _LEVELS
    )
    return _around(mean, float(low), float(quarter), float(high))


def bounded_rate(low: float, high: float) -> Estimate:
    """Return a rate of which only bounds are known: anything between is as likely."""
    width = high - low
    return Estimate(
        mean=low + 0.5 * width,
        low=low + 0.05 * width,
        quarter=low + 0.25 * width,
        high=low + 0.95 * width,
    )


def overlap_bounds(
    users: float, converted: float, total: float | None
) -> tuple[float, float]:
    """
    Return the least and the greatest P(primary | event) user counts allow.

    At most all `converted` are among the event's users; at least those who
    find no room among the `total - users` others.
    """
    if users <= 0:
        return 0.0, 1.0
    least = 0.0 if total is None else max(0.0, (users + converted - total) / users)
    return min(least, 1.0), min(1.0, converted / users)


def pool(users: Floats, converted: Floats, centre: Floats | None = None) -> Pooled:
    """
    Return the rates of segments by a beta-binomial model, integrated over a grid.

    c_g ~ BetaBinomial(m_g, mu k, (1 - mu) k). The grid covers mu around the
    pooled rate and k from strong to no pooling, so that not knowing them
    widens the intervals. `centre` shifts mu by segment (log odds, additive
    effects). Quantiles are those of the beta with the mixture's two moments.
    """
    converted = np.clip(converted, 0.0, users)
    weights, a, b = _posterior(users, converted, centre)
    shape_a, shape_b = a + converted, b + users - converted
    size = shape_a + shape_b
    means = shape_a / size
    squares = means * (shape_a + 1.0) / (size + 1.0)
    mean = _mix(weights, means)
    variance = np.maximum(_mix(weights, squares) - mean**2, 1e-18)
    share = users / max(float(users.sum()), 1.0)
    whole_means = means @ share
    within = (squares - means**2) @ share**2
    centre_ = float(weights.ravel() @ whole_means.ravel())
    spread = float(weights.ravel() @ (within + (whole_means - centre_) ** 2).ravel())
    return Pooled(
        segments=_betas(mean, variance),
        whole=_betas(np.array([centre_]), np.array([max(spread, 1e-18)]))[0],
    )


def _posterior(
    users: Floats, converted: Floats, centre: Floats | None
) -> tuple[Floats, Floats, Floats]:
    """Return weights of the grid and its beta parameters, last axis the segment."""
    total, hits = float(users.sum()), float(converted.sum())
    mean = (hits + 0.5) / (total + 1.0)
    spread = max(0.35, 4.0 / np.sqrt(hits + 1.0))
    odds = special.logit(mean) + np.linspace(-spread, spread, _MEANS)
    size = np.exp(
        np.linspace(np.log(0.5 / mean), np.log(2000.0 / mean), _CONCENTRATIONS)
    )
    shift = np.zeros(len(users)) if centre is None else centre
    mu = special.expit(odds[:, None, None] + shift[None, None, :])
    a = mu * size[None, :, None]
    b = (1.0 - mu) * size[None, :, None]
    fit = special.betaln(a + converted, b + users - converted) - special.betaln(a, b)
    # 1 / sqrt(k mu) is about the spread of the log rate: half-normal(0.7) on it
    prior = -0.5 * (1.0 / (size * mean)) / 0.49 - 0.5 * np.log(size)
    score = fit.sum(axis=2) + prior[None, :]
    weights = np.exp(score - score.max())
    return weights / weights.sum(), a, b


def _mix(weights: Floats, numbers: Floats) -> Floats:
    return np.tensordot(weights, numbers, axes=2)


def _betas(mean: Floats, variance: Floats) -> tuple[Estimate, ...]:
    size = np.maximum(mean * (1.0 - mean) / variance - 1.0, 1e-3)
    found = special.betaincinv(
        (mean * size)[:, None], ((1.0 - mean) * size)[:, None], _LEVELS
    )
    return tuple(
        _around(float(m), *(float(q) for q in row))
        for m, row in zip(mean, found, strict=True)
    )


def _around(mean: float, low: float, quarter: float, high: float) -> Estimate:
    """Keep the order low <= quarter <= mean <= high."""
    low = min(low, mean)
    return Estimate(
        mean=mean, low=low, quarter=min(max(quarter, low), mean), high=max(high, mean)
    )


def additive_centre(
    rows: Sequence[tuple[str, ...]], users: Floats, converted: Floats
) -> Floats:
    """
    Return each cell's shift in log odds from the effects of its dimensions.

    `rows` names the cell's value in each dimension (channel, device). Effects
    are shrunk margins: half a conversion at the whole's rate is added to each.
    """
    whole = (converted.sum() + 0.5) / (users.sum() + 1.0)
    shift = np.zeros(len(rows))
    for part in zip(*rows, strict=True):
        values = np.array(part)
        for value in set(part):
            inside = values == value
            hits, tries = converted[inside].sum(), users[inside].sum()
            rate = (hits + 2.0) / (tries + 2.0 / whole)
            shift[inside] += special.logit(min(rate, 0.999)) - special.logit(whole)
    return shift
