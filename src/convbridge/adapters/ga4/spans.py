"""Days that were read together, and what GA4 said about them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ga4.metadata import ReportInfo
from convbridge.model.dates import DateWindow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days without a gap, of which GA4 said the same."""

    days: DateWindow
    info: ReportInfo

    def to_dict(self) -> dict[str, Any]:
        """Return the span as JSON-ready data."""
        return {"days": self.days.to_dict(), "info": asdict(self.info)}


def gaps(spans: Iterable[Span], window: DateWindow) -> list[DateWindow]:
    """Return the days of a window that no span has."""
    found: list[DateWindow] = []
    first = window.start
    for span in sorted(spans, key=lambda span: span.days.start):
        if kept := span.days.overlap(window):
            if first < kept.start:
                found.append(DateWindow(start=first, end=kept.start - _DAY))
            first = kept.end + _DAY
    if first <= window.end:
        found.append(DateWindow(start=first, end=window.end))
    return found


def united(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield neighbours of which GA4 said the same as one: a year is not 365."""
    last: Span | None = None
    for span in sorted(spans, key=lambda span: span.days.start):
        if last and last.info == span.info and _follows(last.days, span.days):
            days = DateWindow(start=last.days.start, end=span.days.end)
            last = Span(days=days, info=last.info)
            continue
        if last:
            yield last
        last = span
    if last:
        yield last


def spans_from(data: list[dict[str, Any]]) -> tuple[Span, ...]:
    """Return the spans of a list that `Span.to_dict` made."""
    return tuple(
        Span(
            days=DateWindow(
                start=date.fromisoformat(span["days"]["start"]),
                end=date.fromisoformat(span["days"]["end"]),
            ),
            info=ReportInfo(**{k: _tuple(v) for k, v in span["info"].items()}),
        )
        for span in data
    )


def _follows(before: DateWindow, after: DateWindow) -> bool:
    return before.end + _DAY == after.start


def _tuple(value: Any) -> Any:  # JSON knows lists only
    return tuple(value) if isinstance(value, list) else value
