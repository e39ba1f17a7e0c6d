"""What events are worth: values with intervals, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from convbridge.model.frames import to_pandas
from convbridge.model.html import html_table
from convbridge.model.plots import plot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from decimal import Decimal

    from convbridge.model.classes import EventClass, EventGroup
    from convbridge.model.dates import DateWindow
    from convbridge.model.funnels import Evidence
    from convbridge.model.policy import Anchor, Scheme
    from convbridge.model.quality import QualityFlag


class ValueStatus(StrEnum):
    """How a value came about, or why there is none."""

    OK = "ok"
    GIVEN = "given"
    """The user's own value."""
    REVENUE = "revenue"
    """A primary that carries its own revenue; `value` is the mean, for reading."""
    WEAK = "weak"
    """Weak evidence: the 25th percentile is published instead of the mean."""
    KEPT = "kept"
    """The published value stays: the new one is within the dead band or too young."""
    FROZEN = "frozen"
    """The published value stays: tracking broke and a person has to look."""
    IMMATURE = "immature"
    """Not enough time has passed to see conversions; nothing new is published."""
    REFUSED = "refused"
    """The data cannot carry a value."""
    NOT_VALUED = "not_valued"
    """Noise, anti or unclassified: carries no value by definition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuedEvent:
    """
    One event with its value per conversion.

    Money is in the valuation's currency; low and high bound a 90 % interval.
    """

    event: str
    event_class: EventClass
    group: EventGroup | None
    stage: int | None
    category: str | None
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    status: ValueStatus
    count: int
    users: int | None
    reason: str
    evidence: Evidence | None = None
    weight: float | None = None
    """Share of the credit (lambda) given to this event."""
    rate: float | None = None
    """P(primary within the horizon | event)."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Every number `explain` uses, under the names of docs/concepts/values.md."""

    def to_dict(self) -> dict[str, Any]:
        """Return the event as JSON-ready data; money as a JSON number."""
        return {
            "event": self.event,
            "class": str(self.event_class),
            "group": str(self.group) if self.group else None,
            "stage": self.stage,
            "value": _number(self.value),
            "low": _number(self.low),
            "high": _number(self.high),
            "status": str(self.status),
            "count": self.count,
            "users": self.users,
            "reason": self.reason,
            "evidence": str(self.evidence) if self.evidence else None,
            "weight": self.weight,
            "rate": self.rate,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedValue:
    """
    What was published for an event, and the memory the publisher needs.

    Money is per conversion, in the valuation's currency; days are days in the
    property's zone.
    Keep the last one of each event (`Valuation.published`) and hand them to the
    next valuation as `previous`.
    """

    value: Decimal
    published_on: date
    """When the value last changed, in the property's zone."""
    low: Decimal | None = None
    high: Decimal | None = None
    smoothed: float | None = None
    """The moving average of the estimates since; None: the value itself."""
    smoothed_on: date | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the published value as JSON-ready data."""
        smoothed_on = self.smoothed_on.isoformat() if self.smoothed_on else None
        return {
            "value": _number(self.value),
            "published_on": self.published_on.isoformat(),
            "low": _number(self.low),
            "high": _number(self.high),
            "smoothed": self.smoothed,
            "smoothed_on": smoothed_on,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishDecision:
    """One entry of the journal: what became of one event's value, and why."""

    event: str
    action: str
    """`first`, `moved`, `kept`, `frozen`, `immature` or `refused`."""
    before: Decimal | None
    estimate: Decimal | None
    """The value the data of this window give on their own."""
    after: Decimal | None
    reason: str
    published: PublishedValue | None
    """The memory for the next time."""

    def to_dict(self) -> dict[str, Any]:
        """Return the decision as JSON-ready data."""
        return {
            "event": self.event,
            "action": self.action,
            "before": _number(self.before),
            "estimate": _number(self.estimate),
            "after": _number(self.after),
            "reason": self.reason,
            "published": self.published.to_dict() if self.published else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Valuation:
    """
    The values of one client's events over one window.

    Money is in `currency`, the property's; days are days in its zone. How values
    are computed: docs/concepts/values.md.
    """

    client: str
    currency: str
    window: DateWindow
    horizon_days: int
    scheme: Scheme
    anchor: Anchor
    events: tuple[ValuedEvent, ...]
    revenue: Decimal
    """Revenue of the window, or what the primaries are worth by the config."""
    inflation: float
    """Value pushed to Google Ads per unit of revenue; 1.0 counts money once."""
    troas_multiplier: float
    """What a target ROAS must be multiplied with to buy the same clicks."""
    warnings: tuple[str, ...] = ()
    refused: str | None = None
    """Why these data carry no value at all; then no event has one."""
    journal: tuple[PublishDecision, ...] = ()
    """What the publisher decided for each event, with its reason."""
    flags: tuple[QualityFlag, ...] = ()
    """Reasons to trust the data less, those found in the counts included."""

    @property
    def published(self) -> dict[str, PublishedValue]:
        """What to hand to the next valuation as `previous`."""
        return {d.event: d.published for d in self.journal if d.published}

    def __iter__(self) -> Iterator[ValuedEvent]:
        return iter(self.events)

    def __getitem__(self, event: str) -> ValuedEvent:
        for found in self.events:
            if found.event == event:
                return found
        raise KeyError(event)

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per event."""
        return [e.to_dict() for e in self.events]

    def to_pandas(self) -> Any:
        """Return one row per event as a pandas dataframe (extra `pandas`)."""
        return to_pandas(self.rows())

    def plot(self) -> Any:
        """Draw values with their 90 % intervals (extra `report`)."""
        return plot("valuation_chart", self)

    def __repr__(self) -> str:
        valued = sum(e.value is not None for e in self.events)
        return (
            f"<Valuation {self.client}, {self.window}: {valued} of "
            f"{len(self.events)} events valued in {self.currency}, {self.scheme}, "
            f"inflation {self.inflation:.2f}>"
        )

    def _repr_html_(self) -> str:
        columns = ("event", "class", "value", "low", "high", "status", "reason")
        return html_table(self.rows(), caption=repr(self), columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return the valuation as JSON-ready data."""
        return {
            "client": self.client,
            "currency": self.currency,
            "window": self.window.to_dict(),
            "horizon_days": self.horizon_days,
            "scheme": str(self.scheme),
            "anchor": str(self.anchor),
            "revenue": _number(self.revenue),
            "inflation": self.inflation,
            "troas_multiplier": self.troas_multiplier,
            "warnings": list(self.warnings),
            "events": self.rows(),
        }


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
