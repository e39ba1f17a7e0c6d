"""What is wanted: resources with only the fields that matter, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convbridge.model.resources import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.model.resources import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """One limit a plan goes past, and the flag that lifts it."""

    limit: str
    """`max_changes`, `max_value_ratio`, `primary_loss`, `unmanaged`, `unlinked`."""
    message: str

    @property
    def flag(self) -> str:
        """The command-line flag that lets the plan pass."""
        return f"--allow-{self.limit.replace('_', '-')}"

    def to_dict(self) -> dict[str, Any]:
        """Return the breach as JSON-ready data."""
        return {"limit": self.limit, "message": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One resource as wanted; fields that are not named stay as they are."""

    resource: Resource
    reason: str
    """Which rule and which numbers led here."""
    after: tuple[str, ...] = ()
    """Keys of wishes that must come true first."""
    absent: bool = False
    """True when the resource shall not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Everything wanted for one client, and what a person should know about it."""

    wishes: tuple[Wish, ...] = ()
    notes: tuple[str, ...] = ()
    """Facts and next steps; nothing is wrong."""
    warnings: tuple[str, ...] = ()
    """Things to look at before applying."""
    breaches: tuple[Breach, ...] = ()
    """Limits passed whatever the changes are, such as a property without link."""

    def __iter__(self) -> Iterator[Wish]:
        return iter(self.wishes)

    def __len__(self) -> int:
        return len(self.wishes)

    def __add__(self, other: Wishes) -> Wishes:
        return Wishes(
            wishes=self.wishes + other.wishes,
            notes=self.notes + other.notes,
            warnings=self.warnings + other.warnings,
            breaches=self.breaches + other.breaches,
        )

    @property
    def desired(self) -> State:
        """The desired state: what shall exist, with the fields that matter."""
        return State(resources=tuple(w.resource for w in self if not w.absent))

    def get(self, key: str) -> Wish | None:
        """Return the wish for a key, or None."""
        return next((w for w in self if w.resource.key == key), None)
