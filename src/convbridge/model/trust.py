"""How far counts can be trusted: flags with a reason, from the numbers alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from convbridge.model.arrays import coded, days_since, floats, sum_at
from convbridge.model.breaks import find_jump, find_renames, find_stop
from convbridge.model.quality import Effect, QualityFlag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from convbridge.model.arrays import Floats
    from convbridge.model.breaks import Jump, Stop
    from convbridge.model.counts import EventCounts

    Series = Mapping[str, Floats]

FINAL_DAYS = 3
"""GA4 processes a day for up to 48 hours, and takes late events for 72."""

_VISITS = "session_start"
_OFTEN = 20
"""Counts a day from which a day without any is missing, not quiet."""
_BREAKABLE = 50
"""Counts in a window from which tracking breaks are looked for."""


def check_counts(counts: EventCounts, *, today: date) -> tuple[QualityFlag, ...]:
    """
    Return every reason to trust these counts less, most general first.

    Works on any source: GA4, a warehouse, a file. `today` is the current day in
    the property's time zone.
    """
    if counts.is_empty:
        return (_empty(counts),)
    if any(flag.code == "undated" for flag in counts.flags):
        return tuple(_without_ids(counts))
    series = _daily(counts)
    if not any(line.any() for line in series.values()):
        return (_empty(counts),)
    return (
        *_not_final(counts, today),
        *_missing_days(counts, series),
        *_without_ids(counts),
        *_breaks(counts, series),
    )


def _empty(counts: EventCounts) -> QualityFlag:
    return QualityFlag(
        code="empty",
        effect=Effect.REFUSE,
        reason=f"property {counts.property_id} has no events in {counts.window}; "
        "check the property id and that the site sends data to it",
    )


def _daily(counts: EventCounts) -> Series:
    """Return each event's count per day of the window."""
    names, event = coded(counts.events["event"])
    day = days_since(counts.events["date"], counts.window)
    shape = (len(names), counts.window.days)
    total = sum_at((event, day), floats(counts.events["count"]), shape)
    return {name: total[names.index(name)] for name in sorted(names)}


def _not_final(counts: EventCounts, today: date) -> Iterator[QualityFlag]:
    first_open = today - timedelta(days=FINAL_DAYS - 1)
    days = (counts.window.end - max(first_open, counts.window.start)).days + 1
    if days > 0:
        yield QualityFlag(
            code="not_final",
            effect=Effect.WIDEN,
            reason=f"the last {days} of {counts.window.days} days are not final: GA4 "
            f"may still add to days after {first_open - timedelta(days=1)}",
            factor=max(1 - days / counts.window.days, 0.1),
        )


def _missing_days(counts: EventCounts, series: Series) -> Iterator[QualityFlag]:
    totals = np.sum(list(series.values()), axis=0)
    seen = np.flatnonzero(totals)
    days = list(counts.window)
    if seen[0] > 0:
        yield QualityFlag(
            code="short_history",
            effect=Effect.NOTE,
            reason=f"there are no data before {days[seen[0]]}: "
            f"{len(days) - seen[0]} of {len(days)} days count",
        )
    inner = totals[seen[0] :]
    silent = [days[seen[0] + i] for i in np.flatnonzero(inner == 0)]
    if silent and totals.sum() / len(seen) >= _OFTEN:
        yield QualityFlag(
            code="missing_days",
            effect=Effect.WIDEN,
            reason=f"{len(silent)} days have no events at all, such as {silent[0]}",
            factor=max(1 - len(silent) / len(inner), 0.1),
        )


def _without_ids(counts: EventCounts) -> Iterator[QualityFlag]:
    users = counts.users_by_event()
    if users.get(None) == 0:
        yield QualityFlag(
            code="users_without_ids",
            effect=Effect.REFUSE,
            reason="there are events and no users: the site sends no client ids "
            "(consent mode without consent, or server events without client_id)",
        )
        return
    for event, count in counts.counts().items():
        if count >= _OFTEN and users.get(event) == 0:
            yield QualityFlag(
                code="users_without_ids",
                effect=Effect.IMMATURE,
                reason=f"{event} happened {count} times and has no users: it is sent "
                "without client ids, so nobody can be followed to the primary",
                event=event,
            )


def _breaks(counts: EventCounts, series: Series) -> Iterator[QualityFlag]:
    days = list(counts.window)
    visits = series.get(_VISITS)
    often = {e: line for e, line in series.items() if line.sum() >= _BREAKABLE}
    stops = {e: s for e, line in often.items() if (s := find_stop(line))}
    renames = {r.old: r for r in find_renames(often, stops)}
    for event, stop in stops.items():
        if event in renames:
            new = renames[event].new
            for either in (event, new):
                flag = _renamed(event, new, event=either, day=days[stop.day])
                yield replace(flag, days=len(days) - stop.day)
        else:
            flag = _stopped(event, stop, days[stop.day])
            yield replace(flag, days=len(days) - stop.day)
    for event, line in often.items():
        measure = None if event == _VISITS else visits
        if event not in stops and (jump := find_jump(line, measure)):
            flag = _doubled(event, jump, days[jump.day])
            yield replace(flag, days=len(days) - jump.day, ratio=jump.factor)


def _renamed(old: str, new: str, *, event: str, day: date) -> QualityFlag:
    return QualityFlag(
        code="renamed",
        effect=Effect.FREEZE,
        reason=f"{old} stopped on {day} and {new} began as often: "
        "it looks renamed; use one name in the config and in the tag",
        event=event,
    )


def _stopped(event: str, stop: Stop, day: date) -> QualityFlag:
    return QualityFlag(
        code="tag_stopped",
        effect=Effect.FREEZE,
        reason=f"{event} has not come since {day}, where its history led to expect "
        f"{stop.expected:.0f}: check its tag",
        event=event,
    )


def _doubled(event: str, jump: Jump, day: date) -> QualityFlag:
    return QualityFlag(
        code="tag_doubled",
        effect=Effect.FREEZE,
        reason=f"{event} comes {jump.factor:.1f} times as often per visit since "
        f"{day}: check whether its tag fires twice",
        event=event,
    )
