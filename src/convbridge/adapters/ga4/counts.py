"""Every report that counts are made of, read for one window."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from convbridge.adapters.ga4 import reports
from convbridge.adapters.ga4.assembly import Gathered
from convbridge.adapters.ga4.batches import read_each, read_small
from convbridge.adapters.ga4.paging import read_report
from convbridge.adapters.ga4.suggestions import explain_rejection
from convbridge.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from convbridge.adapters.ga4.admin import Refused
    from convbridge.adapters.ga4.api import Ga4Api
    from convbridge.adapters.ga4.paging import Report, ReportSpec
    from convbridge.adapters.ga4.store import ReportStore
    from convbridge.model.dates import DateWindow
    from convbridge.model.rules import EventRule
    from convbridge.ports import Progress

    _Key = tuple[str, tuple[str, ...], DateWindow]

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_FEW_DAYS = 31
"""Days of one report that are read together with other reports."""


class CountsReader:
    """
    Reads the reports of one window, as few and as much at once as GA4 lets it.

    Days that are kept are not read; what is missing of all reports is read in one
    call where it is little, and report by report, side by side, where it is much.

    Args:
        store: Where final days are kept; None reads everything.
        progress: Told of pages as they come.
    """

    def __init__(
        self,
        api: Ga4Api,
        window: DateWindow,
        *,
        derived: Sequence[EventRule] = (),
        store: ReportStore | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._api = api
        self._window = window
        self._derived = derived
        self._store = store
        self._progress = progress
        self._ready: dict[_Key, Report | RejectedError] = {}
        self._whole: set[tuple[str, tuple[str, ...]]] = set()
        """Reports of which no day has to be asked for any more."""

    def gather(self, key_events: Callable[[], tuple[str, ...] | Refused]) -> Gathered:
        """
        Return everything that was read.

        Args:
            key_events: Asks for the key events, while reports are read.

        Raises:
            RejectedError: GA4 refuses events by date, or a derived event.
        """
        derived = self._derived
        with ThreadPoolExecutor(self._api.concurrency) as pool:
            names = pool.submit(key_events)
            self._prefetch()
            revenue = self._begin(pool, self._optional, reports.REVENUE_REPORT)
            buyers = self._begin(pool, self._optional, reports.PURCHASERS_REPORT)
            costs = self._begin(pool, self._optional, reports.COSTS_REPORT)
            asked, events = self._events()
            split = [
                self._begin(
                    pool, self._read, reports.derived_report(r, e, parent=asked)
                )
                for r, e in self._with_earlier()
            ]
            users = self._users()
            return Gathered(
                events=events,
                dimensions=asked.dimensions,
                derived=tuple(
                    (rule, self._required(report))
                    for rule, report in zip(derived, split, strict=True)
                ),
                revenue=revenue(),
                purchasers=buyers(),
                costs=costs(),
                users=users,
                key_events=names.result(),
            )

    def _begin(
        self, pool: Executor, read: Callable[[ReportSpec], _T], spec: ReportSpec
    ) -> Callable[[], _T]:
        """Begin to read a report; one that is at hand needs no thread."""
        if self._is_at_hand(spec):
            return lambda: read(spec)
        return pool.submit(read, spec).result

    def _is_at_hand(self, spec: ReportSpec) -> bool:
        return (spec.name, spec.dimensions) in self._whole

    def _events(self) -> tuple[ReportSpec, Report]:
        """Return the finest events report that GA4 gives, and what was asked."""
        first: RejectedError | None = None
        for spec in reports.EVENTS_REPORTS:
            try:
                return spec, self._read(spec)
            except RejectedError as exc:
                first = first or exc
        assert first is not None
        raise explain_rejection(self._api, first) from first

    def _read(self, spec: ReportSpec) -> Report:
        if self._store is None:
            return self._fetch(spec, self._window)
        return self._store.read(spec, self._window, read=self._fetch)

    def _fetch(self, spec: ReportSpec, days: DateWindow) -> Report:
        found = self._ready.pop(_key(spec, days), None)
        if isinstance(found, RejectedError):
            raise found
        return found or read_report(self._api, spec, days, on_page=self._told(spec))

    def _prefetch(self) -> None:
        """Read the days that are missing in one call, where they are few."""
        if self._store is None:
            return
        specs = [
            reports.EVENTS_REPORT,
            reports.REVENUE_REPORT,
            reports.PURCHASERS_REPORT,
            reports.COSTS_REPORT,
            *(reports.derived_report(r, e) for r, e in self._with_earlier()),
        ]
        missing = partial(self._store.missing, window=self._window)
        asked = [(spec, days) for spec in specs for days in missing(spec)]
        if any(days.days > _FEW_DAYS for _, days in asked):
            return
        found = read_each(self._api, asked)
        names = [_key(spec, days) for spec, days in asked]
        self._ready.update(zip(names, found, strict=True))
        self._whole = {(spec.name, spec.dimensions) for spec in specs}

    def _users(self) -> dict[str, Report | RejectedError]:
        specs = [
            reports.USERS_REPORT,
            reports.TOTAL_USERS_REPORT,
            reports.TOTAL_PURCHASERS_REPORT,
            *(reports.derived_users_report(r, e) for r, e in self._with_earlier()),
        ]
        for parent, rules in reports.by_parent(self._derived).items():
            if all(rule.where for rule in rules):
                specs.append(reports.rest_users_report(parent, rules))
        read = partial(read_small, self._api)
        if self._store is None:
            found = read(specs, self._window)
        else:
            found = self._store.read_users(specs, self._window, read=read)
        return dict(zip((spec.name for spec in specs), found, strict=True))

    def _with_earlier(self) -> list[tuple[EventRule, tuple[EventRule, ...]]]:
        """Return each derived event with those that come before it on its parent."""
        derived = self._derived
        return [(r, reports.earlier_rules(derived, i)) for i, r in enumerate(derived)]

    def _optional(self, spec: ReportSpec) -> Report | RejectedError:
        try:
            return self._read(spec)
        except RejectedError as exc:
            _log.info("report.refused", extra={"report": spec.name})
            return exc

    def _required(self, result: Callable[[], Report]) -> Report:
        try:
            return result()
        except RejectedError as exc:
            raise explain_rejection(self._api, exc) from exc

    def _told(self, spec: ReportSpec) -> Callable[[int, int], None] | None:
        tell = self._progress
        if tell is None:
            return None
        return lambda done, total: tell(spec.name, done, total)


def _key(spec: ReportSpec, days: DateWindow) -> _Key:
    return spec.name, spec.dimensions, days
