"""GA4 as a source of counts and funnels, for one property."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from convbridge.adapters.ga4 import admin, reports
from convbridge.adapters.ga4.assembly import Gathered, assemble
from convbridge.adapters.ga4.batches import read_each, read_small
from convbridge.adapters.ga4.funnels import FunnelReader
from convbridge.adapters.ga4.kept import KeptFunnels, keep_property, kept_property
from convbridge.adapters.ga4.metadata import ReportInfo
from convbridge.adapters.ga4.paging import read_report
from convbridge.adapters.ga4.suggestions import explain_rejection
from convbridge.errors import DataError, RejectedError
from convbridge.model.accounts import PropertyInfo
from convbridge.model.dates import DateWindow
from convbridge.model.trust import check_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from convbridge.adapters.ga4.api import Ga4Api
    from convbridge.adapters.ga4.paging import Report, ReportSpec
    from convbridge.adapters.ga4.store import ReportStore
    from convbridge.model.counts import EventCounts
    from convbridge.model.funnels import Funnels
    from convbridge.model.rules import EventRule
    from convbridge.ports import Progress

    _Ready = dict[tuple[str, tuple[str, ...], DateWindow], Report | RejectedError]

_log = logging.getLogger(__name__)

_FEW_DAYS = 31
"""Days of one report that are read together with other reports."""
_NEW = timedelta(minutes=5)


class Ga4Source:
    """
    Reads one GA4 property: its settings, counts and funnels.

    Args:
        store: Where final days are kept; None reads everything every time.
        progress: Told of pages and funnels as they come.
    """

    def __init__(
        self,
        api: Ga4Api,
        *,
        store: ReportStore | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._api = api
        self.close = api.clients.close
        self._store = store
        self._progress = progress
        self._info: PropertyInfo | None = None
        self._is_kept = False
        self._key_events: tuple[datetime, tuple[Any, ...]] | None = None

    @property
    def tokens_used(self) -> int:
        """GA4 quota tokens that this source was charged."""
        return self._api.gate.tokens_used

    def fetch_property(self, *, fresh: bool = False) -> PropertyInfo:
        """
        Return the property's currency, time zone and links.

        Kept for a week, unless they are asked for `fresh`; currency and time zone
        come with each report too, and a kept one that disagrees is an error. A
        login that may read reports but no settings gets what a report says.
        """
        if self._info is None and self._store and not fresh:
            self._info = kept_property(self._store.facts)
            self._is_kept = self._info is not None
        if self._info is None or (fresh and self._is_kept):
            self._info, self._is_kept = self._read_property(), False
            if self._store:
                keep_property(self._store.facts, self._info)
        return self._info

    def take_key_events(self) -> tuple[Any, ...] | None:
        """
        Return the key events that counts were read with, once, while they are new.

        A sync asks for them twice within a minute: for the counts, for the plan.
        """
        taken, self._key_events = self._key_events, None
        if taken is None or self._api.clock.now() - taken[0] > _NEW:
            return None
        return taken[1]

    def _read_property(self) -> PropertyInfo:
        found = admin.optional(lambda: admin.fetch_property(self._api))
        if isinstance(found, admin.Refused) or not found.time_zone:
            return self._property_of_report()
        return found

    def fetch_key_events(self) -> tuple[str, ...] | admin.Refused:
        """Return the names of the key events, or why the login may not read them."""
        found = admin.optional(lambda: admin.fetch_key_events(self._api))
        if isinstance(found, admin.Refused):
            return found
        self._key_events = (self._api.clock.now(), found)
        return tuple(sorted({event.event_name for event in found}))

    def fetch_counts(
        self,
        window: DateWindow,
        *,
        derived: Sequence[EventRule] = (),
        refresh: bool = False,
    ) -> EventCounts:
        """
        Return counts, users, revenue and costs of the window, with flags.

        `refresh` reads every day again, kept or not.

        Raises:
            DataError: The window lies in the future, or GA4's answer is short.
            RejectedError: A field of a derived event is unknown to the property.
        """
        self._check_not_future(window)
        if refresh and self._store:
            self._store.forget()
        with ThreadPoolExecutor(self._api.concurrency) as pool:
            names = pool.submit(self.fetch_key_events)
            read = self._reader(window, self._prefetch(window, derived))
            revenue = pool.submit(self._optional, read, reports.REVENUE_REPORT)
            buyers = pool.submit(self._optional, read, reports.PURCHASERS_REPORT)
            costs = pool.submit(self._optional, read, reports.COSTS_REPORT)
            asked, events = self._events(read)
            split = [
                pool.submit(read, reports.derived_report(r, earlier, parent=asked))
                for i, r in enumerate(derived)
                for earlier in [reports.earlier_rules(derived, i)]
            ]
            users = self._users(window, derived)
            gathered = Gathered(
                events=events,
                dimensions=asked.dimensions,
                derived=tuple(
                    (rule, self._required(report.result))
                    for rule, report in zip(derived, split, strict=True)
                ),
                revenue=revenue.result(),
                purchasers=buyers.result(),
                costs=costs.result(),
                users=users,
                key_events=names.result(),
            )
        counts = assemble(
            gathered,
            property_id=self._api.property_id,
            window=window,
            fallback=self._settings_of(gathered),
        )
        said = self._info
        if said and (said.currency, said.time_zone) != (
            counts.currency,
            counts.time_zone,
        ):
            self.fetch_property(fresh=True)
        return counts.with_flags(*check_counts(counts, today=self._today(counts)))

    def fetch_funnels(
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
        Return two-step funnels from each event to any of the primaries.

        `lag_days` are horizons for the lag curve, a funnel per event and horizon.
        """
        kept = None
        if self._store:
            kept = KeptFunnels.of(
                self._store.facts,
                counts,
                primaries,
                horizon_days=horizon_days,
                breakdowns=list(breakdowns),
                lag_days=list(lag_days),
            )
        wanted = [e for e in events if counts.count(e.event) > 0]
        found = kept.get(counts, wanted) if kept else None
        if found is not None:
            return found
        reader = FunnelReader(self._api, progress=self._progress)
        found = reader.fetch(
            counts,
            events=events,
            primaries=primaries,
            horizon_days=horizon_days,
            breakdowns=breakdowns,
            lag_days=lag_days,
        )
        if kept:
            kept.put(counts, wanted, found)
        return found

    def _events(
        self, read: Callable[[ReportSpec], Report]
    ) -> tuple[ReportSpec, Report]:
        """Return the finest events report that GA4 gives, and what was asked."""
        first: RejectedError | None = None
        for spec in reports.EVENTS_REPORTS:
            try:
                return spec, read(spec)
            except RejectedError as exc:
                first = first or exc
        assert first is not None
        raise explain_rejection(self._api, first) from first

    def _reader(
        self, window: DateWindow, ready: _Ready
    ) -> Callable[[ReportSpec], Report]:
        def read(spec: ReportSpec, days: DateWindow = window) -> Report:
            found = ready.pop((spec.name, spec.dimensions, days), None)
            if isinstance(found, RejectedError):
                raise found
            return found or read_report(self._api, spec, days, on_page=self._told(spec))

        if self._store is None:
            return read
        store = self._store
        return lambda spec: store.read(spec, window, read=read)

    def _prefetch(self, window: DateWindow, derived: Sequence[EventRule]) -> _Ready:
        """Read the days that are missing in one call, where they are few."""
        if self._store is None:
            return {}
        specs = [
            reports.EVENTS_REPORT,
            reports.REVENUE_REPORT,
            reports.PURCHASERS_REPORT,
            reports.COSTS_REPORT,
        ]
        for i, rule in enumerate(derived):
            earlier = reports.earlier_rules(derived, i)
            specs.append(reports.derived_report(rule, earlier))
        asked = [(s, days) for s in specs for days in self._store.missing(s, window)]
        if any(days.days > _FEW_DAYS for _, days in asked):
            return {}
        found = read_each(self._api, asked)
        names = [(spec.name, spec.dimensions, days) for spec, days in asked]
        return dict(zip(names, found, strict=True))

    def _users(
        self, window: DateWindow, derived: Sequence[EventRule]
    ) -> dict[str, Report | RejectedError]:
        specs = [
            reports.USERS_REPORT,
            reports.TOTAL_USERS_REPORT,
            reports.TOTAL_PURCHASERS_REPORT,
        ]
        for i, rule in enumerate(derived):
            earlier = reports.earlier_rules(derived, i)
            specs.append(reports.derived_users_report(rule, earlier))
        for parent, rules in reports.by_parent(derived).items():
            if all(rule.where for rule in rules):
                specs.append(reports.rest_users_report(parent, rules))
        found = self._read_users(specs, window)
        return dict(zip((spec.name for spec in specs), found, strict=True))

    def _read_users(
        self, specs: Sequence[ReportSpec], window: DateWindow
    ) -> list[Report | RejectedError]:
        read = partial(read_small, self._api)
        if self._store is None:
            return read(specs, window)
        return self._store.read_users(specs, window, read=read)

    def _optional(
        self, read: Callable[[ReportSpec], Report], spec: ReportSpec
    ) -> Report | RejectedError:
        try:
            return read(spec)
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

    def _settings_of(self, gathered: Gathered) -> ReportInfo:
        """Ask for currency and time zone only where no report named them."""
        info = gathered.info
        if info.currency and info.time_zone:
            return info
        found = self.fetch_property()
        return ReportInfo(currency=found.currency, time_zone=found.time_zone)

    def _property_of_report(self) -> PropertyInfo:
        day = self._api.clock.now().date() - timedelta(days=2)
        window = DateWindow(start=day, end=day)
        report = read_report(self._api, reports.TOTAL_USERS_REPORT, window)
        info = report.info
        if not (info.currency and info.time_zone):
            raise DataError(
                f"GA4 tells neither currency nor zone of {self._api.property_id}",
                hint="give the login the Viewer role on the property",
            )
        return PropertyInfo(
            property_id=self._api.property_id,
            name=self._api.property_id.resource_name,
            currency=info.currency,
            time_zone=info.time_zone,
            links_known=False,
        )

    def _check_not_future(self, window: DateWindow) -> None:
        # No time zone is more than 14 hours ahead of UTC.
        latest = (self._api.clock.now() + timedelta(hours=14)).date()
        if window.end > latest:
            raise DataError(
                f"the window {window} ends in the future",
                hint="end it yesterday, in the property's time zone",
            )

    def _today(self, counts: EventCounts) -> date:
        zone = ZoneInfo(counts.time_zone)
        return self._api.clock.now().astimezone(zone).date()
