"""The calls of one run: validated first, then made one by one and written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convbridge.apply.groups import grouped, resolved
from convbridge.errors import OutcomeUnknownError, RejectedError, VendorError
from convbridge.model.changes import Action, Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convbridge.model.changes import Change
    from convbridge.model.resources import System
    from convbridge.ports import Clock, Ledger, Progress, Target

MAY_CLEAR = {
    "CANNOT_REMOVE_LINKED_CUSTOM_CONVERSION_GOAL",
    "CONVERSION_ACTION_NOT_ENABLED",
    "EMPTY_CONVERSION_GOALS",
    "INVALID_CONVERSION_ACTION",
    "NON_BIDDABLE_CONVERSION_ACTION_NOT_ELIGIBLE_FOR_CUSTOM_GOAL",
    "RESOURCE_NOT_FOUND",
}
"""Refusals that an earlier change of the same plan removes: a goal may list an
action that the plan is about to enable, which `validate_only` cannot know."""


@dataclass(slots=True, kw_only=True)
class Calls:
    """One run at work: what has become of each change so far."""

    run: str
    targets: Mapping[System, Target]
    ledger: Ledger
    clock: Clock
    progress: Progress | None = None
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """Outcomes by the change's key."""
    names: dict[str, str] = field(default_factory=dict)
    """Resource names that `new:` keys got."""
    stopped: set[str] = field(default_factory=set)
    """Owners nothing more is sent to, since a call got no answer."""
    halted: bool = False
    """Whether nothing more is sent to anyone."""
    error: VendorError | None = None

    def make(self, changes: Sequence[Change]) -> VendorError | None:
        """
        Validate all changes, then make them; return why it stopped early, if so.

        Raises:
            VendorError: Google could not be asked; nothing was changed.
        """
        for group in grouped(changes):
            self._validate(group)
        groups = grouped(changes)
        for number, group in enumerate(groups):
            self._report(number, len(groups))
            self._send([c for c in group if self._is_due(c)])
        self._report(len(groups), len(groups))
        return self.error

    def _validate(self, group: Sequence[Change]) -> None:
        target = self.targets[group[0].system]
        try:
            answers = target.validate(group, names={})
        except RejectedError as exc:
            answers = tuple(_refused(change, exc) for change in group)
        refused = [o for o in answers if _is_final(o)]
        if not refused:
            return
        changes = [o.change for o in refused]
        entries = self.ledger.record_intents(self.run, changes, at=self.clock.now())
        self._settle(entries, changes, refused)

    def _is_due(self, change: Change) -> bool:
        """Whether the change is still to be made; says so in its outcome if not."""
        if change.key in self.outcomes:
            return False
        obstacle = self._obstacle(change)
        if obstacle is None:
            return True
        self.outcomes[change.key] = Outcome(
            change=change, kind=OutcomeKind.SKIPPED, error=obstacle
        )
        return False

    def _obstacle(self, change: Change) -> str | None:
        if self.halted and self.error:
            return f"not sent, the run stopped: {self.error.message}"
        if change.owner in self.stopped:
            return "not sent, an earlier call to this account got no answer"
        needs = [self.outcomes[key] for key in change.after if key in self.outcomes]
        missing = [o for o in needs if o.kind is not OutcomeKind.APPLIED]
        if not missing:
            return None
        return f"not sent, it needs {missing[0].change.name}, which was not applied"

    def _send(self, group: Sequence[Change]) -> None:
        if not group:
            return
        ready = [resolved(change, self.names) for change in group]
        entries = self.ledger.record_intents(self.run, ready, at=self.clock.now())
        target = self.targets[ready[0].system]
        try:
            answers = target.apply(ready, names=dict(self.names))
        except VendorError as exc:
            answers = self._failed(ready, exc)
        self._settle(entries, group, answers)

    def _failed(
        self, group: Sequence[Change], error: VendorError
    ) -> tuple[Outcome, ...]:
        if isinstance(error, RejectedError):
            return tuple(_refused(change, error) for change in group)
        self.error = self.error or error
        if isinstance(error, OutcomeUnknownError):
            return tuple(_ended(c, OutcomeKind.UNKNOWN, error) for c in group)
        self.halted = True
        return tuple(_ended(c, OutcomeKind.SKIPPED, error) for c in group)

    def _settle(
        self,
        entries: Sequence[int],
        group: Sequence[Change],
        answers: Sequence[Outcome],
    ) -> None:
        written = dict(zip(entries, answers, strict=True))
        self.ledger.record_outcomes(written, at=self.clock.now())
        for change, outcome in zip(group, answers, strict=True):
            self.outcomes[change.key] = outcome
            if outcome.kind is OutcomeKind.UNKNOWN:
                self.stopped.add(change.owner)
            if change.action is Action.CREATE and outcome.resource_name:
                self.names[change.key] = outcome.resource_name

    def _report(self, done: int, total: int) -> None:
        if self.progress:
            self.progress("apply", done, total)


def _is_final(outcome: Outcome) -> bool:
    """Whether a refusal at validation stands whatever is done before."""
    may_clear = bool(outcome.change.after) and outcome.code in MAY_CLEAR
    return outcome.kind is OutcomeKind.REJECTED and not may_clear


def _refused(change: Change, error: RejectedError) -> Outcome:
    return _ended(change, OutcomeKind.REJECTED, error)


def _ended(change: Change, kind: OutcomeKind, error: VendorError) -> Outcome:
    text = "; ".join((error.message, *error.reasons))
    return Outcome(
        change=change,
        kind=kind,
        error=f"{text} ({error.hint})" if error.hint else text,
        code=error.code,
        request_id=error.request_id,
    )
