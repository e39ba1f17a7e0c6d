"""Bid readiness: is there enough for Google Ads to learn from, and at what target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.readiness import Readiness, ReadinessVerdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convbridge.model.policy import ReadinessPolicy
    from convbridge.model.readiness import CampaignFacts
    from convbridge.model.values import Valuation

STEP = 0.2
"""Largest change of a target at a time: Google asks for gradual ones (6268633)."""


def assess_readiness(
    campaigns: Iterable[CampaignFacts], valuation: Valuation, policy: ReadinessPolicy
) -> tuple[Readiness, ...]:
    """
    Return the verdict for each campaign.

    Search needs `search_30_days` conversions in 30 days, other channels
    `other_45_days` in 45; `recommended_30_days` is what Google recommends.
    The new target ROAS is the old one times the campaign's own inflation: its
    value with micro conversions over its value without. Where the campaign
    brought no value yet, the client's multiplier is used.
    """
    return tuple(_assess(c, valuation, policy) for c in campaigns)


def _assess(
    campaign: CampaignFacts, valuation: Valuation, policy: ReadinessPolicy
) -> Readiness:
    is_search = campaign.channel_type == "SEARCH"
    days = 30 if is_search else 45
    needed = policy.search_30_days if is_search else policy.other_45_days
    primaries = campaign.primary_30_days if is_search else campaign.primary_45_days
    micro = campaign.micro_30_days if is_search else campaign.micro_45_days
    valued = _valued(valuation, micro or {})
    with_micro = primaries + sum((micro or {})[e] for e in valued)
    month = campaign.micro_30_days or {}
    month_values = _valued(valuation, month)
    micro_value = sum(month[e] * v for e, v in month_values.items())
    total = micro_value + max(campaign.primary_value_30_days, 0.0)
    multiplier = _multiplier(campaign, micro_value, valuation)
    target = campaign.target_roas
    new = target * multiplier if target is not None else None
    verdict, reason = _verdict(primaries, with_micro, needed, days)
    many = campaign.primary_30_days + sum(month[e] for e in month_values)
    return Readiness(
        campaign_id=campaign.campaign_id,
        name=campaign.name,
        verdict=verdict,
        reason=reason,
        needed=needed,
        days=days,
        primaries=primaries,
        with_micro=with_micro,
        distinct_values=len(set(valued.values())) + (primaries > 0),
        micro_share=micro_value / total if total > 0 else 0.0,
        recommended=many >= policy.recommended_30_days,
        lag_days=campaign.median_lag_days,
        strategy=campaign.bidding_strategy,
        status=campaign.status,
        target_roas=target,
        new_target_roas=new,
        target_steps=target_steps(target, new) if target and new else (),
    )


def target_steps(target: float, new: float) -> tuple[float, ...]:
    """
    Return the targets between, none more than a fifth away from the one before.

    >>> target_steps(2.0, 3.0)
    (2.4, 2.88, 3.0)
    """
    steps, last = [], target
    while abs(new / last - 1.0) > STEP + 1e-9:
        last *= 1.0 + STEP if new > last else 1.0 - STEP
        steps.append(round(last, 4))
    return (*steps, round(new, 4)) if new != target else ()


def _valued(valuation: Valuation, counts: Mapping[str, float]) -> dict[str, float]:
    """Return the published value of each counted micro event worth something."""
    return {
        e.event: float(e.value)
        for e in valuation
        if e.event in counts and e.value is not None and e.value > 0
    }


def _multiplier(
    campaign: CampaignFacts, micro_value: float, valuation: Valuation
) -> float:
    own = campaign.primary_value_30_days
    if own <= 0 or campaign.micro_30_days is None:
        return valuation.troas_multiplier
    if valuation.anchor == "total":
        return 1.0
    return (own + micro_value) / own


def _verdict(
    primaries: float, with_micro: float, needed: int, days: int
) -> tuple[ReadinessVerdict, str]:
    if primaries >= needed:
        reason = f"{primaries:g} primary conversions in {days} days, {needed} needed"
        return ReadinessVerdict.READY, reason
    says = f"{primaries:g} primary conversions in {days} days, {needed} needed"
    if with_micro >= needed:
        return (
            ReadinessVerdict.READY_WITH_MICRO,
            f"{says}; {with_micro:g} with micro conversions",
        )
    return (
        ReadinessVerdict.NOT_READY,
        f"{says}; {with_micro:g} even with micro conversions",
    )
