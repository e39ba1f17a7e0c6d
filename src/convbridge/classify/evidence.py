"""What the counts say about an event: volume, lift over the rest, precedence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convbridge.model.funnels import Funnels

_Z90 = 1.6448536269514722


def evidence(
    event: str,
    *,
    count: int,
    users: int | None,
    funnels: Funnels | None,
    days: int | None = None,
) -> dict[str, Any]:
    """
    Return the numbers that speak for an event's class.

    `lift` is P(primary | event) / P(primary | no event) with a 90 % interval;
    `precedence` the share of the users with a primary who did the event first.
    Both need a funnel and are left out without one. Neither is causal. `days`
    is the length of the window of all users: a mature funnel covers a part of it.
    """
    found: dict[str, Any] = {"count": count, "users": users}
    if funnels is None:
        return found
    funnel = funnels.whole(event)
    if funnel is None or funnel.users <= 0:
        return found
    converted = min(max(funnel.converted, 0), funnel.users)
    found |= {"rate": converted / funnel.users, "converted": converted}
    part = min(1.0, funnel.window.days / days) if days else 1.0
    if funnels.primary_users:
        found["precedence"] = min(1.0, converted / (funnels.primary_users * part))
    if funnels.total_users and funnels.primary_users is not None:
        found |= lift(
            users=funnel.users,
            converted=converted,
            other_users=round(funnels.total_users * part) - funnel.users,
            other_converted=round(funnels.primary_users * part) - converted,
        )
    return found


def lift(
    *, users: int, converted: int, other_users: int, other_converted: int
) -> dict[str, float]:
    """
    Return the ratio of two rates with its 90 % interval.

    Half a success and half a failure are added to each side, so that zero
    counts give a finite answer; nobody on the other side gives none.
    """
    if other_users <= 0:
        return {}
    rest = min(max(other_converted, 0), other_users)
    mine = (converted + 0.5) / (users + 1)
    theirs = (rest + 0.5) / (other_users + 1)
    spread = math.sqrt(
        1 / (converted + 0.5)
        - 1 / (users + 1)
        + 1 / (rest + 0.5)
        - 1 / (other_users + 1)
    )
    ratio = mine / theirs
    return {
        "lift": ratio,
        "lift_low": ratio * math.exp(-_Z90 * spread),
        "lift_high": ratio * math.exp(_Z90 * spread),
    }
