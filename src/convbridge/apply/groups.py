"""Changes in groups that one call can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.resources import System

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.model.changes import Change

MOST = 10_000
"""Operations that one GoogleAdsService.Mutate takes (TOO_MANY_MUTATE_OPERATIONS)."""


def grouped(
    changes: Sequence[Change], *, most: int = MOST
) -> tuple[tuple[Change, ...], ...]:
    """
    Cut ordered changes into groups, each for one call, in an order that works.

    Google Ads takes all changes of one customer at once, `most` of them, with those
    that depend on each other in order. GA4 takes one type at a time, none waiting
    for another.
    """
    left = list(changes)
    groups: list[tuple[Change, ...]] = []
    while left:
        group = _next(left, most)
        keys = {change.key for change in group}
        left = [change for change in left if change.key not in keys]
        groups.append(group)
    return tuple(groups)


def _next(left: Sequence[Change], most: int) -> tuple[Change, ...]:
    """Take the first change and all that may go with it."""
    first, waiting = left[0], {change.key for change in left}
    group: list[Change] = []
    for change in left:
        fits = _alike(change, first) and len(group) < most
        if fits and not waiting & set(change.after):
            group.append(change)
            if change.system is System.GOOGLE_ADS:
                waiting.discard(change.key)
    return tuple(group)


def _alike(change: Change, other: Change) -> bool:
    is_ads = change.system is System.GOOGLE_ADS
    return change.owner == other.owner and (is_ads or change.type is other.type)
