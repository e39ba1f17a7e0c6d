"""What GA4 and Google Ads know of each campaign, for bid readiness."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from convbridge.model.classes import EventClass
from convbridge.model.readiness import CampaignFacts
from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.model.classes import Classification
    from convbridge.model.counts import EventCounts
    from convbridge.model.resources import Resource, State
    from convbridge.model.values import Valuation


def campaign_facts(
    counts: EventCounts,
    classification: Classification,
    valuation: Valuation,
    state: State,
) -> Iterator[CampaignFacts]:
    """
    Yield the facts of each campaign that is not removed.

    Conversions are GA4's counts of sessions from the campaign, which are there
    before Google Ads counts a single micro conversion.
    """
    month, longer = _by_campaign(counts, 30), _by_campaign(counts, 45)
    primaries = set(classification.primaries)
    micros = {e.event for e in classification.of(EventClass.MICRO)}
    worth = {
        e.event: float(e.value) for e in valuation if e.event in primaries and e.value
    }
    for campaign in state.of(ResourceType.CAMPAIGN):
        key = campaign.key.rsplit("/", 1)[-1]
        events, before = month.get(key, Counter()), longer.get(key, Counter())
        yield CampaignFacts(
            campaign_id=key,
            name=campaign.name,
            primary_30_days=sum(n for e, n in events.items() if e in primaries),
            primary_45_days=sum(n for e, n in before.items() if e in primaries),
            micro_30_days={e: float(n) for e, n in events.items() if e in micros},
            micro_45_days={e: float(n) for e, n in before.items() if e in micros},
            primary_value_30_days=sum(
                n * worth.get(e, 0.0) for e, n in events.items() if e in primaries
            ),
            **_bidding(campaign),
        )


def _by_campaign(counts: EventCounts, days: int) -> dict[str, Counter[str]]:
    """Return the events of each campaign in the last days of the window."""
    since = counts.window.end - timedelta(days=days - 1)
    found: dict[str, Counter[str]] = {}
    events = counts.events.select(["date", "event", "campaign_id", "count"])
    for row in events.to_pylist():
        if row["date"] >= since:
            found.setdefault(row["campaign_id"], Counter())[row["event"]] += row[
                "count"
            ]
    return found


def _bidding(campaign: Resource) -> dict[str, Any]:
    said = {**campaign.info, **campaign.fields}
    target = said.get("maximize_conversion_value.target_roas") or said.get(
        "target_roas.target_roas"
    )
    status = said.get("bidding_strategy_system_status")
    return {
        "channel_type": str(said.get("advertising_channel_type") or "UNKNOWN"),
        "bidding_strategy": str(said.get("bidding_strategy_type") or "") or None,
        "status": str(status) if status else None,
        "target_roas": float(str(target)) if target else None,
    }
