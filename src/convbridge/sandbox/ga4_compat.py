"""Which dimensions and metrics go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ga4_fields import COST_METRICS, DIMENSIONS, canonical
from .ga4_wire import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Unprefixed attribution dimensions exist for key events only.
_UNATTRIBUTED = frozenset(
    {
        "eventCount",
        "eventCountPerUser",
        "transactions",
        "ecommercePurchases",
        "addToCarts",
        "newUsers",
        "screenPageViews",
    }
)
_CAMPAIGN_WORDS = ("Campaign", "CustomerId", "AccountName", "AdNetworkType")
# Dimensions that ad cost is known by, besides those of the campaign.
_COST_DIMENSIONS = frozenset(
    {
        "date",
        "year",
        "month",
        "day",
        "week",
        "yearMonth",
        "dayOfWeek",
        "dayOfWeekName",
        "sessionDefaultChannelGroup",
        "sessionPrimaryChannelGroup",
        "sessionSource",
        "sessionMedium",
        "sessionSourceMedium",
    }
)


def check(dimensions: Sequence[str], metrics: Sequence[str]) -> None:
    """Raise Google's 400 when the fields can't be in one report."""
    clash = clashing(dimensions, metrics)
    if clash is not None:
        verb, name = clash
        raise invalid(
            f"Please {verb} {name} to make the request compatible for example. "
            "The request's dimensions & metrics are incompatible. "
            "To learn more, see https://ga-dev-tools.google/ga4/dimensions-metrics-explorer/"
        )


def clashing(
    dimensions: Iterable[str], metrics: Iterable[str]
) -> tuple[str, str] | None:
    """Return what to do ("remove" or "add") with which field, or None."""
    names = [canonical(name) for name in dimensions]
    asked = [canonical(name).partition(":")[0] for name in metrics]
    if any(name in COST_METRICS for name in asked):
        return _cost_clash(names, asked)
    if any(_is_attributed(name) for name in names):
        for name in asked:
            if name in _UNATTRIBUTED:
                return ("remove", name)
    return None


def _cost_clash(dimensions: list[str], metrics: list[str]) -> tuple[str, str] | None:
    for name in dimensions:
        if not (is_campaign(name) or name in _COST_DIMENSIONS):
            return ("remove", name)
    plain = [name for name in metrics if name not in COST_METRICS]
    sums = dimensions or plain
    if sums and not any(
        is_campaign(name) or name.startswith("session") for name in dimensions
    ):
        return ("add", "sessionCampaignName")
    return None


def is_campaign(name: str) -> bool:
    """Tell whether a dimension names a campaign or an ad account."""
    return any(word in name for word in _CAMPAIGN_WORDS) or name.startswith("campaign")


def _is_attributed(name: str) -> bool:
    return name in DIMENSIONS and DIMENSIONS[name].kind == "attributed"
