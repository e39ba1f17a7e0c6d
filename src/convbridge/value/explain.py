"""One event's value in plain words, with the numbers it was made from."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from convbridge.errors import DataError
from convbridge.model.classes import EventClass
from convbridge.model.funnels import Evidence
from convbridge.model.policy import Anchor, Scheme
from convbridge.model.values import ValueStatus

if TYPE_CHECKING:
    from convbridge.model.values import Valuation, ValuedEvent


def explain(valuation: Valuation, event: str) -> str:
    """
    Return one paragraph: counts, rate, interval, arithmetic, what would change it.

    Every number comes from the event's `detail`, the numbers that were used.

    Raises:
        DataError: The event did not happen in the window.
    """
    known = {found.event: found for found in valuation}
    if event not in known:
        close = get_close_matches(str(event), sorted(known), n=1)
        hint = f"did you mean {close[0]}?" if close else "convbridge counts lists them"
        raise DataError(f"no event {event!r} in the window", hint=hint)
    found = known[event]
    if found.value is None:
        return _without_value(found)
    if found.event_class is EventClass.PRIMARY or found.status is ValueStatus.GIVEN:
        return _fixed(found, valuation)
    return _micro(found, valuation)


def _without_value(found: ValuedEvent) -> str:
    return (
        f"{found.event} is {found.event_class} and has no value "
        f"({found.status}): {found.reason}. It happened {found.count:,} times."
    )


def _fixed(found: ValuedEvent, valuation: Valuation) -> str:
    text = (
        f"{found.event} is worth {_money(found.value, valuation)} per conversion: "
        f"{found.reason}. It happened {found.count:,} times from "
        f"{valuation.window.start} to {valuation.window.end}."
    )
    if found.low is not None and found.low != found.high:
        text += f" {_interval(found, valuation)}"
    return text


def _micro(found: ValuedEvent, valuation: Valuation) -> str:
    parts = [
        f"{found.event} is worth {_money(found.value, valuation)} per conversion.",
        _counted(found, valuation),
        _arithmetic(found, valuation),
        _published(found, valuation),
        _would_change(found),
    ]
    return " ".join(p for p in parts if p)


def _counted(found: ValuedEvent, valuation: Valuation) -> str:
    detail = found.detail
    rate = (
        f"a rate of {detail['rate']:.2%} "
        f"({detail['rate_low']:.2%} to {detail['rate_high']:.2%})"
    )
    if found.evidence is Evidence.BOUNDS:
        return (
            f"There is no funnel: from how many users did it ({_users(found)}) and "
            f"how many converted, anything from {detail['bound_low']:.2%} to "
            f"{detail['bound_high']:.2%} is possible; the middle is taken, {rate}."
        )
    counted = (
        f"Of {detail['funnel_users']:,} users who did it, "
        f"{detail['funnel_converted']:,} did a primary within "
        f"{valuation.horizon_days} days"
    )
    if detail["sample_share"] < 1:
        counted += f" ({detail['sample_share']:.0%} of this sample counts)"
    if "rate_without" in detail:
        return (
            f"{counted}: {detail['rate_with']:.2%}, and "
            f"{detail['rate_without']:.2%} of the others; what it adds is {rate}."
        )
    if "seen_share" in detail:
        return f"{counted}, {detail['seen_share']:.0%} of what is to come: {rate}."
    return f"{counted}: {rate}."


def _users(found: ValuedEvent) -> str:
    return f"{found.count if found.users is None else found.users:,}"


def _arithmetic(found: ValuedEvent, valuation: Valuation) -> str:
    detail = found.detail
    if detail["estimate"] is None:
        return ""
    each = _amount(detail["primary_value"], valuation)
    anchor = "the primary" if valuation.anchor is Anchor.PRIMARY else "the total"
    return (
        f"A user who converts brings {each}; the event's weight is "
        f"{detail['weight']:.3g} ({_scheme(found, valuation)}), and a factor of "
        f"{detail['scale']:.3g} keeps {anchor} at face value: "
        f"{detail['rate']:.4g} x {detail['primary_value']:.6g} x "
        f"{detail['weight']:.4g} x {detail['scale']:.4g} = {detail['estimate']:.4g}. "
        f"{_interval(found, valuation)}"
    )


def _scheme(found: ValuedEvent, valuation: Valuation) -> str:
    if valuation.scheme in {Scheme.BLEND, Scheme.WEIGHTS}:
        return str(found.detail["weights"])
    return f"scheme {valuation.scheme}"


def _interval(found: ValuedEvent, valuation: Valuation) -> str:
    return (
        f"With 90 % certainty it is between {_money(found.low, valuation)} and "
        f"{_money(found.high, valuation)}."
    )


def _published(found: ValuedEvent, valuation: Valuation) -> str:
    detail = found.detail
    moved = [
        d
        for d in valuation.journal
        if d.event == found.event and d.action == "moved" and d.before is not None
    ]
    if moved:
        before = _money(moved[0].before, valuation)
        return f"It moved from {before}: {moved[0].reason}."
    match found.status:
        case ValueStatus.WEAK:
            quarter = _amount(detail["quarter"], valuation)
            return (
                f"The evidence is weak, so the 25th percentile, {quarter}, is "
                "published, rounded to two digits."
            )
        case ValueStatus.OK:
            return "It is published rounded to two significant digits."
        case _:
            return f"The published value is {found.status}: {found.reason}."


def _would_change(found: ValuedEvent) -> str:
    if found.evidence is Evidence.BOUNDS:
        return "A funnel report, or the BigQuery export, would narrow it."
    if found.status is ValueStatus.WEAK:
        seen = f"{found.detail['converted']:.3g}"
        return f"More conversions after it would narrow it; {seen} were seen."
    if found.detail.get("i2") is not None and found.detail["i2"] > 0.5:
        return (
            f"Its rate differs between {found.detail['campaigns']} campaigns "
            f"(I2 {found.detail['i2']:.0%}): other traffic would change it."
        )
    return "Another rate or another order value would change it."


def _money(amount: object, valuation: Valuation) -> str:
    return f"{amount:,.2f} {valuation.currency}"


def _amount(amount: float, valuation: Valuation) -> str:
    return f"{amount:,.2f} {valuation.currency}"
