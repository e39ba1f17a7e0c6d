"""The GA4 Data API's core methods: reports, metadata and compatibility as JSON text."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format

from .faults import FaultKind
from .ga4_columns import View
from .ga4_fields import METRICS, canonical
from .ga4_page import aggregates, headers, ordered
from .ga4_query import read_query
from .ga4_quota import THRESHOLDED, report_tokens
from .ga4_report import compute
from .ga4_rows import encode_rows, render_rows
from .ga4_wire import invalid, parse
from .processing import processed

if TYPE_CHECKING:
    from collections.abc import Callable

    from .clock import Clock
    from .events import Ints
    from .ga4_query import Query
    from .ga4_quota import Quota
    from .ga4_report import Table
    from .site import Site

MAX_BATCH = 5
_BATCH = "analyticsData#batchRunReports"


@cache
def message_types() -> Any:
    """Return the generated v1beta types, imported when first needed."""
    from google.analytics.data_v1beta import types  # noqa: PLC0415  # slow to import

    return types


class Kept:
    """A small cache shared by all properties: the latest `size` values."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[object, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, make: Callable[[], Any]) -> Any:
        """Return the value of a key, made if it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)
        return value


@dataclass(frozen=True, slots=True)
class Caches:
    """
    What the pages of one report share, and reports of one property.

    A report of a million rows is computed once and its pages are rendered
    once, so that a benchmark measures the client.
    """

    views: Kept = field(default_factory=lambda: Kept(8))
    tables: Kept = field(default_factory=lambda: Kept(16))
    orders: Kept = field(default_factory=lambda: Kept(16))
    pages: Kept = field(default_factory=lambda: Kept(6))


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a report: all but its rows is in `answer`."""

    query: Query
    table: Table
    places: Ints
    answer: dict[str, Any]
    key: object


@dataclass(slots=True)
class Core:
    """The core reports of one property."""

    site: Site
    clock: Clock
    quota: Quota
    caches: Caches

    def view(self) -> View:
        """Return the property's events as GA4 has them now."""
        now = self.clock.now()
        mask = self.site.seen_mask(now)
        unsettled = self.site.unsettled(now)
        marks = self.site.key_events
        rules = repr(self.site.ga4.resources)
        seen = (int(mask.sum()), int(unsettled.sum()))
        key = (self.site.property_id, seen, marks, rules)

        def make() -> View:
            events = processed(self.site.ga4, self.site.recording.events.where(mask))
            return View(self.site, events, marks, unsettled)

        return self.caches.views.get(key, make)

    def run_report(self, body: Any, *, fault: FaultKind | None = None) -> str:
        """Answer runReport with a page of rows, as JSON text."""
        page = self._page(body, fault)
        rows = self._rendered(page, render_rows)
        return _joined(page.answer, rows)

    def run_report_bytes(self, body: Any, *, fault: FaultKind | None = None) -> bytes:
        """Answer runReport with a page of rows, as a serialised message."""
        page = self._page(body, fault)
        message = message_types().RunReportResponse.pb()()
        json_format.ParseDict(page.answer, message)
        head: bytes = message.SerializeToString()
        # Messages are joined by joining their bytes.
        return head + self._rendered(page, encode_rows)

    def _page(self, body: Any, fault: FaultKind | None) -> _Page:
        query = self.read(body)
        view = self.view()
        table = self.caches.tables.get(
            (_question(query), view, repr(self.site.ga4.switches)),
            lambda: compute(query, view),
        )
        places = self._places(query, table, fault)
        tokens = report_tokens(query, rows=len(places), scanned=table.scanned)
        self._charge(query, tokens)
        answer = self._answer(query, table)
        if query.message.return_property_quota:
            answer["propertyQuota"] = self.quota.snapshot("core", tokens)
        answer["kind"] = "analyticsData#runReport"
        key = (table, _question(query), query.offset, query.limit, fault)
        return _Page(query, table, places, answer, key)

    def _rendered(
        self, page: _Page, render: Callable[[Query, Table, Ints], Any]
    ) -> Any:
        return self.caches.pages.get(
            (render, page.key), lambda: render(page.query, page.table, page.places)
        )

    def read(self, body: Any) -> Query:
        """Check a runReport body."""
        message = parse(message_types().RunReportRequest, body)
        today = self.site.today(self.clock.now())
        return read_query(message, self.site, today)

    def batch(self, body: Any) -> str:
        """Answer batchRunReports, as JSON text."""
        reports = ",".join(self.run_report(child) for child in self._children(body))
        return f'{{"reports":[{reports}],"kind":"{_BATCH}"}}'

    def batch_bytes(self, body: Any) -> bytes:
        """Answer batchRunReports, as a serialised message."""
        message = message_types().BatchRunReportsResponse.pb()(kind=_BATCH)
        for child in self._children(body):
            message.reports.add().MergeFromString(self.run_report_bytes(child))
        made: bytes = message.SerializeToString()
        return made

    def _children(self, body: Any) -> list[dict[str, Any]]:
        """Return the requests of a batch; one bad request fails them all."""
        message = parse(message_types().BatchRunReportsRequest, body)
        count = len(message.requests)
        if not 1 <= count <= MAX_BATCH:
            raise invalid(
                f"Batch requests are limited to {MAX_BATCH} requests. "
                f"This request is for {count} requests."
            )
        children = [_child(each, self.site.property_id) for each in body["requests"]]
        for child in children:
            self.read(child)
        return children

    def _places(self, query: Query, table: Table, fault: FaultKind | None) -> Ints:
        offset = 0 if fault is FaultKind.REPEATED_PAGE else query.offset
        tie = query.offset if not query.message.order_bys else None
        key = (table, tie, _question(query))
        order = self.caches.orders.get(key, lambda: ordered(query, table))
        places: Ints = order[offset : offset + query.limit]
        if fault is FaultKind.SHORT_PAGE:
            places = places[: len(places) // 2]
        return places

    def _charge(self, query: Query, tokens: int) -> None:
        if THRESHOLDED.intersection(query.dimensions):
            self.quota.count_thresholded("core")
        self.quota.charge("core", tokens)

    def _answer(self, query: Query, table: Table) -> dict[str, Any]:
        answer: dict[str, Any] = {"metadata": self._metadata(query, table)}
        if not table.size:
            return answer  # an empty report has no headers and no row count either
        return {
            **headers(query),
            **aggregates(query, table),
            "rowCount": table.size,
            **answer,
        }

    def _metadata(self, query: Query, table: Table) -> dict[str, Any]:
        switches = self.site.ga4.switches
        found: dict[str, Any] = {
            "currencyCode": query.currency,
            "timeZone": self.site.time_zone,
        }
        if table.has_other:
            found["dataLossFromOtherRow"] = True
        if switches.thresholded:
            found["subjectToThresholding"] = True
        if switches.sampled is not None:
            read, space = switches.sampled
            sample = {"samplesReadCount": str(read), "samplingSpaceSize": str(space)}
            found["samplingMetadatas"] = [sample for _ in query.ranges]
        if switches.truncation:
            found["dataTruncationReasons"] = list(switches.truncation)
        if switches.empty_reason is not None and not table.size:
            found["emptyReason"] = switches.empty_reason
        restrictions = restricted_metrics(query, switches.restricted)
        if restrictions:
            found["schemaRestrictionResponse"] = {
                "activeMetricRestrictions": restrictions
            }
        return found


def restricted_metrics(
    query: Query, restricted: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return the asked metrics that the caller's role hides."""
    found = []
    for name in query.metric_names:
        kind = METRICS[canonical(name).partition(":")[0]].restricted_by
        if kind and kind in restricted:
            found.append({"metricName": name, "restrictedMetricTypes": [kind]})
    return found


def _question(query: Query) -> bytes:
    """Return what makes two requests pages of one report."""
    same = type(query.message)()
    same.CopyFrom(query.message)
    for name in ("offset", "limit", "return_property_quota"):
        same.ClearField(name)
    text: bytes = same.SerializeToString(deterministic=True)
    return text + repr(query.ranges).encode()


def _child(request: dict[str, Any], property_id: str) -> dict[str, Any]:
    named = request.get("property", "")
    if named not in {"", f"properties/{property_id}"}:
        raise invalid(
            "The property of a request must be that of the batch, or unspecified."
        )
    return {key: value for key, value in request.items() if key != "property"}


def _joined(answer: dict[str, Any], rows: str) -> str:
    text = json.dumps(answer)
    if not rows:
        return text
    return f'{{"rows":[{rows}],{text[1:]}'
