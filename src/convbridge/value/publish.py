"""The publisher: when a new value replaces the one Google Ads bids on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from scipy import special

from convbridge.model.values import PublishDecision, PublishedValue
from convbridge.value.rounding import round_value

if TYPE_CHECKING:
    from datetime import date

    from convbridge.model.policy import PublishPolicy
    from convbridge.value.intervals import Estimate

CERTAIN = 0.9
"""Probability of a real change below which a value stays."""
_NOTHING = 1e-9
"""Share of the published value below which a new one counts as nothing."""
CADENCE_DAYS = 7.0
"""The moving average's weight is per week; other gaps are converted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An event's new estimate, and what speaks against following it."""

    event: str
    estimate: Estimate
    amount: float
    """The mean, or the 25th percentile when the evidence is weak."""
    halt: str | None = None
    """`frozen`, `immature` or `refused`: the published value stays."""
    halt_reason: str = ""


def decide(
    proposal: Proposal,
    previous: PublishedValue | None,
    *,
    policy: PublishPolicy,
    currency: str,
    on: date,
) -> PublishDecision:
    """
    Return what is published for one event on one day, with the reason.

    A first value goes out at once. After that, the estimate is smoothed
    (EWMA), and the smoothed value replaces the published one only if it is out
    of the dead band, very likely a real change, and the published one is old
    enough; then it moves by one step at most.
    """
    estimate = round_value(proposal.amount, currency, within=proposal.estimate)
    if proposal.halt is not None:
        return _halted(proposal, previous)
    if previous is None:
        kept = _published(proposal, estimate, on, smoothed=proposal.amount, since=on)
        return _decision(proposal, None, kept, "first", "first value", estimate)
    smoothed = _smooth(proposal.amount, previous, policy, on)
    reason = _stays(smoothed, proposal, previous, policy, on)
    if reason is not None:
        kept = _published(
            proposal, previous.value, on, smoothed=smoothed, since=previous.published_on
        )
        return _decision(proposal, previous, kept, "kept", reason, estimate)
    return _moved(proposal, previous, policy, currency, on, smoothed)


def _moved(  # noqa: PLR0917 - the state of one step, private
    proposal: Proposal,
    previous: PublishedValue,
    policy: PublishPolicy,
    currency: str,
    on: date,
    smoothed: float,
) -> PublishDecision:
    old = float(previous.value)
    new = min(max(smoothed, old * (1 - policy.step_cap)), old * (1 + policy.step_cap))
    amount = round_value(new if old > 0 else smoothed, currency)
    kept = _published(proposal, amount, on, smoothed=smoothed, since=on)
    capped = (
        f", capped at {policy.step_cap:.0%} a step" if new != smoothed and old else ""
    )
    reason = f"{_change(old, float(amount))} after smoothing{capped}"
    estimate = round_value(proposal.amount, currency, within=proposal.estimate)
    return _decision(proposal, previous, kept, "moved", reason, estimate)


def _stays(
    smoothed: float,
    proposal: Proposal,
    previous: PublishedValue,
    policy: PublishPolicy,
    on: date,
) -> str | None:
    """Say why the published value stays, or None when it moves."""
    old, age = float(previous.value), (on - previous.published_on).days
    if old <= 0 or smoothed <= _NOTHING * old:
        return None if old != smoothed and age >= policy.min_age_days else "no change"
    step = math.log(smoothed / old)
    if abs(step) <= policy.dead_band:
        band = f"the dead band of {policy.dead_band:.0%}"
        return f"{_change(old, smoothed)} is within {band}"
    spread = proposal.estimate.log_sd * math.sqrt(policy.ewma / (2.0 - policy.ewma))
    likely = _certainty(step, spread, policy.dead_band / 2)
    if likely <= CERTAIN:
        return f"{_change(old, smoothed)}, but only {likely:.0%} sure to be a change"
    if age < policy.min_age_days:
        return f"published {age} days ago; {policy.min_age_days} are the least"
    return None


def _certainty(step: float, log_sd: float, band: float) -> float:
    """
    Return the probability that the value has moved by more than `band`.

    `log_sd` is that of the moving average: sqrt(a / (2 - a)) of one estimate's.
    """
    if log_sd <= 0:
        return 1.0
    return float(special.ndtr((abs(step) - band) / log_sd))


def _smooth(
    amount: float, previous: PublishedValue, policy: PublishPolicy, on: date
) -> float:
    """Return the moving average of estimates, in log where both are positive."""
    last = float(previous.value) if previous.smoothed is None else previous.smoothed
    days = (on - (previous.smoothed_on or previous.published_on)).days
    share = 1.0 - (1.0 - policy.ewma) ** (max(days, 0) / CADENCE_DAYS)
    if last <= 0 or amount <= 0:
        return last + share * (amount - last)
    return math.exp((1.0 - share) * math.log(last) + share * math.log(amount))


def _halted(proposal: Proposal, previous: PublishedValue | None) -> PublishDecision:
    value = previous.value if previous else None
    return PublishDecision(
        event=proposal.event,
        action=proposal.halt or "",
        before=value,
        estimate=None,
        after=value,
        reason=proposal.halt_reason,
        published=previous,
    )


def _published(
    proposal: Proposal, value: Decimal, on: date, *, smoothed: float, since: date
) -> PublishedValue:
    return PublishedValue(
        value=value,
        published_on=since,
        low=_money(proposal.estimate.low),
        high=_money(proposal.estimate.high),
        smoothed=smoothed,
        smoothed_on=on,
    )


def _decision(  # noqa: PLR0917 - one record, private
    proposal: Proposal,
    previous: PublishedValue | None,
    kept: PublishedValue,
    action: str,
    reason: str,
    estimate: Decimal,
) -> PublishDecision:
    return PublishDecision(
        event=proposal.event,
        action=action,
        before=previous.value if previous else None,
        estimate=estimate,
        after=kept.value,
        reason=reason,
        published=kept,
    )


def _money(amount: float) -> Decimal:
    return Decimal(repr(round(amount, 6)))


def _change(old: float, new: float) -> str:
    return f"{new / old - 1:+.0%}" if old > 0 else "from 0"
