"""Where two pieces of JSON differ, for the message of a miss."""

from __future__ import annotations

from difflib import SequenceMatcher
from json import dumps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def nearest(wanted: Any, candidates: Sequence[Any]) -> Any:
    """Return the candidate that reads most like what is wanted."""
    text = _text(wanted)
    return max(candidates, key=lambda c: SequenceMatcher(None, _text(c), text).ratio())


def first_difference(recorded: Any, asked: Any, path: str = "request") -> str:
    """
    Return the first field in which two pieces of JSON differ, and both sides.

    >>> first_difference({"a": [1, 2]}, {"a": [1, 3]})
    'request.a[1]: recorded 2, asked 3'
    """
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in sorted(recorded.keys() | asked.keys()):
            sides = recorded.get(key), asked.get(key)
            if sides[0] != sides[1]:
                return first_difference(*sides, f"{path}.{key}")
    if isinstance(recorded, list) and isinstance(asked, list):
        for at, (left, right) in enumerate(zip(recorded, asked, strict=False)):
            if left != right:
                return first_difference(left, right, f"{path}[{at}]")
        return f"{path}: recorded {len(recorded)} items, asked {len(asked)}"
    return f"{path}: recorded {_short(recorded)}, asked {_short(asked)}"


def _text(data: Any) -> str:
    return dumps(data, sort_keys=True)


def _short(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
