"""Bounds on conversions from user counts, where no funnel can be had."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convbridge.model.funnels import Evidence, FunnelCount, Funnels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.model.counts import EventCounts
    from convbridge.model.rules import EventRule


def bounds_from_counts(
    counts: EventCounts,
    *,
    events: Sequence[EventRule],
    primaries: Sequence[EventRule],
    horizon_days: int,
    note: str,
) -> Funnels:
    """
    Return what user counts allow for each event, marked as bounds.

    Of `n` users with the event and `m` with a primary among `all` users, at
    least `n + m - all` and at most `min(n, m)` did both (Frechet's bounds).
    `m` is known for one primary; of several, a user may have done two, so it
    lies between the largest and the sum.
    """
    known = [u for p in primaries if (u := counts.users_of(p.event)) is not None]
    total = counts.total_users
    most = sum(known) if total is None else min(sum(known), total)
    least = max(known, default=0)
    found = []
    for event in events:
        users = counts.users_of(event.event)
        if users is None:
            continue
        high = min(users, most)
        low = 0 if total is None else max(0, users + least - total)
        found.append(
            FunnelCount(
                event=event.event,
                primary=" or ".join(p.event for p in primaries),
                window=counts.window,
                horizon_days=horizon_days,
                users=users,
                converted=high,
                low_converted=min(low, high),
                high_converted=high,
                mature=False,
                evidence=Evidence.BOUNDS,
            )
        )
    return Funnels(
        funnels=tuple(found),
        total_users=total,
        primary_users=most if known else None,
        notes=(note,),
    )


def with_bounds(
    funnels: Funnels,
    counts: EventCounts,
    *,
    events: Sequence[EventRule],
    primaries: Sequence[EventRule],
    horizon_days: int,
) -> Funnels:
    """Return the funnels with bounds for the events whose funnels GA4 refused."""
    if not events:
        return funnels
    names = ", ".join(event.event for event in events)
    rest = bounds_from_counts(
        counts,
        events=events,
        primaries=primaries,
        horizon_days=horizon_days,
        note=f"GA4 refused the funnels of {names}; bounds from user counts",
    )
    return replace(
        funnels,
        funnels=funnels.funnels + rest.funnels,
        notes=funnels.notes + rest.notes,
    )
