"""Counts and funnels from an export, with what only the property knows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from convbridge.adapters.warehouse import DuckDbEngine, WarehouseSource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from convbridge.adapters.ga4 import Ga4Source
    from convbridge.model.counts import EventCounts
    from convbridge.model.dates import DateWindow
    from convbridge.model.funnels import Funnels
    from convbridge.model.rules import EventRule
    from convbridge.ports import Clock
    from convbridge.settings.models import WarehouseSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The export of a property whose settings GA4 itself is asked for."""

    warehouse: WarehouseSource
    ga4: Ga4Source

    def fetch_counts(
        self,
        window: DateWindow,
        *,
        derived: Sequence[EventRule] = (),
        refresh: bool = False,  # noqa: ARG002 - nothing of an export is kept
    ) -> EventCounts:
        """Return exact counts; which events are key events, the export leaves out."""
        counts = self.warehouse.fetch_counts(window, derived=derived)
        found = self.ga4.fetch_key_events()
        return replace(counts, key_events=found if isinstance(found, tuple) else ())

    def fetch_funnels(
        self,
        counts: EventCounts,
        *,
        events: Sequence[EventRule],
        primaries: Sequence[EventRule],
        horizon_days: int,
    ) -> Funnels:
        """Return joint counts per event, user by user."""
        return self.warehouse.fetch_funnels(
            counts, events=events, primaries=primaries, horizon_days=horizon_days
        )


def open_export(
    said: WarehouseSettings, *, base: Path, ga4: Ga4Source, clock: Clock
) -> Export:
    """
    Return the export that a client's settings name.

    Args:
        said: The settings.
        base: The directory that a relative path starts from.
        ga4: The property as GA4 has it.
        clock: Tells the time.
    """
    engine = DuckDbEngine(base / said.path, intraday=said.intraday)
    info = ga4.fetch_property()
    return Export(
        warehouse=WarehouseSource(engine=engine, info=info, clock=clock), ga4=ga4
    )
