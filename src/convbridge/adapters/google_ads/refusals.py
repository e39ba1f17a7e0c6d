"""Where a person can do what Google does not let the API do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.adapters.hints import known_hint
from convbridge.plan.memory import REFUSALS
from convbridge.plan.places import place_of

if TYPE_CHECKING:
    from convbridge.adapters.ads_failures import AdsError
    from convbridge.model.changes import Change


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


def _refused_fields(change: Change, error: AdsError) -> tuple[str, ...]:
    """Return the fields that Google's field path names, or else all of them."""
    _, _, path = error.field_path.partition("update.")
    named = tuple(f for f in change.mask if path and f.startswith(path))
    return named or change.mask or (change.type.value,)
