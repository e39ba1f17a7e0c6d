"""Which micro events can reach Google Ads: only those share the credit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.classes import EventClass, EventGroup

if TYPE_CHECKING:
    from collections.abc import Collection

    from convbridge.model.classes import Classification, ClassifiedEvent
    from convbridge.model.rules import RuleSet


def carried_events(
    classification: Classification, *, rules: RuleSet, key_events: Collection[str]
) -> tuple[ClassifiedEvent, ...]:
    """
    Return the micro events that share the credit.

    Those are the ones named in the configuration and the key events: Google Ads
    counts no others, and credit given to them would be lost. Where there are none
    yet, all but engagement events are looked at, to show what they would be worth.
    """
    micro = classification.of(EventClass.MICRO)
    known = {*rules.rules, *key_events}
    found = tuple(e for e in micro if e.event in known)
    return found or tuple(e for e in micro if e.group is not EventGroup.ENGAGEMENT)


def why_not_carried(event: ClassifiedEvent) -> str:
    """Say why a micro event has no part in the credit."""
    if event.group is EventGroup.ENGAGEMENT:
        return f"{event.reason}: engagement; name it under `events` to value it"
    return "no key event, and not named under `events`: Google Ads cannot count it"
