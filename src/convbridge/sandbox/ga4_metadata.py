"""getMetadata and checkCompatibility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ga4_compat
from .ga4_data import message_types
from .ga4_fields import (
    DEPRECATED,
    DIMENSIONS,
    KEY_EVENT_METRICS,
    METRICS,
    canonical,
    metric_type,
)
from .ga4_query import check_dimensions, check_metrics
from .ga4_wire import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ga4_data import Core
    from .ga4_fields import (
        Metric,
    )
    from .site import Site

_OLD_NAMES = {new: old for old, new in DEPRECATED.items()}
_BLOCKED = {"REVENUE_DATA": "NO_REVENUE_METRICS", "COST_DATA": "NO_COST_METRICS"}


def metadata(core: Core) -> dict[str, Any]:
    """Answer getMetadata; it costs a token."""
    core.quota.charge("core", 1)
    return {
        "name": f"properties/{core.site.property_id}/metadata",
        "dimensions": list(dimensions(core.site)),
        "metrics": list(metrics(core.site)),
    }


def dimensions(site: Site) -> Iterator[dict[str, Any]]:
    """Yield DimensionMetadata, custom dimensions last."""
    for name, dimension in DIMENSIONS.items():
        yield {
            "apiName": name,
            "uiName": dimension.ui_name,
            "description": f"{dimension.ui_name}.",
            **_old(name),
            "category": dimension.category,
        }
    for parameter, name in site.ga4.custom_dimensions:
        yield {
            "apiName": f"customEvent:{parameter}",
            "uiName": name,
            "description": "An event scoped custom dimension.",
            "customDefinition": True,
            "category": "Custom",
        }


def metrics(site: Site) -> Iterator[dict[str, Any]]:
    """Yield MetricMetadata, those of each key event last."""
    for name, metric in METRICS.items():
        yield {
            "apiName": name,
            "uiName": metric.ui_name,
            "description": f"{metric.ui_name}.",
            **_old(name),
            "type": metric.type,
            "category": metric.category,
            **_blocked(site, metric),
        }
    for mark in site.key_events:
        for name in KEY_EVENT_METRICS:
            full = f"{name}:{mark.event_name}"
            yield {
                "apiName": full,
                "uiName": f"{METRICS[name].ui_name} for {mark.event_name}",
                "description": f"{METRICS[name].ui_name} of one key event.",
                "type": metric_type(full),
                "category": METRICS[name].category,
            }


def _old(name: str) -> dict[str, Any]:
    return {"deprecatedApiNames": [_OLD_NAMES[name]]} if name in _OLD_NAMES else {}


def _blocked(site: Site, metric: Metric) -> dict[str, Any]:
    if metric.restricted_by and metric.restricted_by in site.ga4.switches.restricted:
        return {"blockedReasons": [_BLOCKED[metric.restricted_by]]}
    return {}


def check_compatibility(core: Core, body: Any) -> dict[str, Any]:
    """Answer checkCompatibility: each field against those of the request."""
    message = parse(message_types().CheckCompatibilityRequest, body)
    asked = [each.name for each in message.dimensions]
    measured = [each.name for each in message.metrics]
    check_dimensions(asked, core.site)
    check_metrics(measured, core.site)
    ga4_compat.check(asked, measured)
    core.quota.charge("core", 1)
    wanted = message.compatibility_filter
    return {
        "dimensionCompatibilities": [
            {"dimensionMetadata": each, "compatibility": verdict}
            for each in dimensions(core.site)
            if _kept(
                verdict := _verdict([*asked, str(each["apiName"])], measured), wanted
            )
        ],
        "metricCompatibilities": [
            {"metricMetadata": each, "compatibility": verdict}
            for each in metrics(core.site)
            if _kept(
                verdict := _verdict(asked, [*measured, str(each["apiName"])]), wanted
            )
        ],
    }


def _verdict(names: list[str], measured: list[str]) -> str:
    clash = ga4_compat.clashing(
        [canonical(name) for name in names], [canonical(name) for name in measured]
    )
    return "INCOMPATIBLE" if clash else "COMPATIBLE"


def _kept(verdict: str, wanted: int) -> bool:
    # Compatibility: 0 unspecified, 1 COMPATIBLE, 2 INCOMPATIBLE.
    return wanted == 0 or verdict == ("COMPATIBLE", "INCOMPATIBLE")[wanted - 1]
