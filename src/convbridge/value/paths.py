"""Weights from users' paths: Markov removal and Shapley, event level."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from math import comb
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_START, _CONVERTED, _LOST = "(start)", "(converted)", "(lost)"
MOST_EVENTS = 14
"""Shapley looks at every subset of events: 2 to this power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPath:
    """The events some users did in one order, up to the primary."""

    events: tuple[str, ...]
    users: int = 1
    converted: int = 0
    """How many of them did the primary."""


def markov_weights(paths: Iterable[UserPath]) -> dict[str, float]:
    """
    Return each event's share of the removal effects of a first-order chain.

    The removal effect of an event is the part of conversions lost when every
    path stops at it. It shares out past credit and is no value of a signal:
    use it as `weights`.
    """
    moves = _moves(paths)
    events = sorted({e for e, _ in moves} - {_START})
    whole = _conversion(moves, removed=None)
    if whole <= 0:
        return dict.fromkeys(events, 0.0)
    effects = {e: max(0.0, 1.0 - _conversion(moves, removed=e) / whole) for e in events}
    return _shares(effects)


def shapley_weights(paths: Iterable[UserPath]) -> dict[str, float]:
    """
    Return each event's Shapley share of the conversions.

    The worth of a set of events is the conversions of users who did nothing
    outside of it. Only the `MOST_EVENTS` most frequent events take part.
    """
    known = list(paths)
    volume: Counter[str] = Counter()
    for path in known:
        volume.update(dict.fromkeys(path.events, path.users))
    events = sorted(e for e, _ in volume.most_common(MOST_EVENTS))
    worth = _worths(known, events)
    size = len(events)
    sets = np.arange(1 << size)
    order = np.array([(s).bit_count() for s in sets.tolist()])
    found = {}
    for place, event in enumerate(events):
        without = sets[(sets >> place) & 1 == 0]
        gain = worth[without | (1 << place)] - worth[without]
        ways = np.array([1.0 / (size * comb(size - 1, k)) for k in range(size)])
        found[event] = float(gain @ ways[order[without]])
    return _shares(found)


def _moves(paths: Iterable[UserPath]) -> Mapping[tuple[str, str], float]:
    """Count the steps from one event to the next, start and ends included."""
    moves: Counter[tuple[str, str]] = Counter()
    for path in paths:
        if not path.events:
            continue
        for step in pairwise((_START, *path.events)):
            moves[step] += path.users
        moves[path.events[-1], _CONVERTED] += path.converted
        moves[path.events[-1], _LOST] += path.users - path.converted
    return moves


def _conversion(
    moves: Mapping[tuple[str, str], float], *, removed: str | None
) -> float:
    """Return the probability to convert from the start; a removed event loses all."""
    states = sorted({s for step in moves for s in step} - {_CONVERTED, _LOST, removed})
    if _START not in states:
        return 0.0
    place = {s: i for i, s in enumerate(states)}
    step, done = np.zeros((len(states), len(states))), np.zeros(len(states))
    out = np.zeros(len(states))
    for (one, other), users in moves.items():
        if one not in place:
            continue
        out[place[one]] += users
        if other in place:
            step[place[one], place[other]] += users
        elif other == _CONVERTED:
            done[place[one]] += users
    share = 1.0 / np.maximum(out, 1e-12)
    # A little is lost at each step, so that a closed loop cannot trap the chain
    chain = np.eye(len(states)) - step * share[:, None] * (1.0 - 1e-9)
    return float(np.linalg.solve(chain, done * share)[place[_START]])


def _worths(paths: Sequence[UserPath], events: Sequence[str]) -> np.ndarray:
    """Return conversions within each set of events (sum over subsets)."""
    place = {e: i for i, e in enumerate(events)}
    worth = np.zeros(1 << len(events))
    for path in paths:
        mine = {place[e] for e in path.events if e in place}
        worth[sum(1 << i for i in mine)] += path.converted
    for bit in range(len(events)):
        inside = np.flatnonzero((np.arange(len(worth)) >> bit) & 1)
        worth[inside] += worth[inside ^ (1 << bit)]
    return worth


def _shares(effects: Mapping[str, float]) -> dict[str, float]:
    total = sum(effects.values())
    return {e: v / total if total > 0 else 0.0 for e, v in effects.items()}
