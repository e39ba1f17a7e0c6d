"""Small reports read five at a time, one by one where a batch is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.ga4.paging import decode_page, finish_report
from convbridge.errors import RejectedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.adapters.ga4.api import Ga4Api
    from convbridge.adapters.ga4.paging import Report, ReportSpec
    from convbridge.model.dates import DateWindow

BATCH = 5
"""Most reports in one batchRunReports."""


def read_small(
    api: Ga4Api, specs: Sequence[ReportSpec], window: DateWindow
) -> list[Report | RejectedError]:
    """
    Read reports that fit a page each; a refused one is returned as its error.

    GA4 refuses a batch for one bad report in it, without saying which, so a
    refused batch is read one by one. Where there is no batch method at all,
    the rest goes one by one from the start.
    """
    return read_each(api, [(spec, window) for spec in specs])


def read_each(
    api: Ga4Api, asked: Sequence[tuple[ReportSpec, DateWindow]]
) -> list[Report | RejectedError]:
    """Read reports, each over a window of its own; see `read_small`."""
    limit = api.page_size
    found: list[Report | RejectedError] = []
    for start in range(0, len(asked), BATCH):
        group = asked[start : start + BATCH]
        requests = [s.request(days, offset=0, limit=limit) for s, days in group]
        pages = _first_pages(api, requests)
        for (spec, days), first in zip(group, pages, strict=True):
            found.append(_finished(api, spec, days, first, limit=limit))
    return found


def _finished(
    api: Ga4Api, spec: ReportSpec, window: DateWindow, first: Any, *, limit: int
) -> Report | RejectedError:
    if isinstance(first, RejectedError):
        return first
    page = decode_page(spec, first)
    return finish_report(api, spec, window, page, limit=limit)


def _first_pages(api: Ga4Api, requests: list[dict[str, Any]]) -> list[Any]:
    if len(requests) > 1:
        try:
            pages = api.batch_run_reports(requests)
        except RejectedError:
            pages = []
        if len(pages) == len(requests):
            return pages
    return [_first_page(api, request) for request in requests]


def _first_page(api: Ga4Api, request: dict[str, Any]) -> Any:
    try:
        return api.run_report(request)
    except RejectedError as exc:
        return exc
