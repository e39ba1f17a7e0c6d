"""One event's entry in a valuation: value, status, reason and the numbers behind."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, assert_never

from convbridge.model.classes import EventClass
from convbridge.model.funnels import Evidence
from convbridge.model.money import to_minor_unit
from convbridge.model.policy import Anchor
from convbridge.model.quality import Effect
from convbridge.model.values import ValuedEvent, ValueStatus
from convbridge.value.carried import why_not_carried
from convbridge.value.intervals import exact
from convbridge.value.publish import Proposal, decide
from convbridge.value.segments import segment_rates
from convbridge.value.worth import close_rate

if TYPE_CHECKING:
    from convbridge.model.classes import ClassifiedEvent
    from convbridge.model.rules import EventRule
    from convbridge.model.values import PublishDecision
    from convbridge.value.case import Case
    from convbridge.value.findings import Finding
    from convbridge.value.intervals import Estimate

Entry = tuple[ValuedEvent, "PublishDecision | None"]


def entry(event: ClassifiedEvent, case: Case) -> Entry:
    """Return the event's entry, and what the publisher decided where it was asked."""
    match event.event_class:
        case EventClass.PRIMARY:
            return _primary(event, case), None
        case EventClass.MICRO:
            if event.event not in case.findings:
                return _valued(
                    event, ValueStatus.NOT_VALUED, why_not_carried(event)
                ), None
            rule = case.rules.rules.get(event.event)
            if rule is not None and rule.value is not None and not case.refused:
                return _given(event, rule, rule.value, case), None
            return _micro(event, case)
        case EventClass.ANTI | EventClass.NOISE | EventClass.UNCLASSIFIED:
            says = f"{event.event_class} events carry no value: {event.reason}"
            return _valued(event, ValueStatus.NOT_VALUED, says), None
        case _:
            assert_never(event.event_class)


def _primary(event: ClassifiedEvent, case: Case) -> ValuedEvent:
    worth = case.worth.of(event.event)
    if case.refused or worth is None or worth.value.mean <= 0:
        reason = case.refused or "it brought no revenue and has no `value`"
        return _valued(event, ValueStatus.REFUSED, reason)
    kept = case.credit.primary * case.scale
    status, reason = ValueStatus.GIVEN, "your value"
    if worth.is_revenue:
        status, reason = ValueStatus.REVENUE, "its revenue; the mean is shown"
    if case.policy.anchor is Anchor.TOTAL:
        status = ValueStatus.OK
        reason = f"{reason}, times {kept:.3g} so that the total counts once"
    value = worth.value.scaled(kept)
    detail = {
        "primary_value": worth.value.mean,
        "kept": kept,
        "is_revenue": worth.is_revenue,
        "conversions": worth.conversions,
        "estimate": value.mean,
        "amount": value.mean,
    }
    return _valued(
        event,
        status,
        reason,
        amount=to_minor_unit(money(value.mean), case.currency),
        interval=value,
        detail=detail,
    )


def _given(
    event: ClassifiedEvent, rule: EventRule, worth: Decimal, case: Case
) -> ValuedEvent:
    value = exact(float(worth))
    if rule.close_rate is not None:
        value = value * close_rate(rule.close_rate)
    detail = {
        "estimate": value.mean,
        "amount": value.mean,
        "conversions": _conversions(event, case),
    }
    return _valued(
        event,
        ValueStatus.GIVEN,
        "your value",
        amount=to_minor_unit(money(value.mean), case.currency),
        interval=value,
        detail=detail,
    )


def _micro(event: ClassifiedEvent, case: Case) -> Entry:
    finding = case.findings[event.event]
    value = case.credit.micro[event.event].scaled(case.scale)
    halt, why = _halt(event, finding, case)
    decision = decide(
        Proposal(
            event=event.event,
            estimate=value,
            amount=case.amount(event.event) * case.scale,
            halt=halt,
            halt_reason=why,
        ),
        case.previous.get(event.event),
        policy=case.policy.publish,
        currency=case.currency,
        on=case.on,
    )
    shown = _valued(
        event,
        _status(decision.action, finding),
        why or "; ".join(_reasons(event, case, decision.reason)),
        amount=decision.after,
        interval=None if halt else value,
        detail=_detail(event, case, value, halted=halt is not None),
        finding=finding,
    )
    return shown, decision


def _reasons(event: ClassifiedEvent, case: Case, published: str) -> tuple[str, ...]:
    """Return what the value rests on, what weakens it, and what the publisher did."""
    finding = case.findings[event.event]
    weight = case.credit.weights.get(event.event, 0.0)
    counted = finding.detail
    found = (*finding.notes, *_demoted(event, case), published)
    if "funnel_users" not in counted:
        return found
    basis = (
        f"{counted['funnel_converted']:,} of {counted['funnel_users']:,} users "
        f"converted within {case.policy.horizon_days} d, weight {weight:.2g}"
    )
    return (basis, *found)


def _halt(
    event: ClassifiedEvent, finding: Finding, case: Case
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
    if action in {"refused", "frozen", "immature", "kept"}:
        return ValueStatus(action)
    return ValueStatus.WEAK if finding.is_weak else ValueStatus.OK


def _demoted(event: ClassifiedEvent, case: Case) -> tuple[str, ...]:
    found = case.heterogeneity.get(event.event)
    if found is None or not found.is_large:
        return ()
    return (f"its rate differs by campaign (I2 {found.i2:.0%}): it gets less credit",)


def _valued(
    event: ClassifiedEvent,
    status: ValueStatus,
    reason: str,
    *,
    amount: Decimal | None = None,
    interval: Estimate | None = None,
    detail: dict[str, Any] | None = None,
    finding: Finding | None = None,
) -> ValuedEvent:
    given = Evidence.CONFIG if status is ValueStatus.GIVEN else None
    numbers = detail or {}
    return ValuedEvent(
        event=event.event,
        event_class=event.event_class,
        group=event.group,
        stage=event.stage,
        category=event.category,
        value=amount,
        low=money(interval.low) if interval else None,
        high=money(interval.high) if interval else None,
        status=status,
        count=event.count,
        users=event.users,
        reason=reason,
        evidence=finding.evidence if finding else given,
        weight=numbers.get("weight"),
        rate=finding.rate.mean if finding else None,
        detail=numbers,
    )


def _detail(
    event: ClassifiedEvent, case: Case, value: Estimate, *, halted: bool
) -> dict[str, Any]:
    """Return the numbers of the value: estimate = rate x primary x weight x scale."""
    finding = case.findings[event.event]
    spread = case.heterogeneity.get(event.event)
    return {
        **finding.detail,
        "users_in_rate": finding.users,
        "converted": finding.converted,
        "rate": finding.rate.mean,
        "rate_low": finding.rate.low,
        "rate_high": finding.rate.high,
        "primary_value": case.worth.per_user.mean,
        "weight": case.credit.weights.get(event.event, 0.0),
        "weights": case.source,
        "scale": case.scale,
        "conversions": finding.conversions,
        "events_per_user": event.count / event.users if event.users else None,
        "estimate": None if halted else value.mean,
        "quarter": None if halted else value.quarter,
        "amount": None if halted else case.amount(event.event) * case.scale,
        "i2": spread.i2 if spread else None,
        "tau": spread.tau if spread else None,
        "campaigns": spread.campaigns if spread else None,
        "segments": segment_rates(
            case.site.funnels, event.event, factor=case.site.factor(event.event)
        ),
    }


def _conversions(event: ClassifiedEvent, case: Case) -> int:
    return case.findings[event.event].conversions


def money(amount: float) -> Decimal:
    """Return a number as money, to a millionth."""
    return Decimal(repr(round(amount, 6)))
