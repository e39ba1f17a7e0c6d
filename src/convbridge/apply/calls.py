"""The calls of one run: validated first, then made one by one and written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convbridge.apply.groups import grouped
from convbridge.errors import OutcomeUnknownError, RejectedError, VendorError
from convbridge.model.changes import Action, Outcome, OutcomeKind, not_without
from convbridge.plan import dependents

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from convbridge.model.changes import Change
    from convbridge.model.resources import System
    from convbridge.ports import Clock, Ledger, Progress, Target


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
    cut: dict[str, Outcome] = field(default_factory=dict)
    """Refusals of some fields of a change whose other fields are sent, by its key."""
    left: dict[str, Change] = field(default_factory=dict)
    """What is sent of a change that was cut, by its key."""
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
        groups = [part for group in grouped(changes) for part in self._validated(group)]
        for number, group in enumerate(groups):
            self._report(number, len(groups))
            self._send([c for c in group if self._is_due(c)])
        self._report(len(groups), len(groups))
        return self.error

    def found(self, changes: Sequence[Change]) -> tuple[Outcome, ...]:
        """Return what became of the changes, in their order."""
        return tuple(outcome for c in changes for outcome in self._found(c.key))

    def _found(self, key: str) -> Iterator[Outcome]:
        yield self.outcomes[key]
        if key in self.cut:
            yield self.cut[key]

    def _validated(self, group: Sequence[Change]) -> list[Sequence[Change]]:
        """
        Let Google check a group; return the calls that make it, one or two.

        What Google refuses only because a change before it is not made yet goes
        in a call of its own, with all that waits for it.
        """
        target = self.targets[group[0].system]
        try:
            answers = target.validate(group, names=dict(self.names))
        except RejectedError as exc:
            answers = tuple(_ended(c, OutcomeKind.REJECTED, exc) for c in group)
        self._keep(group, answers)
        early = {
            o.change.key for o in answers if o.kind is OutcomeKind.SKIPPED and o.code
        }
        late = early | dependents(group, early)
        parts = (
            [c for c in group if c.key not in late],
            [c for c in group if c.key in late],
        )
        return [part for part in parts if part]

    def _keep(self, group: Sequence[Change], answers: Sequence[Outcome]) -> None:
        """Write down what is decided without sending: refused, or there already."""
        both = list(zip(group, answers, strict=True))
        decided = [pair for pair in both if _is_final(pair[1])]
        if not decided:
            return
        changes = [outcome.change for _, outcome in decided]
        entries = self.ledger.record_intents(self.run, changes, at=self.clock.now())
        written = dict(zip(entries, (o for _, o in decided), strict=True))
        self.ledger.record_outcomes(written, at=self.clock.now())
        for change, outcome in decided:
            rest = set(change.mask) - set(outcome.change.mask)
            if rest:
                self.cut[change.key] = outcome
                self.left[change.key] = change.only(rest)
            else:
                self._settle(change, outcome)

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
        return not_without(missing[0].change)

    def _send(self, group: Sequence[Change]) -> None:
        if not group:
            return
        ready = [self.left.get(c.key, c).named(self.names) for c in group]
        entries = self.ledger.record_intents(self.run, ready, at=self.clock.now())
        target = self.targets[ready[0].system]
        try:
            answers = target.apply(ready, names=dict(self.names))
        except VendorError as exc:
            answers = self._failed(ready, exc)
        written = dict(zip(entries, answers, strict=True))
        self.ledger.record_outcomes(written, at=self.clock.now())
        for change, outcome in zip(group, answers, strict=True):
            self._settle(change, outcome)

    def _failed(
        self, group: Sequence[Change], error: VendorError
    ) -> tuple[Outcome, ...]:
        if isinstance(error, RejectedError):
            return tuple(_ended(c, OutcomeKind.REJECTED, error) for c in group)
        self.error = self.error or error
        if isinstance(error, OutcomeUnknownError):
            return tuple(_ended(c, OutcomeKind.UNKNOWN, error) for c in group)
        self.halted = True
        return tuple(_ended(c, OutcomeKind.SKIPPED, error) for c in group)

    def _settle(self, change: Change, outcome: Outcome) -> None:
        self.outcomes[change.key] = outcome
        if outcome.kind is OutcomeKind.UNKNOWN:
            self.stopped.add(change.owner)
        if change.action is Action.CREATE and outcome.resource_name:
            self.names[change.key] = outcome.resource_name

    def _report(self, done: int, total: int) -> None:
        if self.progress:
            self.progress("apply", done, total)


def _is_final(outcome: Outcome) -> bool:
    """Whether validation decided: refused, or a thing to create is there already."""
    is_there = outcome.change.action is Action.CREATE and outcome.resource_name
    return outcome.kind is OutcomeKind.REJECTED or bool(is_there)


def _ended(change: Change, kind: OutcomeKind, error: VendorError) -> Outcome:
    text = "; ".join((error.message, *error.reasons))
    return Outcome(
        change=change,
        kind=kind,
        error=f"{text} ({error.hint})" if error.hint else text,
        code=error.code,
        request_id=error.request_id,
    )
