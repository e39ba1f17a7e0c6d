"""Conversion value rules: what they do to the values, told and never planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.resources import ResourceType
from convbridge.plan.wishes import Wishes

if TYPE_CHECKING:
    from convbridge.model.resources import Resource, Scalar
    from convbridge.plan.context import Context

CONDITIONS = {
    "device_condition.device_types": "devices",
    "geo_location_condition.geo_target_constants": "places",
    "geo_location_condition.excluded_geo_target_constants": "all places but",
    "audience_condition.user_lists": "user lists",
    "audience_condition.user_interests": "user interests",
}
_DOES = {"ADD": "adds {}", "MULTIPLY": "multiplies by {}", "SET": "sets {}"}
_RECONCILE = (
    "reported and bid on; what convbridge sets is metrics.original_conversion_value"
)


def tell_value_rules(ctx: Context) -> Wishes:
    """
    Return what the account's value rules do to the values.

    They change all conversions by person, place and device, not by action, so they
    cannot do what values per action do. One that sets the value makes a micro
    conversion worth as much as a sale, which is a warning.
    """
    rules = (*ctx.actual.of(ResourceType.CONVERSION_VALUE_RULE), *ctx.value_rules)
    active = [r for r in rules if _facts(r).get("status") != "PAUSED"]
    sets = [r for r in active if _operation(r) == "SET"]
    return Wishes(
        notes=tuple(f"{_does(r)}: {_RECONCILE}" for r in active if r not in sets),
        warnings=tuple(
            f"{_does(r)}, whatever convbridge sets: {_RECONCILE}" for r in sets
        ),
    )


def _does(rule: Resource) -> str:
    facts = _facts(rule)
    value = facts.get("action.value")
    number = f"{value:g}" if isinstance(value, int | float) else str(value)
    does = _DOES.get(_operation(rule), "changes values by {}").format(number)
    limits = [
        f"{words} {', '.join(_tail(str(name)) for name in names)}"
        for path, words in CONDITIONS.items()
        if isinstance(names := facts.get(path), tuple) and names
    ]
    only = f" for {' and '.join(limits)}" if limits else ""
    return f"value rule {rule.name!r} {does}{only}"


def _operation(rule: Resource) -> str:
    return str(_facts(rule).get("action.operation"))


def _facts(rule: Resource) -> dict[str, Scalar]:
    return {**rule.info, **rule.fields}


def _tail(name: str) -> str:
    return name.rsplit("/", 1)[-1]
