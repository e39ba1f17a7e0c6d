"""Conditions of derived events as GA4 filters: for reports and for funnels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.ga4 import fields
from convbridge.model.rules import Match

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convbridge.model.rules import Condition, EventRule

# Filters are written as mappings, which the vendor's message classes of both
# v1beta and v1alpha take; their messages are alike but not the same class.
Expression = dict[str, Any]

_MATCH_TYPES = {
    Match.EXACT: "EXACT",
    Match.BEGINS_WITH: "BEGINS_WITH",
    Match.ENDS_WITH: "ENDS_WITH",
    Match.CONTAINS: "CONTAINS",
    Match.FULL_REGEXP: "FULL_REGEXP",
    Match.PARTIAL_REGEXP: "PARTIAL_REGEXP",
}


def event_is(name: str) -> Expression:
    """Return a filter for one event; event names are case-sensitive."""
    return {
        "filter": {
            "field_name": fields.EVENT,
            "string_filter": {
                "match_type": "EXACT",
                "value": name,
                "case_sensitive": True,
            },
        }
    }


def all_of(parts: Iterable[Expression]) -> Expression:
    """Return a filter that all parts must pass; one part needs no group."""
    found = list(parts)
    return found[0] if len(found) == 1 else {"and_group": {"expressions": found}}


def any_of(parts: Iterable[Expression]) -> Expression:
    """Return a filter that one part must pass."""
    found = list(parts)
    return found[0] if len(found) == 1 else {"or_group": {"expressions": found}}


def none_of(part: Expression) -> Expression:
    """Return the filter turned round."""
    return {"not_expression": part}


def condition_filter(condition: Condition) -> Expression:
    """Return one condition as a report filter."""
    tests = [
        {"filter": {"field_name": condition.dimension, **test}}
        for test in _tests(condition)
    ]
    found = any_of(tests)
    return none_of(found) if condition.negate else found


def rule_filter(rule: EventRule, *, earlier: Sequence[EventRule] = ()) -> Expression:
    """
    Return the report filter of a derived event.

    Rules of one parent may overlap; the first one in the file wins, so what an
    `earlier` rule takes is left out here and nothing is counted twice.
    """
    parts = [event_is(rule.source_event or rule.event)]
    parts += [condition_filter(c) for c in rule.where]
    parts += [none_of(_where(r)) for r in earlier if r.where]
    return all_of(parts)


def rest_filter(parent: str, derived: Sequence[EventRule]) -> Expression:
    """Return the filter of what derived events leave of their parent."""
    return all_of([event_is(parent), *(none_of(_where(r)) for r in derived)])


def _where(rule: EventRule) -> Expression:
    return all_of(condition_filter(c) for c in rule.where)


def step_filter(rule: EventRule) -> Expression:
    """
    Return the funnel step of an event, derived or plain.

    A dimension with an event parameter behind it is tested as that parameter,
    inside the event; any other one as a field of the step.
    """
    name = rule.source_event or rule.event
    inside = [c for c in rule.where if fields.event_parameter(c.dimension)]
    beside = [c for c in rule.where if not fields.event_parameter(c.dimension)]
    event: Expression = {"event_name": name}
    if inside:
        event["funnel_parameter_filter_expression"] = all_of(
            _parameter_filter(c) for c in inside
        )
    step: Expression = {"funnel_event_filter": event}
    return all_of([step, *(_field_filter(c) for c in beside)])


def _parameter_filter(condition: Condition) -> Expression:
    parameter = fields.event_parameter(condition.dimension)
    tests = [
        {"funnel_parameter_filter": {"event_parameter_name": parameter, **test}}
        for test in _tests(condition)
    ]
    found = any_of(tests)
    return none_of(found) if condition.negate else found


def _field_filter(condition: Condition) -> Expression:
    tests = [
        {"funnel_field_filter": {"field_name": condition.dimension, **test}}
        for test in _tests(condition)
    ]
    found = any_of(tests)
    return none_of(found) if condition.negate else found


def _tests(condition: Condition) -> list[Expression]:
    """Return the alternatives of a condition: GA4 lists exact values only."""
    if condition.match is Match.IN_LIST or (
        condition.match is Match.EXACT and len(condition.values) > 1
    ):
        wanted = {
            "values": list(condition.values),
            "case_sensitive": condition.case_sensitive,
        }
        return [{"in_list_filter": wanted}]
    return [
        {
            "string_filter": {
                "match_type": _MATCH_TYPES[condition.match],
                "value": value,
                "case_sensitive": condition.case_sensitive,
            }
        }
        for value in condition.values
    ]
