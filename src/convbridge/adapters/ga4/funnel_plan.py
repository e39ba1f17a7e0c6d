"""What the funnels of one fetch share: days, steps, and how long they had."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ga4.filters import all_of, any_of, step_filter
from convbridge.model.dates import DateWindow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.adapters.ga4.filters import Expression
    from convbridge.model.counts import EventCounts
    from convbridge.model.rules import EventRule


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPlan:
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
    ) -> FunnelPlan:
        """Return the plan for the counts' window, mature where that is long enough."""
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

    def whole(self) -> FunnelPlan:
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
