"""Protocols between the verbs and the world; adapters and fakes implement them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from convbridge.model.changes import Change, Outcome
    from convbridge.model.conversions import Conversion, Part, SinkAnswer, Verdict
    from convbridge.model.journal import Entry, Run, Verb
    from convbridge.model.outbox import (
        Accepted,
        ActionCounts,
        Batch,
        Draft,
        RequestResult,
        SentRequest,
        Waiting,
    )
    from convbridge.model.resources import State
    from convbridge.model.values import PublishedValue


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


class Target(Protocol):
    """A system whose resources can be read and changed."""

    def fetch_state(self) -> State:
        """Return every resource the plan may look at, read to the end."""
        ...

    def validate(
        self, changes: Sequence[Change], *, names: Mapping[str, str]
    ) -> tuple[Outcome, ...]:
        """
        Ask Google to check the changes, all of one owner; nothing is changed.

        Returns one outcome per change: `applied` means Google would accept it, with
        a `resource_name` that what is to be created is there already; `skipped`
        that it cannot be asked yet (it needs something that is not there, or the
        service has no validate_only), with a `code` that Google refuses it until a
        change before it is made. A refusal whose change has fewer fields than the
        one asked is about these only: Google would accept the others.
        """
        ...

    def apply(
        self, changes: Sequence[Change], *, names: Mapping[str, str]
    ) -> tuple[Outcome, ...]:
        """
        Make the changes, all of one owner.

        Google Ads makes them in one call, in order, all or none; those it refuses by
        themselves are left out. GA4 makes one call each. `names` maps `new:` keys to
        the resource names they got; changes may also refer to those before them.

        Raises:
            OutcomeUnknownError: The call was sent and no answer came.
            VendorError: The call as a whole was refused; nothing was changed.
        """
        ...


class PersonHasher(Protocol):
    """Normalises personal data and returns SHA-256 in hex; ValueError says why not."""

    def email(self, text: str) -> str:
        """Return the hash of an e-mail address."""
        ...

    def phone(self, text: str, region: str | None) -> str:
        """Return the hash of a phone number; `region` is for national ones."""
        ...

    def address(
        self, *, given_name: str, family_name: str, region: str, postal_code: str
    ) -> tuple[str, str, str, str]:
        """Return the names' hashes, the region code and the postal code."""
        ...


class ConversionSink(Protocol):
    """Where conversions are sent."""

    @property
    def name(self) -> str:
        """`data_manager` or `google_ads`."""
        ...

    @property
    def max_rows(self) -> int:
        """Largest number of rows in one request."""
        ...

    @property
    def max_actions(self) -> int:
        """Largest number of conversion actions in one request."""
        ...

    def drops_repetitions(self, action: str) -> bool:
        """Tell whether a transaction id that came before is not counted again."""
        ...

    def joins(self, action: str) -> bool:
        """Tell whether an action's rows may share a request with other actions'."""
        ...

    def encode(self, parts: Sequence[Part]) -> object:
        """Build the request, of parts with different actions; no network."""
        ...

    def send(self, request: object) -> SinkAnswer:
        """
        Send a request made by `encode`; safe to call from several threads.

        Raises:
            OutcomeUnknownError: The request was sent and no answer came.
            VendorError: Nothing was done, and no row is to blame.
        """
        ...

    def fetch_results(
        self, request_id: str, actions: Sequence[str]
    ) -> Mapping[str, RequestResult]:
        """Return what became of these actions' rows in a request that was taken."""
        ...


class Outbox(Protocol):
    """Conversions on their way: accepted once, leased to one worker at a time."""

    def together(self) -> AbstractContextManager[None]:
        """Keep everything written inside in one transaction."""
        ...

    def accept(
        self, client: str, source: str, drafts: Sequence[Draft], *, now: datetime
    ) -> Sequence[Accepted]:
        """Take in what is new, in one transaction; due rows come leased."""
        ...

    def claim(self, client: str, *, now: datetime, after: int = 0) -> Batch | None:
        """
        Lease the next batch that is due, or that a dead worker left behind.

        Batches come in the order of their ids; `after` is the last one seen.
        """
        ...

    def begin(self, batch: Batch, *, sink: str, now: datetime) -> bool:
        """Write down that the batch is about to be sent; False: no longer ours."""
        ...

    def finish(
        self,
        batch: Batch,
        rest: Verdict,
        *,
        verdicts: Mapping[str, Verdict],
        request_id: str | None,
        now: datetime,
    ) -> bool:
        """Write down the answer, `verdicts` by transaction id; ends the lease."""
        ...

    def release(self, batch: Batch, *, not_before: datetime | None = None) -> None:
        """Give a batch back unsent."""
        ...

    def split(
        self, batch: Batch, parts: Sequence[Sequence[Conversion]], *, now: datetime
    ) -> Sequence[Batch]:
        """Replace a leased batch by several, leased like it; none if no longer ours."""
        ...

    def merge(self, batches: Sequence[Batch]) -> Batch:
        """Put leased batches of one action into the first; without those lost since."""
        ...

    def reject(self, batch: Batch, verdicts: Mapping[str, Verdict]) -> None:
        """Write down what became of single rows of a leased batch."""
        ...

    def drop_held(self, client: str, anti_events: Mapping[str, int]) -> Sequence[str]:
        """
        Skip the rows that users' anti events fall on, and those still to come.

        `anti_events` has a time for each user key; returned are transaction ids.
        """
        ...

    def sent_requests(self, client: str) -> Sequence[SentRequest]:
        """Return the requests whose result is not known yet."""
        ...

    def record_result(
        self, request: SentRequest, result: RequestResult, *, now: datetime
    ) -> None:
        """Write down what Google made of a request."""
        ...

    def counts(self, client: str) -> Sequence[ActionCounts]:
        """Return rows by action, day and state."""
        ...

    def waiting(self, client: str, *, now: datetime) -> Sequence[Waiting]:
        """Return the rows that are still to be sent, by what they wait for."""
        ...

    def read_requests(self, service: str) -> str | None:
        """
        Return what was kept of the requests to a service, by whichever client.

        Nobody else can read it until the transaction around both ends.
        """
        ...

    def keep_requests(self, service: str, text: str) -> None:
        """Keep it in the place of what was read."""
        ...


class Ledger(Protocol):
    """
    The journal of what was about to be changed, and what became of it.

    Entries and outcomes are only ever added. Every method raises `LedgerError`
    when the ledger cannot be read or kept; `begin_run` does so before anything is
    sent to Google.
    """

    def begin_run(
        self,
        *,
        client: str,
        account: str,
        verb: Verb,
        plan_digest: str,
        actor: str,
        at: datetime,
        undoes: str | None = None,
    ) -> str:
        """Write down that a run starts, and return its id."""
        ...

    def end_run(self, run: str, *, at: datetime, error: str | None = None) -> None:
        """Write down that a run ended, and why when it stopped early."""
        ...

    def record_intents(
        self, run: str, changes: Sequence[Change], *, at: datetime
    ) -> tuple[int, ...]:
        """Write down what is about to be sent, all or nothing; return entry ids."""
        ...

    def record_outcomes(self, outcomes: Mapping[int, Outcome], *, at: datetime) -> None:
        """Write down what became of entries; the last word on an entry counts."""
        ...

    def read_entries(self, client: str, *, run: str | None = None) -> tuple[Entry, ...]:
        """Return the client's entries, oldest first, each with its last outcome."""
        ...

    def read_unknown(self, client: str) -> tuple[Entry, ...]:
        """Return the entries whose outcome is unknown or was never written."""
        ...

    def read_runs(self, client: str) -> tuple[Run, ...]:
        """Return the client's runs, oldest first."""
        ...

    def record_published(
        self, client: str, values: Mapping[str, PublishedValue], *, at: datetime
    ) -> None:
        """Keep what the publisher needs next time, by event."""
        ...

    def read_published(self, client: str) -> dict[str, PublishedValue]:
        """Return what was last kept for each event."""
        ...

    def lease(
        self, client: str, *, holder: str, at: datetime
    ) -> AbstractContextManager[None]:
        """
        Keep other runs from changing this client's accounts meanwhile.

        Raises:
            LedgerError: Another run holds the client; says which, and until when.
        """
        ...
