"""What a plan may change, and which values a run has put into force."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from convbridge.errors import PlanError
from convbridge.model.changes import OutcomeKind
from convbridge.model.values import PublishedValue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from convbridge.apply import Report
    from convbridge.model.accounts import Account
    from convbridge.model.values import Valuation
    from convbridge.plan import Plan

_VALUE_FIELDS = {"value_settings.default_value", "default_value.numeric_value"}


def applied_values(
    report: Report, valuation: Valuation | None, *, on: date
) -> dict[str, PublishedValue]:
    """
    Return what is in force after a run, by event.

    A value that Google refused, or did not answer for, is not in force. Values the
    plan left alone keep the publisher's memory, where the valuation is at hand.

    Args:
        report: What became of the plan.
        valuation: The valuation that the plan was made from; None when the plan
            came from a file.
        on: Today in the property's zone.
    """
    moved = dict(_moved(report))
    known = valuation.published if valuation else {}
    kept = {event: value for event, value in known.items() if event not in moved}
    new = {
        event: known[event]
        if event in known and known[event].value == value
        else PublishedValue(value=value, published_on=on)
        for event, value in moved.items()
        if value is not None
    }
    return kept | new


def check_is_for(plan: Plan, *, client: str, account: Account) -> None:
    """
    Refuse a plan that was made for somebody else.

    Raises:
        PlanError: The plan is for another client or account.
    """
    if (plan.client, plan.account) != (client, account.customer_id):
        raise PlanError(
            f"the plan is for {plan.client!r}, account {plan.account.dashed}; "
            f"this is {client!r}, account {account.customer_id.dashed}",
            hint="apply it with --client, or make a plan for this client",
        )


def _moved(report: Report) -> Iterator[tuple[str, Decimal | None]]:
    """Yield events whose value was to move, with the value if it did."""
    for outcome in report.outcomes:
        event = (outcome.change.info or {}).get("event")
        for field in outcome.change.fields:
            if field.name not in _VALUE_FIELDS or not isinstance(event, str):
                continue
            is_applied = outcome.kind is OutcomeKind.APPLIED
            value = field.after if isinstance(field.after, Decimal) else None
            yield event, value if is_applied else None
