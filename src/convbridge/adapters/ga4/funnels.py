"""Two-step funnels (v1alpha runFunnelReport): who did an event, and who then bought."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from convbridge.adapters.ga4.api import is_missing
from convbridge.adapters.ga4.bounds import bounds_from_counts, with_bounds
from convbridge.adapters.ga4.funnel_plan import FunnelPlan
from convbridge.adapters.ga4.metadata import sampled_share
from convbridge.errors import AuthError, DataError, RejectedError, UnavailableError
from convbridge.model.funnels import FunnelCount, Funnels, LagPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convbridge.adapters.ga4.api import Ga4Api
    from convbridge.adapters.ga4.filters import Expression
    from convbridge.model.counts import EventCounts
    from convbridge.model.dates import DateWindow
    from convbridge.model.rules import EventRule
    from convbridge.ports import Progress

_DAY = 86_400
T = TypeVar("T")
_STEP = re.compile(r"^\d+\. ")
_TOTALS = frozenset({"RESERVED_TOTAL", "(total)"})
_BREAKDOWN_LIMIT = 15
FIRST, THEN = "event", "primary"
"""Names of the two steps; GA4 answers `1. event` and `2. primary`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepUsers:
    """Users at both steps, for the whole (segment None) or one segment."""

    segment: str | None
    first: int
    then: int


def funnel_request(
    steps: Sequence[Expression],
    window: DateWindow,
    *,
    within_days: float | None = None,
    breakdown: str | None = None,
) -> dict[str, Any]:
    """Return the request of a closed funnel of one or two steps."""
    names = (FIRST, THEN)
    body = [
        {"name": name, "filter_expression": step}
        for name, step in zip(names, steps, strict=False)
    ]
    if within_days is not None and len(body) == 2:
        body[1]["within_duration_from_prior_step"] = {
            "seconds": round(within_days * _DAY)
        }
    request: dict[str, Any] = {
        "date_ranges": [{"start_date": str(window.start), "end_date": str(window.end)}],
        "funnel": {"is_open_funnel": False, "steps": body},
    }
    if breakdown:
        request["funnel_breakdown"] = {
            "breakdown_dimension": {"name": breakdown},
            "limit": _BREAKDOWN_LIMIT,
        }
    return request


def read_steps(
    response: Any, *, breakdown: str | None = None
) -> list[StepUsers] | None:
    """
    Return users per segment, whole first; None when the funnel has no rows.

    Real answers repeat their metric headers, call fractions integers, prefix
    step names with `1. ` and leave out steps that nobody reached; so values go
    to the first header of a name, and a missing second step is zero.
    """
    table = response.funnel_table
    dimensions = [h.name for h in table.dimension_headers]
    metrics = [h.name for h in table.metric_headers]
    users_at = metrics.index("activeUsers") if "activeUsers" in metrics else 0
    step_at = (
        dimensions.index("funnelStepName") if "funnelStepName" in dimensions else 0
    )
    segment_at = dimensions.index(breakdown) if breakdown in dimensions else None
    found: dict[str | None, dict[str, int]] = {}
    for row in table.rows:
        if len(row.metric_values) <= users_at or len(row.dimension_values) <= step_at:
            continue
        segment = _segment(row, segment_at)
        step = _STEP.sub("", row.dimension_values[step_at].value)
        users = _users(row.metric_values[users_at].value)
        found.setdefault(segment, {}).setdefault(step, users)
    if not found:
        return None
    ordered = sorted(found.items(), key=lambda item: (item[0] is not None, item[0]))
    return [
        StepUsers(segment=s, first=steps.get(FIRST, 0), then=steps.get(THEN, 0))
        for s, steps in ordered
    ]


def _users(text: str) -> int:
    try:
        return round(float(text or 0))
    except (ValueError, OverflowError) as exc:
        raise DataError(f"GA4 sent a funnel with {text!r} as activeUsers") from exc


def _segment(row: Any, at: int | None) -> str | None:
    if at is None or at >= len(row.dimension_values):
        return None
    value: str = row.dimension_values[at].value
    return None if value in _TOTALS else value


class FunnelReader:
    """
    Reads the funnels of one property, a few at a time.

    Args:
        progress: Told of each funnel read.
    """

    def __init__(self, api: Ga4Api, *, progress: Progress | None = None) -> None:
        self._api = api
        self._progress = progress
        self._done = 0
        self._refused: list[RejectedError] = []

    def fetch(
        self,
        counts: EventCounts,
        *,
        events: Sequence[EventRule],
        primaries: Sequence[EventRule],
        horizon_days: int,
        breakdowns: Sequence[str] = (),
        lag_days: Sequence[float] = (),
    ) -> Funnels:
        """
        Return a funnel from each event to any primary, and the baselines.

        Where GA4 refuses funnels, or those of an event, what user counts allow is
        returned instead, marked as bounds, with a note that says why.
        """
        plan = FunnelPlan.of(counts, primaries, horizon_days)
        wanted = [e for e in events if counts.count(e.event) > 0]
        try:
            plan = self._settled(plan, wanted)
            found = self._read(plan, wanted, breakdowns, lag_days)
        except (AuthError, RejectedError) as exc:
            return bounds_from_counts(
                counts,
                events=wanted,
                primaries=primaries,
                horizon_days=horizon_days,
                note=f"GA4 refused funnels ({exc.message}); bounds from user counts",
            )
        read = {f.event for f in found.funnels if f.segment is None}
        missed = [e for e in wanted if e.event not in read]
        return with_bounds(
            found,
            counts,
            events=missed,
            primaries=primaries,
            horizon_days=horizon_days,
        )

    def _settled(self, plan: FunnelPlan, events: Sequence[EventRule]) -> FunnelPlan:
        """
        Return the plan with a mature window, where GA4 can filter a step by date.

        Not every server does; the first event tells, and the answer holds for
        the rest. Without it the last entrants had less time to convert.
        """
        if not plan.is_mature or not events:
            return plan
        steps = [plan.first_step(events[0]), plan.primary_step]
        try:
            answer = self._api.run_funnel_report(funnel_request(steps, plan.data))
        except RejectedError as exc:
            if is_missing(exc):
                raise
            return plan.whole()
        except UnavailableError:  # a server may also fall over what it cannot do
            return plan.whole()
        users = read_steps(answer)
        if not users or not users[0].first:
            return plan.whole()
        is_ignored = plan.looks_unfiltered(events[0].event, users[0].first)
        return plan.whole() if is_ignored else plan

    def _read(
        self,
        plan: FunnelPlan,
        events: Sequence[EventRule],
        breakdowns: Sequence[str],
        lag_days: Sequence[float],
    ) -> Funnels:
        jobs: list[tuple[EventRule, str | None]] = [(e, None) for e in events]
        jobs += [(e, b) for b in breakdowns for e in events]
        points = [(e, d) for e in events for d in lag_days if d < plan.horizon_days]
        total = len(jobs) + len(points) + 1
        with ThreadPoolExecutor(self._api.concurrency) as pool:
            baseline = pool.submit(self._told, lambda: self._baseline(plan), total)
            funnels = pool.map(
                lambda job: self._told(
                    lambda: self._tried(lambda: self._funnel(plan, *job)) or [], total
                ),
                jobs,
            )
            lag = pool.map(
                lambda job: self._told(
                    lambda: self._tried(lambda: self._lag(plan, *job)), total
                ),
                points,
            )
            found = tuple(f for part in funnels for f in part)
            self._check_any(found)
            return Funnels(
                funnels=found,
                lag=tuple(point for point in lag if point),
                total_users=plan.counts.total_users,
                primary_users=baseline.result(),
                notes=plan.notes,
            )

    def _tried(self, read: Callable[[], T]) -> T | None:
        """Return what is read; None where GA4 refuses this one and may take others."""
        try:
            return read()
        except RejectedError as exc:
            if is_missing(exc):
                raise
            self._refused.append(exc)
            return None

    def _check_any(self, found: Sequence[FunnelCount]) -> None:
        if self._refused and not found:
            raise self._refused[0]

    def _told(self, work: Callable[[], Any], total: int) -> Any:
        result = work()
        if self._progress:
            self._done += 1
            self._progress("funnels", min(self._done, total), total)
        return result

    def _funnel(
        self, plan: FunnelPlan, event: EventRule, breakdown: str | None
    ) -> list[FunnelCount]:
        request = funnel_request(
            [plan.first_step(event), plan.primary_step],
            plan.data,
            within_days=plan.horizon_days,
            breakdown=breakdown,
        )
        answer = self._api.run_funnel_report(request)
        steps = read_steps(answer, breakdown=breakdown)
        whole = FunnelCount(
            event=event.event,
            primary=plan.primary,
            window=plan.entry,
            horizon_days=plan.horizon_days,
            users=0,
            converted=0,
            mature=plan.is_mature,
            sampled=sampled_share(answer.funnel_table.metadata.sampling_metadatas),
        )
        if breakdown is None:
            users = steps[0] if steps else StepUsers(segment=None, first=0, then=0)
            return [replace(whole, users=users.first, converted=users.then)]
        return [
            replace(
                whole,
                users=s.first,
                converted=s.then,
                dimension=breakdown,
                segment=s.segment,
            )
            for s in steps or ()
            if s.segment is not None
        ]

    def _lag(self, plan: FunnelPlan, event: EventRule, days: float) -> LagPoint:
        request = funnel_request(
            [plan.first_step(event), plan.primary_step], plan.data, within_days=days
        )
        steps = read_steps(self._api.run_funnel_report(request))
        users = steps[0] if steps else StepUsers(segment=None, first=0, then=0)
        return LagPoint(
            event=event.event, days=days, converted=users.then, users=users.first
        )

    def _baseline(self, plan: FunnelPlan) -> int | None:
        """
        Return the users who did any primary, by the funnel's own notion of users.

        A server that knows no funnel of one step leaves the counts' users.
        """
        request = funnel_request([plan.primary_step], plan.data)
        try:
            steps = read_steps(self._api.run_funnel_report(request))
        except RejectedError:
            return plan.counts.users_of(plan.primary)
        return steps[0].first if steps else None
