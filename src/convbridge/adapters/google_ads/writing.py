"""Changes made or checked at Google Ads, with an outcome for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.google_ads.batch import Batch
from convbridge.adapters.google_ads.operations import NEW, references
from convbridge.adapters.google_ads.refusals import ended
from convbridge.adapters.google_ads.services import OneMutate, by_service
from convbridge.errors import RejectedError, VendorError
from convbridge.model.changes import Outcome, OutcomeKind, not_without

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convbridge.adapters.google_ads.batch import Mutate
    from convbridge.adapters.google_ads.reuse import Fetch
    from convbridge.adapters.google_ads.services import Way
    from convbridge.model.changes import Change


def mutate(
    send: Mutate,
    new: Callable[[str], Any],
    changes: Sequence[Change],
    *,
    names: Mapping[str, str],
    validate_only: bool,
    fetch: Fetch,
) -> tuple[Outcome, ...]:
    """
    Send the changes of each owner in one request, and tell what became of each.

    A request is carried out whole or not at all. What Google names in a refusal is
    left out, with all that needs it, and the rest is sent again: nothing was done.
    Where one request for all types is not offered, each type goes by itself.

    Raises:
        OutcomeUnknownError: A request was sent and no answer came.
        VendorError: A request was refused for a reason that is no operation's.
    """
    found: dict[str, Outcome] = {}
    for owner in dict.fromkeys(change.owner for change in changes):
        given = [change for change in changes if change.owner == owner]
        way = _Way(send, new, names=names, validate_only=validate_only, fetch=fetch)
        try:
            found.update(way.together(given))
        except RejectedError as exc:
            if exc.code != "UNIMPLEMENTED":
                raise
            found.update(way.by_type(given))
    return tuple(found[change.key] for change in changes)


class _Way:
    """One owner's changes, sent together or type by type."""

    def __init__(
        self,
        send: Mutate,
        new: Callable[[str], Any],
        *,
        names: Mapping[str, str],
        validate_only: bool,
        fetch: Fetch,
    ) -> None:
        self._send = send
        self._new = new
        self._names = dict(names)
        self._validate_only = validate_only
        self._fetch = fetch

    def together(
        self, changes: Sequence[Change], way: Way | None = None
    ) -> dict[str, Outcome]:
        """Send changes in one request."""
        batch = Batch(
            self._send,
            self._new,
            changes,
            way=way or OneMutate(),
            names=self._names,
            validate_only=self._validate_only,
        )
        return batch.outcomes(self._fetch)

    def by_type(self, changes: Sequence[Change]) -> dict[str, Outcome]:
        """Send changes type by type; an error after the first ends it there."""
        found: dict[str, Outcome] = {}
        for way, group in by_service(changes):
            ready = [c for c in group if not self._hold_back(c, found)]
            if not ready:
                continue
            try:
                answers = self.together(ready, way)
            except VendorError as exc:
                if not any(o.kind is OutcomeKind.APPLIED for o in found.values()):
                    raise
                return found | ended(changes, found, ready, exc)
            found.update(answers)
            made = {k: o.resource_name for k, o in answers.items() if o.resource_name}
            self._names |= {k: name for k, name in made.items() if k.startswith(NEW)}
        return found

    def _hold_back(self, change: Change, found: dict[str, Outcome]) -> bool:
        """Skip a change that needs one which was not made."""
        missing = [
            found[key].change
            for key in {*change.after, *references(change)} & found.keys()
            if found[key].kind is not OutcomeKind.APPLIED
        ]
        if missing:
            found[change.key] = Outcome(
                change=change,
                kind=OutcomeKind.SKIPPED,
                error=not_without(missing[0]),
            )
        return bool(missing)
