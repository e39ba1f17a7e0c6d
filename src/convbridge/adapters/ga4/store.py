"""Final days of reports, kept in Parquet files so that they are read once."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, reduce
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from convbridge.adapters.ga4.metadata import ReportInfo
from convbridge.adapters.ga4.paging import Report
from convbridge.adapters.ga4.rows import concat
from convbridge.adapters.ga4.spans import Span, gaps, spans_from, united
from convbridge.adapters.kept import Kept
from convbridge.model.dates import DateWindow
from convbridge.model.tables import within

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path

    from convbridge.adapters.ga4.paging import ReportSpec
    from convbridge.errors import RejectedError
    from convbridge.model.ids import PropertyId
    from convbridge.ports import Clock

    _Read = Callable[[ReportSpec, DateWindow], Report]
    _ReadMany = Callable[
        [Sequence[ReportSpec], DateWindow], list[Report | RejectedError]
    ]

_log = logging.getLogger(__name__)

_KEY = b"convbridge"
_OPEN_DAYS = 3
"""Plain counts: GA4 takes events up to 72 hours late."""
_OPEN_DAYS_ATTRIBUTED = 14
"""Revenue and cost by channel are restated for up to 12 days (answer 10710245)."""
_ATTRIBUTED = frozenset({"revenue", "purchasers", "costs"})
_USERS_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What is kept of one report."""

    table: pa.Table
    spans: tuple[Span, ...] = ()


class ReportStore:
    """
    Keeps the final days of one property's reports.

    A report is known by what it asks for: change a derived event and its own
    file starts anew while all others stay. Files are replaced as a whole, so a
    crash leaves the old one.
    """

    def __init__(self, folder: Path, *, property_id: PropertyId, clock: Clock) -> None:
        self._folder = folder / str(property_id)
        self._clock = clock
        self._loaded: dict[Path, _Part] = {}
        self.facts = Kept(self._folder, clock)
        """The property's settings and funnels."""

    def forget(self) -> None:
        """Drop everything that is kept of the property."""
        self._loaded.clear()
        self.facts.forget()
        for path in self._folder.glob("*.parquet"):
            path.unlink(missing_ok=True)

    def missing(self, spec: ReportSpec, window: DateWindow) -> list[DateWindow]:
        """Return the days of a report that `read` would have to read."""
        return gaps(self._load(spec).spans, window)

    def read(self, spec: ReportSpec, window: DateWindow, *, read: _Read) -> Report:
        """Return a report: kept days from the file, all others through `read`."""
        part = self._load(spec)
        fresh = [(days, read(spec, days)) for days in gaps(part.spans, window)]
        if _disagree(part, [report.info for _, report in fresh]):
            _log.info("store.dropped", extra={"report": spec.name})
            part = _Part(table=spec.schema.empty_table())
            fresh = [(window, read(spec, window))]
        if fresh:
            self._save(spec, part, fresh)
        return _join(spec, part, fresh, window)

    def read_users(
        self, specs: Sequence[ReportSpec], window: DateWindow, *, read: _ReadMany
    ) -> list[Report | RejectedError]:
        """
        Return reports of users, which cover a window as a whole.

        Users cannot be added up from days, so each sync would read all days of
        them again. A few days' shift moves them less than GA4's own estimate
        is off (1-2 %), so reports of up to a week ago are used again.
        """
        found = {spec.name: self._kept_users(spec, window) for spec in specs}
        missing = [spec for spec in specs if found[spec.name] is None]
        fresh = read(missing, window) if missing else []
        for spec, report in zip(missing, fresh, strict=True):
            if isinstance(report, Report):
                span = Span(days=window, info=report.info)
                self._write(spec, _Part(table=report.table, spans=(span,)))
        by_name = dict(zip((spec.name for spec in missing), fresh, strict=True))
        return [found[spec.name] or by_name[spec.name] for spec in specs]

    def _kept_users(self, spec: ReportSpec, window: DateWindow) -> Report | None:
        part = self._load(spec)
        if not part.spans:
            return None
        kept = part.spans[0]
        shift = (window.end - kept.days.end).days
        same = kept.days.shifted(shift) == window
        if not same or not 0 <= shift <= min(_USERS_DAYS, window.days // 10):
            return None
        days = kept.days if shift else None
        return Report(table=part.table, info=kept.info, days=days)

    def _save(
        self, spec: ReportSpec, part: _Part, fresh: list[tuple[DateWindow, Report]]
    ) -> None:
        final = self._final_until(spec)
        spans, tables = list(part.spans), [part.table]
        for days, report in fresh:
            if days.start > final:
                continue
            kept = DateWindow(start=days.start, end=min(days.end, final))
            spans.append(Span(days=kept, info=report.info))
            tables.append(within(report.table, kept))
        if len(spans) == len(part.spans):  # open days only: there is nothing to keep
            return
        table = concat(tables, spec.schema)
        self._write(spec, _Part(table=table, spans=tuple(united(spans))))

    def _final_until(self, spec: ReportSpec) -> date:
        """Return the last day that is final, wherever the property's clock stands."""
        today = (self._clock.now() - timedelta(hours=12)).date()
        open_days = _OPEN_DAYS_ATTRIBUTED if spec.name in _ATTRIBUTED else _OPEN_DAYS
        return today - timedelta(days=open_days + 1)

    def _path(self, spec: ReportSpec) -> Path:
        asked = json.dumps(spec.filter, sort_keys=True)
        name = _file_name(spec.name, spec.dimensions, spec.metrics, asked)
        return self._folder / name

    def _load(self, spec: ReportSpec) -> _Part:
        path = self._path(spec)
        if path not in self._loaded:
            self._loaded[path] = self._read_file(spec, path)
        return self._loaded[path]

    def _read_file(self, spec: ReportSpec, path: Path) -> _Part:
        try:
            # Not read_table: it imports pyarrow.dataset, and that imports pandas.
            with pq.ParquetFile(path, pre_buffer=False) as file:
                table = file.read(use_threads=False)
            spans = spans_from(json.loads(table.schema.metadata[_KEY]))
            return _Part(table=table.replace_schema_metadata(None), spans=spans)
        except FileNotFoundError:
            return _Part(table=spec.schema.empty_table())
        except (OSError, KeyError, TypeError, ValueError, pa.ArrowException):
            # A file of an older release or a bad disk: GA4 still has the days.
            _log.warning("store.unreadable", extra={"path": path.name})
            return _Part(table=spec.schema.empty_table())

    def _write(self, spec: ReportSpec, part: _Part) -> None:
        path = self._path(spec)
        self._loaded[path] = part
        spans = [span.to_dict() for span in part.spans]
        about = {_KEY: json.dumps(spans).encode()}
        draft = path.with_suffix(f".{os.getpid()}.draft")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(part.table.replace_schema_metadata(about), draft)
            draft.replace(path)
        except OSError as exc:  # a full disk: the days are read again next time
            draft.unlink(missing_ok=True)
            _log.warning(
                "store.unwritable", extra={"path": path.name, "why": exc.strerror}
            )
            return
        for other in self._folder.glob(f"{path.name.rsplit('.', 2)[0]}.*.parquet"):
            if other != path:  # an earlier definition of the same event
                other.unlink(missing_ok=True)


@lru_cache(maxsize=1024)
def _file_name(
    report: str, dimensions: tuple[str, ...], metrics: tuple[str, ...], filtered: str
) -> str:
    """Return the name of a report's file: another question has another file."""
    name = re.sub(r"\W+", "-", report).strip("-")
    own = hashlib.sha256(report.encode()).hexdigest()[:8]
    asked = {
        "dimensions": dimensions,
        "metrics": metrics,
        "filter": json.loads(filtered),
    }
    text = json.dumps(asked, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{name}.{own}.{digest}.parquet"


def _join(
    spec: ReportSpec,
    part: _Part,
    fresh: list[tuple[DateWindow, Report]],
    window: DateWindow,
) -> Report:
    infos = [span.info for span in part.spans if span.days.overlap(window)]
    infos += [report.info for _, report in fresh]
    tables = [within(part.table, window), *(report.table for _, report in fresh)]
    return Report(
        table=concat(tables, spec.schema), info=reduce(ReportInfo.merged, infos)
    )


def _disagree(part: _Part, infos: list[ReportInfo]) -> bool:
    """Tell whether the property's currency or zone changed since days were kept."""
    old = [span.info for span in part.spans]
    for name in ("currency", "time_zone"):
        kept = {getattr(info, name) for info in old} - {None}
        now = {getattr(info, name) for info in infos} - {None}
        if kept and now and kept != now:
            return True
    return False
