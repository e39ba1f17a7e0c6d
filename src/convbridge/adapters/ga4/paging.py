"""A report read to its end, page by page; a short answer is an error."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from convbridge.adapters.ga4 import fields
from convbridge.adapters.ga4.metadata import ReportInfo
from convbridge.adapters.ga4.rows import (
    concat,
    decode_rows,
    to_columns,
    without_lumps,
)
from convbridge.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from convbridge.adapters.ga4.api import Ga4Api
    from convbridge.adapters.ga4.filters import Expression
    from convbridge.model.dates import DateWindow

_LARGEST_PAGE = 250_000
"""Most rows GA4 gives at once (RunReportRequest.limit)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSpec:
    """One report: what to ask for, and the table to put it in."""

    name: str
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    schema: pa.Schema
    filter: Expression | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if len(self.dimensions) > 9 or not 1 <= len(self.metrics) <= 10:
            raise DataError(
                f"report {self.name} asks for {len(self.dimensions)} dimensions and "
                f"{len(self.metrics)} metrics; GA4 allows 9 and 1 to 10"
            )

    def request(self, window: DateWindow, *, offset: int, limit: int) -> dict[str, Any]:
        """Return the request of one page, in an order that pages can rely on."""
        found: dict[str, Any] = {
            "date_ranges": [
                {
                    "start_date": window.start.isoformat(),
                    "end_date": window.end.isoformat(),
                }
            ],
            "dimensions": [{"name": name} for name in self.dimensions],
            "metrics": [{"name": name} for name in self.metrics],
            "order_bys": [
                {"dimension": {"dimension_name": name}} for name in self.dimensions
            ],
            "limit": limit,
        }
        if offset:
            found["offset"] = offset
        if self.filter:
            found["dimension_filter"] = self.filter
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report: every row, and what GA4 said about them."""

    table: pa.Table
    info: ReportInfo
    days: DateWindow | None = None
    """The days it covers, where they are not the ones asked for."""


def read_report(
    api: Ga4Api,
    spec: ReportSpec,
    window: DateWindow,
    *,
    on_page: Callable[[int, int], None] | None = None,
) -> Report:
    """
    Read every page of a report.

    `on_page` is told of rows read and rows in all after each page.

    Raises:
        DataError: A page is short, comes twice, or the total changes on the way.
    """
    limit = min(api.page_size, _LARGEST_PAGE)
    request = spec.request(window, offset=0, limit=limit)
    first = decode_page(spec, api.run_report(request))
    return finish_report(api, spec, window, first, limit=limit, on_page=on_page)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, decoded: the vendor's message takes ten times the memory."""

    table: pa.Table
    info: ReportInfo
    rows: int
    """Rows that came; the table lacks those of no day."""
    total: int
    """Rows of the whole report, by this page's own word."""


def decode_page(spec: ReportSpec, message: Any) -> Page:
    """
    Return a page's rows and what it says of itself.

    A row that lumps rare values together may have `(other)` for its day as well: it
    belongs to no day, and is left out and told by its flag.
    """
    decoded = _decoded(message, spec)
    dated = without_lumps(decoded)
    info = ReportInfo.from_message(message.metadata, metrics=spec.metrics)
    if dated.num_rows < decoded.num_rows:
        info = replace(info, other_row=True)
    return Page(
        table=to_columns(dated, spec.schema),
        info=info,
        rows=decoded.num_rows,
        total=message.row_count,
    )


def finish_report(
    api: Ga4Api,
    spec: ReportSpec,
    window: DateWindow,
    first: Page,
    *,
    limit: int,
    on_page: Callable[[int, int], None] | None = None,
) -> Report:
    """Read what follows a report's first page."""
    pages, total, info = [first.table], first.total, first.info
    read = first.rows
    if not total and read >= limit:
        raise DataError(f"report {spec.name}: GA4 did not say how many rows there are")
    while read < total:
        if on_page:
            on_page(read, total)
        request = spec.request(window, offset=read, limit=limit)
        page = decode_page(spec, api.run_report(request))
        _check_page(spec, page, pages[-1], read=read, total=total)
        pages.append(page.table)
        read += page.rows
        info = info.merged(page.info)
    if read > total > 0:
        raise DataError(f"report {spec.name}: {read} rows came, GA4 announced {total}")
    if on_page:
        on_page(read, total)
    whole = concat(pages, spec.schema)
    if len(pages) > 1:
        _check_unique(spec, whole)
    return Report(table=whole, info=info)


def _decoded(page: Any, spec: ReportSpec) -> pa.Table:
    """Decode a page; headers must be those asked for, where there are any."""
    decoded = decode_rows(page)
    wanted = {*spec.dimensions, *spec.metrics}
    if decoded.num_rows and set(decoded.schema.names) != wanted:
        raise DataError(
            f"report {spec.name}: GA4 sent the columns {decoded.schema.names} "
            f"instead of {sorted(wanted)}"
        )
    return decoded


def _check_page(
    spec: ReportSpec, page: Page, before: pa.Table, *, read: int, total: int
) -> None:
    where = f"report {spec.name}, page at row {read} of {total}"
    hint = "nothing was kept of it; run the command again"
    if not page.rows:
        raise DataError(f"{where}: GA4 sent an empty page", hint=hint)
    if page.total and page.total != total:
        raise DataError(f"{where}: the total changed to {page.total} rows", hint=hint)
    if page.table.equals(before):
        raise DataError(f"{where}: GA4 sent the page before again", hint=hint)


def _check_unique(spec: ReportSpec, table: pa.Table) -> None:
    """Refuse rows that came twice, which pages that overlap would bring."""
    keys, size = np.zeros(table.num_rows, np.int64), 1
    for name in spec.dimensions:
        column = table[fields.COLUMNS[name]].dictionary_encode().unify_dictionaries()
        values = max(len(column.chunk(0).dictionary), 1)
        if size * values >= 2**62:  # numbered anew before it outgrows 64 bits
            found, keys = np.unique(keys, return_inverse=True)
            size = len(found)
        keys *= values
        keys += np.concatenate([chunk.indices.to_numpy() for chunk in column.chunks])
        size *= values
    keys.sort()
    twice = int((keys[1:] == keys[:-1]).sum())
    if twice:
        raise DataError(
            f"report {spec.name}: {twice} rows came twice",
            hint="nothing was kept of it; run the command again",
        )
