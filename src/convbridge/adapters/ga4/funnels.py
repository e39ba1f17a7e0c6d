"""Two-step funnels (v1alpha runFunnelReport): who did an event, and who then bought."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ga4.api import is_missing
from convbridge.adapters.ga4.bounds import bounds_from_counts
from convbridge.adapters.ga4.filters import all_of, any_of, step_filter
from convbridge.errors import AuthError, RejectedError, UnavailableError
from convbridge.model.dates import DateWindow
from convbridge.model.funnels import FunnelCount, Funnels, LagPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convbridge.adapters.ga4.api import Ga4Api
    from convbridge.adapters.ga4.filters import Expression
    from convbridge.model.counts import EventCounts
    from convbridge.model.rules import EventRule
    from convbridge.ports import Progress

_DAY = 86_400
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
        if len(row.metric_values) <= users_at:
            continue
        segment = _segment(row, segment_at)
        step = _STEP.sub("", row.dimension_values[step_at].value)
        users = round(float(row.metric_values[users_at].value or 0))
        found.setdefault(segment, {}).setdefault(step, users)
    if not found:
        return None
    ordered = sorted(found.items(), key=lambda item: (item[0] is not None, item[0]))
    return [
        StepUsers(segment=s, first=steps.get(FIRST, 0), then=steps.get(THEN, 0))
        for s, steps in ordered
    ]


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

        Where GA4 refuses funnels, what user counts allow is returned instead,
        marked as bounds, with a note that says why.
        """
        plan = _Plan.of(counts, primaries, horizon_days)
        wanted = [e for e in events if counts.count(e.event) > 0]
        try:
            plan = self._settled(plan, wanted)
            return self._read(plan, wanted, breakdowns, lag_days)
        except (AuthError, RejectedError) as exc:
            return bounds_from_counts(
                counts,
                events=wanted,
                primaries=primaries,
                horizon_days=horizon_days,
                note=f"GA4 refused funnels ({exc.message}); bounds from user counts",
            )

    def _settled(self, plan: _Plan, events: Sequence[EventRule]) -> _Plan:
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
        plan: _Plan,
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
                lambda job: self._told(lambda: self._funnel(plan, *job), total), jobs
            )
            lag = pool.map(
                lambda job: self._told(lambda: self._lag(plan, *job), total), points
            )
            found = tuple(f for part in funnels for f in part)
            return Funnels(
                funnels=found,
                lag=tuple(lag),
                total_users=plan.counts.total_users,
                primary_users=baseline.result(),
                notes=plan.notes,
            )

    def _told(self, work: Callable[[], Any], total: int) -> Any:
        result = work()
        if self._progress:
            self._done += 1
            self._progress("funnels", min(self._done, total), total)
        return result

    def _funnel(
        self, plan: _Plan, event: EventRule, breakdown: str | None
    ) -> list[FunnelCount]:
        request = funnel_request(
            [plan.first_step(event), plan.primary_step],
            plan.data,
            within_days=plan.horizon_days,
            breakdown=breakdown,
        )
        steps = read_steps(self._api.run_funnel_report(request), breakdown=breakdown)
        whole = FunnelCount(
            event=event.event,
            primary=plan.primary,
            window=plan.entry,
            horizon_days=plan.horizon_days,
            users=0,
            converted=0,
            mature=plan.is_mature,
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

    def _lag(self, plan: _Plan, event: EventRule, days: float) -> LagPoint:
        request = funnel_request(
            [plan.first_step(event), plan.primary_step], plan.data, within_days=days
        )
        steps = read_steps(self._api.run_funnel_report(request))
        users = steps[0] if steps else StepUsers(segment=None, first=0, then=0)
        return LagPoint(
            event=event.event, days=days, converted=users.then, users=users.first
        )

    def _baseline(self, plan: _Plan) -> int | None:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What all funnels of one fetch share."""

    counts: EventCounts
    primary: str
    primary_step: Expression
    data: DateWindow
    """Days that GA4 reads."""
    entry: DateWindow
    """Days on which the first step counts."""
    horizon_days: int
    is_mature: bool
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, counts: EventCounts, primaries: Sequence[EventRule], horizon_days: int
    ) -> _Plan:
        window = counts.window
        fits = window.days > 2 * horizon_days
        end = window.end - timedelta(days=horizon_days) if fits else window.end
        plan = cls(
            counts=counts,
            primary=" or ".join(p.event for p in primaries),
            primary_step=any_of(step_filter(p) for p in primaries),
            data=window,
            entry=DateWindow(start=window.start, end=end),
            horizon_days=horizon_days,
            is_mature=fits,
        )
        return plan if fits else plan.whole()

    def whole(self) -> _Plan:
        """Return the plan without a mature window."""
        note = (
            f"entrants of the last {self.horizon_days} days had less than the horizon "
            "to convert: rates are low by that much"
        )
        return replace(self, entry=self.data, is_mature=False, notes=(note,))

    def looks_unfiltered(self, event: str, users: int) -> bool:
        """
        Tell whether a server took the days of the first step for decoration.

        Then its users are nearer to those of all days than to the share of the
        event that falls into the entry window.
        """
        everybody = self.counts.users_of(event)
        total = self.counts.count(event)
        if not everybody or not total:
            return False
        inside = self.counts.filter(window=self.entry).count(event) / total
        return users > everybody * (1 + inside) / 2

    def first_step(self, event: EventRule) -> Expression:
        """Return the event's step, within the entry window."""
        step = step_filter(event)
        if not self.is_mature:
            return step
        days = {
            "field_name": "date",
            "between_filter": {
                "from_value": {"int64_value": _number(self.entry.start)},
                "to_value": {"int64_value": _number(self.entry.end)},
            },
        }
        return all_of([step, {"funnel_field_filter": days}])


def _number(day: Any) -> int:
    return int(f"{day:%Y%m%d}")
