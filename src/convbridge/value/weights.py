"""How credit is shared: weights of the primary and of the steps before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


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
    found = {s for s in stages.values() if s is not None}
    on_path = [
        tuple(e for e, s in stages.items() if s == stage) for stage in sorted(found)
    ]
    off_path = tuple(e for e, s in stages.items() if s is None)
    return (*on_path, off_path) if off_path else tuple(on_path)


def equal_weights(stages: Mapping[str, int | None]) -> Weights:
    """Return equal credit for the primary and for each unit of events."""
    groups = units(stages)
    share = 1.0 / (len(groups) + 1)
    return Weights(
        primary=share,
        micro={e: share / len(group) for group in groups for e in group},
        source="equal weights",
    )


def given_weights(weights: Mapping[str, float], events: Sequence[str]) -> Weights:
    """
    Return the user's weights, the primary taking what is left of 1.

    Weights that leave the primary nothing are scaled to leave it a tenth.
    """
    mine = {e: max(0.0, weights.get(e, 0.0)) for e in events}
    total = sum(mine.values())
    factor = 0.9 / total if total > 0.9 else 1.0
    return Weights(
        primary=1.0 - total * factor,
        micro={e: w * factor for e, w in mine.items()},
        source="your weights",
    )
