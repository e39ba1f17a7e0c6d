"""
What is asked of the journal, client by client.

Each query is made once: making one takes SQLAlchemy longer than running it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select

from convbridge.adapters.ledger.tables import entries, outcomes, published, runs
from convbridge.model.changes import OutcomeKind

if TYPE_CHECKING:
    from sqlalchemy import Select

_FINAL = outcomes.alias("final")
_OTHERS = outcomes.alias("others")
_LAST = select(func.max(_OTHERS.c.id)).where(_OTHERS.c.entry_id == entries.c.id)
"""The last outcome of an entry: outcomes are added, never updated. Asked entry by
entry, so that a client's history costs nothing of the other clients'."""
_WITH_OUTCOMES = entries.outerjoin(
    _FINAL, _FINAL.c.id == _LAST.correlate(entries).scalar_subquery()
)
_OF_CLIENT = entries.c.client == bindparam("client")
_UNKNOWN = str(OutcomeKind.UNKNOWN)

HISTORY: Select[Any] = (
    select(
        entries.c.id,
        entries.c.run_id,
        entries.c.client,
        entries.c.at,
        entries.c.change,
        runs.c.actor,
        runs.c.verb,
        _FINAL.c.kind,
        _FINAL.c.resource_name,
        _FINAL.c.error,
        _FINAL.c.code,
        _FINAL.c.request_id,
        _FINAL.c.fields,
    )
    .select_from(_WITH_OUTCOMES.join(runs, runs.c.id == entries.c.run_id))
    .where(_OF_CLIENT)
    .order_by(entries.c.id)
)
"""Who, when, what, from, to, why, and what became of it."""
RUN_HISTORY = HISTORY.where(entries.c.run_id == bindparam("run"))
"""The same, of one run."""
UNSURE_RUNS = (
    select(entries.c.run_id)
    .select_from(_WITH_OUTCOMES)
    .where(_OF_CLIENT, func.coalesce(_FINAL.c.kind, _UNKNOWN) == _UNKNOWN)
    .distinct()
    .order_by(entries.c.run_id)
)
"""The runs with an entry whose outcome is unknown or was never written."""
TYPES = select(entries.c.resource).where(_OF_CLIENT).distinct()
"""The types of resources that were ever changed."""
_NEWEST = (
    select(func.max(published.c.id))
    .where(published.c.client == bindparam("client"))
    .group_by(published.c.event)
)
PUBLISHED = select(published.c.event, published.c.value).where(
    published.c.id.in_(_NEWEST)
)
"""What was last kept for each event: each sync keeps all of them once more."""
