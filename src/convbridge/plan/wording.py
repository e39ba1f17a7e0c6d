"""Texts that GA4 keeps as JSON, in words; and what several events share, once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def in_words(text: str) -> str:
    r"""
    Return a condition of an event create rule, or a clause of an audience, in words.

    Any other text stays as it is.

    >>> in_words('{"comparison_type": "EQUALS", "field": "a", "value": "b"}')
    'a EQUALS b'
    """
    if not text.startswith("{"):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if "comparison_type" in found:
        negated = "not " if found.get("negated") else ""
        return f"{negated}{found['field']} {found['comparison_type']} {found['value']}"
    events = ", ".join(_event_names(found))
    return f"{found['clause_type']} {events}" if "clause_type" in found else text


def together(notes: Iterable[str], events: Collection[str]) -> tuple[str, ...]:
    """
    Return the notes, with what is said of several events said once.

    >>> together(["a: is new", "goals: none", "b: is new"], {"a", "b"})
    ('a, b: is new', 'goals: none')
    """
    subjects: dict[str, list[str]] = {}
    for note in notes:
        event, _, text = note.partition(": ")
        about = event if event in events else ""
        subjects.setdefault(text if about else note, []).append(about)
    return tuple(
        f"{', '.join(dict.fromkeys(names))}: {text}" if any(names) else text
        for text, names in subjects.items()
    )


def _event_names(part: Any) -> Iterable[str]:
    if isinstance(part, list):
        for item in part:
            yield from _event_names(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key == "event_name":
                yield str(value)
            else:
                yield from _event_names(value)
