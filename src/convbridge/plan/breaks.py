"""What to do in Google Ads after a break: suggested, never made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from convbridge.model.classes import EventClass
from convbridge.model.quality import Effect
from convbridge.model.values import ValueStatus

if TYPE_CHECKING:
    from convbridge.model.quality import QualityFlag
    from convbridge.plan.context import Context

LONGEST = 14
"""Most days in one data exclusion or seasonality adjustment
(BiddingDataExclusion and BiddingSeasonalityAdjustment, API v26)."""
_WHERE = "Google Ads > Tools > Budgets and bidding > Adjustments > "
_LEAST, _MOST = 0.1, 10.0


def warn_breaks(ctx: Context) -> tuple[str, ...]:
    """
    Return what to look at where values are frozen, once for each break.

    Bids learn from the days of a break unless they are excluded. A seasonality
    adjustment is for days to come and a change known to end, so it is named only
    where a primary event's rate moved and nobody can tell from here whether that is
    a tag or a sale (support.google.com/google-ads, 10370710 and 10369906).
    """
    frozen: dict[str, list[str]] = {}
    for event in ctx.valuation:
        if event.status is ValueStatus.FROZEN:
            frozen.setdefault(event.reason, []).append(event.event)
    return tuple(_warning(ctx, events, why) for why, events in frozen.items())


def _warning(ctx: Context, events: list[str], why: str) -> str:
    flags = (f for f in ctx.valuation.flags if f.effect is Effect.FREEZE)
    flag = next((f for f in flags if f.reason in why), None)
    values = "its value is" if len(events) == 1 else "their values are"
    told = (
        f"{', '.join(events)}: {values} frozen: {why}; if conversions were lost or "
        f"doubled, exclude {_days(ctx, flag)} in {_WHERE}Data exclusions"
    )
    return told + _season(ctx, flag)


def _days(ctx: Context, flag: QualityFlag | None) -> str:
    if flag is None or flag.days is None:
        return "those days"
    end = ctx.valuation.window.end
    start = end - timedelta(days=flag.days - 1)
    most = f", at most {LONGEST} days in each exclusion," if flag.days > LONGEST else ""
    return f"{start} to {end}{most}"


def _season(ctx: Context, flag: QualityFlag | None) -> str:
    if flag is None or flag.ratio is None or not _is_primary(ctx, flag):
        return ""
    modifier = min(max(flag.ratio, _LEAST), _MOST)
    return (
        "; if it is a sale that soon ends, exclude nothing and announce its days to "
        f"come, 1 to 7 and never more than {LONGEST}, in {_WHERE}Seasonality "
        f"adjustments with a conversion rate of {modifier:.2g} times the usual one"
    )


def _is_primary(ctx: Context, flag: QualityFlag) -> bool:
    """A broken primary is a flag of no event: it concerns every value."""
    primaries = {e.event for e in ctx.valuation if e.event_class is EventClass.PRIMARY}
    return flag.event is None or flag.event in primaries
