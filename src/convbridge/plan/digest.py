"""Digests: one short name for a state of the world or a set of changes."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from convbridge.model.resources import to_json

if TYPE_CHECKING:
    from convbridge.model.resources import Resource, Scalar, State


def digest_of(data: Any) -> str:  # JSON is Any by nature
    """Return the SHA-256 of JSON-ready data in its one canonical form."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def state_digest(state: State) -> str:
    """
    Return the digest of every writable field of a state.

    The order of resources and lists does not count, nor does read-only `info`:
    a campaign that leaves its learning period has not moved.
    """
    return digest_of(sorted(_canonical(resource) for resource in state))


def _canonical(resource: Resource) -> list[Any]:
    fields = {name: _plain(value) for name, value in resource.fields.items()}
    present = {name: value for name, value in fields.items() if value is not None}
    text = json.dumps(present, sort_keys=True)
    return [str(resource.type), resource.key, resource.owner, text]


def _plain(value: Scalar) -> Any:
    if isinstance(value, tuple):
        return sorted(value)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return to_json(value) if value != "" else None
