"""Changes in groups that one call can hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from convbridge.model.changes import Change
    from convbridge.model.resources import Scalar


def grouped(changes: Iterable[Change]) -> tuple[tuple[Change, ...], ...]:
    """
    Cut ordered changes into groups: one type, one owner, none waiting for another.

    The order of groups keeps the order of changes that depend on each other.
    """
    groups: list[list[Change]] = []
    for change in changes:
        if groups and _fits(change, groups[-1]):
            groups[-1].append(change)
        else:
            groups.append([change])
    return tuple(tuple(group) for group in groups)


def resolved(change: Change, names: Mapping[str, str]) -> Change:
    """Return the change with every `new:` key replaced by the name it got."""
    fields = tuple(replace(f, after=_named(f.after, names)) for f in change.fields)
    return replace(change, fields=fields)


def _fits(change: Change, group: list[Change]) -> bool:
    last = group[-1]
    alike = (change.type, change.owner) == (last.type, last.owner)
    return alike and not set(change.after) & {member.key for member in group}


def _named(value: Scalar, names: Mapping[str, str]) -> Scalar:
    if isinstance(value, tuple):
        return tuple(names.get(text, text) for text in value)
    return names.get(value, value) if isinstance(value, str) else value
