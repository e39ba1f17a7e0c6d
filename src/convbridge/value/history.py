"""What each campaign brought, as the weights and the heterogeneity need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convbridge.value.campaigns import CampaignHistory
from convbridge.value.heterogeneity import measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from convbridge.value.findings import Finding
    from convbridge.value.heterogeneity import Heterogeneity
    from convbridge.value.tally import Tally
    from convbridge.value.worth import Worth

    Floats = NDArray[np.float64]


def history(
    tally: Tally, worth: Worth, findings: Mapping[str, Finding]
) -> CampaignHistory:
    """Return the campaigns' counts and worth; campaigns with nothing are left out."""
    counts = _rows(tally, tuple(findings))
    money = campaign_worth(tally, worth)
    sold = sum(p.conversions for p in worth.primaries)
    per_sale = sum(p.total for p in worth.primaries) / sold if sold > 0 else 0.0
    value = money / per_sale if per_sale > 0 else money * 0.0
    seen = (counts.sum(axis=0) + value) > 0
    rates = [_rate(f, worth) for f in findings.values()]
    return CampaignHistory(
        counts=counts[:, seen],
        worth=np.maximum(value[seen], 0.0),
        rates=np.array(rates, dtype=np.float64),
        order_spread=_order_spread(worth),
    )


def campaign_worth(tally: Tally, worth: Worth) -> Floats:
    """Return each campaign's money: revenue, and primaries at the user's value."""
    money = np.zeros(len(tally.campaigns))
    if any(p.is_revenue for p in worth.primaries):
        money += tally.campaign_money.sum(axis=1)
    for primary in worth.primaries:
        if not primary.is_revenue:
            counts = tally.campaigns_of(primary.event).sum(axis=1)
            money += counts * primary.value.mean
    return money


def campaign_primaries(tally: Tally, primaries: Sequence[str]) -> Floats:
    """Return each campaign's primaries, by event count."""
    return _rows(tally, primaries).sum(axis=0)


def heterogeneity(
    tally: Tally, events: Sequence[str], primaries: Sequence[str]
) -> dict[str, Heterogeneity]:
    """Return how much each event's rate differs by campaign, where it is known."""
    found = campaign_primaries(tally, primaries)
    measured = {e: measure(tally.campaigns_of(e).sum(axis=1), found) for e in events}
    return {event: spread for event, spread in measured.items() if spread is not None}


def _rows(tally: Tally, events: Sequence[str]) -> Floats:
    rows = [tally.campaigns_of(e).sum(axis=1) for e in events]
    return np.array(rows, dtype=np.float64).reshape(len(events), len(tally.campaigns))


def _rate(finding: Finding, worth: Worth) -> float:
    """Return primaries per user of the event: what chance in its counts depends on."""
    users = max(finding.conversions, 1)
    return min(1.0, max(worth.users, 1.0) / users)


def _order_spread(worth: Worth) -> float:
    """Return the squared coefficient of variation of one sale's value, at most 4."""
    revenue = [p for p in worth.primaries if p.is_revenue and p.value.mean > 0]
    if not revenue:
        return 0.0
    sales = sum(p.conversions for p in revenue)
    return min(4.0, revenue[0].value.log_sd ** 2 * sales)
