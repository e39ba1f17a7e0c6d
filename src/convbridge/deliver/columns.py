"""Which column of a source is which field of a conversion."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from convbridge.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIELDS = (
    "event",
    "time",
    "gclid",
    "gbraid",
    "wbraid",
    "email",
    "phone",
    "value",
    "currency",
    "order_id",
    "consent",
    "ad_user_data",
    "ad_personalization",
    "click_time",
    "given_name",
    "family_name",
    "region_code",
    "postal_code",
    "event_source",
    "client_id",
    "user_id",
)
"""Everything a row may say; only `event` and `time` must be there."""

_ALIASES: Mapping[str, str] = {
    "event_name": "event",
    "conversion_name": "event",
    "event_time": "time",
    "event_timestamp": "time",
    "conversion_time": "time",
    "conversion_date_time": "time",
    "google_click_id": "gclid",
    "email_address": "email",
    "phone_number": "phone",
    "conversion_value": "value",
    "conversion_currency": "currency",
    "currency_code": "currency",
    "transaction_id": "order_id",
    "first_name": "given_name",
    "last_name": "family_name",
    "country_code": "region_code",
    "zip": "postal_code",
}
_REQUIRED = ("event", "time")


def match_columns(
    header: Sequence[str], mapping: Mapping[str, str] | None = None
) -> Mapping[str, int]:
    """
    Return the position of each field that a header has.

    Names are compared without case; `mapping` (field to column) wins over the
    usual names. Further columns are left alone.

    Raises:
        ConfigError: The mapping names a field or a column there is not.
        DataError: A column that every row needs is missing.
    """
    names = [_plain(name) for name in header]
    found = _mapped(header, names, mapping or {})
    for position, name in enumerate(names):
        field = field_of(name)
        if field in FIELDS and field not in found:
            found[field] = position
    missing = [field for field in _REQUIRED if field not in found]
    if missing:
        raise DataError(
            f"the source has no column {' and no column '.join(missing)}; "
            f"it has {', '.join(header[:30])}",
            hint="rename the columns, or map them under delivery.columns",
        )
    return found


def field_of(name: str) -> str:
    """Return the field that a column's usual name stands for, or the name."""
    plain = _plain(name)
    return _ALIASES.get(plain, plain)


def _mapped(
    header: Sequence[str], names: Sequence[str], mapping: Mapping[str, str]
) -> dict[str, int]:
    found = {}
    for field, column in mapping.items():
        if field not in FIELDS:
            raise ConfigError(
                f"delivery.columns has no field {field!r}",
                hint=_near(field, FIELDS) or f"one of {', '.join(FIELDS)}",
            )
        if _plain(column) not in names:
            raise ConfigError(
                f"the source has no column {column!r} for {field}",
                hint=_near(column, header) or f"it has {', '.join(header[:30])}",
            )
        found[field] = names.index(_plain(column))
    return found


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _near(name: str, allowed: Sequence[str]) -> str | None:
    close = get_close_matches(name, allowed, n=1)
    return f"did you mean {close[0]}?" if close else None
