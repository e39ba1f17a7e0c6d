"""runRealtimeReport: the last thirty minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .ga4_columns import Column
from .ga4_data import message_types
from .ga4_rows import format_number
from .ga4_wire import invalid, parse
from .site import microseconds

if TYPE_CHECKING:
    from .events import Ints
    from .ga4_columns import View
    from .ga4_data import Core

MINUTE = 60_000_000
_DIMENSIONS = {
    "eventName": "eventName",
    "country": "country",
    "platform": "platform",
    "streamId": "streamId",
    "deviceCategory": "deviceCategory",
    "unifiedScreenName": "pageTitle",
}
_METRICS = ("activeUsers", "eventCount", "keyEvents", "screenPageViews")


def run_realtime(core: Core, body: Any) -> dict[str, Any]:
    """Answer runRealtimeReport; there is no paging."""
    message = parse(message_types().RunRealtimeReportRequest, body)
    names = [each.name for each in message.dimensions]
    measured = [each.name for each in message.metrics]
    for name, known in [(each, (*_DIMENSIONS, "minutesAgo")) for each in names] + [
        (each, _METRICS) for each in measured
    ]:
        if name not in known:
            raise invalid(f"Field {name} is not valid in realtime reports.")
    core.quota.charge("realtime", 1)
    rows = _rows(core, names, measured)
    answer: dict[str, Any] = {"kind": "analyticsData#runRealtimeReport"}
    if message.return_property_quota:
        answer["propertyQuota"] = core.quota.snapshot("realtime", 1)
    if not rows:
        return answer
    return {
        "dimensionHeaders": [{"name": name} for name in names],
        "metricHeaders": [{"name": name, "type": "TYPE_INTEGER"} for name in measured],
        "rows": rows[: message.limit or 10_000],
        "rowCount": len(rows),
        **answer,
    }


def _rows(core: Core, names: list[str], measured: list[str]) -> list[dict[str, Any]]:
    view = core.view()
    now = microseconds(core.clock.now())
    index = np.flatnonzero(view.events.time > now - 30 * MINUTE)
    columns = [_column(view, name, index, now) for name in names]
    keys = list(
        zip(
            *([c.labels[code] for code in c.codes.tolist()] for c in columns),
            strict=True,
        )
    ) or [()] * len(index)
    groups: dict[tuple[str, ...], list[int]] = {}
    for key, place in zip(keys, index.tolist(), strict=True):
        groups.setdefault(key, []).append(place)
    found = [
        (key, [_measure(view, name, np.array(places)) for name in measured])
        for key, places in groups.items()
    ]
    found.sort(key=lambda row: -row[1][0] if row[1] else 0)
    return [
        {
            "dimensionValues": [{"value": label} for label in key],
            "metricValues": [{"value": format_number(value)} for value in values],
        }
        for key, values in found
    ]


def _column(view: View, name: str, index: Ints, now: int) -> Column:
    if name != "minutesAgo":
        return view.column(_DIMENSIONS[name]).take(index)
    minutes = (now - view.events.time[index]) // MINUTE
    return Column(minutes, tuple(f"{minute:02d}" for minute in range(31)))


def _measure(view: View, name: str, places: Ints) -> float:
    if name == "activeUsers":
        return float(len(np.unique(view.events.user[places])))
    if name == "keyEvents":
        return float(view.key_mask()[places].sum())
    if name == "screenPageViews":
        return float(view.events.named("page_view")[places].sum())
    return float(len(places))
