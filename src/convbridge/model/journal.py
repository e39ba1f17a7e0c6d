"""The ledger's nouns: one entry per change intended, with what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from convbridge.model.changes import Action, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from convbridge.model.changes import Change, Outcome


class Verb(StrEnum):
    """What a run was started for."""

    APPLY = "apply"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One use of a verb that changes an account."""

    id: str
    client: str
    account: str
    verb: Verb
    plan_digest: str
    actor: str
    """Who started it, by the operating system or the scheduler."""
    started_at: datetime
    undoes: str | None = None
    """The run that a rollback undoes."""
    ended_at: datetime | None = None
    error: str | None = None
    """Why it stopped early; None also while it runs or when it was killed."""

    def to_dict(self) -> dict[str, Any]:
        """Return the run as JSON-ready data."""
        return {
            "run": self.id,
            "client": self.client,
            "account": self.account,
            "verb": str(self.verb),
            "plan": self.plan_digest,
            "actor": self.actor,
            "started_at": self.started_at.isoformat(),
            "undoes": self.undoes,
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change that was about to be made, and what became of it."""

    id: int
    run: str
    client: str
    actor: str
    verb: Verb
    at: datetime
    """When the intent was written, before the call."""
    change: Change
    outcome: Outcome | None = None
    """The last outcome known; None when the process died before it was written."""

    @property
    def kind(self) -> OutcomeKind:
        """The outcome; an intent without one is unknown."""
        return self.outcome.kind if self.outcome else OutcomeKind.UNKNOWN

    @property
    def key(self) -> str:
        """Google's name of the resource, also when this change created it."""
        named = self.outcome.resource_name if self.outcome else None
        return named or self.change.key

    @property
    def is_reused(self) -> bool:
        """Whether the run found there what it was to create."""
        return self.outcome is not None and self.outcome.is_reused

    def rows(self) -> list[dict[str, Any]]:
        """Return who, when, what, from, to and why: one dict per field."""
        change = self.change
        return [
            {
                "run": self.run,
                "at": self.at.isoformat(),
                "actor": self.actor,
                "verb": str(self.verb),
                "client": self.client,
                "resource": str(change.type),
                "action": str(change.action),
                "name": change.name,
                "field": name,
                "before": both["before"],
                "after": both["after"],
                "reason": change.reason,
                "outcome": str(self.kind),
                "error": self.outcome.error if self.outcome else None,
                "request_id": self.outcome.request_id if self.outcome else None,
            }
            for name, both in change.to_dict()["fields"].items()
        ]


def named_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """
    Return entries whose `new:` keys are the names that their run got for them.

    One call may create a resource and refer to it, so its intent was written when
    Google had not named the resource yet.
    """
    names: dict[str, dict[str, str]] = {}
    found = tuple(entries)
    for entry in found:
        if entry.change.action is Action.CREATE and entry.key != entry.change.key:
            names.setdefault(entry.run, {})[entry.change.key] = entry.key
    return tuple(_named(entry, names.get(entry.run, {})) for entry in found)


def _named(entry: Entry, names: Mapping[str, str]) -> Entry:
    change = entry.change.named(names) if names else entry.change
    if change == entry.change:
        return entry
    outcome = replace(entry.outcome, change=change) if entry.outcome else None
    return replace(entry, change=change, outcome=outcome)
