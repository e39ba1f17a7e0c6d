"""Estimates with a 90 % interval, and how they multiply."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z90 = 1.6448536269514722
"""Half the width of a 90 % interval, in standard deviations."""
Z50 = 0.6744897501960817
"""Distance of the 25th percentile from the median, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number that is not known exactly and cannot be negative."""

    mean: float
    low: float
    """5th percentile."""
    quarter: float
    """25th percentile: what weak evidence publishes."""
    high: float
    """95th percentile."""

    def __mul__(self, other: Estimate) -> Estimate:
        """
        Return the product of two independent estimates.

        Log distances from the mean add in quadrature, low and high apart, so a
        skewed rate keeps its skew. Exact for log-normal numbers.
        """
        mean = self.mean * other.mean
        if mean <= 0:
            high = max(self.high, self.mean) * max(other.high, other.mean)
            return Estimate(mean=0.0, low=0.0, quarter=0.0, high=high)
        return Estimate(
            mean=mean,
            low=mean / _spread(_ratio(self, self.low), _ratio(other, other.low)),
            quarter=mean
            / _spread(_ratio(self, self.quarter), _ratio(other, other.quarter)),
            high=mean * _spread(self.high / self.mean, other.high / other.mean),
        )

    def scaled(self, factor: float) -> Estimate:
        """Return the estimate times an exact number."""
        return Estimate(
            mean=self.mean * factor,
            low=self.low * factor,
            quarter=self.quarter * factor,
            high=self.high * factor,
        )

    @property
    def log_sd(self) -> float:
        """
        Standard deviation of the logarithm, from the width of the interval.

        From its upper half where the number may be 0; a certain 0 has none.
        """
        if self.high <= 0:
            return 0.0
        if self.low > 0:
            return math.log(self.high / self.low) / (2 * Z90)
        return math.log(self.high / self.mean) / Z90 if self.mean > 0 else math.inf


def exact(number: float) -> Estimate:
    """Return a number that is known."""
    return Estimate(mean=number, low=number, quarter=number, high=number)


def log_normal(mean: float, log_sd: float, *, quantile: float = Z90) -> Estimate:
    """Return an estimate whose logarithm has standard deviation `log_sd`."""
    width = min(quantile * log_sd, 50.0)
    return Estimate(
        mean=mean,
        low=mean * math.exp(-width),
        quarter=mean * math.exp(-min(Z50 * log_sd, 50.0)),
        high=mean * math.exp(width),
    )


def _ratio(estimate: Estimate, part: float) -> float:
    return estimate.mean / part if part > 0 else math.inf


def _spread(one: float, other: float) -> float:
    if math.isinf(one) or math.isinf(other):
        return math.inf
    return math.exp(math.hypot(math.log(one), math.log(other)))
