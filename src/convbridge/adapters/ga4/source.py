"""GA4 as a source of counts and funnels, for one property."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ga4 import admin, reports
from convbridge.adapters.ga4.assembly import assemble
from convbridge.adapters.ga4.counts import CountsReader
from convbridge.adapters.ga4.funnels import FunnelReader
from convbridge.adapters.ga4.kept import KeptFunnels, keep_property, kept_property
from convbridge.adapters.ga4.metadata import ReportInfo
from convbridge.adapters.ga4.paging import read_report
from convbridge.errors import DataError
from convbridge.model.accounts import PropertyInfo
from convbridge.model.dates import DateWindow, zone_of
from convbridge.model.trust import check_counts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from convbridge.adapters.ga4.api import Ga4Api
    from convbridge.adapters.ga4.assembly import Gathered
    from convbridge.adapters.ga4.store import ReportStore
    from convbridge.model.counts import EventCounts
    from convbridge.model.funnels import Funnels
    from convbridge.model.rules import EventRule
    from convbridge.ports import Progress

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
        reader = CountsReader(
            self._api,
            window,
            derived=derived,
            store=self._store,
            progress=self._progress,
        )
        gathered = reader.gather(self.fetch_key_events)
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
        zone = zone_of(counts.time_zone)
        return self._api.clock.now().astimezone(zone).date()
