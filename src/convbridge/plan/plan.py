"""A plan: the ordered changes for one client, and the world they were made for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from convbridge.model.changes import Action
from convbridge.model.plots import plot
from convbridge.model.resources import to_json
from convbridge.plan.diff import diff_wishes
from convbridge.plan.digest import digest_of, state_digest
from convbridge.plan.limits import breaches
from convbridge.plan.render import render_html, render_text

if TYPE_CHECKING:
    from datetime import datetime

    from convbridge.model.accounts import Account
    from convbridge.model.changes import Change
    from convbridge.model.dates import DateWindow
    from convbridge.model.ids import CustomerId
    from convbridge.model.policy import Limits
    from convbridge.model.resources import State
    from convbridge.plan.wishes import Breach, Wishes

FORMAT = 1
"""Version of the saved form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    Every change the values ask for, for one client, readable before it is applied.

    An empty plan is a plan: `is_empty` is true and there is nothing to apply.
    """

    client: str
    account: CustomerId
    made_at: datetime
    window: DateWindow | None = None
    """The days the values come from; None for a rollback."""
    actual_digest: str
    """Digest of everything read when the plan was made."""
    desired_digest: str
    changes: tuple[Change, ...]
    kept: int
    """Wanted resources that are as they should be."""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    limits: tuple[Breach, ...] = ()
    """Limits that the plan goes past, as they were when it was made."""

    @property
    def digest(self) -> str:
        """The plan's name: a hash of all it says but the time it was made at."""
        return digest_of(self._body())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes

    @property
    def counts(self) -> dict[str, int]:
        """The number of changes by action, and of resources kept."""
        found = {
            str(action): sum(c.action is action for c in self.changes)
            for action in Action
        }
        return {**found, "kept": self.kept}

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per field changed; renderings show exactly these."""
        return [
            {
                "system": str(change.system),
                "resource": str(change.type),
                "action": str(change.action),
                "name": change.name,
                "field": f.name,
                "before": to_json(f.before),
                "after": to_json(f.after),
                "currency": (change.info or {}).get("currency"),
                "reason": change.reason,
            }
            for change in self.changes
            for f in change.fields
        ]

    def plot(self) -> Any:
        """Draw the values that would move (extra `report`)."""
        return plot("plan_chart", self)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON-ready data; `Plan.from_dict` reads it back."""
        return {
            **self._body(),
            "digest": self.digest,
            "made_at": self.made_at.isoformat(),
        }

    def _body(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "client": self.client,
            "account": str(self.account),
            "window": self.window.to_dict() if self.window else None,
            "actual_digest": self.actual_digest,
            "desired_digest": self.desired_digest,
            "changes": [change.to_dict() for change in self.changes],
            "kept": self.kept,
            "notes": list(self.notes),
            "warnings": list(self.warnings),
            "limits": [breach.to_dict() for breach in self.limits],
        }

    def __str__(self) -> str:
        return render_text(self)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {action}" for action, n in self.counts.items())
        return f"<Plan {self.client} {self.digest[:8]}: {counts}>"

    def _repr_html_(self) -> str:
        return render_html(self)


def make_plan(
    wishes: Wishes,
    *,
    actual: State,
    client: str,
    account: Account,
    made_at: datetime,
    window: DateWindow | None = None,
    limits: Limits | None = None,
) -> Plan:
    """
    Return the plan that makes the wishes come true in the account as read.

    With `limits` the plan says which ones it goes past; `apply` checks them anew.
    """
    changes = diff_wishes(actual, wishes)
    plan = Plan(
        client=client,
        account=account.customer_id,
        made_at=made_at,
        window=window,
        actual_digest=state_digest(actual),
        desired_digest=state_digest(wishes.desired),
        changes=changes,
        kept=len(wishes) - len(changes),
        notes=wishes.notes,
        warnings=wishes.warnings,
        limits=wishes.breaches,
    )
    return replace(plan, limits=breaches(plan, limits)) if limits else plan
