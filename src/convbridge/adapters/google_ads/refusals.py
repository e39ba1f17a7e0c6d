"""What Google refuses: of which operation, which fields, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.adapters.hints import known_hint
from convbridge.adapters.vendor_errors import ads_failure
from convbridge.errors import AuthError, OutcomeUnknownError, RejectedError
from convbridge.model.changes import Outcome, OutcomeKind
from convbridge.model.resources import ResourceType
from convbridge.plan import blamed
from convbridge.plan.memory import REFUSALS
from convbridge.plan.places import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convbridge.adapters.ads_failures import AdsError
    from convbridge.errors import VendorError
    from convbridge.model.changes import Change

AWAITING = frozenset(
    {
        "CANNOT_REMOVE_LINKED_CUSTOM_CONVERSION_GOAL",
        "CONVERSION_ACTION_NOT_ENABLED",
        "EMPTY_CONVERSION_GOALS",
        "INVALID_CONVERSION_ACTION",
        "NON_BIDDABLE_CONVERSION_ACTION_NOT_ELIGIBLE_FOR_CUSTOM_GOAL",
        "RESOURCE_NOT_FOUND",
        "TEMP_ID_RESOURCE_HAD_ERRORS",
    }
)
"""Refusals that an earlier change removes: a goal may list an action that is about
to be enabled, and Google may look at the account as it is."""

_WHOLE = {"status", "primary_for_goal"}
"""Without these an update would do something else: enable a primary action, say."""


def refused_operations(
    error: VendorError, count: int
) -> Mapping[int, Sequence[AdsError]]:
    """
    Return what Google refuses of a request's operations, by their index.

    Empty when the refusal is, if only in part, of the request as a whole.
    """
    failure = ads_failure(error)
    if failure is None or not isinstance(error, RejectedError | AuthError):
        return {}
    indices = {found.index for found in failure.errors}
    if not indices <= set(range(count)):
        return {}
    return {at: failure.of(at) for at in indices if at is not None}


def rejected(
    change: Change,
    errors: Sequence[AdsError],
    request_id: str | None,
    *,
    before: Outcome | None = None,
) -> Outcome:
    """
    Return the outcome of a change that Google refused, in Google's words.

    `before` is a refusal of some of its fields that came earlier.
    """
    first = errors[0]
    step = next_step(change, first)
    text = f"{_words(errors)}. Next: {step}" if step else _words(errors)
    paths = tuple(e.field_path for e in errors if e.field_path)
    return Outcome(
        change=change,
        kind=OutcomeKind.REJECTED,
        error=f"{before.error}; {text}" if before else text,
        code=first.code,
        request_id=request_id,
        fields=(*before.fields, *paths) if before else paths,
    )


def skipped(
    change: Change, errors: Sequence[AdsError], request_id: str | None
) -> Outcome:
    """Return the outcome of a change to be sent when those before it are made."""
    return Outcome(
        change=change,
        kind=OutcomeKind.SKIPPED,
        error=f"not before what it needs is made: {_words(errors)}",
        code=errors[0].code,
        request_id=request_id,
    )


def ended(
    changes: Sequence[Change],
    found: Mapping[str, Outcome],
    sent: Sequence[Change],
    error: VendorError,
) -> dict[str, Outcome]:
    """Return the outcomes of what is left when a call fails after others passed."""
    is_lost = isinstance(error, OutcomeUnknownError)
    lost = {change.key for change in sent} if is_lost else set()
    return {
        change.key: Outcome(
            change=change,
            kind=OutcomeKind.UNKNOWN if change.key in lost else OutcomeKind.SKIPPED,
            error=error.message,
            code=error.code,
            request_id=error.request_id,
        )
        for change in changes
        if change.key not in found
    }


def in_part(change: Change, errors: Sequence[AdsError]) -> Change | None:
    """
    Return what is left of an update when Google never changes some of its fields.

    None when it is refused for another reason, or nothing that stands alone is left.
    Only conversion actions have fields that stand alone: GA4 decides some of an
    import, and Google Ads the others.
    """
    if change.type is not ResourceType.CONVERSION_ACTION:
        return None
    found = [blamed(change, error.code, (error.field_path,)) for error in errors]
    refused = frozenset[str]().union(*found)
    rest = set(change.mask) - refused
    if not all(found) or refused & _WHOLE or not rest:
        return None
    return change.only(rest)


def next_step(change: Change, error: AdsError) -> str | None:
    """
    Return what to do about a refused change, with the exact place in the UI.

    GA4 imports get the place in GA4 for what GA4 decides; everything else gets
    the hint of its code.
    """
    if error.code not in REFUSALS:
        return known_hint(error.code, error.category)
    fields = _refused_fields(change, error)
    info = change.info or {}
    found = (place_of(change.type, f, name=change.name, info=info) for f in fields)
    places = dict.fromkeys(found)
    return "set " + ", ".join(fields) + " in " + "; ".join(places)


def _words(errors: Sequence[AdsError]) -> str:
    return "; ".join(str(error).rstrip(".") for error in errors)


def _refused_fields(change: Change, error: AdsError) -> tuple[str, ...]:
    """Return the fields that Google's field path names, or else all of them."""
    _, _, path = error.field_path.partition("update.")
    named = tuple(f for f in change.mask if path and f.startswith(path))
    return named or change.mask or (change.type.value,)
