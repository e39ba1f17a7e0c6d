"""Wishes on GA4 audiences: people who did one event and not another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from convbridge.model.resources import Resource, ResourceType
from convbridge.plan.wishes import Wish, Wishes

if TYPE_CHECKING:
    from convbridge.model.policy import AudiencePolicy
    from convbridge.plan.context import Context

MOST_AUDIENCES = 100
"""Audiences a property may have (support.google.com/analytics/answer/9267744)."""
MOST_DAYS = 540
"""Longest membership (Audience.membership_duration_days)."""


def wish_audiences(ctx: Context) -> Wishes:
    """
    Ask for the audiences that are not there yet.

    Nearly everything about an audience is immutable, so one that has the name is
    left as it is; a changed rule needs a new name.
    """
    made = ctx.actual.of(ResourceType.AUDIENCE)
    names = {str(a.fields.get("display_name")) for a in made}
    missing = [a for a in ctx.audiences if a.name not in names]
    too_long = [a for a in missing if not 1 <= a.days <= MOST_DAYS]
    room = MOST_AUDIENCES - len(made)
    wanted = [a for a in missing if a not in too_long]
    warnings = [f"audience {a.name!r}: 1 to {MOST_DAYS} days" for a in too_long]
    warnings += [f"audience {a.name!r}: GA4 has no room left" for a in wanted[room:]]
    return Wishes(
        wishes=tuple(_wish(ctx, audience) for audience in wanted[:room]),
        warnings=tuple(warnings),
    )


def _wish(ctx: Context, audience: AudiencePolicy) -> Wish:
    without = f", and not {audience.did_not}" if audience.did_not else ""
    text = f"did {audience.did}{without}, in {audience.days} days"
    clauses = [_clause("INCLUDE", audience.did)]
    if audience.did_not:
        clauses.append(_clause("EXCLUDE", audience.did_not))
    resource = Resource(
        type=ResourceType.AUDIENCE,
        key=f"new:audience/{audience.name}",
        owner=ctx.property_info.property_id.resource_name,
        name=audience.name,
        fields={
            "display_name": audience.name,
            "description": f"convbridge: {text}",
            "membership_duration_days": audience.days,
            # Somebody who buys leaves at once and may come back with the next cart.
            "exclusion_duration_mode": "EXCLUDE_TEMPORARILY",
            "filter_clauses": tuple(json.dumps(c, sort_keys=True) for c in clauses),
        },
        info={"event": audience.did, "grounds": "config"},
    )
    return Wish(resource=resource, reason=f"audiences: {text}")


def _clause(kind: str, event: str) -> dict[str, Any]:
    """Return a clause; GA4 wants an and_group of or_groups on top."""
    did = {"event_filter": {"event_name": event}}
    either = {"or_group": {"filter_expressions": [did]}}
    return {
        "clause_type": kind,
        "simple_filter": {
            "scope": "AUDIENCE_FILTER_SCOPE_ACROSS_ALL_SESSIONS",
            "filter_expression": {"and_group": {"filter_expressions": [either]}},
        },
    }
