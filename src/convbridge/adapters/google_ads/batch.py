"""The changes of one owner on their way to an answer, in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from convbridge.adapters.google_ads.operations import (
    ACTIONS,
    mutate_request,
    references,
    unresolved,
)
from convbridge.adapters.google_ads.refusals import (
    AWAITING,
    in_part,
    refused_operations,
    rejected,
    skipped,
)
from convbridge.adapters.google_ads.reuse import find_duplicate
from convbridge.adapters.vendor_errors import ads_failure
from convbridge.errors import DataError, RejectedError, VendorError
from convbridge.model.changes import Action, Outcome, OutcomeKind, not_without

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convbridge.adapters.ads_failures import AdsError
    from convbridge.adapters.google_ads.reuse import Fetch
    from convbridge.adapters.google_ads.services import Way
    from convbridge.model.changes import Change


class Mutate(Protocol):
    """Sends a mutate request; a write is never repeated blindly."""

    def __call__(
        self, method: str, request: Any, /, *, idempotent: bool
    ) -> tuple[Any, str | None]:
        """Return the response and Google's request id, or raise a `VendorError`."""
        ...


class Batch:
    """The changes of one owner on their way to an answer."""

    def __init__(
        self,
        send: Mutate,
        new: Callable[[str], Any],
        changes: Sequence[Change],
        *,
        way: Way,
        names: Mapping[str, str],
        validate_only: bool,
    ) -> None:
        self._send = send
        self._new = new
        self._way = way
        self._asked = {change.key: change for change in changes}
        self._left = dict(self._asked)
        self._names = dict(names)
        self._validate_only = validate_only
        self._cut: dict[str, Outcome] = {}
        self._found: dict[str, Outcome] = {}

    def outcomes(self, fetch: Fetch) -> dict[str, Outcome]:
        """Send until every change is accepted, or refused by itself."""
        self._leave_out_unsendable()
        while self._left:
            try:
                self._accept(*self._answer(list(self._left.values())))
            except VendorError as exc:
                self._refuse(refused_operations(exc, len(self._left)), exc, fetch)
        parts = {k: o for k, o in self._cut.items() if k not in self._rejected()}
        return {**self._found, **parts}

    def _rejected(self) -> set[str]:
        return {k for k, o in self._found.items() if o.kind is OutcomeKind.REJECTED}

    def _answer(self, changes: Sequence[Change]) -> tuple[Any, str | None]:
        request = self._way.request(
            self._new,
            changes,
            names=self._names,
            validate_only=self._validate_only,
        )
        return self._send(self._way.method, request, idempotent=self._validate_only)

    def _accept(self, response: Any, request_id: str | None) -> None:
        """Take the names of a carried-out request; a check returns none."""
        made = [] if self._validate_only else self._way.results(response)
        for at, change in enumerate(self._left.values()):
            name = made[at] if at < len(made) else ""
            is_known = bool(name) or self._validate_only
            text = "Google's answer does not mention this operation"
            self._found[change.key] = Outcome(
                change=change,
                kind=OutcomeKind.APPLIED if is_known else OutcomeKind.UNKNOWN,
                resource_name=name or None,
                error=None if is_known else text,
                request_id=request_id,
            )
        self._left.clear()

    def _refuse(
        self,
        refused: Mapping[int, Sequence[AdsError]],
        exc: VendorError,
        fetch: Fetch,
    ) -> None:
        """
        Decide about the operations that Google names.

        What may be refused only since one before it was is asked again.
        """
        if not refused:
            self._look_for(exc, fetch)
            return
        keys = list(self._left)
        touched: set[str] = set()
        for at in sorted(refused):
            change, errors = self._left.get(keys[at]), refused[at]
            if change is None:  # it needs one that was left out just now
                continue
            waits = {e.code for e in errors} <= AWAITING
            if not (waits and self._needs(change) & touched):
                self._decide(change, errors, exc.request_id, fetch)
                touched.add(change.key)

    def _look_for(self, exc: VendorError, fetch: Fetch) -> None:
        """Check each change by itself, with what it needs, where Google names none."""
        failure = ads_failure(exc)
        is_refusal = isinstance(exc, RejectedError) and self._validate_only
        if not (is_refusal and failure and len(self._left) > 1):
            raise exc
        found = 0
        for change in list(self._left.values()):
            errors = self._errors_of(change) if change.key in self._left else ()
            if errors:
                self._decide(change, errors, exc.request_id, fetch)
                found += 1
        if not found:
            raise exc

    def _errors_of(self, change: Change) -> Sequence[AdsError]:
        wanted = {change.key, *self._needs(change)}
        try:
            self._answer([c for c in self._left.values() if c.key in wanted])
        except RejectedError as exc:
            failure = ads_failure(exc)
            if failure is None:
                raise
            return failure.errors
        return ()

    def _decide(
        self,
        change: Change,
        errors: Sequence[AdsError],
        request_id: str | None,
        fetch: Fetch,
    ) -> None:
        first = errors[0]
        is_early = {e.code for e in errors} <= AWAITING
        waits = is_early and self._needs(change) - self._names.keys()
        twin = find_duplicate(change, first.code, names=self._names, fetch=fetch)
        rest = in_part(change, errors) if self._validate_only else None
        if twin is not None:
            self._reuse(change, twin, first.code, request_id)
        elif waits and self._validate_only:
            self._leave_out(change, skipped(change, errors, request_id))
        elif rest is not None:
            self._cut_off(change, rest, errors, request_id)
        else:
            whole = self._asked[change.key]
            before = self._cut.get(change.key)
            outcome = rejected(whole, errors, request_id, before=before)
            self._leave_out(change, outcome)

    def _reuse(
        self, change: Change, name: str, code: str, request_id: str | None
    ) -> None:
        self._names[change.key] = name
        self._found[change.key] = Outcome(
            change=change,
            kind=OutcomeKind.APPLIED,
            resource_name=name,
            code=code,
            request_id=request_id,
        )
        del self._left[change.key]

    def _cut_off(
        self,
        change: Change,
        rest: Change,
        errors: Sequence[AdsError],
        request_id: str | None,
    ) -> None:
        """Go on with the fields that Google does not refuse."""
        kept = set(rest.mask)
        part = self._asked[change.key].only(
            {name for name in self._asked[change.key].mask if name not in kept}
        )
        before = self._cut.get(change.key)
        self._cut[change.key] = rejected(part, errors, request_id, before=before)
        self._left[change.key] = rest

    def _leave_out(self, change: Change, outcome: Outcome) -> None:
        """Settle a change, and skip what needs it."""
        del self._left[change.key]
        self._found[change.key] = outcome
        for other in list(self._left.values()):
            if change.key in {*other.after, *references(other)}:
                kind, text = OutcomeKind.SKIPPED, not_without(change)
                self._leave_out(other, Outcome(change=other, kind=kind, error=text))

    def _needs(self, change: Change) -> set[str]:
        """Return the keys of all that must be done before, at any depth."""
        found: set[str] = set()
        wanted = [change]
        while wanted:
            change = wanted.pop()
            for key in {*change.after, *references(change)} - found:
                found.add(key)
                wanted += [self._left[key]] if key in self._left else []
        return found

    def _leave_out_unsendable(self) -> None:
        known = set(self._names)
        for change in self._asked.values():
            if change.key not in self._left:
                continue
            outcome = self._unsendable(change, known)
            if outcome is not None:
                self._leave_out(change, outcome)
            elif change.action is Action.CREATE:
                known.add(change.key)

    def _unsendable(self, change: Change, known: set[str]) -> Outcome | None:
        """Return the outcome of a change that cannot even be asked for."""
        missing = unresolved(change, known)
        if missing is not None:
            text = f"refers to {missing}, which does not exist yet"
            return Outcome(change=change, kind=OutcomeKind.SKIPPED, error=text)
        if change.action not in ACTIONS.get(change.type, ()):
            text = f"the API cannot {change.action} a {change.type} for convbridge"
            return Outcome(change=change, kind=OutcomeKind.SKIPPED, error=text)
        try:
            mutate_request(self._new, [change], names=self._names, validate_only=True)
        except DataError as exc:
            return Outcome(change=change, kind=OutcomeKind.REJECTED, error=exc.message)
        return None
