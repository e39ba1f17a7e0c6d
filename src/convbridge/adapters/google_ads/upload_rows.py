"""Conversions as ClickConversion messages, written by columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from convbridge.adapters.wire import (
    first_of,
    joined,
    pack_rows,
    packed_messages,
    packed_numbers,
    packed_texts,
    shared,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.model.conversion_columns import Conversions

_CONSENT = {"granted": 2, "denied": 3}  # ConsentStatusEnum
_ENVIRONMENT = {"APP": 2, "WEB": 3}  # ConversionEnvironmentEnum
_CLICKS = ("gclid", "gbraid", "wbraid")
_PEOPLE = {"email": "hashed_email", "phone": "hashed_phone_number"}


def write_rows(request: Any, rows: Conversions, resource: str) -> None:
    """Add rows to a raw UploadClickConversionsRequest."""
    row = type(request.conversions.add())
    request.ClearField("conversions")
    found = rows.columns

    def usual(currency: str | None, ad_user_data: str | None, event_source: str) -> Any:
        """Return the fields in which few rows differ."""
        made = row(conversion_action=resource)
        if currency is not None:
            made.currency_code = currency
        if ad_user_data is not None:
            made.consent.ad_user_data = _CONSENT[ad_user_data]
        if event_source in _ENVIRONMENT:
            made.conversion_environment = _ENVIRONMENT[event_source]
        return made

    currency = _with(found["value"], found["currency"])
    clicks = first_of([found[name] for name in _CLICKS])
    pieces = [
        packed_messages(
            usual, [currency, found["ad_user_data"], found["event_source"]]
        ),
        *(packed_texts(row, *c) for c in zip(_CLICKS, clicks, strict=True)),
        packed_texts(row, "order_id", found["transaction_id"]),
        packed_texts(row, "conversion_date_time", _times(rows.column("time"))),
        packed_numbers(row, "conversion_value", found["value"]),
        *(
            packed_texts(row, f"user_identifiers.{field}", found[name])
            for name, field in _PEOPLE.items()
        ),
    ]
    request.MergeFromString(pack_rows(type(request), "conversions", pieces))


def _with(value: Any, currency: Any) -> Any:
    """Return the currencies, of a row or a column, where there is a value."""
    if isinstance(value, list) and None in value:
        size = len(value)
        cells = currency if isinstance(currency, list) else [currency] * size
        return [None if v is None else c for v, c in zip(value, cells, strict=True)]
    return None if value is None else currency


def _times(micros: Sequence[int]) -> Any:
    """Return times as Google Ads reads them, to the second: an Arrow array."""
    data = pa.py_buffer(np.array(micros) // 1_000_000)
    kind = pa.timestamp("s")
    seconds = pa.Array.from_buffers(kind, len(micros), [None, data])
    return joined(pc.cast(seconds, pa.string()).cast(pa.binary()), shared(b"+00:00"))
