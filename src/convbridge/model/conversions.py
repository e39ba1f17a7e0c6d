"""Conversions with click ids or hashed user data, and what becomes of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from convbridge.errors import VendorError
    from convbridge.model.outbox import Waiting


class RowState(StrEnum):
    """What became of one conversion."""

    PENDING = "pending"
    """Accepted into the outbox; goes out when its time has come."""
    HELD = "held"
    """Waits for something the user must give, or for an anti event to pass."""
    SENT = "sent"
    """Google took the request; what it does with the row is not known yet."""
    ACCEPTED = "accepted"
    """Google processed the row without an error."""
    ATTRIBUTED = "attributed"
    """Seen in Google Ads' conversion metrics; known per action and day only."""
    DUPLICATE = "duplicate"
    """Google had the conversion already."""
    SKIPPED = "skipped"
    """Not sent or not used, and nothing is wrong: no click, no consent, too old."""
    REJECTED = "rejected"
    """Refused; the same row is refused again until it is changed."""
    UNKNOWN = "unknown"
    """Sent, and no answer came; resent only where Google drops the repetition."""


class Consent(StrEnum):
    """What the user said about the use of their data for ads."""

    GRANTED = "granted"
    DENIED = "denied"


class Conversion(NamedTuple):
    """
    One conversion, checked, normalised and hashed, as every sink takes it.

    A named tuple and not a dataclass: a million are made in one run, and the
    outbox keeps them as JSON arrays. New fields go to the end.
    """

    line: int
    """Where it stood in the source; 1 is a text file's header."""
    event: str
    action: str
    """Conversion action id, or measurement id of a Google Analytics stream."""
    transaction_id: str
    """What Google drops repetitions by; never purely numeric."""
    time: int
    """Microseconds since 1970 in UTC."""
    value: str | None = None
    """A decimal number; None leaves the value to the conversion action."""
    currency: str | None = None
    gclid: str | None = None
    gbraid: str | None = None
    wbraid: str | None = None
    email: str | None = None
    """SHA-256 in hex of the normalised address."""
    phone: str | None = None
    """SHA-256 in hex of the E.164 number."""
    address: Sequence[str] | None = None
    """Given name (hashed), family name (hashed), region code, postal code."""
    ad_user_data: str | None = None
    """`granted`, `denied`, or None where consent need not be told."""
    ad_personalization: str | None = None
    event_source: str = "WEB"
    client_id: str | None = None
    """Google Analytics' id of the browser; for that destination only."""
    user_id: str | None = None
    wait_until: int = 0
    """Not to be sent before this time, in microseconds since 1970."""
    held: str = ""
    """Why the row is held; empty when it is not."""

    @property
    def user_key(self) -> str:
        """The click or person this conversion belongs to."""
        return (
            self.gclid
            or self.gbraid
            or self.wbraid
            or self.email
            or self.phone
            or ":".join(self.address or ())
            or self.client_id
            or self.user_id
            or ""
        )


CLICK_WAIT = timedelta(hours=6)
"""Google refuses conversions of clicks and actions younger than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """How one client's conversions are completed, checked and sent."""

    actions: Mapping[str, str]
    """Event name to conversion action id (or Google Analytics measurement id)."""
    time_zone: str
    """Given to times without a zone."""
    currency: str
    currencies: frozenset[str] = frozenset()
    """Further currencies that rows may carry; Google converts them."""
    region: str | None = None
    """Country of phone numbers written nationally; by time zone when None."""
    values: Mapping[str, Decimal] = field(default_factory=dict)
    """Value per conversion by event, for rows that carry none; 0 is a value."""
    default_value: Decimal | None = None
    consent: Consent | None = None
    """To the sending of user data, for rows that say nothing; None: not known."""
    personalization: Consent | None = None
    """To personalised ads, for rows that say nothing."""
    consent_required: bool | None = None
    """None: required where the region is in the EEA, the UK or Switzerland."""
    hold: Mapping[str, timedelta] = field(default_factory=dict)
    """How long an event waits for an anti event of the same user."""
    anti_events: frozenset[str] = frozenset()
    """Events that drop what is held for the same user; never sent themselves."""
    actions_created: Mapping[str, datetime] = field(default_factory=dict)
    """When conversion actions were made, where known: they rest six hours."""
    click_wait: timedelta = CLICK_WAIT
    click_window_days: int = 90
    event_source: str = "WEB"
    concurrency: int = 4
    requests_per_minute: int = 300
    requests_per_day: int = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a sink said about one row."""

    state: RowState
    code: str = ""
    reason: str = ""
    retry_after: timedelta | None = None
    """With PENDING: when the row may be sent again."""


class Part(NamedTuple):
    """What one request holds of one conversion action."""

    action: str
    conversions: Sequence[Conversion]


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkAnswer:
    """What a sink said about one request."""

    request_id: str | None = None
    verdicts: Mapping[int, Verdict] = field(default_factory=dict)
    """By position in the request; one row's several errors are one verdict."""
    parts: Mapping[int, Verdict | VendorError] = field(default_factory=dict)
    """By position: of a part as a whole, what became of all its rows, or why none
    of them can be sent before a person acts."""
    rest: Verdict | None = None
    """For the rows not in `verdicts` or `parts`. None: nothing was done with them,
    because others spoilt the request; they can be sent again without those."""
    message: str = ""
    """Google's words about the request as a whole."""

    def verdicts_of(self, start: int, count: int) -> Mapping[int, Verdict]:
        """Return the verdicts on some rows of the request, numbered from 0."""
        found = self.verdicts.items()
        return {i - start: v for i, v in found if start <= i < start + count}


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """One row that was not delivered, and why."""

    line: int | None
    """None: about the run as a whole."""
    reason: str
    state: RowState = RowState.REJECTED
    transaction_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON-ready data."""
        return {"line": self.line, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What one run did with one source, row by row."""

    client: str
    read: int = 0
    """Rows in the source."""
    accepted: int = 0
    """Rows taken into the outbox for the first time."""
    sent: int = 0
    """Rows that Google took in this run, those of earlier runs included."""
    duplicate: int = 0
    """Rows that the outbox, or Google, had already."""
    skipped: int = 0
    rejected: int = 0
    pending: int = 0
    """Rows that wait in the outbox: too recent, held, or the run was stopped."""
    unknown: int = 0
    requests: int = 0
    errors: tuple[RowError, ...] = ()
    """The first of them; the dead-letter file has all."""
    stopped: VendorError | None = None
    """Why the run, or one action's part in it, ended early; what was not sent is
    pending."""
    waiting: tuple[Waiting, ...] = ()
    """What of this client waits in the outbox, and for what."""

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        return {
            "client": self.client,
            "read": self.read,
            "accepted": self.accepted,
            "sent": self.sent,
            "duplicate": self.duplicate,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "pending": self.pending,
            "unknown": self.unknown,
            "errors": [e.to_dict() for e in self.errors],
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per row that was not delivered."""
        return [
            {"line": e.line, "state": str(e.state), "reason": e.reason}
            for e in self.errors
        ]
