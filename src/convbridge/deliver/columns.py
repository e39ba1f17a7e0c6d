"""Which column of a source is which field of a conversion."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from convbridge.deliver.quoting import quoted
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the rows of one kind of source may say."""

    fields: Sequence[str]
    required: Sequence[str]
    aliases: Mapping[str, str]
    """Usual names of columns that are not the fields' own."""
    hint: str

    def field_of(self, name: str) -> str:
        """Return the field that a column's usual name stands for, or the name."""
        plain = _plain(name)
        return plain if plain in self.fields else self.aliases.get(plain, plain)


CONVERSIONS = Form(
    fields=FIELDS,
    required=("event", "time"),
    aliases=_ALIASES,
    hint="rename the columns, or map them under delivery.mapping",
)


def match_columns(
    header: Sequence[str],
    mapping: Mapping[str, str] | None = None,
    form: Form = CONVERSIONS,
) -> Mapping[str, int]:
    """
    Return the position of each field that a header has.

    Names are compared without case; `mapping` (field to column) wins over a
    field's own name, and that over the usual other ones. Further columns are left
    alone.

    Raises:
        ConfigError: The mapping names a field or a column there is not.
        DataError: A column that every row needs is missing, or is there twice.
    """
    names = [_plain(name) for name in header]
    found = _mapped(header, names, mapping or {}, form)
    own = [(i, name) for i, name in enumerate(names) if name in form.fields]
    usual = [(i, form.aliases[n]) for i, n in enumerate(names) if n in form.aliases]
    for named in (own, usual):
        given = set(found)
        for position, field in named:
            if field not in given:
                _check_twice(field, found, header, position)
                found[field] = position
    missing = [field for field in form.required if field not in found]
    if missing:
        raise DataError(
            f"the source has no column {' and no column '.join(missing)}; "
            f"it has {_listed(header)}",
            hint=form.hint,
        )
    return found


def _check_twice(
    field: str, found: Mapping[str, int], header: Sequence[str], position: int
) -> None:
    if field in found:
        first, second = header[found[field]], header[position]
        raise DataError(
            f"the columns {first!r} (number {found[field] + 1}) and {second!r} (number "
            f"{position + 1}) both stand for {field}",
            hint="leave one out, rename it, or name the right one under "
            "delivery.mapping",
        )


def _mapped(
    header: Sequence[str],
    names: Sequence[str],
    mapping: Mapping[str, str],
    form: Form,
) -> dict[str, int]:
    found = {}
    for field, column in mapping.items():
        if field not in form.fields:
            raise ConfigError(
                f"delivery.mapping has no field {field!r}",
                hint=_near(field, form.fields) or f"one of {', '.join(form.fields)}",
            )
        if _plain(column) not in names:
            raise ConfigError(
                f"the source has no column {column!r} for {field}",
                hint=_near(column, header) or f"it has {_listed(header)}",
            )
        position = names.index(_plain(column))
        if _plain(column) in names[position + 1 :]:
            second = names.index(_plain(column), position + 1)
            _check_twice(field, {field: position}, header, second)
        found[field] = position
    return found


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _near(name: str, allowed: Sequence[str]) -> str | None:
    close = get_close_matches(name, allowed, n=1)
    return f"did you mean {close[0]}?" if close else None


def _listed(header: Sequence[str]) -> str:
    """Return the names of columns; a file that is no table has one endless name."""
    return ", ".join(quoted(name, most=60).strip("'") for name in header[:30])
