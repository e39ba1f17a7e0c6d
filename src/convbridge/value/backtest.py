"""Backtest: fit on the first part of a window, compare with the revenue of the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from convbridge.errors import DataError
from convbridge.model.backtest import Backtest, BacktestRow
from convbridge.model.dates import DateWindow
from convbridge.model.policy import Anchor, Scheme
from convbridge.value.engine import value_events
from convbridge.value.history import campaign_worth
from convbridge.value.insight import channels, per_event
from convbridge.value.tally import tally as count_up
from convbridge.value.worth import assess_worth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.model.classes import Classification
    from convbridge.model.counts import EventCounts
    from convbridge.model.funnels import Funnels
    from convbridge.model.policy import ValuePolicy
    from convbridge.model.rules import RuleSet
    from convbridge.model.values import Valuation

SHORTEST_DAYS = 28


def backtest(
    counts: EventCounts,
    classification: Classification,
    funnels: Funnels | None,
    *,
    rules: RuleSet,
    policy: ValuePolicy,
    share: float = 0.6,
) -> Backtest:
    """
    Fit values on the first `share` of the window, look at the revenue of the rest.

    Each way of valuing gives each campaign of the first part a worth; the
    campaigns' shares of it are compared with their shares of the revenue that
    came in the rest. Purchase-only (the primaries' own money) and static values
    are the yardsticks. Rates come from `funnels`, which may hold test days too:
    they set the level, hardly the campaigns' shares.
    """
    train, test = _parts(counts.window, share)
    first, rest = counts.filter(window=train), counts.filter(window=test)
    first = replace(first, users=_shrunk(counts, train.days / counts.window.days))
    funnels = _part(funnels, train.days / counts.window.days)
    classification = _recounted(classification, first)
    case = _Test(
        first=first,
        rest=rest,
        real=_revenue(rest, first, classification, rules, funnels),
    )
    rows = [_purchase_only(case, classification, rules, funnels)]
    for scheme in dict.fromkeys((policy.scheme, Scheme.STATIC)):
        anchor = Anchor.PRIMARY if scheme is Scheme.STATIC else Anchor.TOTAL
        trial = replace(policy, scheme=scheme, anchor=anchor)
        valuation = value_events(
            first, classification, funnels, rules=rules, policy=trial
        )
        rows.append(_row(str(scheme), valuation, case))
    return Backtest(
        train=train,
        test=test,
        campaigns=len(case.real),
        revenue=float(sum(case.real.values())),
        results=tuple(rows),
        warnings=_warnings(case),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    first: EventCounts
    rest: EventCounts
    real: Mapping[str, float]
    """Money of each campaign in the rest, `(not set)` for what has none."""


def _parts(window: DateWindow, share: float) -> tuple[DateWindow, DateWindow]:
    if window.days < SHORTEST_DAYS:
        raise DataError(
            f"a backtest needs {SHORTEST_DAYS} days, the window has {window.days}",
            hint="set values.window_days to 60 or more",
        )
    days = min(max(round(window.days * share), 7), window.days - 7)
    cut = window.start + timedelta(days=days)
    return (
        DateWindow(start=window.start, end=cut - timedelta(days=1)),
        DateWindow(start=cut, end=window.end),
    )


def _shrunk(counts: EventCounts, share: float) -> pa.Table:
    """Users of the first part: GA4 was asked for the whole, so they are scaled."""
    users = counts.users
    scaled = [round(n * share) for n in users["users"].to_pylist()]
    place = users.schema.get_field_index("users")
    return users.set_column(
        place, users.schema.field(place), pa.array(scaled, pa.int64())
    )


def _recounted(classification: Classification, first: EventCounts) -> Classification:
    """Give the classes the counts of the first part."""
    seen = {row["event"]: row for row in first.rows()}
    events = tuple(
        replace(e, count=seen[e.event]["count"], users=seen[e.event]["users"])
        if e.event in seen
        else replace(e, count=0, users=0)
        for e in classification
    )
    return replace(classification, events=events)


def _part(funnels: Funnels | None, share: float) -> Funnels | None:
    """Cut funnels of the whole window to its first part: rates stay as they are."""
    if funnels is None:
        return None
    rows = tuple(
        replace(f, users=round(f.users * share), converted=round(f.converted * share))
        for f in funnels
    )
    return replace(
        funnels,
        funnels=rows,
        total_users=round((funnels.total_users or 0) * share) or None,
        primary_users=round((funnels.primary_users or 0) * share) or None,
    )


def _revenue(
    rest: EventCounts,
    first: EventCounts,
    classification: Classification,
    rules: RuleSet,
    funnels: Funnels | None,
) -> dict[str, float]:
    """Return the money of each campaign in the rest; given values as given."""
    tally = count_up(rest)
    worth = assess_worth(
        tally, classification.primaries, rules, funnels=funnels, lost={}
    )
    money = campaign_worth(tally, worth)
    found = {c: float(m) for c, m in zip(tally.campaigns, money, strict=True)}
    return {
        **dict.fromkeys(count_up(first).campaigns, 0.0),
        **found,
        "": worth.face - sum(found.values()),
    }


def _row(scheme: str, valuation: Valuation, case: _Test) -> BacktestRow:
    report = channels(case.first, valuation, by="campaign")
    worth = {c.key: c.weighted.value for c in report}
    return _compared(scheme, worth, _pushed(valuation, case.rest), case)


def _pushed(valuation: Valuation, rest: EventCounts) -> float:
    """Return what the values would have pushed in the rest, purchases at the mean."""
    seen = rest.counts()
    return sum(
        seen.get(e.event, 0) * float(e.detail.get("amount") or 0.0) * per_event(e)
        for e in valuation
        if e.value is not None
    )


def _purchase_only(
    case: _Test,
    classification: Classification,
    rules: RuleSet,
    funnels: Funnels | None,
) -> BacktestRow:
    tally = count_up(case.first)
    worth = assess_worth(
        tally, classification.primaries, rules, funnels=funnels, lost={}
    )
    money = campaign_worth(tally, worth)
    before = {c: float(m) for c, m in zip(tally.campaigns, money, strict=True)}
    seen = case.rest.counts()
    pushed = sum(seen.get(p.event, 0) * p.value.mean for p in worth.primaries)
    return _compared("purchase_only", before, pushed, case)


def _compared(
    scheme: str, worth: Mapping[str, float], pushed: float, case: _Test
) -> BacktestRow:
    keys = [k for k in case.real if k]
    real = np.array([max(case.real[k], 0.0) for k in keys])
    mine = np.array([max(worth.get(k, 0.0), 0.0) for k in keys])
    total = float(sum(case.real.values()))
    ratio = pushed / total if total > 0 else None
    if not keys or real.sum() <= 0 or mine.sum() <= 0:
        return BacktestRow(
            scheme=scheme, total_ratio=ratio, error=None, correlation=None
        )
    one, other = mine / mine.sum(), real / real.sum()
    spread = float(one.std() * other.std())
    matched = float(((one - one.mean()) * (other - other.mean())).mean())
    return BacktestRow(
        scheme=scheme,
        total_ratio=ratio,
        error=float(np.sqrt(((one - other) ** 2).mean())),
        correlation=matched / spread if spread > 1e-15 else None,
    )


def _warnings(case: _Test) -> tuple[str, ...]:
    found = []
    if sum(bool(k) for k in case.real) < 2:
        found.append("less than two campaigns: only the totals can be compared")
    if sum(case.real.values()) <= 0:
        found.append("the rest of the window brought no money: nothing to compare with")
    return tuple(found)
