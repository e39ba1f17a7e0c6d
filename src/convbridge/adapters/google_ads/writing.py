"""Changes made or checked at Google Ads, with an outcome for each."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

from convbridge.adapters.ads_failures import (
    AdsError,
    Failure,
    read_partial_failure,
)
from convbridge.adapters.google_ads.operations import (
    SERVICES,
    mutate_request,
    unresolved,
)
from convbridge.adapters.google_ads.refusals import next_step
from convbridge.adapters.vendor_errors import ads_failure
from convbridge.errors import DataError, RejectedError
from convbridge.model.changes import Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from convbridge.model.changes import Change


class Mutate(Protocol):
    """Sends a mutate request; a write is never repeated blindly."""

    def __call__(self, method: str, request: Any, /, *, idempotent: bool) -> Any:
        """Return the response or raise a `VendorError`."""
        ...


def mutate(
    send: Mutate,
    new: Callable[[str], Any],
    changes: Sequence[Change],
    *,
    names: Mapping[str, str],
    validate_only: bool,
) -> tuple[Outcome, ...]:
    """
    Send the changes, one request per type and owner, and tell what became of each.

    Services without partial failure refuse a request as a whole: what Google
    named is rejected and the rest is sent again, since nothing was done.

    Raises:
        OutcomeUnknownError: A request was sent and no answer came.
        VendorError: A request was refused for a reason that is no operation's.
    """
    found: dict[int, Outcome] = {}
    for indices in _groups(changes):
        ready = []
        for index in indices:
            early = _unsendable(new, changes[index], names)
            if early is None:
                ready.append(index)
            else:
                found[index] = early
        group = _Group(send, new, names=names, validate_only=validate_only)
        outcomes = group.outcomes([changes[i] for i in ready])
        found.update(zip(ready, outcomes, strict=True))
    return tuple(found[index] for index in range(len(changes)))


def rejected(
    change: Change, errors: Sequence[AdsError], request_id: str | None
) -> Outcome:
    """Return the outcome of a change that Google refused, in Google's words."""
    first = errors[0]
    words = "; ".join(str(e).rstrip(".") for e in errors)
    step = next_step(change, first)
    return Outcome(
        change=change,
        kind=OutcomeKind.REJECTED,
        error=f"{words}. Next: {step}" if step else words,
        code=first.code,
        request_id=request_id,
        fields=tuple(e.field_path for e in errors if e.field_path),
    )


class _Group:
    """The changes of one request: one resource type, one owner."""

    def __init__(
        self,
        send: Mutate,
        new: Callable[[str], Any],
        *,
        names: Mapping[str, str],
        validate_only: bool,
    ) -> None:
        self._send = send
        self._new = new
        self._names = names
        self._validate_only = validate_only

    def outcomes(self, changes: list[Change]) -> list[Outcome]:
        """Send until every change is accepted or refused by itself."""
        found: dict[int, Outcome] = {}
        left = list(range(len(changes)))
        while left:
            sent = [changes[i] for i in left]
            try:
                answers = self._answers(sent)
            except RejectedError as exc:
                answers = _refused(sent, exc)
            found.update({left[at]: outcome for at, outcome in answers.items()})
            left = [i for i in left if i not in found]
        return [found[i] for i in range(len(changes))]

    def _answers(self, changes: list[Change]) -> dict[int, Outcome]:
        request = mutate_request(
            self._new, changes, names=self._names, validate_only=self._validate_only
        )
        method = SERVICES[changes[0].type].method
        response = self._send(method, request, idempotent=self._validate_only)
        failure = _partial_failure(response)
        results = list(response.results)
        return {
            at: self._outcome(change, at, failure, results)
            for at, change in enumerate(changes)
        }

    def _outcome(
        self, change: Change, at: int, failure: Failure, results: list[Any]
    ) -> Outcome:
        name = results[at].resource_name if at < len(results) else ""
        errors = failure.of(at) or (() if name else failure.of(None))
        if errors:
            return rejected(change, errors, failure.request_id)
        if not name and not self._validate_only:
            text = "Google's answer does not mention this operation"
            return Outcome(change=change, kind=OutcomeKind.UNKNOWN, error=text)
        return Outcome(
            change=change,
            kind=OutcomeKind.APPLIED,
            resource_name=name or None,
        )


def _groups(changes: Sequence[Change]) -> Iterator[list[int]]:
    def place(index: int) -> tuple[str, str]:
        return changes[index].type.value, changes[index].owner

    for _, group in groupby(sorted(range(len(changes)), key=place), key=place):
        yield list(group)


def _unsendable(
    new: Callable[[str], Any], change: Change, names: Mapping[str, str]
) -> Outcome | None:
    """Return the outcome of a change that cannot even be asked for."""
    missing = unresolved(change, names)
    if missing is not None:
        text = f"refers to {missing}, which does not exist yet"
        return Outcome(change=change, kind=OutcomeKind.SKIPPED, error=text)
    service = SERVICES.get(change.type)
    if service is None or change.action not in service.actions:
        text = f"the API cannot {change.action} a {change.type} for convbridge"
        return Outcome(change=change, kind=OutcomeKind.SKIPPED, error=text)
    try:
        mutate_request(new, [change], names=names, validate_only=True)
    except DataError as exc:
        return Outcome(change=change, kind=OutcomeKind.REJECTED, error=exc.message)
    return None


def _partial_failure(response: Any) -> Failure:
    """Return the errors inside a response that is otherwise a success."""
    if "partial_failure_error" not in response.DESCRIPTOR.fields_by_name:
        return Failure(errors=())
    status = response.partial_failure_error
    if not status.code:
        return Failure(errors=())
    plain = AdsError(category="status", code="PARTIAL_FAILURE", message=status.message)
    return read_partial_failure(status) or Failure(errors=(plain,))


def _refused(changes: list[Change], exc: RejectedError) -> dict[int, Outcome]:
    """Return the outcomes of the operations a whole refusal names, or raise it."""
    failure = ads_failure(exc)
    indices = {e.index for e in failure.errors} if failure else set()
    if failure is None or not indices & set(range(len(changes))) or None in indices:
        raise exc
    return {
        at: rejected(change, failure.of(at), failure.request_id)
        for at, change in enumerate(changes)
        if failure.of(at)
    }
