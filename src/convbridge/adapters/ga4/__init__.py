"""GA4: reports, funnels and settings of a property, through Google's own clients."""

from __future__ import annotations

__all__ = ["Ga4Source", "Ga4Target", "open_ga4", "open_ga4_target"]

from convbridge.adapters.ga4.opening import open_ga4, open_ga4_target
from convbridge.adapters.ga4.source import Ga4Source
from convbridge.adapters.ga4.target import Ga4Target
