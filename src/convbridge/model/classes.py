"""What an event is to the business: its class, group, stage, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from convbridge.model.frames import to_pandas
from convbridge.model.html import html_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class EventClass(StrEnum):
    """convbridge's verdict on an event."""

    PRIMARY = "primary"
    MICRO = "micro"
    ANTI = "anti"
    NOISE = "noise"
    UNCLASSIFIED = "unclassified"


class EventGroup(StrEnum):
    """What kind of act the event is."""

    ENGAGEMENT = "engagement"
    LEAD = "lead"
    TRANSACTION = "transaction"
    OFFLINE_INTENT = "offline_intent"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifiedEvent:
    """One event with its class and the rule that gave it."""

    event: str
    event_class: EventClass
    group: EventGroup | None = None
    stage: int | None = None
    """Position on the path to the primary, 1 first; None off the path."""
    category: str | None = None
    """Google Ads ConversionActionCategory that fits, such as `ADD_TO_CART`."""
    count: int = 0
    users: int | None = None
    rule: str
    """Which rule decided: `config:line_click`, `taxonomy:add_to_cart`, ..."""
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the event as JSON-ready data."""
        return {
            "event": self.event,
            "class": str(self.event_class),
            "group": str(self.group) if self.group else None,
            "stage": self.stage,
            "category": self.category,
            "count": self.count,
            "users": self.users,
            "rule": self.rule,
            "reason": self.reason,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Classification:
    """Every event of one client with its class, and what the rules left open."""

    client: str
    template: str
    events: tuple[ClassifiedEvent, ...]
    warnings: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[ClassifiedEvent]:
        return iter(self.events)

    def __getitem__(self, event: str) -> ClassifiedEvent:
        for found in self.events:
            if found.event == event:
                return found
        raise KeyError(event)

    def of(self, *classes: EventClass) -> tuple[ClassifiedEvent, ...]:
        """Return the events of the given classes, in order."""
        return tuple(e for e in self.events if e.event_class in classes)

    @property
    def primaries(self) -> tuple[str, ...]:
        """Names of the primary events."""
        return tuple(e.event for e in self.of(EventClass.PRIMARY))

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per event."""
        return [e.to_dict() for e in self.events]

    def to_pandas(self) -> Any:
        """Return one row per event as a pandas dataframe (extra `pandas`)."""
        return to_pandas(self.rows())

    def __repr__(self) -> str:
        numbers = Counter(str(e.event_class) for e in self.events)
        listed = ", ".join(f"{n} {name}" for name, n in sorted(numbers.items()))
        return f"<Classification {self.client}, {self.template}: {listed}>"

    def _repr_html_(self) -> str:
        columns = ("event", "class", "group", "stage", "count", "users", "reason")
        return html_table(self.rows(), caption=repr(self), columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return the classification as JSON-ready data."""
        return {
            "client": self.client,
            "template": self.template,
            "warnings": list(self.warnings),
            "events": self.rows(),
        }
