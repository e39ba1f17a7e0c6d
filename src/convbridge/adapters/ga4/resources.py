"""GA4's settings as resources of the plan, and back into the vendor's messages."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ga4.admin import enum_name
from convbridge.model.resources import Resource, ResourceType, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convbridge.model.changes import Change
    from convbridge.model.resources import Scalar

_CONDITION = ("comparison_type", "field", "negated", "value")
_NUMERIC = "default_value.numeric_value"
_CURRENCY = "default_value.currency_code"


def read_key_event(found: Any, *, owner: str) -> Resource:
    """Return a key event; money is Decimal, an absent default value None."""
    has_value = found.HasField("default_value")
    value = found.default_value
    return Resource(
        type=ResourceType.KEY_EVENT,
        key=found.name,
        owner=owner,
        name=found.event_name,
        fields={
            "event_name": found.event_name,
            "counting_method": enum_name(found, "counting_method"),
            # The API's double has no more digits than repr shows.
            _NUMERIC: Decimal(repr(value.numeric_value)) if has_value else None,
            _CURRENCY: value.currency_code if has_value else None,
        },
        info={
            "event": found.event_name,
            "event_name": found.event_name,
            "custom": found.custom,
            "deletable": found.deletable,
        },
    )


def read_event_create_rule(found: Any, *, owner: str, stream: str) -> Resource:
    """Return an event create rule; its conditions are JSON texts, sorted."""
    return Resource(
        type=ResourceType.EVENT_CREATE_RULE,
        key=found.name,
        owner=owner,
        name=found.destination_event,
        fields={
            "destination_event": found.destination_event,
            "event_conditions": _conditions(found.event_conditions),
            "source_copy_parameters": found.source_copy_parameters,
        },
        info={"event": found.destination_event, "parent": stream},
    )


def read_audience(found: Any, *, owner: str) -> Resource:
    """Return an audience; its clauses cannot be changed and are not read."""
    return Resource(
        type=ResourceType.AUDIENCE,
        key=found.name,
        owner=owner,
        name=found.display_name,
        fields={
            "display_name": found.display_name,
            "description": found.description,
            "membership_duration_days": found.membership_duration_days,
        },
        info={"ads_personalization_enabled": found.ads_personalization_enabled},
    )


def _conditions(found: Iterable[Any]) -> tuple[str, ...]:
    texts = []
    for condition in found:
        plain = {name: getattr(condition, name) for name in _CONDITION}
        plain["comparison_type"] = enum_name(condition, "comparison_type")
        texts.append(json.dumps(plain, sort_keys=True))
    return tuple(sorted(texts))


def body_of(change: Change) -> dict[str, Any]:
    """Return the fields a change sets, nested as in the vendor's message."""
    body: dict[str, Any] = {}
    for field in change.fields:
        if field.after is not None:
            _put(body, field.name, _vendor_value(field.name, field.after))
    return body


def mask_of(change: Change) -> list[str]:
    """
    Return the update mask: top-level fields, each sent whole.

    A key event's default value needs both its parts whenever one is set.
    """
    return sorted({name.partition(".")[0] for name in change.mask})


def completed(body: dict[str, Any], current: Mapping[str, Scalar]) -> dict[str, Any]:
    """Return the body with the other half of a default value filled in."""
    value = body.get("default_value")
    if value is not None:
        for name in (_NUMERIC, _CURRENCY):
            half, known = name.rpartition(".")[2], current.get(name)
            if half not in value and known is not None:
                value[half] = _vendor_value(name, known)
    return body


def _put(body: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        body = body.setdefault(name, {})
    body[last] = value


def _vendor_value(name: str, value: Scalar) -> Any:
    if isinstance(value, Decimal):
        return float(value)  # the API's numeric_value is a double
    if name in {"event_conditions", "filter_clauses"} and isinstance(value, tuple):
        return [json.loads(text) for text in value]
    return to_json(value)
