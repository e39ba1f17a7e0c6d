"""Conversions as ClickConversion messages: a batch by columns, or row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.wire import (
    can_pack,
    first_of,
    pack_rows,
    packed_head,
    packed_messages,
    packed_numbers,
    packed_texts,
)
from convbridge.model.moments import from_micros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.model.conversion_columns import Conversions
    from convbridge.model.conversions import Conversion

_CONSENT = {"granted": 2, "denied": 3}  # ConsentStatusEnum
_ENVIRONMENT = {"APP": 2, "WEB": 3}  # ConversionEnvironmentEnum
_CLICKS = ("gclid", "gbraid", "wbraid")
_TEXTS = ("transaction_id", *_CLICKS, "email", "phone")
_SECONDS = [f":{second:02d}+00:00" for second in range(60)]


def can_write(rows: Conversions) -> bool:
    """Tell whether `write_rows` takes the rows."""
    return all(can_pack(rows.columns[name]) for name in _TEXTS)


def write_rows(request: Any, rows: Conversions, resource: str) -> bytes:
    """Return rows as the wire has them in an UploadClickConversionsRequest."""
    row = type(request.conversions.add())
    request.ClearField("conversions")
    found = rows.columns

    def shared(*cells: Any) -> Any:
        return row(conversion_action=resource, **_shared(*cells))

    currency = _with(found["value"], found["currency"])
    kinds = [currency, found["ad_user_data"], found["event_source"]]
    clicks = first_of([found[name] for name in _CLICKS])
    pieces = [
        packed_messages(shared, kinds),
        *(packed_texts(row, *c) for c in zip(_CLICKS, clicks, strict=True)),
        packed_texts(row, "order_id", found["transaction_id"]),
        _packed_times(row, rows.column("time")),
        packed_numbers(row, "conversion_value", found["value"]),
        packed_texts(row, "user_identifiers.hashed_email", found["email"]),
        packed_texts(row, "user_identifiers.hashed_phone_number", found["phone"]),
    ]
    return pack_rows(type(request), "conversions", pieces)


def fields_of(conversion: Conversion, resource: str) -> dict[str, Any]:
    """Return a raw ClickConversion's fields; setting them one by one is slower."""
    c = conversion
    fields: dict[str, Any] = {
        "conversion_action": resource,
        "conversion_date_time": _time(c.time // 1_000_000),
        "order_id": c.transaction_id,
        **_shared(_with(c.value, c.currency), c.ad_user_data, c.event_source),
    }
    if c.value is not None:
        fields["conversion_value"] = float(c.value)
    for name in _CLICKS:
        if getattr(c, name) is not None:
            fields[name] = getattr(c, name)
            break
    people = {"hashed_email": c.email, "hashed_phone_number": c.phone}
    fields["user_identifiers"] = [{n: h} for n, h in people.items() if h is not None]
    return fields


def _shared(
    currency: str | None, ad_user_data: str | None, event_source: str
) -> dict[str, Any]:
    """Return the fields in which few rows differ."""
    fields: dict[str, Any] = {}
    if currency is not None:
        fields["currency_code"] = currency
    if ad_user_data is not None:
        fields["consent"] = {"ad_user_data": _CONSENT[ad_user_data]}
    if event_source in _ENVIRONMENT:
        fields["conversion_environment"] = _ENVIRONMENT[event_source]
    return fields


def _with(value: Any, currency: Any) -> Any:
    """Return the currencies, of a row or a column, where there is a value."""
    if isinstance(value, list) and None in value:
        size = len(value)
        cells = currency if isinstance(currency, list) else [currency] * size
        return [None if v is None else c for v, c in zip(value, cells, strict=True)]
    return None if value is None else currency


def _packed_times(row: Any, micros: Sequence[int]) -> list[str]:
    """Return pieces with times to the second, whose ends are all the same length."""
    seconds = [moment // 1_000_000 for moment in micros]
    number = row.DESCRIPTOR.fields_by_name["conversion_date_time"].number
    minutes = {
        minute: packed_head(number, _time(minute * 60)) + _time(minute * 60)[:16]
        for minute in {second // 60 for second in seconds}
    }
    return [f"{minutes[s // 60]}{_SECONDS[s % 60]}" for s in seconds]


def _time(seconds: int) -> str:
    """Return a time as Google Ads writes it, to the second."""
    return from_micros(seconds * 1_000_000).isoformat(sep=" ", timespec="seconds")
