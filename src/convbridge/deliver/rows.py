"""One row of a source, checked, completed and hashed, or refused with a reason."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from convbridge.deliver.consent import ConsentReader, default_region, requires_consent
from convbridge.deliver.identity import NOBODY, IdentityReader
from convbridge.deliver.memory import Memory
from convbridge.deliver.plain import PlainReader
from convbridge.deliver.quoting import quoted
from convbridge.deliver.refusal import RowRefused
from convbridge.deliver.times import TimeReader
from convbridge.deliver.transaction_ids import transaction_id
from convbridge.deliver.waits import WaitReader
from convbridge.deliver.worth import ValueReader
from convbridge.model.conversions import Conversion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from convbridge.deliver.blocks import Block
    from convbridge.model.conversion_columns import Conversions
    from convbridge.model.conversions import DeliveryPolicy
    from convbridge.ports import PersonHasher

_SOURCES = frozenset({"WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"})


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
        self._read_time = TimeReader(policy.time_zone)
        self._read_identity = IdentityReader(columns, hasher=hasher, region=region)
        self._read_value = ValueReader(policy, columns)
        self._read_consent = ConsentReader(policy, columns)
        self._read_wait = WaitReader(
            policy,
            columns,
            now=now,
            read_time=self._read_time,
            must_consent=policy.consent is None and requires_consent(policy, region),
        )
        self._event = columns["event"]
        self._time = columns["time"]
        self._order_id = columns.get("order_id", -1)
        self._source = columns.get("event_source", -1)
        self._sources = Memory(self._event_source)
        self._plain = PlainReader(
            policy,
            columns,
            client=client,
            read_time=self._read_time,
            read_identity=self._read_identity,
            read_value=self._read_value,
            read_consent=self._read_consent,
            read_wait=self._read_wait,
            read_source=self._sources.__getitem__,
        )

    def split(self, block: Block) -> Iterable[Block]:
        """
        Return the rows by event, where events share no action, and by consent.

        Rows that no action is for, and those without consent, are never sent: they
        can be set apart from the others, which then may be read by columns.
        """
        if not block.rows or not block.is_whole:
            return (block,)
        cells = block.columns()
        groups = self._groups(cells[self._event])
        denied = self._read_consent.are_denied(cells)
        if denied is not None and any(denied):
            groups = list(zip(groups, denied, strict=True))
        found: dict[Any, list[int]] = {group: [] for group in groups}
        if len(found) == 1:
            return (block,)
        for position, group in enumerate(groups):
            found[group].append(position)
        return map(block.take, found.values())

    def cut(self, block: Block) -> Iterable[Block]:
        """Return rows that are not plain in parts: without those refused, or halves."""
        if block.is_whole:
            refused = self._read_identity.are_refused(block.columns())
            if 0 < sum(refused) < len(refused):
                positions = range(len(refused))
                bad = [i for i in positions if refused[i]]
                good = [i for i in positions if not refused[i]]
                return block.take(good), block.take(bad)
        return block.halves()

    def _groups(self, events: Sequence[Any]) -> Sequence[Any]:
        """Return for each row of these events with which others it may be read."""
        actions = [self._action_of(event) for event in set(events)]
        ours = [action for action in actions if action]
        return events if len(set(ours)) == len(ours) else [""] * len(events)

    def _action_of(self, event: Any) -> str:
        """Return the action of an event, however it is written."""
        text = "" if event is None else str(event).strip()
        found = self._policy.actions
        return found.get(event) or found.get(text) or ""

    def read_plain(self, block: Block) -> Conversions | None:
        """Return the rows as `read` would, if that is simple; None: `read` them."""
        return self._plain(block)

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
            user_data, personalization = self._read_consent(row)
            wait_until, held = self._read_wait(row, event, action, time, user_data)
            key = who[0]
            if not key:
                raise RowRefused(NOBODY)
            found_id = transaction_id(
                row[self._order_id], self._client, action, key, time
            )
            source = self._sources[row[self._source]]
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

    def _event_source(self, cell: Any) -> str:
        if not cell:
            return self._policy.event_source
        source = str(cell).strip().upper()
        if source not in _SOURCES:
            raise ValueError(
                f"event_source {quoted(source, most=20)} is none of "
                f"{', '.join(sorted(_SOURCES))}"
            )
        return source
