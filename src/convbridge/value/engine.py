"""From counts, classes and funnels to values: the way every client goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from convbridge.model.policy import Anchor, Scheme
from convbridge.model.quality import Effect
from convbridge.model.values import Valuation
from convbridge.value.antis import losses, lowered
from convbridge.value.breaks import find_breaks
from convbridge.value.campaigns import EQUAL_SHARE, PRIMARY_FLOOR, campaign_weights
from convbridge.value.carried import carried_events
from convbridge.value.case import Case
from convbridge.value.entries import entry, money
from convbridge.value.findings import Site, find_rate
from convbridge.value.history import heterogeneity, history
from convbridge.value.schemes import share_credit
from convbridge.value.tally import tally as count_up
from convbridge.value.weights import equal_weights, given_weights, mixed
from convbridge.value.worth import assess_worth

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from convbridge.model.classes import Classification
    from convbridge.model.counts import EventCounts
    from convbridge.model.funnels import Funnels
    from convbridge.model.policy import ValuePolicy
    from convbridge.model.quality import QualityFlag
    from convbridge.model.rules import RuleSet
    from convbridge.model.values import PublishDecision, PublishedValue, ValuedEvent
    from convbridge.value.campaigns import CampaignHistory
    from convbridge.value.tally import Tally
    from convbridge.value.weights import Weights
    from convbridge.value.worth import Worth

_NOTHING: Mapping[str, PublishedValue] = MappingProxyType({})


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
    It is taken before rounding, from the values in force, kept ones included.
    `troas_multiplier` equals it: a target ROAS set on revenue alone asks for
    the same clicks when it is multiplied by the inflation.

    `previous` is what was published before (`Valuation.published` of the last
    run), `on` the day of publishing, by default the day after the window.
    Weak, missing or absurd data give a status and a reason, never a number
    that is not there.
    """
    day = counts.window.end + timedelta(days=1) if on is None else on
    case = _case(counts, classification, funnels, rules, policy, previous, day)
    pairs = [entry(event, case) for event in classification]
    events = tuple(event for event, _ in pairs)
    journal = tuple(decision for _, decision in pairs if decision is not None)
    inflation = _inflation(case, events, journal)
    return Valuation(
        client=classification.client,
        currency=counts.currency,
        window=counts.window,
        horizon_days=policy.horizon_days,
        scheme=policy.scheme,
        anchor=policy.anchor,
        events=events,
        revenue=money(max(case.worth.face, 0.0)),
        inflation=inflation,
        troas_multiplier=inflation,
        warnings=_warnings(case, classification),
        refused=case.refused,
        journal=journal,
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
) -> Case:
    tally = count_up(counts)
    primaries = classification.primaries
    worth = assess_worth(
        tally, primaries, rules, funnels=funnels, lost=losses(classification)
    )
    site = Site(
        tally=tally,
        funnels=funnels,
        flags=(*counts.flags, *find_breaks(tally, primaries)),
        primary_users=worth.users,
        total_users=_everybody(funnels, tally),
    )
    micro = carried_events(classification, rules=rules, key_events=counts.key_events)
    findings = {e.event: lowered(find_rate(e, site), e, classification) for e in micro}
    spread = heterogeneity(tally, tuple(findings), primaries)
    stages = {e.event: e.stage for e in micro}
    past = history(tally, worth, findings)
    demoted = {e for e, h in spread.items() if h.is_large}
    weights = _weights(policy, rules, stages, past, demoted)
    draft = Case(
        currency=counts.currency,
        rules=rules,
        policy=policy,
        previous=previous,
        on=on,
        site=site,
        worth=worth,
        findings=findings,
        heterogeneity=spread,
        credit=share_credit(
            policy.scheme, tuple(findings.values()), stages, weights, worth.per_user
        ),
        scale=1.0,
        refused=_refused(classification, worth, site.flags),
        source=weights.source,
    )
    return replace(draft, scale=_scale(draft))


def _everybody(funnels: Funnels | None, tally: Tally) -> float | None:
    found = funnels.total_users if funnels and funnels.total_users else None
    found = tally.users.get(None) if found is None else found
    return float(found) if found else None


def _weights(
    policy: ValuePolicy,
    rules: RuleSet,
    stages: Mapping[str, int | None],
    past: CampaignHistory,
    demoted: Collection[str],
) -> Weights:
    """Return the weights the scheme asks for; the blend learns them if it can."""
    if policy.scheme is Scheme.WEIGHTS:
        mine = {e: r.weight for e, r in rules.rules.items() if r.weight is not None}
        return given_weights({**policy.weights, **mine}, tuple(stages))
    equal = equal_weights(stages, demoted=demoted)
    if policy.scheme is not Scheme.BLEND or not stages or not past.is_enough:
        return equal
    learnt = campaign_weights(tuple(stages), past)
    return mixed(learnt, equal, share=EQUAL_SHARE, floor=PRIMARY_FLOOR)


def _scale(case: Case) -> float:
    """
    Return the factor that puts credit on the anchor.

    With the primary at face value everything is divided by its weight; with
    the total, by what all credit of the window would add up to.
    """
    if case.refused:
        return 0.0
    if case.policy.anchor is Anchor.PRIMARY or _is_state(case):
        return 1.0 / case.credit.primary
    micro = sum(
        f.conversions * case.amount(e)
        for e, f in case.findings.items()
        if _is_free(e, case)
    )
    return case.worth.face / (micro + case.credit.primary * case.worth.face)


def _is_state(case: Case) -> bool:
    """One conversion per click, restated: nothing is counted twice."""
    return case.policy.scheme is Scheme.DEEPEST_STATE


def _is_free(event: str, case: Case) -> bool:
    """Tell whether the event's value is for the scheme to set and can be set."""
    rule = case.rules.rules.get(event)
    given = rule is not None and rule.value is not None
    return not given and case.findings[event].immature is None


def _inflation(
    case: Case, events: Iterable[ValuedEvent], journal: Iterable[PublishDecision]
) -> float:
    """Return value in force per unit of revenue; 1 where nothing can be valued."""
    if case.refused or _is_state(case):
        return 1.0
    actions = {d.event: d.action for d in journal}
    pushed = case.credit.primary * case.scale * case.worth.face
    for event in events:
        if event.event not in case.findings or event.value is None:
            continue
        fresh = actions.get(event.event) == "first"
        each = case.amount(event.event) * case.scale if fresh else float(event.value)
        pushed += each * case.findings[event.event].conversions
    return pushed / case.worth.face


def _refused(
    classification: Classification, worth: Worth, flags: Iterable[QualityFlag]
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


def _warnings(case: Case, classification: Classification) -> tuple[str, ...]:
    found = [*classification.warnings, *([case.refused] if case.refused else [])]
    found += [flag.reason for flag in case.site.flags if flag.reason not in found]
    if _is_state(case):
        found.append(
            "values of states are for `deliver`, one conversion per click that is "
            "restated; on conversion actions they count the same money again"
        )
    if case.policy.anchor is Anchor.TOTAL and (
        replaced := _by_revenue(case, classification)
    ):
        found.append(
            f"anchor `total` gives each {' and '.join(replaced)} one fixed value: bids "
            "no longer see what a single sale brought"
        )
    if case.policy.scheme is Scheme.WEIGHTS and not any(case.credit.weights.values()):
        found.append("the scheme is `weights` and no event has a weight")
    return tuple(found)


def _by_revenue(case: Case, classification: Classification) -> list[str]:
    """Return the primaries whose value is their revenue, sale by sale."""
    found = ((name, case.worth.of(name)) for name in classification.primaries)
    return [name for name, worth in found if worth and worth.is_revenue]
