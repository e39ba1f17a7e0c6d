"""One row of a source, checked, completed and hashed, or refused with a reason."""

from __future__ import annotations

from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from convbridge.deliver.consent import default_region, read_consent, requires_consent
from convbridge.deliver.identity import IdentityReader
from convbridge.deliver.plain import PlainReader
from convbridge.deliver.quoting import quoted
from convbridge.deliver.refusal import RowRefused
from convbridge.deliver.times import TimeReader
from convbridge.deliver.transaction_ids import transaction_id
from convbridge.deliver.worth import ValueReader
from convbridge.model.conversions import Consent, Conversion, RowState
from convbridge.model.moments import MICROSECOND, from_micros, to_micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from convbridge.deliver.blocks import Block
    from convbridge.model.conversion_columns import Conversions
    from convbridge.model.conversions import DeliveryPolicy
    from convbridge.ports import PersonHasher

_DAY = timedelta(days=1) // MICROSECOND
_AHEAD = timedelta(hours=1) // MICROSECOND
"""How far a source's clock may run ahead of ours."""
_CONSENT_FIELDS = frozenset({"consent", "ad_user_data", "ad_personalization"})
_SOURCES = frozenset({"WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"})
_NOBODY = (
    "it has no gclid, gbraid, wbraid, e-mail or phone: Google can attribute nothing "
    "to it"
)
_ANTI = "waits for an anti event of the same user"
_NO_CONSENT = "no consent is known: give delivery.consent or a consent column"
ANALYTICS_PREFIX = "G-"
"""Measurement ids of Google Analytics web streams start so."""


class RowReader:
    """
    Turns rows into conversions.

    A row is a list of cells with one empty cell more at its end, where `columns`
    puts the fields that the source does not have.

    Args:
        columns: Field to position in a row.
        now: Ages are told by it, for the whole run.
    """

    def __init__(
        self,
        policy: DeliveryPolicy,
        columns: Mapping[str, int],
        *,
        client: str,
        hasher: PersonHasher,
        now: datetime,
    ) -> None:
        region = policy.region or default_region(policy.time_zone)
        self._policy = policy
        self._client = client
        self._now = to_micros(now)
        self._oldest = self._now - policy.click_window_days * _DAY
        self._wait = policy.click_wait // MICROSECOND
        self._rests = {
            action: to_micros(made) + self._wait
            for action, made in policy.actions_created.items()
            if to_micros(made) + self._wait > self._now
        }
        self._must_consent = policy.consent is None and requires_consent(policy, region)
        self._settled = self._now - self._wait
        self._is_plain = not (
            policy.hold or self._rests or self._must_consent or "click_time" in columns
        )
        self._read_time = TimeReader(policy.time_zone)
        self._read_identity = IdentityReader(columns, hasher=hasher, region=region)
        self._read_value = ValueReader(policy, columns)
        self._event = columns["event"]
        self._time = columns["time"]
        self._order_id = columns.get("order_id", -1)
        self._consent = columns.get("consent", -1)
        self._user_data = columns.get("ad_user_data", -1)
        self._personalization = columns.get("ad_personalization", -1)
        self._says_consent = (
            not _CONSENT_FIELDS.isdisjoint(columns) or policy.consent is Consent.DENIED
        )
        self._click_time = columns.get("click_time", -1)
        self._source = columns.get("event_source", -1)
        self._plain = (
            PlainReader(
                policy,
                columns,
                client=client,
                span=(self._oldest, self._settled),
                read_time=self._read_time,
                read_value=self._read_value,
            )
            if self._is_plain
            and not self._says_consent
            and PlainReader.can_read(columns)
            else None
        )

    @property
    def reads_plain(self) -> bool:
        """Whether rows of this source may be plain at all."""
        return self._plain is not None

    def split(self, block: Block) -> Iterable[Block]:
        """Return the rows by event, where events share no action; else as they are."""
        if self._plain is None or not block.rows or not block.is_whole:
            return (block,)
        cells = block.columns()[self._event]
        events = set(cells)
        actions = {self._policy.actions.get(event) for event in events}
        if len(events) == 1 or None in actions or len(actions) < len(events):
            return (block,)
        found: dict[Any, list[int]] = {event: [] for event in events}
        for position, event in enumerate(cells):
            found[event].append(position)
        return map(block.take, found.values())

    def read_plain(self, block: Block) -> Conversions | None:
        """Return the rows as `read` would, if that is simple; None: `read` them."""
        return None if self._plain is None else self._plain(block)

    def read(self, line: int, row: Sequence[Any]) -> Conversion:
        """
        Return the row as a conversion; an anti event's has no action.

        Raises:
            RowRefused: It will not be sent; the message says why.
        """
        event = row[self._event]
        action = self._policy.actions.get(event)
        if action is None:
            event, action = self._find_action(event)
        try:
            time = self._read_time(row[self._time])
            who = self._read_identity(row)
            value, currency = self._read_value(event, row)
            user_data: str | None = self._policy.consent
            personalization: str | None = self._policy.personalization
            if self._says_consent:
                user_data, personalization = self._read_consent(row)
            wait_until, held = self._when(row, event, action, time, user_data)
            key = who[0]
            if not key:
                raise RowRefused(_NOBODY)
            found_id = transaction_id(
                row[self._order_id], self._client, action, key, time
            )
            source = self._policy.event_source
            if self._source >= 0 and row[self._source]:
                source = _event_source(row[self._source])
        except ValueError as exc:
            raise RowRefused(str(exc)) from None
        return Conversion(
            line,
            event,
            action,
            found_id,
            time,
            value,
            currency,
            who[1],
            who[2],
            who[3],
            who[4],
            who[5],
            who[6],
            user_data,
            personalization,
            source,
            who[7],
            who[8],
            wait_until,
            held,
        )

    def _find_action(self, found: Any) -> tuple[str, str]:
        """Return an event and its action, for events not written just so."""
        event = "" if found is None else str(found).strip()
        if event in self._policy.anti_events:
            return event, ""
        action = self._policy.actions.get(event)
        if action is not None:
            return event, action
        if not event:
            raise RowRefused("the row names no event")
        close = get_close_matches(event, self._policy.actions, n=1)
        near = f"; did you mean {close[0]}?" if close else ""
        raise RowRefused(
            f"event {quoted(event, most=60)} has no conversion action; map it under "
            f"delivery.actions{near}"
        )

    def _read_consent(self, row: Sequence[Any]) -> tuple[str | None, str | None]:
        policy = self._policy
        both = read_consent(row[self._consent])
        user_data = read_consent(row[self._user_data]) or both or policy.consent
        personalization = read_consent(row[self._personalization]) or both
        if user_data is Consent.DENIED:
            raise RowRefused("the user denied consent", RowState.SKIPPED)
        return user_data, personalization or policy.personalization

    def _when(
        self,
        row: Sequence[Any],
        event: str,
        action: str,
        time: int,
        user_data: str | None,
    ) -> tuple[int, str]:
        """Return when the row may be sent, and why it is held if it is."""
        if self._is_plain and self._oldest <= time <= self._settled:
            return 0, ""
        if time > self._now + _AHEAD:
            raise RowRefused(f"its time {from_micros(time)} is in the future")
        if time < self._oldest:
            days = self._policy.click_window_days
            raise RowRefused(
                f"its time {from_micros(time)} is more than {days} days ago: Google "
                "takes conversions no older than the click window"
            )
        if not action:
            return 0, ""
        if self._must_consent and user_data is None:
            return 0, _NO_CONSENT
        clicked = self._clicked(row, time)
        wait = max(clicked + self._wait, self._rests.get(action, 0))
        hold = self._policy.hold.get(event)
        if hold is not None and time + hold // MICROSECOND > self._now:
            return max(wait, time + hold // MICROSECOND), _ANTI
        is_now = wait <= self._now or action.startswith(ANALYTICS_PREFIX)
        return (0 if is_now else wait), ""

    def _clicked(self, row: Sequence[Any], time: int) -> int:
        """
        Return when the click was; unknown, no earlier than the conversion.

        Google refuses conversions of clicks younger than six hours; the Data
        Manager API does so later and without naming the row, which would be
        lost. So a row waits until its click is surely old enough.
        """
        cell = row[self._click_time]
        if cell is None or cell == "":
            return time
        clicked = self._read_time(cell)
        if clicked > time:
            raise RowRefused("the conversion is before its click")
        return clicked


def _event_source(cell: Any) -> str:
    source = str(cell).strip().upper()
    if source not in _SOURCES:
        raise ValueError(
            f"event_source {quoted(source, most=20)} is none of "
            f"{', '.join(sorted(_SOURCES))}"
        )
    return source
