"""
The funnel's answer as Google sends it.

Taken from captures of real answers: metric headers come twice, every type is
TYPE_INTEGER though rates are fractions, rows have fewer values than there are
headers, step names have their number before them, and a step nobody reached
is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ga4_funnel import Funnel, StepResult
    from .site import Site

_METRICS = (
    "activeUsers",
    "funnelStepCompletionRate",
    "funnelStepAbandonments",
    "funnelStepAbandonmentRate",
)


def answer(
    site: Site, funnel: Funnel, results: tuple[StepResult, ...], quota: dict[str, Any]
) -> dict[str, Any]:
    """Return a RunFunnelReportResponse as JSON."""
    ordered = sorted(results, key=lambda each: each.number)
    shown = [each for each in ordered if each.users]
    found: dict[str, Any] = {
        "funnelTable": _table(site, funnel, shown),
        "funnelVisualization": _visualization(site, funnel, shown),
        "kind": "analyticsData#runFunnelReport",
    }
    if funnel.message.return_property_quota:
        found["propertyQuota"] = quota
    return found


def _table(site: Site, funnel: Funnel, results: list[StepResult]) -> dict[str, Any]:
    header = [{"name": name, "type": "TYPE_INTEGER"} for name in _METRICS]
    table: dict[str, Any] = {"metadata": _metadata(site, funnel)}
    if not results:
        return table
    return {
        "dimensionHeaders": _headers(funnel),
        "metricHeaders": [*header, *header],
        "rows": [
            {
                "dimensionValues": _labels(funnel, each),
                "metricValues": [{"value": text} for text in _values(funnel, each)],
            }
            for each in results
        ],
        **table,
    }


def _values(funnel: Funnel, result: StepResult) -> list[str]:
    if result.number == len(funnel.names) - 1:
        return [str(result.users), "0", "0", "0"]
    left = result.users - result.continued
    return [
        str(result.users),
        _rate(result.continued, result.users),
        str(left),
        _rate(left, result.users),
    ]


def _rate(part: int, whole: int) -> str:
    share = part / whole
    return str(int(share)) if share == int(share) else repr(share)


def _visualization(
    site: Site, funnel: Funnel, results: list[StepResult]
) -> dict[str, Any]:
    plain = [each for each in results if each.breakdown in {None, "RESERVED_TOTAL"}]
    found: dict[str, Any] = {"metadata": _metadata(site, funnel)}
    if not plain:
        return found
    return {
        "dimensionHeaders": _headers(funnel, is_table=False),
        "metricHeaders": [{"name": "activeUsers", "type": "TYPE_INTEGER"}],
        "rows": [
            {
                "dimensionValues": _labels(funnel, each, is_table=False),
                "metricValues": [{"value": str(each.users)}],
            }
            for each in plain
        ],
        **found,
    }


def _headers(funnel: Funnel, *, is_table: bool = True) -> list[dict[str, str]]:
    names = ["funnelStepName"]
    if is_table and funnel.breakdown is not None:
        names.append(funnel.breakdown)
    if len(funnel.ranges) > 1:
        names.append("dateRange")
    return [{"name": name} for name in names]


def _labels(
    funnel: Funnel, result: StepResult, *, is_table: bool = True
) -> list[dict[str, str]]:
    labels = [funnel.names[result.number]]
    if is_table and result.breakdown is not None:
        labels.append(result.breakdown)
    if len(funnel.ranges) > 1:
        labels.append(funnel.ranges[result.range_number].name)
    return [{"value": label} for label in labels]


def _metadata(site: Site, funnel: Funnel) -> dict[str, Any]:
    sampled = site.ga4.switches.sampled
    if sampled is None:
        return {}
    read, space = sampled
    sample = {"samplesReadCount": str(read), "samplingSpaceSize": str(space)}
    return {"samplingMetadatas": [sample for _ in funnel.ranges]}
