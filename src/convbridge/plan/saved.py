"""Saved plans: read back whole, or refused."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from convbridge.errors import ConvbridgeError, PlanError
from convbridge.model.changes import Action, Change, FieldChange
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId
from convbridge.model.resources import ResourceType
from convbridge.plan.plan import FORMAT, Plan
from convbridge.plan.same import MONEY_FIELDS
from convbridge.plan.wishes import Breach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.model.resources import Scalar

_MALFORMED = (ArithmeticError, AttributeError, KeyError, TypeError, ValueError)
_AGAIN = "make the plan again: convbridge plan --out FILE"


def plan_from_json(
    text: str, *, client: str | None = None, account: CustomerId | None = None
) -> tuple[Plan, ...]:
    """
    Read the plans of a file written by `plan --out` or `plan --json`.

    Raises:
        PlanError: The file is no plan, was edited, or is for another account.
    """
    try:
        data = json.loads(text)
    except ValueError as exc:
        raise PlanError(f"this is not a saved plan: {exc}", hint=_AGAIN) from exc
    plans = data if isinstance(data, list) else [data]
    return tuple(plan_from_dict(p, client=client, account=account) for p in plans)


def plan_from_dict(
    data: Mapping[str, Any],
    *,
    client: str | None = None,
    account: CustomerId | None = None,
) -> Plan:
    """
    Read back what `Plan.to_dict` wrote.

    Args:
        data: The saved plan.
        client: The client it is to be applied for; None to accept any.
        account: The account it is to be applied to; None to accept any.

    Raises:
        PlanError: It is no plan, was edited by hand, or is for another account.
    """
    try:
        plan = _plan(data)
    except (*_MALFORMED, ConvbridgeError) as exc:
        found = f"{type(exc).__name__}: {exc}"
        raise PlanError(f"this is not a saved plan ({found})", hint=_AGAIN) from exc
    if data["format"] != FORMAT:
        message = f"the plan has format {data['format']!r}, this version reads {FORMAT}"
        raise PlanError(message, hint=_AGAIN)
    if data["digest"] != plan.digest:
        message = f"the plan for {plan.client} was changed after it was made"
        raise PlanError(message, hint=f"plans are not edited; {_AGAIN}")
    _check_is_for(plan, client=client, account=account)
    return plan


def _check_is_for(
    plan: Plan, *, client: str | None, account: CustomerId | None
) -> None:
    if client is not None and plan.client != client:
        message = f"the plan is for client {plan.client!r}, not for {client!r}"
        raise PlanError(message, hint=_AGAIN)
    if account is not None and plan.account != account:
        found, wanted = plan.account.dashed, account.dashed
        raise PlanError(
            f"the plan is for account {found}, {plan.client!r} is {wanted}", hint=_AGAIN
        )


def change_from_dict(data: Mapping[str, Any]) -> Change:
    """Read back what `Change.to_dict` wrote."""
    return Change(
        action=Action(data["action"]),
        type=ResourceType(data["resource"]),
        key=data["key"],
        owner=data["owner"],
        name=data["name"],
        fields=tuple(_field(name, both) for name, both in data["fields"].items()),
        reason=data["reason"],
        after=tuple(data["after"]),
        info={name: _scalar("", value) for name, value in data["info"].items()},
    )


def _plan(data: Mapping[str, Any]) -> Plan:
    return Plan(
        client=data["client"],
        account=CustomerId(data["account"]),
        made_at=datetime.fromisoformat(data["made_at"]),
        window=_window(data["window"]),
        actual_digest=data["actual_digest"],
        desired_digest=data["desired_digest"],
        changes=tuple(change_from_dict(c) for c in data["changes"]),
        kept=data["kept"],
        notes=tuple(data["notes"]),
        warnings=tuple(data["warnings"]),
        limits=tuple(Breach(**b) for b in data["limits"]),
    )


def _window(data: Mapping[str, str] | None) -> DateWindow | None:
    if data is None:
        return None
    start, end = date.fromisoformat(data["start"]), date.fromisoformat(data["end"])
    return DateWindow(start=start, end=end)


def _field(name: str, both: Mapping[str, Any]) -> FieldChange:
    before, after = _scalar(name, both["before"]), _scalar(name, both["after"])
    return FieldChange(name=name, before=before, after=after)


def _scalar(name: str, value: Any) -> Scalar:
    if isinstance(value, list):
        return tuple(value)
    is_money = name in MONEY_FIELDS and isinstance(value, str)
    return Decimal(value) if is_money else value
