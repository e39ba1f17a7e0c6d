"""Lint: what is likely wrong with how a property counts its events."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from convbridge.classify.taxonomy import fold, load_taxonomy
from convbridge.model.classes import EventClass, EventGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.model.classes import Classification, ClassifiedEvent
    from convbridge.model.counts import EventCounts
    from convbridge.model.funnels import Funnels
    from convbridge.model.rules import RuleSet

SAME_ACT = 0.15
"""Counts of two events of one act that differ by less are one act counted twice."""
SAME_MONEY = (
    {"generate_lead", "form_submit", "thank_you_page", "contact_form"},
    {"purchase", "order_thank_you"},
    {"phone_click", "phone_tap"},
    {"booking", "form_submit", "thank_you_page"},
)
"""Acts that are often two tags on one click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that looks wrong, and what to do about it."""

    code: str
    """`engagement_key_event`, `double_count`, `primary_without_value`,
    `micro_after_primary`, `renamed`."""
    events: tuple[str, ...]
    message: str
    hint: str

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON-ready data."""
        return {
            "code": self.code,
            "events": list(self.events),
            "message": self.message,
            "hint": self.hint,
        }


def lint(
    counts: EventCounts,
    classification: Classification,
    funnels: Funnels | None,
    *,
    rules: RuleSet,
) -> tuple[Finding, ...]:
    """Return everything about the events that is likely a mistake."""
    return (
        *_engagement_key_events(counts, classification),
        *_double_counts(classification),
        *_without_value(counts, classification, rules),
        *_after_primary(classification, funnels),
        *_renamed(counts, classification),
    )


def _engagement_key_events(
    counts: EventCounts, classification: Classification
) -> Iterator[Finding]:
    for event in classification:
        weak = event.group is EventGroup.ENGAGEMENT or event.event_class in {
            EventClass.NOISE,
            EventClass.ANTI,
        }
        if weak and event.event in counts.key_events:
            yield Finding(
                code="engagement_key_event",
                events=(event.event,),
                message=f"{event.event} is a key event in GA4 and tells nothing of "
                f"business: {event.reason}",
                hint="unmark it in GA4, or keep it out of Google Ads' primary goals",
            )


def _double_counts(classification: Classification) -> Iterator[Finding]:
    valued = classification.of(EventClass.PRIMARY, EventClass.MICRO)
    for one, other in combinations(valued, 2):
        if _is_same_act(one, other) and _is_close(one.count, other.count):
            yield Finding(
                code="double_count",
                events=(one.event, other.event),
                message=f"{one.event} ({one.count}) and {other.event} ({other.count}) "
                "are counted on the same act",
                hint=f"give one of them `class: noise`, such as {other.event}",
            )


def _is_same_act(one: ClassifiedEvent, other: ClassifiedEvent) -> bool:
    acts = {one.evidence.get("act"), other.evidence.get("act")}
    if None in acts:
        return False
    return len(acts) == 1 or any(acts <= same for same in SAME_MONEY)


def _is_close(one: int, other: int) -> bool:
    return abs(one - other) <= SAME_ACT * max(one, other)


def _without_value(
    counts: EventCounts, classification: Classification, rules: RuleSet
) -> Iterator[Finding]:
    for event in classification.of(EventClass.PRIMARY):
        rule = rules.rules.get(event.event)
        given = rule is not None and rule.value is not None
        earns = event.group is EventGroup.TRANSACTION and counts.total_revenue > 0
        if not given and not earns:
            yield Finding(
                code="primary_without_value",
                events=(event.event,),
                message=f"{event.event} is primary and has no value: GA4 reports no "
                "revenue for it",
                hint=f"{event.event}: {{class: primary, value: 400, close_rate: 0.25}}",
            )


def _after_primary(
    classification: Classification, funnels: Funnels | None
) -> Iterator[Finding]:
    """
    Find micro events that happen once the primary is done.

    Their users hardly ever convert afterwards, though hardly anyone but
    converts does them: thank-you pages, order tracking, reviews.
    """
    buyers = funnels.primary_users if funnels else None
    for event in classification.of(EventClass.MICRO):
        high = event.evidence.get("lift_high")
        reverse = _reverse(event, classification, funnels)
        late = high is not None and high < 1 and buyers and (event.users or 0) <= buyers
        if late or reverse > 0.5:
            yield Finding(
                code="micro_after_primary",
                events=(event.event,),
                message=f"{event.event} happens after the primary, not before it",
                hint="give it `class: noise`: the primary's value holds its money",
            )


def _reverse(
    event: ClassifiedEvent, classification: Classification, funnels: Funnels | None
) -> float:
    """Return the share of the event's users who had done a primary before."""
    found = [
        f.converted
        for f in funnels or ()
        if f.event in classification.primaries
        and f.primary == event.event
        and f.dimension is None
    ]
    return max(found, default=0) / event.users if event.users else 0.0


def _renamed(counts: EventCounts, classification: Classification) -> Iterator[Finding]:
    """Find two spellings of one name, and one taking over from the other."""
    by_name: dict[str, list[str]] = {}
    for event in classification:
        by_name.setdefault(fold(event.event).replace("_", ""), []).append(event.event)
    for names in by_name.values():
        if len(names) > 1:
            yield Finding(
                code="renamed",
                events=tuple(names),
                message=f"{' and '.join(names)} are spellings of one event: GA4 "
                "counts them apart",
                hint="send one name; until then give the others `class: noise`",
            )
    yield from _taken_over(counts, classification)


def _taken_over(
    counts: EventCounts, classification: Classification
) -> Iterator[Finding]:
    """Find an act whose event stops on the day another one of it starts."""
    taxonomy = load_taxonomy()
    acts: dict[str, list[str]] = {}
    for event in classification:
        if event.evidence.get("act") in taxonomy.acts:
            acts.setdefault(event.evidence["act"], []).append(event.event)
    for names in acts.values():
        for old, new in combinations(names, 2):
            ended, began = _last_day(counts, old), _first_day(counts, new)
            if began > ended:
                yield _took_over(old, new)
            elif _first_day(counts, old) > _last_day(counts, new):
                yield _took_over(new, old)


def _took_over(old: str, new: str) -> Finding:
    return Finding(
        code="renamed",
        events=(old, new),
        message=f"{old} stopped before {new} began: renamed",
        hint=f"give {old} `class: noise`; values of {new} need a window of its own",
    )


def _last_day(counts: EventCounts, event: str) -> int:
    return max((i for i, n in enumerate(counts.daily(event)) if n), default=-1)


def _first_day(counts: EventCounts, event: str) -> int:
    return min((i for i, n in enumerate(counts.daily(event)) if n), default=10**6)
