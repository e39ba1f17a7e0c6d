"""Days that were read together, and what GA4 said about them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ga4.metadata import ReportInfo
from convbridge.model.dates import DateWindow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days without a gap, of which GA4 said the same."""

    days: DateWindow
    info: ReportInfo

    def cut(self, days: set[date]) -> Iterable[Span]:
        """Yield the parts of the span that lie in `days`."""
        kept = [day for day in self.days if day in days]
        for run in runs(kept):
            yield Span(days=run, info=self.info)

    def to_dict(self) -> dict[str, Any]:
        """Return the span as JSON-ready data."""
        return {"days": self.days.to_dict(), "info": asdict(self.info)}


def runs(days: list[date]) -> list[DateWindow]:
    """Return sorted days as windows without gaps."""
    found: list[DateWindow] = []
    for day in days:
        if found and found[-1].end + timedelta(days=1) == day:
            found[-1] = DateWindow(start=found[-1].start, end=day)
        else:
            found.append(DateWindow(start=day, end=day))
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
    return before.end + timedelta(days=1) == after.start


def _tuple(value: Any) -> Any:  # JSON knows lists only
    return tuple(value) if isinstance(value, list) else value
