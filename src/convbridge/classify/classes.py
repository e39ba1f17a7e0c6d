"""A class for each event: the user's rule first, then the template's taxonomy."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from convbridge.classify.evidence import evidence
from convbridge.classify.taxonomy import load_taxonomy
from convbridge.model.classes import Classification, ClassifiedEvent, EventClass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convbridge.classify.taxonomy import Act, Taxonomy, Template
    from convbridge.model.counts import EventCounts
    from convbridge.model.funnels import Funnels
    from convbridge.model.rules import EventRule, RuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    event_class: EventClass
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One event, and what speaks for its class."""

    event: str
    act: Act | None
    rule: EventRule | None
    template: Template
    primary: str | None
    """The primary of the event's kind, where the event could be one itself."""
    count: int
    users: int | None


def classify(
    counts: EventCounts,
    *,
    client: str,
    rules: RuleSet,
    funnels: Funnels | None = None,
) -> Classification:
    """
    Return every event seen, in order of count, with its class and the reason.

    The user's rules win; what they leave open, the taxonomy and the template
    fill. Events nobody knows stay unclassified: `suggest` proposes a class.
    """
    taxonomy = load_taxonomy()
    template = taxonomy.template(rules.template)
    seen = {row["event"]: row for row in counts.rows() if row["count"] > 0}
    acts = {e: _act(e, rules.rules.get(e), taxonomy) for e in seen}
    primaries = _primaries(acts, template, rules)
    cases = (
        _Case(
            event=e,
            act=acts[e],
            rule=rules.rules.get(e),
            template=template,
            primary=primaries.get(e),
            count=row["count"],
            users=row["users"],
        )
        for e, row in seen.items()
    )
    days = counts.window.days
    events = tuple(_classified(case, funnels, days) for case in cases)
    warnings = (*_unmatched(rules, tuple(seen)), *_no_primary(events, template))
    return Classification(
        client=client, template=template.name, events=events, warnings=warnings
    )


def classes_of(events: Iterable[str], rules: RuleSet) -> dict[str, EventClass]:
    """Return the class of events by their names alone, seen or not."""
    taxonomy = load_taxonomy()
    template = taxonomy.template(rules.template)
    acts = {e: _act(e, rules.rules.get(e), taxonomy) for e in events}
    primaries = _primaries(acts, template, rules)
    return {
        event: _verdict(
            _Case(
                event=event,
                act=act,
                rule=rules.rules.get(event),
                template=template,
                primary=primaries.get(event),
                count=0,
                users=None,
            )
        ).event_class
        for event, act in acts.items()
    }


def _act(event: str, rule: EventRule | None, taxonomy: Taxonomy) -> Act | None:
    """A derived event is known by where its links lead, else by its name."""
    for condition in rule.where if rule else ():
        if condition.dimension == "linkDomain" and not condition.negate:
            found = [taxonomy.find_domain(v) for v in condition.values]
            if found and found[0]:
                return found[0]
    return taxonomy.find(event)


def _primaries(
    acts: dict[str, Act | None], template: Template, rules: RuleSet
) -> dict[str, str]:
    """
    Map each event that could be the template's primary to the one that is.

    Events of one list would count the same money; only the first is primary,
    and one the user named takes precedence over the template's order.
    """
    ours = rules.rules.items()
    named = [e for e, r in ours if r.event_class is EventClass.PRIMARY and e in acts]
    chosen: dict[str, str] = {}
    for same in template.primary:
        group = [e for e, act in acts.items() if act and act.name in same]
        mine = [e for e in group if e in named]
        if named and template.yields and not mine:
            continue
        ranked = mine or sorted(group, key=lambda e: _rank(e, acts[e], same))
        chosen |= dict.fromkeys(group, ranked[0]) if ranked else {}
    return chosen


def _rank(event: str, act: Act | None, same: tuple[str, ...]) -> tuple[int, int, str]:
    """Order events that mean the same: best act, then Google's own spelling."""
    assert act is not None
    own = act.names.index(event) if event in act.names else len(act.names)
    return same.index(act.name), own, event


def _classified(case: _Case, funnels: Funnels | None, days: int) -> ClassifiedEvent:
    event, act, rule = case.event, case.act, case.rule
    verdict = _verdict(case)
    evidence(event, count=case.count, users=case.users, funnels=funnels, days=days)
    return ClassifiedEvent(
        event=event,
        event_class=verdict.event_class,
        group=(rule and rule.group) or (act.group if act else None),
        stage=_stage(case, verdict.event_class),
        category=(rule and rule.category) or (act.category if act else None),
        count=case.count,
        users=case.users,
        rule=verdict.rule,
        reason=verdict.reason,
        evidence={
            **({"act": act.name} if act else {}),
            **({"follows": act.follows} if act and act.follows else {}),
            **evidence(
                event, count=case.count, users=case.users, funnels=funnels, days=days
            ),
        },
    )


def _stage(case: _Case, verdict: EventClass) -> int | None:
    """Only what is valued stands on the path; the user's word goes first."""
    if case.rule and case.rule.stage is not None:
        return case.rule.stage
    if case.act is None or verdict not in {EventClass.PRIMARY, EventClass.MICRO}:
        return None
    return case.template.stage(case.act.name)


def _verdict(case: _Case) -> _Verdict:
    if case.rule and case.rule.event_class:
        says = f"your rule says {case.rule.event_class}"
        return _Verdict(
            event_class=case.rule.event_class,
            rule=f"config:{case.event}",
            reason=says,
        )
    if case.act is None:
        return _Verdict(
            event_class=EventClass.UNCLASSIFIED,
            rule="none",
            reason="no rule and no entry of the taxonomy names it",
        )
    kind, reason = _by_template(case, case.act)
    return _Verdict(event_class=kind, rule=f"taxonomy:{case.act.name}", reason=reason)


def _by_template(case: _Case, act: Act) -> tuple[EventClass, str]:
    if case.primary == case.event:
        return EventClass.PRIMARY, f"{act.says}: what {case.template.says} lives on"
    if case.primary is not None:
        reason = f"{act.says}; {case.primary} is the primary and counts the same money"
        return EventClass.NOISE, reason
    if act.name in case.template.after:
        reason = f"{act.says}; it follows the primary, whose value holds its money"
        return EventClass.NOISE, reason
    return act.event_class, act.says


def _unmatched(rules: RuleSet, seen: tuple[str, ...]) -> tuple[str, ...]:
    """Name every rule that met no event, with the nearest name that was seen."""
    found = []
    for event, rule in rules.rules.items():
        if event in seen:
            continue
        wanted = rule.source_event or event
        near = get_close_matches(
            wanted, [s for s in seen if s != wanted], n=1, cutoff=0.7
        )
        hint = f"; did you mean {near[0]!r}?" if near and wanted not in seen else ""
        found.append(f"the rule for {event!r} matches no event in the window{hint}")
    return tuple(found)


def _no_primary(
    events: tuple[ClassifiedEvent, ...], template: Template
) -> tuple[str, ...]:
    if any(e.event_class is EventClass.PRIMARY for e in events):
        return ()
    missing = (
        "no primary event was seen: nothing can be valued; "
        f"name one with `class: primary` (template {template.name})"
    )
    return (missing,)
