"""A refused field explained, with the nearest name that the property knows."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from convbridge.errors import RejectedError, VendorError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convbridge.adapters.ga4.api import Ga4Api

_UNKNOWN = re.compile(r"Field (\S+) is not a valid (dimension|metric)")
_INCOMPATIBLE = "incompatible"


def explain_rejection(api: Ga4Api, error: RejectedError) -> RejectedError:
    """
    Return the refusal with a hint: the nearest name, or what does not go together.

    Asks GA4 for its list of names, which costs a few tokens and happens only
    after a refusal.
    """
    hint = _hint(api, error)
    if hint is None:
        return error
    return RejectedError(
        error.message,
        vendor=error.vendor,
        operation=error.operation,
        request_id=error.request_id,
        code=error.code,
        reasons=error.reasons,
        hint=hint,
    )


def _hint(api: Ga4Api, error: RejectedError) -> str | None:
    unknown = _UNKNOWN.search(error.message)
    if unknown:
        name, kind = unknown.groups()
        near = nearest(name, _names(api, kind))
        if near:
            return f"did you mean {near}?"
        return (
            f"the property has no such {kind}; an event parameter must be "
            "registered under Admin > Custom definitions first"
        )
    if _INCOMPATIBLE in error.message:
        return "these fields cannot be in one report: use another dimension in `where`"
    return None


def _names(api: Ga4Api, kind: str) -> list[str]:
    try:
        metadata = api.get_metadata()
    except VendorError:
        return []
    found = metadata.dimensions if kind == "dimension" else metadata.metrics
    return [entry.api_name for entry in found]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """
    Return the known name closest to a misspelt one, or None.

    >>> nearest("linkdomain", ["linkDomain", "linkUrl"])
    'linkDomain'
    """
    by_lower = {k.lower(): k for k in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None
