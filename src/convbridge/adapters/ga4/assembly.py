"""EventCounts put together from the reports that were read."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from convbridge.adapters.ga4 import reports
from convbridge.adapters.ga4.admin import Refused
from convbridge.adapters.ga4.metadata import ReportInfo
from convbridge.adapters.ga4.paging import Report
from convbridge.errors import DataError, RejectedError
from convbridge.model.counts import EventCounts
from convbridge.model.quality import Effect, QualityFlag
from convbridge.model.tables import COSTS, REVENUE, USERS, build_table, sum_ints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from convbridge.model.dates import DateWindow
    from convbridge.model.ids import PropertyId
    from convbridge.model.rules import EventRule

_Read = Report | RejectedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Everything one fetch read; optional parts may hold their refusal."""

    events: Report
    dimensions: tuple[str, ...]
    """The dimensions GA4 gave events by."""
    derived: tuple[tuple[EventRule, Report], ...]
    revenue: _Read
    purchasers: _Read
    costs: _Read
    users: Mapping[str, _Read]
    key_events: tuple[str, ...] | Refused

    @property
    def info(self) -> ReportInfo:
        """What all reports say of the property; they must agree."""
        found = (report.info for report in self._reports())
        return reduce(ReportInfo.merged, found)

    def flags(self) -> Iterator[QualityFlag]:
        """Yield the flags of every report, in the order they were asked for."""
        yield from self.events.info.flags("events")
        for rule, report in self.derived:
            yield from report.info.flags(f"event {rule.event}")
        named = {
            "revenue": self.revenue,
            "purchasers": self.purchasers,
            "costs": self.costs,
            **self.users,
        }
        for name, found in named.items():
            if isinstance(found, Report):
                yield from found.info.flags(name)
            else:
                yield _refused(name, found)
        yield from self._kept_users()
        left_out = [
            d for d in reports.EVENTS_REPORT.dimensions if d not in self.dimensions
        ]
        if left_out:
            yield QualityFlag(
                code="fewer_dimensions",
                effect=Effect.NOTE,
                reason=f"GA4 refused events by {', '.join(left_out)}",
            )
        if isinstance(self.key_events, Refused):
            yield QualityFlag(
                code="key_events_unknown",
                effect=Effect.NOTE,
                reason=f"key events cannot be read: {self.key_events.message}",
            )

    def _kept_users(self) -> Iterator[QualityFlag]:
        """Yield a note when users were counted for a window some days older."""
        kept = [r.days for r in self.users.values() if isinstance(r, Report) and r.days]
        if kept:
            yield QualityFlag(
                code="users_kept",
                effect=Effect.NOTE,
                reason=f"users were counted for {min(kept, key=lambda d: d.end)}; "
                "--refresh counts them anew",
            )

    def _reports(self) -> Iterator[Report]:
        yield self.events
        yield from (report for _, report in self.derived)
        optional = (self.revenue, self.purchasers, self.costs, *self.users.values())
        yield from (found for found in optional if isinstance(found, Report))


def assemble(
    found: Gathered,
    *,
    property_id: PropertyId,
    window: DateWindow,
    fallback: ReportInfo,
) -> EventCounts:
    """
    Return the counts of one fetch.

    Raises:
        DataError: Reports disagree on the currency or the time zone.
    """
    split = [(rule, report.table) for rule, report in found.derived]
    events, lacking = reports.split_derived(found.events.table, split)
    info = found.info.merged(fallback)
    if not (info.currency and info.time_zone):
        raise DataError(f"GA4 names no currency or time zone of {property_id}")
    return EventCounts(
        property_id=property_id,
        window=window,
        time_zone=info.time_zone,
        currency=info.currency,
        events=events,
        users=_users(found),
        revenue=_revenue(found),
        costs=_costs(found),
        purchasers=_single(found.users["total purchasers"], "purchasers"),
        flags=(
            *_distinct(found.flags()),
            *_derived_flags(found, lacking),
        ),
        key_events=() if isinstance(found.key_events, Refused) else found.key_events,
    )


def _users(found: Gathered) -> pa.Table:
    """Return users per event; derived events and what is left of their parents."""
    users: dict[str | None, int] = {}
    by_event = found.users["users"]
    if isinstance(by_event, Report):
        rows = by_event.table.to_pylist()
        users.update({row["event"]: row["users"] for row in rows})
    rules = [rule for rule, _ in found.derived]
    for parent, derived in reports.by_parent(rules).items():
        rest = _single(found.users.get(f"users of {parent}"), "users")
        users.pop(parent, None)
        if rest is not None:
            users[parent] = rest
        elif not all(rule.where for rule in derived):
            users[parent] = 0
    for rule in rules:
        own = _single(found.users.get(f"users of {rule.event}"), "users")
        users.pop(rule.event, None)
        if own is not None:
            users[rule.event] = own
    total = _single(found.users["total users"], "users")
    if total is not None:
        users[None] = total
    return build_table(({"event": e, "users": n} for e, n in users.items()), USERS)


def _single(report: _Read | None, column: str) -> int | None:
    """Return the one number of a report without dimensions; no row means 0."""
    return sum_ints(report.table[column]) if isinstance(report, Report) else None


def _revenue(found: Gathered) -> pa.Table:
    if not isinstance(found.revenue, Report):
        return REVENUE.empty_table()
    buyers = found.purchasers
    table = buyers.table if isinstance(buyers, Report) else None
    return reports.join_purchasers(found.revenue.table, table)


def _costs(found: Gathered) -> pa.Table:
    costs = found.costs
    if not isinstance(costs, Report) or "COST_DATA" in costs.info.restricted:
        return COSTS.empty_table()
    return costs.table.combine_chunks()


def _refused(name: str, error: RejectedError) -> QualityFlag:
    return QualityFlag(
        code=f"no_{name.replace(' ', '_')}",
        effect=Effect.NOTE,
        reason=f"GA4 refused the report {name}: {error.message}",
    )


def _distinct(flags: Iterator[QualityFlag]) -> tuple[QualityFlag, ...]:
    """Keep one flag of a code: ten reports over one property say the same."""
    kept: dict[tuple[str, Effect, str], QualityFlag] = {}
    for flag in flags:
        key = (flag.code, flag.effect, "" if flag.factor < 1 else flag.reason)
        worst = kept.get(key)
        if worst is None or flag.factor < worst.factor:
            kept[key] = flag
    return tuple(kept.values())


def _derived_flags(found: Gathered, lacking: int) -> Iterator[QualityFlag]:
    if lacking:
        yield QualityFlag(
            code="clamped",
            effect=Effect.NOTE,
            reason=f"derived events hold {lacking} more counts than their parents: "
            "GA4 left rows out of the one and not of the other",
        )
    raw = set(found.events.table["event"].to_pylist())
    for rule, _ in found.derived:
        if rule.event in raw:
            yield QualityFlag(
                code="derived_shadows",
                effect=Effect.NOTE,
                reason=f"GA4 records {rule.event} itself as well; the count derived "
                f"from {rule.source_event} is used instead",
                event=rule.event,
            )
        if rule.source_event not in raw:
            near = difflib.get_close_matches(rule.source_event or "", sorted(raw), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield QualityFlag(
                code="unknown_event",
                effect=Effect.NOTE,
                reason=f"{rule.event} is made from {rule.source_event}, which never "
                f"happened in the window{hint}",
                event=rule.event,
            )
