"""Conversions as Event messages, written by columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from google.ads import datamanager_v1
from google.protobuf.timestamp_pb2 import Timestamp

from convbridge.adapters.wire import (
    first_of,
    joined,
    pack_rows,
    packed_messages,
    packed_numbers,
    packed_texts,
    packed_varints,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.model.conversion_columns import Conversions

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


def write_events(
    request: Any,
    rows: Conversions,
    *,
    is_analytics: bool,
    destination: str | None = None,
) -> None:
    """Add rows to a raw IngestEventsRequest; `destination` is theirs alone."""
    found = rows.columns
    clicks = first_of([found[name] for name in _CLICKS])
    pieces = [
        packed_texts(_Event, "destination_references", destination),
        packed_messages(_shared, [found[name] for name in _CHOICES]),
        packed_texts(_Event, "transaction_id", found["transaction_id"]),
        packed_texts(_Event, "event_timestamp", _times(rows.column("time"))),
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
    ]
    for name, field in _ANALYTICS.items() if is_analytics else ():
        pieces.append(packed_texts(_Event, field, found[name]))
    request.MergeFromString(pack_rows(_Request, "events", pieces))


def _times(micros: Sequence[int]) -> Any:
    """Return times as bytes of google.protobuf.Timestamp, in an Arrow array."""
    seconds, rest = np.divmod(np.array(micros), 1_000_000)
    return joined(
        *packed_varints(Timestamp, "seconds", seconds),
        *packed_varints(Timestamp, "nanos", rest * 1_000),
    )


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
