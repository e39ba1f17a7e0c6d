"""What a primary is worth: from revenue, or from the user's value and close rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from convbridge.value.intervals import Z50, Z90, Estimate, exact, log_normal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from numpy.typing import NDArray

    from convbridge.model.funnels import Funnels
    from convbridge.model.rules import EventRule, RuleSet
    from convbridge.value.tally import Tally

CLOSE_RATE_LEADS = 30
"""Leads a close rate in the config is taken to rest on: the file says no number,
and a business that keeps score at all has followed about a month of leads."""
WINSOR = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryWorth:
    """One primary: value per conversion and over the window."""

    event: str
    value: Estimate
    conversions: float
    face: float
    """Money of the window at face value; of refunds, it is what is left."""
    is_revenue: bool

    @property
    def total(self) -> float:
        """Money of the window, winsorised."""
        return self.value.mean * self.conversions


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """All primaries together, per user with any of them."""

    primaries: tuple[PrimaryWorth, ...]
    per_user: Estimate
    face: float
    users: float

    def of(self, event: str) -> PrimaryWorth | None:
        """Return the worth of one primary."""
        return next((p for p in self.primaries if p.event == event), None)


def assess_worth(
    tally: Tally,
    primaries: Sequence[str],
    rules: RuleSet,
    *,
    funnels: Funnels | None,
    lost: Mapping[str, float],
) -> Worth:
    """
    Return what the primaries are worth.

    A rule's `value` (times `close_rate`) goes before revenue. Revenue is
    shared by count among the primaries that have no value of their own.
    `lost` is the share of a primary taken back later (anti-conversions).
    """
    given = {
        p: _given(p, tally, rule, rule.value, lost=lost.get(p, 0.0))
        for p in primaries
        if (rule := rules.rules.get(p)) is not None and rule.value is not None
    }
    found = given | _revenue([p for p in primaries if p not in given], tally)
    users = _users(primaries, tally, funnels)
    ordered = tuple(found[p] for p in primaries)
    return Worth(
        primaries=ordered,
        per_user=_per_user(ordered, users),
        face=sum(p.face for p in ordered),
        users=users,
    )


def revenue_per_sale(
    revenue: NDArray[np.float64], sales: NDArray[np.float64]
) -> Estimate:
    """
    Return revenue per sale, pooled over the days and winsorised at 99 %.

    The mean of a day with sales is capped at the 99th percentile over days;
    refunds of other days stay in. The spread is that of the ratio of sums over
    days, with Student's quantile; one day alone is given a factor of about 5.
    """
    sold = sales > 0
    days, total = int(sold.sum()), float(sales.sum())
    if total <= 0:
        return exact(0.0)
    means = revenue[sold] / sales[sold]
    money = revenue.copy()
    money[sold] = np.minimum(means, _cap(means)) * sales[sold]
    mean = float(money.sum()) / total
    if mean <= 0:
        return exact(0.0)
    if days < 2:
        return log_normal(mean, 1.0)
    error = money - mean * sales
    spread = math.sqrt(float(error @ error) * days / (days - 1)) / total / mean
    return _student(mean, spread, days - 1)


def _cap(means: NDArray[np.float64]) -> float:
    """
    Return what a day's mean is cut at: its 99th percentile over the days.

    Ordinary days are left alone: only what is out by four robust standard
    deviations of the logarithm is cut, and with less than ten days nothing.
    """
    positive = np.log(means[means > 0])
    if len(positive) < 10:
        return math.inf
    middle = float(np.median(positive))
    spread = 1.4826 * float(np.median(np.abs(positive - middle)))
    return max(float(np.quantile(means, WINSOR)), math.exp(middle + 4.0 * spread))


def _student(mean: float, spread: float, freedom: int) -> Estimate:
    wide = float(special.stdtrit(freedom, 0.95))
    found = log_normal(mean, spread, quantile=wide)
    quarter = mean * math.exp(-min(Z50 / Z90 * wide * spread, 50.0))
    return Estimate(mean=mean, low=found.low, quarter=quarter, high=found.high)


def _given(
    event: str, tally: Tally, rule: EventRule, worth: Decimal, *, lost: float
) -> PrimaryWorth:
    value = exact(float(worth))
    if rule.close_rate is not None:
        value = value * close_rate(rule.close_rate)
    else:
        value = value.scaled(1.0 - lost)
    count = tally.count(event)
    return PrimaryWorth(
        event=event,
        value=value,
        conversions=count,
        face=value.mean * count,
        is_revenue=False,
    )


def close_rate(rate: float) -> Estimate:
    """Return a close rate with the spread of `CLOSE_RATE_LEADS` leads."""
    won = rate * CLOSE_RATE_LEADS
    found = special.betaincinv(
        won + 0.5, CLOSE_RATE_LEADS - won + 0.5, [0.05, 0.25, 0.95]
    )
    low, quarter, high = (float(q) for q in found)
    return Estimate(
        mean=rate, low=min(low, rate), quarter=min(quarter, rate), high=max(high, rate)
    )


def _revenue(events: Sequence[str], tally: Tally) -> dict[str, PrimaryWorth]:
    if not events:
        return {}
    sales = tally.transactions
    if sales.sum() <= 0:
        sales = np.sum([tally.days_of(e) for e in events], axis=0)
    value = revenue_per_sale(tally.revenue, sales)
    counts = np.array([tally.count(e) for e in events], dtype=np.float64)
    shares = counts / counts.sum() if counts.sum() > 0 else counts
    return {
        event: PrimaryWorth(
            event=event,
            value=value,
            conversions=float(sales.sum() * share),
            face=float(tally.revenue.sum() * share),
            is_revenue=True,
        )
        for event, share in zip(events, shares, strict=True)
    }


def _users(primaries: Sequence[str], tally: Tally, funnels: Funnels | None) -> float:
    """Users with any primary: from the funnels' report, else from user counts."""
    if funnels is not None and funnels.primary_users:
        return float(funnels.primary_users)
    known = [tally.users.get(p) or tally.count(p) for p in primaries]
    everybody = tally.users.get(None)
    return float(min(sum(known), everybody) if everybody else sum(known))


def _per_user(found: Sequence[PrimaryWorth], users: float) -> Estimate:
    total = sum(p.total for p in found)
    if total <= 0 or users <= 0:
        return exact(0.0)
    spread = math.sqrt(sum((_sd(p) * p.total / total) ** 2 for p in found))
    return log_normal(total / users, spread)


def _sd(worth: PrimaryWorth) -> float:
    return 0.0 if worth.total <= 0 else worth.value.log_sd
