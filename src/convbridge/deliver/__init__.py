"""Deliver conversions exactly once, and say of each what became of it."""

from __future__ import annotations

__all__ = [
    "Source",
    "adjust",
    "deliver",
    "delivery_status",
    "open_query",
    "open_source",
    "open_stream",
    "read_adjustments",
]

from convbridge.deliver.adjust import adjust
from convbridge.deliver.adjustment_rows import read_adjustments
from convbridge.deliver.run import deliver
from convbridge.deliver.sources import Source, open_query, open_source, open_stream
from convbridge.deliver.status import delivery_status
