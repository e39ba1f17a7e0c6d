"""What of GA4 a client's plans can have to do with; the rest is not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.model.resources import ResourceType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convbridge.model.rules import RuleSet


def types_of(
    rules: RuleSet, changed: Iterable[ResourceType], *, has_audiences: bool = False
) -> frozenset[ResourceType]:
    """
    Return the types of GA4 resources to read.

    Key events always; event create rules where the configuration derives events,
    audiences where it names any; both also where a run of convbridge ever `changed`
    one, so that drift is seen and a rollback finds them.
    """
    derived = {ResourceType.EVENT_CREATE_RULE} if rules.derived else set()
    audiences = {ResourceType.AUDIENCE} if has_audiences else set()
    return frozenset({ResourceType.KEY_EVENT, *derived, *audiences, *changed})
