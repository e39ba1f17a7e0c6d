"""Protocols between the verbs and the world; adapters and fakes implement them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from convbridge.model.accounts import Account, PropertyInfo
    from convbridge.model.changes import Change, Outcome
    from convbridge.model.counts import EventCounts
    from convbridge.model.dates import DateWindow
    from convbridge.model.funnels import Funnels
    from convbridge.model.resources import State
    from convbridge.model.rules import EventRule


class Clock(Protocol):
    """The only way to ask the time."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...


class Progress(Protocol):
    """Told of long work; the CLI draws a bar, the library draws nothing."""

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """Report `done` of `total` units of `step` (total None: not known yet)."""
        ...


class CountsSource(Protocol):
    """Reads what happened on a site."""

    def fetch_property(self) -> PropertyInfo:
        """Return the property's currency, time zone and links."""
        ...

    def fetch_counts(
        self, window: DateWindow, *, derived: Sequence[EventRule] = ()
    ) -> EventCounts:
        """Return counts, users, revenue and costs of the window."""
        ...

    def fetch_funnels(
        self,
        counts: EventCounts,
        *,
        events: Sequence[EventRule],
        primaries: Sequence[EventRule],
        horizon_days: int,
        breakdowns: Sequence[str] = (),
    ) -> Funnels:
        """Return two-step funnels from each event to any of the primaries."""
        ...


class Target(Protocol):
    """A system whose resources can be read and changed."""

    def fetch_state(self) -> State:
        """Return every resource the plan may look at, read to the end."""
        ...

    def validate(
        self, changes: Sequence[Change], *, names: Mapping[str, str]
    ) -> tuple[Outcome, ...]:
        """
        Ask Google to check the changes; nothing is changed.

        Returns one outcome per change: `applied` means Google would accept it,
        `skipped` that it cannot be asked yet (it refers to a `new:` key that
        `names` does not resolve, or the service has no validate_only).
        """
        ...

    def apply(
        self, changes: Sequence[Change], *, names: Mapping[str, str]
    ) -> tuple[Outcome, ...]:
        """
        Make the changes, all of one resource type and owner, in one call.

        `names` maps `new:` keys to the resource names they got.

        Raises:
            OutcomeUnknownError: The call was sent and no answer came.
            VendorError: The call as a whole was refused; nothing was changed.
        """
        ...


class AdsTarget(Target, Protocol):
    """Google Ads for one client."""

    def fetch_account(self) -> Account:
        """Return the client's account and its conversion customer."""
        ...
