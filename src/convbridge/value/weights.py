"""How credit is shared: weights of the primary and of the steps before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

DEMOTED = 0.5
"""Share of its equal credit an event keeps when it differs much by campaign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Shares of credit that add up to 1: the primaries' and each micro event's."""

    primary: float
    micro: Mapping[str, float]
    source: str
    """Where they come from, in words."""


def units(stages: Mapping[str, int | None]) -> tuple[tuple[str, ...], ...]:
    """
    Return the groups of events that share one unit of credit.

    Each stage of the path is one unit; all events off the path together are
    one, so that ten kinds of scrolling do not outweigh the cart.
    """
    on_path = sorted({s for s in stages.values() if s is not None})
    groups = [tuple(e for e, s in stages.items() if s == stage) for stage in on_path]
    off_path = tuple(e for e, s in stages.items() if s is None)
    return (*groups, off_path) if off_path else tuple(groups)


def equal_weights(
    stages: Mapping[str, int | None], *, demoted: Collection[str] = ()
) -> Weights:
    """Return equal credit for the primary and each unit, less for the demoted."""
    groups = units(stages)
    share = 1.0 / (len(groups) + 1)
    micro = {
        e: share / len(group) * (DEMOTED if e in demoted else 1.0)
        for group in groups
        for e in group
    }
    total = share + sum(micro.values())
    return Weights(
        primary=share / total,
        micro={e: w / total for e, w in micro.items()},
        source="equal weights",
    )


def given_weights(weights: Mapping[str, float], events: Sequence[str]) -> Weights:
    """
    Return the user's weights, the primary taking what is left of 1.

    Weights that leave the primary less than a tenth are scaled to leave it that.
    """
    mine = {e: max(0.0, weights.get(e, 0.0)) for e in events}
    total = sum(mine.values())
    factor = 0.9 / total if total > 0.9 else 1.0
    return Weights(
        primary=1.0 - total * factor,
        micro={e: w * factor for e, w in mine.items()},
        source="your weights",
    )


def mixed(one: Weights, other: Weights, *, share: float, floor: float) -> Weights:
    """Return `one` with `share` of `other`, the primary keeping `floor` at least."""
    primary = (1.0 - share) * one.primary + share * other.primary
    kept = max(primary, floor)
    factor = (1.0 - kept) / (1.0 - primary) if primary < 1.0 else 0.0
    micro = {
        e: factor * ((1.0 - share) * w + share * other.micro[e])
        for e, w in one.micro.items()
    }
    return Weights(primary=kept, micro=micro, source=one.source)
