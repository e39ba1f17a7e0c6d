"""Breaks in tracking: tags that stop, jump, are renamed, or lose their users."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convbridge.model.quality import Effect, QualityFlag

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from convbridge.value.tally import Tally

    Floats = NDArray[np.float64]

SILENT_DAYS = 3
SILENCE_COUNTS = 15.0
"""Events that were due in the silent days: fewer may be missing by chance."""
JUMP, DROP = 1.6, 0.6
"""Ratios to the days before past which a change is a tag's, not the season's."""
SURE = 6.0
"""Standard errors a jump must be out by."""
FRESH_DAYS = 28
"""A break older than this widens the intervals; a fresh one freezes the value."""
ID_EVENTS = ("first_visit", "first_open")
ID_JUMP = 1.25
TWICE = 1.2
"""Ratio of primary events to orders, over that of before, past which some repeat."""


def find_breaks(
    tally: Tally, primaries: Collection[str] = ()
) -> tuple[QualityFlag, ...]:
    """
    Return a flag for each event whose tag seems to have broken.

    Each event is compared with the days before, relative to all other events,
    so that a holiday is no break. A broken primary concerns every value.
    """
    if tally.daily.size == 0 or tally.daily.shape[1] < 4 * SILENT_DAYS:
        return ()
    others = np.maximum(tally.daily.sum(axis=0)[None, :] - tally.daily, 0.0)
    silent = _silent(tally, others)
    born = _born(tally, others)
    found = [_stopped(e, since, born, tally) for e, since in silent.items()]
    for row, event in enumerate(tally.events):
        if event not in silent and event not in born:
            flag = _jumped(event, tally.daily[row], others[row])
            found += [flag] if flag else []
    found += _repeated(tally, primaries)
    return tuple(
        replace(flag, event=None) if flag.event in primaries else flag for flag in found
    )


def _repeated(tally: Tally, primaries: Collection[str]) -> list[QualityFlag]:
    """Find orders that are counted more than once of late: events outgrow orders."""
    sold = tally.transactions
    found: list[QualityFlag] = []
    for event in primaries:
        days = tally.days_of(event)
        for fresh in (7, FRESH_DAYS):
            before, after = sold[:-fresh].sum(), sold[-fresh:].sum()
            if min(before, after) < 2 * SILENT_DAYS or not days[:-fresh].sum():
                continue
            ratio = days[-fresh:].sum() / after / (days[:-fresh].sum() / before)
            if ratio >= TWICE and not found:
                found.append(_twice(event, fresh, float(ratio)))
    return found


def _twice(event: str, days: int, ratio: float) -> QualityFlag:
    return QualityFlag(
        code="duplicate_orders",
        effect=Effect.FREEZE,
        reason=f"{event} happens {ratio:.2g} times as often per order in the last "
        f"{days} days: orders are counted more than once",
        event=event,
        days=days,
    )


def _silent(tally: Tally, others: Floats) -> dict[str, int]:
    """Return the events that stopped, with the first silent day."""
    found = {}
    for row, event in enumerate(tally.events):
        days = np.flatnonzero(tally.daily[row])
        since = int(days[-1]) + 1 if len(days) else 0
        last = tally.daily.shape[1] - since
        due = _due(tally.daily[row], others[row], since)
        if since and last >= SILENT_DAYS and due >= SILENCE_COUNTS:
            found[event] = since
    return found


def _born(tally: Tally, others: Floats) -> dict[str, int]:
    """Return the events that began within the window, with their first day."""
    found = {}
    for row, event in enumerate(tally.events):
        flipped, back = tally.daily[row][::-1], others[row][::-1]
        days = np.flatnonzero(flipped)
        since = int(days[-1]) + 1 if len(days) else 0
        first = len(flipped) - since
        due = _due(flipped, back, since)
        if since and first >= SILENT_DAYS and due >= SILENCE_COUNTS:
            found[event] = first
    return found


def _due(days: Floats, others: Floats, since: int) -> float:
    """Return how often the event was due from `since` on, by its share before."""
    before = others[:since].sum()
    return float(days[:since].sum() / before * others[since:].sum()) if before else 0.0


def _stopped(event: str, since: int, born: dict[str, int], tally: Tally) -> QualityFlag:
    days = tally.daily.shape[1] - since
    heirs = [e for e, first in born.items() if abs(first - since) <= 1]
    if heirs:
        reason = f"{event} stopped {days} days ago, the day {heirs[0]} began: renamed?"
        code = "renamed"
    else:
        reason = f"{event} has not happened for {days} days, others have"
        code = "tag_stopped"
    return QualityFlag(
        code=code, effect=Effect.FREEZE, reason=reason, event=event, days=days
    )


def _jumped(event: str, days: Floats, others: Floats) -> QualityFlag | None:
    """
    Find the day after which the event's share of all events is another one.

    A CUSUM over candidate days: the ratio after to before, with a standard
    error from the days' own spread.
    """
    found = _split(days, others)
    if found is None:
        return None
    day, ratio = found
    old = len(days) - day
    lost = event in ID_EVENTS
    up, down = (ID_JUMP, 1 / ID_JUMP) if lost else (JUMP, DROP)
    if down < ratio < up:
        return None
    fresh = old <= FRESH_DAYS
    code = (
        "users_without_ids" if lost else "tag_doubled" if ratio > 1 else "tag_dropped"
    )
    return QualityFlag(
        code="users_without_ids" if lost else code,
        effect=Effect.FREEZE if fresh else Effect.WIDEN,
        reason=f"{event} is {ratio:.2g} times as frequent as {old} days ago",
        event=None if lost else event,
        factor=1.0 if fresh else 0.5,
        days=old,
        ratio=None if lost else ratio,
    )


def _split(days: Floats, others: Floats) -> tuple[int, float] | None:
    """Return the surest day of change and the ratio, or None when none is sure."""
    size, edge = len(days), max(SILENT_DAYS, 3)
    if days.sum() < 2 * SILENCE_COUNTS or others.sum() <= 0:
        return None
    expected = others * (days.sum() / others.sum())
    cut = np.arange(edge, size - edge + 1)
    seen, due = np.cumsum(days)[cut - 1], np.cumsum(expected)[cut - 1]
    after, due_after = days.sum() - seen, expected.sum() - due
    usable = (seen >= SILENCE_COUNTS) & (due > 0) & (due_after > SILENCE_COUNTS / 2)
    if not usable.any():
        return None
    ratio = ((after + 0.5) / np.maximum(due_after, 1e-9)) / (
        (seen + 0.5) / np.maximum(due, 1e-9)
    )
    noise = _overdispersion(days, expected)
    error = np.sqrt(noise * (1.0 / (seen + 0.5) + 1.0 / (after + 0.5)))
    score = np.where(usable, np.abs(np.log(ratio)) / error, 0.0)
    best = int(np.argmax(score))
    return (int(cut[best]), float(ratio[best])) if score[best] > SURE else None


def _overdispersion(days: Floats, expected: Floats) -> float:
    """Return the days' variance over Poisson's, from neighbours: jumps add little."""
    steps = np.diff(days - expected)
    chance = np.maximum(expected[1:] + expected[:-1], 1e-9)
    return max(1.0, float(np.mean(steps**2 / chance)))
