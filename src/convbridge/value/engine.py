"""From counts, classes and funnels to values: the way every client goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from convbridge.model.classes import EventClass
from convbridge.model.funnels import Evidence
from convbridge.model.money import to_minor_unit
from convbridge.model.policy import Anchor, Scheme
from convbridge.model.quality import Effect
from convbridge.model.values import Valuation, ValuedEvent, ValueStatus
from convbridge.value.findings import Site, find_rate
from convbridge.value.publish import Proposal, decide
from convbridge.value.schemes import share_credit
from convbridge.value.tally import tally as count_up
from convbridge.value.weights import equal_weights, given_weights
from convbridge.value.worth import assess_worth

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from convbridge.model.classes import Classification, ClassifiedEvent
    from convbridge.model.counts import EventCounts
    from convbridge.model.funnels import Funnels
    from convbridge.model.policy import ValuePolicy
    from convbridge.model.quality import QualityFlag
    from convbridge.model.rules import RuleSet
    from convbridge.model.values import PublishDecision, PublishedValue
    from convbridge.value.findings import Finding
    from convbridge.value.intervals import Estimate
    from convbridge.value.schemes import Credit
    from convbridge.value.weights import Weights
    from convbridge.value.worth import Worth

_NOTHING: Mapping[str, PublishedValue] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One valuation under way."""

    counts: EventCounts
    classification: Classification
    rules: RuleSet
    policy: ValuePolicy
    previous: Mapping[str, PublishedValue]
    on: date
    site: Site
    worth: Worth
    findings: Mapping[str, Finding]
    credit: Credit
    scale: float
    """What credit is multiplied with: by the anchor."""
    inflation: float
    refused: str | None
    """Why nothing at all can be valued."""
    source: str


def value_events(
    counts: EventCounts,
    classification: Classification,
    funnels: Funnels | None,
    *,
    rules: RuleSet,
    policy: ValuePolicy,
    previous: Mapping[str, PublishedValue] = _NOTHING,
    on: date | None = None,
) -> Valuation:
    """
    Return what each event is worth per conversion, and what it adds up to.

    `inflation` is the value pushed to Google Ads per unit of revenue:
    (sum of micro conversions times their value + primary value) / revenue. With
    K nested steps, the purchase the last, static values give K. With the total
    as the anchor it is 1, with the primary as the anchor 1 / lambda(primary).
    `troas_multiplier` equals it: a target ROAS set on revenue alone asks for
    the same clicks when it is multiplied by the inflation.

    `previous` is what was published before (`Valuation.published` of the last
    run), `on` the day of publishing, by default the day after the window.
    Weak, missing or absurd data give a status and a reason, never a number
    that is not there.
    """
    day = counts.window.end + timedelta(days=1) if on is None else on
    case = _case(counts, classification, funnels, rules, policy, previous, day)
    valued = [_valued(event, case) for event in classification]
    return Valuation(
        client=classification.client,
        currency=counts.currency,
        window=counts.window,
        horizon_days=policy.horizon_days,
        scheme=policy.scheme,
        anchor=policy.anchor,
        events=tuple(event for event, _ in valued),
        revenue=_money(max(case.worth.face, 0.0)),
        inflation=case.inflation,
        troas_multiplier=case.inflation,
        warnings=_warnings(case),
        journal=tuple(entry for _, entry in valued if entry is not None),
        flags=tuple(case.site.flags),
    )


def _case(  # noqa: PLR0917 - the arguments of value_events, handed on
    counts: EventCounts,
    classification: Classification,
    funnels: Funnels | None,
    rules: RuleSet,
    policy: ValuePolicy,
    previous: Mapping[str, PublishedValue],
    on: date,
) -> _Case:
    tally = count_up(counts)
    worth = assess_worth(
        tally, classification.primaries, rules, funnels=funnels, lost={}
    )
    flags = counts.flags
    site = Site(
        tally=tally,
        funnels=funnels,
        flags=flags,
        primary_users=worth.users,
        total_users=_everybody(funnels, counts),
        horizon=float(policy.horizon_days),
    )
    micro = classification.of(EventClass.MICRO)
    findings = {e.event: find_rate(e, site) for e in micro}
    stages = {e.event: e.stage for e in micro}
    weights = _weights(policy, stages, rules)
    credit = share_credit(
        policy.scheme, tuple(findings.values()), stages, weights, worth.per_user
    )
    scale, inflation = _anchored(policy, credit, findings, worth)
    return _Case(
        counts=counts,
        classification=classification,
        rules=rules,
        policy=policy,
        previous=previous,
        on=on,
        site=site,
        worth=worth,
        findings=findings,
        credit=credit,
        scale=scale,
        inflation=inflation,
        refused=_refused(classification, worth, flags),
        source=weights.source,
    )


def _everybody(funnels: Funnels | None, counts: EventCounts) -> float | None:
    found = funnels.total_users if funnels and funnels.total_users else None
    found = counts.total_users if found is None else found
    return float(found) if found else None


def _weights(
    policy: ValuePolicy, stages: Mapping[str, int | None], rules: RuleSet
) -> Weights:
    if policy.scheme is not Scheme.WEIGHTS:
        return equal_weights(stages)
    mine = {e: r.weight for e, r in rules.rules.items() if r.weight is not None}
    return given_weights({**policy.weights, **mine}, tuple(stages))


def _anchored(
    policy: ValuePolicy, credit: Credit, findings: Mapping[str, Finding], worth: Worth
) -> tuple[float, float]:
    """Return the factor on credit and the inflation that follows from it."""
    micro = sum(findings[e].conversions * c.mean for e, c in credit.micro.items())
    face = max(worth.face, 0.0)
    primary = credit.primary * face
    if face <= 0:
        return 0.0, 1.0
    if policy.anchor is Anchor.TOTAL:
        return face / (micro + primary), 1.0
    scale = 1.0 / credit.primary
    return scale, (micro * scale + face) / face


def _refused(
    classification: Classification, worth: Worth, flags: tuple[QualityFlag, ...]
) -> str | None:
    for flag in flags:
        if flag.effect is Effect.REFUSE and flag.event is None:
            return flag.reason
    if not classification.primaries:
        return "no event is primary: there is nothing to measure against"
    if worth.face <= 0 or worth.per_user.mean <= 0:
        return (
            "the primaries brought no money in the window; "
            "give the primary a `value` or check that revenue reaches GA4"
        )
    return None


def _valued(
    event: ClassifiedEvent, case: _Case
) -> tuple[ValuedEvent, PublishDecision | None]:
    match event.event_class:
        case EventClass.PRIMARY:
            return _primary(event, case), None
        case EventClass.MICRO:
            return _micro(event, case)
        case EventClass.ANTI | EventClass.NOISE | EventClass.UNCLASSIFIED:
            says = f"{event.event_class} events carry no value: {event.reason}"
            return _entry(event, ValueStatus.NOT_VALUED, says), None


def _primary(event: ClassifiedEvent, case: _Case) -> ValuedEvent:
    worth = case.worth.of(event.event)
    if case.refused or worth is None or worth.value.mean <= 0:
        reason = case.refused or "it brought no revenue and has no `value`"
        return _entry(event, ValueStatus.REFUSED, reason)
    kept = case.credit.primary * case.scale
    value = worth.value.scaled(kept)
    status = ValueStatus.REVENUE if worth.is_revenue else ValueStatus.GIVEN
    reason = "its revenue" if worth.is_revenue else "your value"
    if case.policy.anchor is Anchor.TOTAL:
        reason += f" times {kept:.3g}, so that the total is counted once"
        status = ValueStatus.OK
    return _entry(event, status, reason, value=value, amount=value.mean, case=case)


def _micro(
    event: ClassifiedEvent, case: _Case
) -> tuple[ValuedEvent, PublishDecision | None]:
    finding = case.findings[event.event]
    value = case.credit.micro[event.event].scaled(case.scale)
    halt, why = _halt(event, finding, case)
    amount = value.quarter if finding.is_weak else value.mean
    decision = decide(
        Proposal(
            event=event.event, estimate=value, amount=amount, halt=halt, halt_reason=why
        ),
        case.previous.get(event.event),
        policy=case.policy.publish,
        currency=case.counts.currency,
        on=case.on,
    )
    status = _status(decision.action, finding)
    reason = why or "; ".join((*finding.notes, decision.reason))
    shown = _entry(
        event,
        status,
        reason,
        value=None if halt else value,
        published=decision.after,
        case=case,
        finding=finding,
    )
    return shown, decision


def _halt(
    event: ClassifiedEvent, finding: Finding, case: _Case
) -> tuple[str | None, str]:
    """Return what keeps a new value from being published, the gravest first."""
    refused = case.refused or case.site.halted(event.event, Effect.REFUSE)
    if refused:
        return "refused", refused
    frozen = case.site.halted(event.event, Effect.FREEZE)
    if frozen:
        return "frozen", frozen
    immature = finding.immature or case.site.halted(event.event, Effect.IMMATURE)
    return ("immature", immature) if immature else (None, "")


def _status(action: str, finding: Finding) -> ValueStatus:
    match action:
        case "refused" | "frozen" | "immature" | "kept":
            return ValueStatus(action)
        case _:
            return ValueStatus.WEAK if finding.is_weak else ValueStatus.OK


def _entry(
    event: ClassifiedEvent,
    status: ValueStatus,
    reason: str,
    *,
    value: Estimate | None = None,
    amount: float | None = None,
    published: Decimal | None = None,
    case: _Case | None = None,
    finding: Finding | None = None,
) -> ValuedEvent:
    currency = case.counts.currency if case else ""
    final = to_minor_unit(_money(amount), currency) if amount is not None else published
    return ValuedEvent(
        event=event.event,
        event_class=event.event_class,
        group=event.group,
        stage=event.stage,
        category=event.category,
        value=final,
        low=_money(value.low) if value else None,
        high=_money(value.high) if value else None,
        status=status,
        count=event.count,
        users=event.users,
        reason=reason,
        evidence=finding.evidence if finding else _evidence(status),
        weight=case.credit.weights.get(event.event) if case and finding else None,
        rate=finding.rate.mean if finding else None,
        detail=_detail(case, finding, value),
    )


def _evidence(status: ValueStatus) -> Evidence | None:
    return Evidence.CONFIG if status is ValueStatus.GIVEN else None


def _detail(
    case: _Case | None, finding: Finding | None, value: Estimate | None
) -> dict[str, Any]:
    if case is None or finding is None:
        return {}
    return {
        **finding.detail,
        "users_in_rate": finding.users,
        "converted": finding.converted,
        "rate": finding.rate.mean,
        "rate_low": finding.rate.low,
        "rate_high": finding.rate.high,
        "primary_value": case.worth.per_user.mean,
        "weights": case.source,
        "scale": case.scale,
        "conversions": finding.conversions,
        "estimate": value.mean if value else None,
        "quarter": value.quarter if value else None,
    }


def _warnings(case: _Case) -> tuple[str, ...]:
    found = list(case.classification.warnings)
    if case.refused:
        found.append(case.refused)
    return tuple(found)


def _money(amount: float) -> Decimal:
    return Decimal(repr(round(amount, 6)))
