"""Values for events: rates with intervals, schemes, weights, publishing."""

from __future__ import annotations

from convbridge.value.backtest import backtest
from convbridge.value.carried import carried_events
from convbridge.value.engine import value_events
from convbridge.value.explain import explain
from convbridge.value.insight import channels
from convbridge.value.paths import UserPath, markov_weights, shapley_weights
from convbridge.value.readiness import assess_readiness

__all__ = [
    "UserPath",
    "assess_readiness",
    "backtest",
    "carried_events",
    "channels",
    "explain",
    "markov_weights",
    "shapley_weights",
    "value_events",
]
