"""What the steps' results say beyond the values: checks, comparisons, proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.bridge.campaigns import campaign_facts
from convbridge.classify import lint, suggest
from convbridge.model.classes import EventClass
from convbridge.value import assess_readiness, backtest

if TYPE_CHECKING:
    from convbridge.bridge.connections import Connections
    from convbridge.bridge.steps import Steps
    from convbridge.classify import Finding, Suggestion
    from convbridge.model.backtest import Backtest
    from convbridge.model.readiness import Readiness
    from convbridge.model.values import Valuation


def suggestions(steps: Steps) -> tuple[Suggestion, ...]:
    """Return a class for each event that no rule and no taxonomy knows."""
    classification = steps.classification
    unknown = (e.event for e in classification.of(EventClass.UNCLASSIFIED))
    funnels = steps.funnels_of(classification, unknown)
    return suggest(steps.counts, classification, funnels)


def findings(connections: Connections, steps: Steps) -> tuple[Finding, ...]:
    """Return what about the events is likely a mistake."""
    rules = connections.client.rule_set()
    return lint(steps.counts, steps.classification, steps.funnels, rules=rules)


def campaign_readiness(
    connections: Connections, steps: Steps, valuation: Valuation
) -> tuple[Readiness, ...]:
    """Return whether each campaign has enough conversions to bid on value."""
    state = connections.google_ads.fetch_state()
    facts = campaign_facts(steps.counts, steps.classification, valuation, state)
    policy = connections.client.value_policy().readiness
    return assess_readiness(facts, valuation, policy)


def tested(connections: Connections, steps: Steps) -> Backtest:
    """Return how values from the first days fit the revenue of the rest."""
    return backtest(
        steps.counts,
        steps.classification,
        steps.funnels,
        rules=connections.client.rule_set(),
        policy=connections.client.value_policy(),
    )
