"""Changes to resources, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from convbridge.model.resources import to_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from convbridge.model.resources import ResourceType, Scalar, System


class Action(StrEnum):
    """What is done to a resource; the API's own verbs."""

    CREATE = "create"
    UPDATE = "update"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field before and after; the name is its field-mask path."""

    name: str
    before: Scalar
    after: Scalar

    def named(self, names: Mapping[str, str]) -> FieldChange:
        """Return the field with each `new:` key in `names` replaced by its name."""
        after = _named(self.after, names)
        return self if after == self.after else replace(self, after=after)

    def to_dict(self) -> dict[str, Any]:
        """Return both sides as JSON-ready data."""
        return {"before": to_json(self.before), "after": to_json(self.after)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One create, update or remove of one resource, with its reason."""

    action: Action
    type: ResourceType
    key: str
    owner: str
    name: str
    fields: tuple[FieldChange, ...]
    reason: str
    after: tuple[str, ...] = ()
    """Keys of changes that must be applied before this one."""
    info: Mapping[str, Scalar] | None = None
    """Read-only facts the adapter needs to write it, such as the event name."""

    @property
    def system(self) -> System:
        """The system that is changed."""
        return self.type.system

    @property
    def mask(self) -> tuple[str, ...]:
        """The field-mask paths, sorted: all of them, 0 and False included."""
        return tuple(sorted(f.name for f in self.fields))

    def named(self, names: Mapping[str, str]) -> Change:
        """Return the change with each `new:` key in `names` replaced by its name."""
        return replace(self, fields=tuple(f.named(names) for f in self.fields))

    def only(self, fields: Collection[str]) -> Change:
        """Return the part of the change that is about these fields."""
        return replace(self, fields=tuple(f for f in self.fields if f.name in fields))

    def to_dict(self) -> dict[str, Any]:
        """Return the change as JSON-ready data."""
        return {
            "system": str(self.system),
            "resource": str(self.type),
            "key": self.key,
            "owner": self.owner,
            "action": str(self.action),
            "name": self.name,
            "fields": {f.name: f.to_dict() for f in self.fields},
            "reason": self.reason,
            "after": list(self.after),
            "info": {k: to_json(v) for k, v in sorted((self.info or {}).items())},
        }


class OutcomeKind(StrEnum):
    """The end of one change or one delivered row."""

    APPLIED = "applied"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change."""

    change: Change
    kind: OutcomeKind
    resource_name: str | None = None
    """Google's name of the resource, also when it was just created."""
    error: str | None = None
    """Google's reason, field path and what to do, in words."""
    code: str | None = None
    """Google's error code, such as `UPDATE_NOT_SUPPORTED`."""
    request_id: str | None = None
    fields: tuple[str, ...] = ()
    """Field paths that Google named in a refusal; empty when it named none."""

    @property
    def is_reused(self) -> bool:
        """Whether what was to be created was there already, as Google's code says."""
        is_made = self.kind is OutcomeKind.APPLIED
        return is_made and self.change.action is Action.CREATE and self.code is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON-ready data."""
        return {
            "resource": str(self.change.type),
            "name": self.change.name,
            "action": str(self.change.action),
            "outcome": str(self.kind),
            "resource_name": self.resource_name,
            "error": self.error,
            "code": self.code,
            "request_id": self.request_id,
            "fields": list(self.fields),
        }


def not_without(needed: Change) -> str:
    """Return why a change is not sent that needs another one."""
    return f"not sent, it needs {needed.name}, which was not applied"


def _named(value: Scalar, names: Mapping[str, str]) -> Scalar:
    if isinstance(value, tuple):
        return tuple(names.get(text, text) for text in value)
    return names.get(value, value) if isinstance(value, str) else value
