"""Values for events: rates with intervals, schemes, weights, publishing."""

from __future__ import annotations

from convbridge.value.engine import value_events

__all__ = ["value_events"]
