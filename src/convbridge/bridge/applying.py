"""One client's plan, applied to that client's account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.apply import apply_plan
from convbridge.bridge.publishing import check_is_for

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from convbridge.apply import Report
    from convbridge.bridge.connections import Connections
    from convbridge.plan import Plan


def apply_to(
    connections: Connections,
    plan: Plan,
    *,
    lifted: AbstractSet[str],
    undoes: str | None,
) -> Report:
    """Make the changes of a plan, if it is this client's; see `Bridge.apply`."""
    account = connections.google_ads.fetch_account()
    check_is_for(plan, client=connections.client.name, account=account)
    if undoes is not None:
        connections.google_ads.read_every_mode()
    return apply_plan(
        plan,
        targets=connections.targets(),
        ledger=connections.ledger,
        clock=connections.clock,
        limits=connections.client.limits(),
        lifted=lifted,
        actor=connections.actor,
        undoes=undoes,
        progress=connections.progress,
    )
