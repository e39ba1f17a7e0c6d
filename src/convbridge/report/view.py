"""The rows of a report's tables: what is shown beside what, still as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convbridge.model.classes import EventClass
from convbridge.model.resources import to_json
from convbridge.plan.render import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from decimal import Decimal

    from convbridge.model.changes import Change
    from convbridge.model.values import Valuation, ValuedEvent
    from convbridge.report.client_report import ClientReport

VALUE_FIELDS = ("value_settings.default_value", "default_value.numeric_value")
_ORDER = (
    EventClass.PRIMARY,
    EventClass.MICRO,
    EventClass.ANTI,
    EventClass.UNCLASSIFIED,
    EventClass.NOISE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRow:
    """One event's value, what the data alone say, and what was published before."""

    event: ValuedEvent
    estimate: Decimal | None
    """From the data until yesterday, before smoothing and limits."""
    before: Decimal | None
    before_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """One field of a change, as people read it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One change: the value it moves, if it moves one, and everything else."""

    name: str
    resource: str
    action: str
    reason: str
    is_value: bool
    before: Decimal | None
    after: Decimal | None
    fields: tuple[FieldRow, ...]
    outcome: str | None = None
    error: str | None = None


def value_rows(valuation: Valuation) -> tuple[tuple[ValueRow, ...], tuple[Any, ...]]:
    """Return events with a value or a way to one, dearest first; and the rest."""
    decisions = {d.event: d for d in valuation.journal}
    events = sorted(valuation, key=_dearest)
    valued = [e for e in events if _can_have_value(e)]
    rest = [e for e in events if not _can_have_value(e)]
    rows = []
    for event in valued:
        decision = decisions.get(event.event)
        published = decision.published if decision else None
        rows.append(
            ValueRow(
                event=event,
                estimate=decision.estimate if decision else event.value,
                before=decision.before if decision else None,
                before_on=published.published_on
                if decision and published and decision.before == published.value
                else None,
            )
        )
    return tuple(rows), tuple(rest)


def planned_rows(report: ClientReport) -> tuple[ChangeRow, ...]:
    """Return the changes that the plan asks for."""
    return tuple(_rows(report.plan.changes)) if report.plan else ()


def run_rows(report: ClientReport) -> tuple[ChangeRow, ...]:
    """Return the changes of the last run, with what became of each."""
    if report.last_run is None:
        return ()
    return tuple(
        _row(
            entry.change,
            outcome=str(entry.kind),
            error=entry.outcome.error if entry.outcome else None,
        )
        for entry in report.last_run.entries
    )


def warnings_beside_flags(report: ClientReport) -> tuple[str, ...]:
    """Return the valuation's warnings that no flag says already."""
    said = {flag.reason for flag in report.flags}
    return tuple(w for w in report.valuation.warnings if w not in said)


def _can_have_value(event: ValuedEvent) -> bool:
    return event.event_class in {EventClass.PRIMARY, EventClass.MICRO}


def _dearest(event: ValuedEvent) -> tuple[int, float, int]:
    place = _ORDER.index(event.event_class)
    return place, -float(event.value or 0), -event.count


def _rows(changes: Iterable[Change]) -> Iterator[ChangeRow]:
    return (_row(change) for change in changes)


def _row(
    change: Change, *, outcome: str | None = None, error: str | None = None
) -> ChangeRow:
    moved = next((f for f in change.fields if f.name in VALUE_FIELDS), None)
    currency = (change.info or {}).get("currency")
    return ChangeRow(
        name=change.name,
        resource=str(change.type),
        action=str(change.action),
        reason=change.reason,
        is_value=moved is not None,
        before=moved.before if moved else None,  # type: ignore[arg-type] # money field
        after=moved.after if moved else None,  # type: ignore[arg-type] # money field
        fields=tuple(
            FieldRow(
                name=f.name.rsplit(".", 1)[-1],
                before=_shown(f.before, f.name, currency),
                after=_shown(f.after, f.name, currency),
            )
            for f in change.fields
            if f is not moved
        ),
        outcome=outcome,
        error=error,
    )


def _shown(value: Any, field: str, currency: Any) -> str:
    return shown(to_json(value), field=field, currency=currency)
