"""runFunnelReport (v1alpha), with the oddities real answers have."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .ga4_funnel_filters import step_mask
from .ga4_funnel_wire import answer
from .ga4_query import check_dimensions, read_ranges
from .ga4_quota import funnel_tokens
from .ga4_wire import invalid, parse
from .http import ApiError

if TYPE_CHECKING:
    from .events import Bools, Ints
    from .ga4_columns import Column, View
    from .ga4_data import Core
    from .ga4_query import DateRange

MAX_STEPS = 10
MAX_BREAKDOWN = 15
DEFAULT_BREAKDOWN = 5
DAY = 86_400_000_000
_STANDARD = 1  # FunnelVisualizationType.STANDARD_FUNNEL
_RETENTION_DAYS = {
    "TWO_MONTHS": 60,
    "FOURTEEN_MONTHS": 425,
    "TWENTY_SIX_MONTHS": 790,
    "THIRTY_EIGHT_MONTHS": 1155,
    "FIFTY_MONTHS": 1520,
}


@cache
def message_types() -> Any:
    """Return the generated v1alpha types, imported when first needed."""
    from google.analytics.data_v1alpha import types  # noqa: PLC0415  # slow to import

    return types


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """A step within a range and breakdown value: who reached it, who went on."""

    number: int
    range_number: int
    breakdown: str | None
    users: int
    continued: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """A checked funnel request."""

    message: Any
    names: tuple[str, ...]
    ranges: tuple[DateRange, ...]
    breakdown: str | None
    breakdown_limit: int


def run_funnel(core: Core, body: Any) -> dict[str, Any]:
    """Answer runFunnelReport."""
    if core.site.ga4.switches.funnels_refused:
        raise ApiError(403, "Funnel reports are not available for this property.")
    message = parse(message_types().RunFunnelReportRequest, body)
    funnel = _read(core, message)
    view = core.view()
    results = tuple(
        result
        for number in range(len(funnel.ranges))
        for result in _play(core, view, funnel, number)
    )
    tokens = funnel_tokens(
        steps=len(funnel.names),
        days=sum(each.days for each in funnel.ranges),
        has_breakdown=funnel.breakdown is not None,
    )
    core.quota.charge("funnel", tokens)
    quota = core.quota.snapshot("funnel", tokens)
    return answer(core.site, funnel, results, quota)


def _read(core: Core, message: Any) -> Funnel:
    steps = message.funnel.steps
    if not 1 <= len(steps) <= MAX_STEPS:
        raise invalid(f"A funnel needs 1 to {MAX_STEPS} steps, not {len(steps)}.")
    if message.segments or message.HasField("funnel_next_action"):
        raise ApiError(501, "The sandbox has no segments and no next action.")
    if message.funnel_visualization_type > _STANDARD:
        raise ApiError(501, "The sandbox has no trended funnels.")
    breakdown = message.funnel_breakdown
    dimension = breakdown.breakdown_dimension.name or None
    limit = breakdown.limit or DEFAULT_BREAKDOWN
    if not 1 <= limit <= MAX_BREAKDOWN:
        raise invalid(f"The breakdown limit must be 1 to {MAX_BREAKDOWN}, not {limit}.")
    if dimension is not None:
        check_dimensions([dimension], core.site)
    today = core.site.today(core.clock.now())
    return Funnel(
        message=message,
        names=tuple(
            f"{number}. {step.name or f'Step {number}'}"
            for number, step in enumerate(steps, start=1)
        ),
        ranges=read_ranges(message.date_ranges, today),
        breakdown=dimension,
        breakdown_limit=limit,
    )


def _play(
    core: Core, view: View, funnel: Funnel, number: int
) -> tuple[StepResult, ...]:
    """Walk one date range's users through the steps."""
    order = _sequence(core, view, funnel, number)
    walk = _walk(view, funnel, order)
    users = view.events.user[order]
    total = _results(funnel, walk, users, number, None)
    if funnel.breakdown is None:
        return total
    column = view.column(funnel.breakdown).take(order)
    values = _user_values(column, users, walk[0][0])
    entered = np.unique(users[walk[0][0]])
    labels, counts = np.unique(values[entered], return_counts=True)
    top = labels[np.argsort(-counts, kind="stable")][: funnel.breakdown_limit]
    parts = [
        _results(
            funnel,
            _only(walk, values[users] == code),
            users,
            number,
            column.labels[code],
        )
        for code in top.tolist()
    ]
    return (*total, *(result for part in parts for result in part))


def _sequence(core: Core, view: View, funnel: Funnel, number: int) -> Ints:
    """Return the events a funnel may use, by user and then by time."""
    each = funnel.ranges[number]
    site = core.site
    days = view.events.day
    kept = (days >= site.day_of(each.start)) & (days <= site.day_of(each.end))
    retention = site.ga4.switches.retention_days
    if retention is None:
        retention = _RETENTION_DAYS[site.ga4.event_retention]
    oldest = int(core.clock.now().timestamp() * 1e6) - retention * DAY
    kept &= view.events.time >= oldest
    if funnel.message.dimension_filter.WhichOneof("expr") is not None:
        kept &= step_mask(view, funnel.message.dimension_filter)
    index = np.flatnonzero(kept)
    return index[np.lexsort((index, view.events.user[index]))]


def _walk(view: View, funnel: Funnel, order: Ints) -> tuple[list[Bools], list[Bools]]:
    """
    Return, per step, the events that reach it and those that came from the last.

    The best way to an event is through the latest event of the step before
    it, so one pass per step finds every way there is.
    """
    steps = funnel.message.funnel.steps
    users, times = view.events.user[order], view.events.time[order]
    is_open = funnel.message.funnel.is_open_funnel
    reached: list[Bools] = []
    came: list[Bools] = []
    for number, step in enumerate(steps):
        here = step_mask(view, step.filter_expression)[order]
        if number == 0:
            reached.append(here)
            came.append(here)
            continue
        before = _latest_before(reached[-1], users)
        on = here & (before >= 0)
        if step.HasField("within_duration_from_prior_step"):
            limit = step.within_duration_from_prior_step
            most = limit.seconds * 1_000_000 + limit.nanos // 1000
            on &= times - times[before] <= most
        if step.is_directly_followed_by:
            on &= before == np.arange(len(order)) - 1
        came.append(on)
        reached.append(here if is_open else on)
    return reached, came


def _latest_before(mask: Bools, users: Ints) -> Ints:
    """Return the place of the user's latest marked event before each, or -1."""
    if not len(users):
        return np.zeros(0, dtype=np.int64)
    places = np.arange(len(users))
    latest = np.maximum.accumulate(np.where(mask, places, -1))
    before = np.r_[-1, latest[:-1]]
    starts = np.r_[True, users[1:] != users[:-1]]
    first = np.maximum.accumulate(np.where(starts, places, 0))
    return np.where(before >= first, before, -1)


def _only(
    walk: tuple[list[Bools], list[Bools]], kept: Bools
) -> tuple[list[Bools], list[Bools]]:
    reached, came = walk
    return [mask & kept for mask in reached], [mask & kept for mask in came]


def _user_values(column: Column, users: Ints, entered: Bools) -> Ints:
    """Return each user's breakdown value: that of the first event of step one."""
    values = np.full(int(users.max()) + 1 if len(users) else 1, -1, dtype=np.int64)
    places = np.flatnonzero(entered)[::-1]
    values[users[places]] = column.codes[places]
    return values


def _results(
    funnel: Funnel,
    walk: tuple[list[Bools], list[Bools]],
    users: Ints,
    number: int,
    breakdown: str | None,
) -> tuple[StepResult, ...]:
    reached, came = walk
    counts = [len(np.unique(users[mask])) for mask in reached]
    went_on = [len(np.unique(users[mask])) for mask in came[1:]] + [0]
    label = "RESERVED_TOTAL" if breakdown is None else breakdown
    return tuple(
        StepResult(
            number=step,
            range_number=number,
            breakdown=label if funnel.breakdown is not None else None,
            users=counts[step],
            continued=went_on[step],
        )
        for step in range(len(counts))
    )
