"""One line of the proof, and how a simulated shop is valued."""

from __future__ import annotations

from dataclasses import dataclass

from convbridge.classify import classify
from convbridge.model.policy import Anchor, Scheme, ValuePolicy
from convbridge.model.rules import RuleSet
from convbridge.value import value_events

RULES = RuleSet(template="ecommerce")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table: what was measured against what was wanted."""

    test: str
    target: str
    measured: str
    is_met: bool


def value_shop(shop, *, scheme=Scheme.BLEND, anchor=Anchor.TOTAL, funnels=None):
    funnels = shop.mature if funnels is None else funnels
    classes = classify(shop.counts, client="shop", rules=RULES, funnels=funnels)
    policy = ValuePolicy(scheme=scheme, anchor=anchor)
    return value_events(shop.counts, classes, funnels, rules=RULES, policy=policy)


def pushed(valuation, counts):
    """Return what the values add up to over a window, before rounding."""
    seen = counts.counts()
    total = 0.0
    for event in valuation:
        if event.value is None:
            continue
        detail = event.detail
        conversions = seen.get(event.event, 0)
        if "conversions" in detail and event.count and "kept" not in detail:
            conversions *= detail["conversions"] / event.count
        total += conversions * (detail["amount"] or 0.0)
    return total
