"""Proposals for events nobody knows: a class, why, and the lines to paste."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from convbridge.classify.evidence import evidence
from convbridge.classify.taxonomy import load_taxonomy
from convbridge.model.classes import EventClass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.classify.taxonomy import Act
    from convbridge.model.classes import Classification, ClassifiedEvent
    from convbridge.model.counts import EventCounts
    from convbridge.model.funnels import Funnels

COMMON_SHARE = 0.5
"""An event more users than this do says nothing about any of them."""
FEW_USERS = 30
CLICKS = ("messenger_click", "line_click", "whatsapp_click", "maps_click")
"""Acts worth splitting out of GA4's `click` by where the link leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A class proposed for one event; nothing is applied by proposing it."""

    event: str
    event_class: EventClass
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    source_event: str | None = None
    """For an event to be split out of another: that other one."""
    link_domains: tuple[str, ...] = ()

    @property
    def config(self) -> str:
        """The line for the client's `events` in convbridge.yaml."""
        body = f"class: {self.event_class}"
        if self.source_event:
            domains = ", ".join(self.link_domains)
            body += f", from: {self.source_event}, where: {{linkDomain: [{domains}]}}"
        return f"{_key(self.event)}: {{{body}}}  # {self.reason}"

    def to_dict(self) -> dict[str, Any]:
        """Return the suggestion as JSON-ready data."""
        return {
            "event": self.event,
            "class": str(self.event_class),
            "reason": self.reason,
            "config": self.config,
            "evidence": dict(self.evidence),
        }


def suggest(
    counts: EventCounts, classification: Classification, funnels: Funnels | None
) -> tuple[Suggestion, ...]:
    """
    Propose a class for each unclassified event, most frequent first.

    What decides is lift (do those who did it convert more often?), precedence
    (did the buyers do it first?) and volume. GA4's outbound `click` is proposed
    to be split by where it leads.
    """
    unknown = classification.of(EventClass.UNCLASSIFIED)
    found = [_suggest(event, counts, funnels) for event in unknown]
    return (*found, *_clicks(counts, classification))


def _suggest(
    event: ClassifiedEvent, counts: EventCounts, funnels: Funnels | None
) -> Suggestion:
    seen = evidence(
        event.event,
        count=event.count,
        users=event.users,
        funnels=funnels,
        days=counts.window.days,
    )
    kind, reason = _judge(seen, counts.total_users)
    near = _nearest(event.event)
    if near is not None:
        kind = near.event_class if near.event_class is not EventClass.PRIMARY else kind
        reason = f"the name is close to {near.name} ({near.says}); {reason}"
    return Suggestion(event=event.event, event_class=kind, reason=reason, evidence=seen)


def _judge(seen: Mapping[str, Any], everybody: int | None) -> tuple[EventClass, str]:
    """Return a class from volume first, then lift."""
    users = seen["users"] if seen["users"] is not None else seen["count"]
    if everybody and users > COMMON_SHARE * everybody:
        return EventClass.NOISE, f"{users / everybody:.0%} of all users do it"
    if users < FEW_USERS:
        return EventClass.NOISE, f"only {users} users: nothing can be told yet"
    if "lift" not in seen:
        return EventClass.NOISE, "no funnel: whether it leads to the primary is unknown"
    says = (
        f"lift {seen['lift']:.2g} ({seen['lift_low']:.2g} to {seen['lift_high']:.2g})"
    )
    if "precedence" in seen:
        says += f", {seen['precedence']:.0%} of primaries came after it"
    if seen["lift_low"] > 1:
        return EventClass.MICRO, says
    if seen["lift_high"] < 1:
        return EventClass.ANTI, says
    return EventClass.NOISE, f"{says}: no better and no worse than others"


def _nearest(event: str) -> Act | None:
    """Return the act with a name a slip of the keyboard away."""
    taxonomy = load_taxonomy()
    folded = event.lower().replace("_", "")
    near = get_close_matches(folded, taxonomy.by_name, n=1, cutoff=0.9)
    return taxonomy.acts[taxonomy.by_name[near[0]]] if near else None


def _clicks(
    counts: EventCounts, classification: Classification
) -> tuple[Suggestion, ...]:
    taxonomy = load_taxonomy()
    known = {e.evidence.get("act") for e in classification}
    if not counts.count("click"):
        return ()
    return tuple(
        Suggestion(
            event=name,
            event_class=EventClass.MICRO,
            reason=f"outbound clicks by where they lead: {taxonomy.acts[name].says}",
            source_event="click",
            link_domains=taxonomy.acts[name].link_domains,
        )
        for name in CLICKS
        if name not in known
    )


def _key(event: str) -> str:
    """Quote a name YAML would read as something else."""
    plain = event.isascii() and event.replace("_", "").isalpha()
    return event if plain else json.dumps(event, ensure_ascii=False)
