"""Anti-conversions: what they take off the step they follow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convbridge.model.classes import EventClass
from convbridge.model.funnels import Evidence
from convbridge.value.intervals import exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.model.classes import Classification, ClassifiedEvent
    from convbridge.value.findings import Finding

MOST = 0.9
"""No step loses more than this: what never works should not be a step at all."""


def losses(classification: Classification) -> dict[str, float]:
    """
    Return the share of each primary that is taken back later.

    It lowers a value the user gave without a close rate. Revenue needs no
    lowering, GA4's purchase revenue is net of refunds; nor does a close rate,
    which counts bad leads already.
    """
    return {
        e.event: _share(e, classification)
        for e in classification.of(EventClass.PRIMARY)
    }


def lowered(
    finding: Finding, event: ClassifiedEvent, classification: Classification
) -> Finding:
    """
    Lower a micro event's rate by the anti events that follow it.

    A rate counted by a funnel already has in it those who turned away: they
    are among its users and did not convert. There the anti event is reported.
    Bounds know nothing of them, so they are lowered by their share.
    """
    followers = [(a, _part(a, event)) for a in _followers(event, classification)]
    notes = tuple(f"{a.event} followed {share:.0%} of them" for a, share in followers)
    if not followers:
        return finding
    if finding.evidence is not Evidence.BOUNDS:
        return replace(finding, notes=(*finding.notes, *notes))
    keep = 1.0 - _share(event, classification)
    return replace(
        finding,
        rate=finding.rate.scaled(keep) if finding.rate.mean > 0 else exact(0.0),
        notes=(*finding.notes, *notes),
        detail={**finding.detail, "anti_share": 1.0 - keep},
    )


def _share(event: ClassifiedEvent, classification: Classification) -> float:
    found = sum(_part(a, event) for a in _followers(event, classification))
    return min(found, MOST)


def _followers(
    event: ClassifiedEvent, classification: Classification
) -> Iterator[ClassifiedEvent]:
    act = event.evidence.get("act")
    for anti in classification.of(EventClass.ANTI):
        if act is not None and anti.evidence.get("follows") == act:
            yield anti


def _part(anti: ClassifiedEvent, event: ClassifiedEvent) -> float:
    theirs = anti.count if anti.users is None else anti.users
    ours = event.count if event.users is None else event.users
    return min(1.0, theirs / ours) if ours > 0 else 0.0
