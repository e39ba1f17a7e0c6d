"""Conversions as Event messages: a batch by columns, or row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.ads import datamanager_v1

from convbridge.adapters.wire import (
    can_pack,
    first_of,
    pack_rows,
    packed_messages,
    packed_numbers,
    packed_texts,
    varint,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.model.conversion_columns import Conversions
    from convbridge.model.conversions import Conversion

# Raw classes: building an event with proto-plus takes fifteen times as long.
_Request = datamanager_v1.IngestEventsRequest.pb()
_Event = datamanager_v1.Event.pb()
_CONSENT = {"granted": 1, "denied": 2}  # ConsentStatus
_EVENT_SOURCES = dict(datamanager_v1.EventSource.__members__)
_CLICKS = ("gclid", "gbraid", "wbraid")
_PEOPLE = {"email": "email_address", "phone": "phone_number"}
_ANALYTICS = {"event": "event_name", "client_id": "client_id", "user_id": "user_id"}
_CHOICES = ("currency", "ad_user_data", "ad_personalization", "event_source")
"""What has few values in all rows."""
_LOW = tuple(chr(n & 0x7F | 0x80) + chr(n >> 7 | 0x80) for n in range(1 << 14))
"""Fourteen bits of a number, with more to follow."""


def write_events(request: Any, rows: Conversions, *, is_analytics: bool) -> None:
    """Add rows to a raw IngestEventsRequest."""
    named = _ANALYTICS if is_analytics else {}
    if all(can_pack(rows.columns[n]) for n in ("transaction_id", *_CLICKS, *named)):
        request.MergeFromString(_packed(rows, named))
        return
    request.events.extend(
        event_of(conversion, is_analytics=is_analytics) for conversion in rows
    )


def event_of(conversion: Conversion, *, is_analytics: bool) -> Any:
    """Return one conversion as a raw Event."""
    event = _shared(*(getattr(conversion, name) for name in _CHOICES))
    event.transaction_id = conversion.transaction_id
    seconds, micros = divmod(conversion.time, 1_000_000)
    event.event_timestamp.seconds = seconds
    event.event_timestamp.nanos = micros * 1_000
    if conversion.value is not None:
        event.conversion_value = float(conversion.value)
    click = next((n for n in _CLICKS if getattr(conversion, n) is not None), None)
    if click is not None:
        setattr(event.ad_identifiers, click, getattr(conversion, click))
    for name, field in _PEOPLE.items():
        found = getattr(conversion, name)
        if found is not None:
            event.user_data.user_identifiers.add(**{field: found})
    event.MergeFrom(_with_address(conversion.address))
    for name, field in _ANALYTICS.items() if is_analytics else ():
        if getattr(conversion, name) is not None:
            setattr(event, field, getattr(conversion, name))
    return event


def _packed(rows: Conversions, named: dict[str, str]) -> bytes:
    found = rows.columns
    clicks = first_of([found[name] for name in _CLICKS])
    pieces = [
        packed_messages(_shared, [found[name] for name in _CHOICES]),
        packed_texts(_Event, "transaction_id", found["transaction_id"]),
        _packed_times(rows.column("time")),
        packed_numbers(_Event, "conversion_value", found["value"]),
        *(
            packed_texts(_Event, f"ad_identifiers.{name}", column)
            for name, column in zip(_CLICKS, clicks, strict=True)
        ),
        *(
            packed_texts(_Event, f"user_data.user_identifiers.{field}", found[name])
            for name, field in _PEOPLE.items()
        ),
        packed_messages(_with_address, [_hashable(found["address"])]),
        *(packed_texts(_Event, f, found[n]) for n, f in named.items()),
    ]
    return pack_rows(_Request, "events", pieces)


def _packed_times(micros: Sequence[int]) -> list[str]:
    """
    Return pieces with an `event_timestamp`.

    Seconds since 1970 are five bytes of seven bits each, from 1978 to 3058.
    """
    seconds = [moment // 1_000_000 for moment in micros]
    ends = {end: varint(end) for end in {second >> 14 for second in seconds}}
    whole = [f"\x08{_LOW[s & 0x3FFF]}{ends[s >> 14]}" for s in seconds]
    if not any(moment % 1_000_000 for moment in micros):
        return [f"\x1a\x06{piece}" for piece in whole]
    nanos = [moment % 1_000_000 * 1_000 for moment in micros]
    both = [
        f"{piece}\x10{varint(rest)}" if rest else piece
        for piece, rest in zip(whole, nanos, strict=True)
    ]
    return [f"\x1a{chr(len(piece))}{piece}" for piece in both]


def _hashable(addresses: Any) -> Any:
    """Return a column whose cells may be lists, read back from JSON, as tuples."""
    is_column = isinstance(addresses, list)
    return [cell and tuple(cell) for cell in addresses] if is_column else addresses


def _shared(
    currency: str | None,
    ad_user_data: str | None,
    ad_personalization: str | None,
    event_source: str,
) -> Any:
    """Return an event with what few rows differ in."""
    event = _Event(event_source=_EVENT_SOURCES[event_source])
    if currency is not None:
        event.currency = currency
    if ad_user_data is not None:
        event.consent.ad_user_data = _CONSENT[ad_user_data]
    if ad_personalization is not None:
        event.consent.ad_personalization = _CONSENT[ad_personalization]
    return event


def _with_address(address: Sequence[str] | None) -> Any:
    event = _Event()
    if address is not None:
        given, family, region, postal = address
        found = event.user_data.user_identifiers.add().address
        found.given_name = given
        found.family_name = family
        found.region_code = region
        found.postal_code = postal
    return event
