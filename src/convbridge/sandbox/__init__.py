"""
Google on loopback: GA4, Google Ads and Data Manager over one simulated world.

Written from the vendors' documented behaviour and as strict as they are. It
shares no code with the client side of the package.
"""

from __future__ import annotations

from .clock import Clock
from .faults import Call, CallLog, Fault, FaultKind, Faults
from .server import Google, serve

__all__ = [
    "Call",
    "CallLog",
    "Clock",
    "Fault",
    "FaultKind",
    "Faults",
    "Google",
    "serve",
]
