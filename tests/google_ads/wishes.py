"""Short ways to write changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from convbridge.model.changes import Action, Change, FieldChange
from convbridge.model.resources import ResourceType

OWNER = "1234567890"
PURCHASE = f"customers/{OWNER}/conversionActions/5001"


def change(
    action: Action, kind: ResourceType, key: str, fields: dict[str, Any], **info: Any
) -> Change:
    return Change(
        action=action,
        type=kind,
        key=key,
        owner=OWNER,
        name=key.rpartition(":")[2].rpartition("/")[2],
        fields=tuple(
            FieldChange(name=name, before=None, after=after)
            for name, after in fields.items()
        ),
        reason="a test asks for it",
        info=info,
    )


def create_action(name: str, **fields: Any) -> Change:
    wanted = {
        "name": name,
        "type": "UPLOAD_CLICKS",
        "category": "ADD_TO_CART",
        "status": "ENABLED",
        "primary_for_goal": False,
        "counting_type": "MANY_PER_CLICK",
        "value_settings.default_value": Decimal("12.5"),
        "value_settings.default_currency_code": "THB",
        "value_settings.always_use_default_value": True,
    }
    return change(
        Action.CREATE,
        ResourceType.CONVERSION_ACTION,
        f"new:{name}",
        {**wanted, **fields},
    )


def update(kind: ResourceType, key: str, fields: dict[str, Any], **info: Any) -> Change:
    return change(Action.UPDATE, kind, key, fields, **info)


def remove(kind: ResourceType, key: str) -> Change:
    return change(Action.REMOVE, kind, key, {})
