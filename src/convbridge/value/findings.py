"""What is found out about one event: its rate, how sure, and from what."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from convbridge.model.funnels import Evidence
from convbridge.model.quality import Effect
from convbridge.value.intervals import Estimate, exact
from convbridge.value.lag import SHORTEST, seen_share
from convbridge.value.rates import bounded_rate, overlap_bounds, rate_estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convbridge.model.classes import ClassifiedEvent
    from convbridge.model.funnels import FunnelCount, Funnels
    from convbridge.model.quality import QualityFlag
    from convbridge.value.tally import Tally

FEW = 5
"""Fewer conversions after the event than this are weak evidence."""
NOTED_SHARE = 0.95
"""Shares of the sample below this are worth a word in the reason."""
HARMLESS_IMMATURITY = 1 / 3
"""Horizon over window up to which an unknown lag may be left uncorrected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The rate of one micro event."""

    event: str
    rate: Estimate
    evidence: Evidence
    users: float
    """Users behind the rate."""
    converted: float
    conversions: int
    """What Google Ads would count: one per user who did the event."""
    is_weak: bool = False
    immature: str | None = None
    """Why no rate can be given yet."""
    notes: tuple[str, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every event's finding needs to know of the whole."""

    tally: Tally
    funnels: Funnels | None
    flags: Sequence[QualityFlag]
    primary_users: float
    total_users: float | None

    @property
    def base(self) -> float | None:
        """P(primary) of anybody."""
        if not self.total_users:
            return None
        return min(1.0, self.primary_users / self.total_users)

    def factor(self, event: str) -> float:
        """Return the share of the sample that counts, by the flags that widen."""
        share = 1.0
        for flag in self.flags:
            if flag.effect is Effect.WIDEN and flag.event in {None, event}:
                share *= min(max(flag.factor, 0.0), 1.0)
        return share

    def halted(self, event: str, effect: Effect) -> str | None:
        """Return why a flag halts the event, if one does."""
        found = (
            f.reason
            for f in self.flags
            if f.effect is effect and f.event in {None, event}
        )
        return next(found, None)


def find_rate(event: ClassifiedEvent, site: Site) -> Finding:
    """Return the best rate the data give: funnel, else bounds from user counts."""
    funnel = site.funnels.whole(event.event) if site.funnels else None
    conversions = _conversions(event)
    if funnel is None or funnel.users <= 0:
        return _bounded(event, site, conversions)
    if funnel.evidence is Evidence.BOUNDS:
        return _from_bounds(event, site, conversions, _stated_bounds(funnel))
    found = _counted(event, funnel, site, conversions)
    found = found if funnel.mature else _matured(found, funnel, site)
    return _above_base(found, funnel, site) if event.stage is None else found


def _stated_bounds(funnel: FunnelCount) -> tuple[float, float]:
    """Return the bounds the source worked out, kept in order and within 0 and 1."""
    most = funnel.high_converted
    high = funnel.converted if most is None else most
    low = min(max((funnel.low_converted or 0) / funnel.users, 0.0), 1.0)
    return low, min(max(high / funnel.users, low), 1.0)


def _conversions(event: ClassifiedEvent) -> int:
    """Users, because micro conversions are counted ONE_PER_CLICK."""
    users = event.count if event.users is None else event.users
    return max(0, min(users, event.count))


def _counted(
    event: ClassifiedEvent, funnel: FunnelCount, site: Site, conversions: int
) -> Finding:
    notes = []
    if funnel.converted > funnel.users:
        notes.append(
            f"{funnel.converted} converted of {funnel.users} users: GA4 estimates "
            "both; taken as all"
        )
    factor = _share(funnel, site)
    users = funnel.users * factor
    converted = min(max(funnel.converted, 0), funnel.users) * factor
    if factor < NOTED_SHARE:
        notes.append(f"intervals widened: {factor:.0%} of the sample counts")
    return Finding(
        event=event.event,
        rate=rate_estimate(users, converted, base=site.base),
        evidence=funnel.evidence,
        users=users,
        converted=converted,
        conversions=conversions,
        is_weak=converted < FEW,
        notes=tuple(notes),
        detail={
            "funnel_users": funnel.users,
            "funnel_converted": min(max(funnel.converted, 0), funnel.users),
            "sample_share": factor,
        },
    )


def _share(funnel: FunnelCount, site: Site) -> float:
    """Return the share of a funnel's users that counts; sampled ones are estimates."""
    return min(site.factor(funnel.event), max(funnel.sampled, 0.0))


def _matured(found: Finding, funnel: FunnelCount, site: Site) -> Finding:
    """Correct a rate for those who had no time to convert yet, or call it off."""
    horizon, days = funnel.horizon_days, funnel.window.days
    if days < SHORTEST * horizon:
        return replace(
            found,
            immature=f"{days} days are too few to see conversions within {horizon:g}",
        )
    points = [
        p for p in (site.funnels.lag if site.funnels else ()) if p.event == found.event
    ]
    entrants = site.tally.days_of(found.event)[-days:]
    seen = seen_share(entrants, 0.0, points, horizon)
    if seen is not None and seen > 0.2:
        return replace(
            found,
            rate=rate_estimate(found.users * seen, found.converted, base=site.base),
            notes=(*found.notes, f"{seen:.0%} of the conversions are seen; scaled up"),
            detail={**found.detail, "seen_share": seen},
        )
    if horizon / days <= HARMLESS_IMMATURITY:
        most = 1.0 / (1.0 - horizon / days)
        wide = replace(found.rate, high=min(1.0, found.rate.high * most))
        note = "the lag is not known: the last users had less time to convert"
        return replace(found, rate=wide, notes=(*found.notes, note))
    return replace(
        found,
        immature=f"the last {horizon:g} of {days} days had no time to convert, "
        "and the lag is not known",
    )


def _above_base(found: Finding, funnel: FunnelCount, site: Site) -> Finding:
    """
    Take the rate of those without the event off, for events off the path.

    Scrolling foretells a purchase no better than the visit it is part of; what
    it adds is the difference. Not causal. A mature funnel covers a part of the
    window, so everybody's numbers are cut to that part.
    """
    if not site.total_users:
        return found
    part = min(1.0, funnel.window.days / site.tally.daily.shape[1])
    others = site.total_users * part - funnel.users
    if others <= 0:
        return found
    rest = max(0.0, site.primary_users * part - funnel.converted)
    factor = _share(funnel, site)
    other = rate_estimate(others * factor, rest * factor)
    rate = _difference(found.rate, other)
    note = f"{found.rate.mean:.3g} with the event, {other.mean:.3g} without"
    return replace(
        found,
        rate=rate,
        is_weak=found.is_weak or rate.low <= 0,
        notes=(*found.notes, note),
        detail={
            **found.detail,
            "rate_with": found.rate.mean,
            "rate_without": other.mean,
        },
    )


def _difference(one: Estimate, other: Estimate) -> Estimate:
    """Return one rate minus another, never below 0 (Zou and Donner's MOVER)."""
    mean = one.mean - other.mean

    def below(part: float, opposite: float) -> float:
        gap = (one.mean - part) ** 2 + (opposite - other.mean) ** 2
        return max(0.0, mean - float(gap**0.5))

    up = ((one.high - one.mean) ** 2 + (other.mean - other.low) ** 2) ** 0.5
    far = other.mean + (other.high - other.mean) * 0.41
    return Estimate(
        mean=max(0.0, mean),
        low=below(one.low, other.high),
        quarter=below(one.quarter, far),
        high=max(0.0, mean + up),
    )


def _bounded(event: ClassifiedEvent, site: Site, conversions: int) -> Finding:
    users = float(event.users if event.users is not None else event.count)
    if users <= 0 or site.primary_users <= 0:
        return _from_bounds(event, site, conversions, (0.0, 1.0 if users <= 0 else 0.0))
    bounds = overlap_bounds(users, site.primary_users, site.total_users)
    return _from_bounds(event, site, conversions, bounds)


def _from_bounds(
    event: ClassifiedEvent, site: Site, conversions: int, bounds: tuple[float, float]
) -> Finding:
    low, high = bounds
    users = float(event.users if event.users is not None else event.count)
    rate = bounded_rate(low, high) if high > 0 else exact(0.0)
    return Finding(
        event=event.event,
        rate=rate,
        evidence=Evidence.BOUNDS,
        users=users,
        converted=rate.mean * users,
        conversions=conversions,
        is_weak=True,
        immature=None if site.primary_users > 0 else "nobody did a primary",
        notes=(f"no funnel: user counts allow a rate from {low:.3g} to {high:.3g}",),
        detail={"bound_low": low, "bound_high": high},
    )
