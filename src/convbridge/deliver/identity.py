"""Whose conversion it is: click ids as they are, people as hashes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from convbridge.model.texts import FIRST_VISIBLE, is_within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convbridge.ports import PersonHasher

_LONGEST = 2_000
_CLICK_ID = re.compile(
    rf"[!-~]{{1,{_LONGEST}}}"
)  # what more there is to it, Google knows
_HASHED = re.compile(r"[0-9a-fA-F]{64}")
_ADDRESS = ("given_name", "family_name", "region_code", "postal_code")
_PEOPLE = ("email", "phone", *_ADDRESS, "client_id", "user_id")


class Identity(NamedTuple):
    """Click ids and hashes of one row."""

    key: str
    """The click or person, for telling repetitions; empty for nobody."""
    gclid: str | None = None
    gbraid: str | None = None
    wbraid: str | None = None
    email: str | None = None
    phone: str | None = None
    address: tuple[str, str, str, str] | None = None
    client_id: str | None = None
    user_id: str | None = None


class IdentityReader:
    """Reads click ids, and hashes personal data; what is hashed stays as it is."""

    def __init__(
        self, columns: Mapping[str, int], *, hasher: PersonHasher, region: str | None
    ) -> None:
        self._hasher = hasher
        self._region = region
        self._gclid = columns.get("gclid", -1)
        self._gbraid = columns.get("gbraid", -1)
        self._wbraid = columns.get("wbraid", -1)
        self._has_people = any(name in columns for name in _PEOPLE)
        self._has_more = self._has_people or "gbraid" in columns or "wbraid" in columns
        self._people = {name: columns.get(name, -1) for name in _PEOPLE}

    def __call__(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """
        Return whose row it is, as the fields of an `Identity`.

        Raises:
            ValueError: An identifier cannot be one; its text is not repeated.
        """
        gclid = row[self._gclid] or None
        if gclid and not self._has_more and _CLICK_ID.fullmatch(gclid):
            return gclid, gclid, None, None, None, None, None, None, None
        gbraid = row[self._gbraid] or None
        wbraid = row[self._wbraid] or None
        if gbraid and wbraid:
            raise ValueError("gbraid and wbraid are both given; a click has one")
        click = gclid or gbraid or wbraid
        if click and not _CLICK_ID.fullmatch(click):
            raise ValueError("the click id has characters that no click id has")
        if gclid:
            gbraid = wbraid = None  # Google takes one; the gclid says most
        if not self._has_people:
            return Identity(click or "", gclid, gbraid, wbraid)
        email, phone, address, client_id, user_id = self._person(row)
        key = click or email or phone or (address and ":".join(address))
        return Identity(
            key or client_id or user_id or "",
            gclid,
            gbraid,
            wbraid,
            email,
            phone,
            address,
            client_id,
            user_id,
        )

    def _person(self, row: Sequence[Any]) -> tuple[Any, ...]:
        at = self._people
        email = _text(row[at["email"]])
        phone = _text(row[at["phone"]])
        return (
            self._email(email) if email else None,
            self._phone(phone) if phone else None,
            self._address([_text(row[at[name]]) for name in _ADDRESS]),
            _text(row[at["client_id"]]) or None,
            _text(row[at["user_id"]]) or None,
        )

    def _email(self, text: str) -> str:
        if _HASHED.fullmatch(text):
            return text.lower()
        try:
            return self._hasher.email(text)
        except ValueError as exc:
            raise ValueError(f"email is not an e-mail address: {exc}") from None

    def _phone(self, text: str) -> str:
        if _HASHED.fullmatch(text):
            return text.lower()
        try:
            return self._hasher.phone(text, self._region)
        except ValueError as exc:
            raise ValueError(f"phone is not a phone number: {exc}") from None

    def _address(self, found: Sequence[str]) -> tuple[str, str, str, str] | None:
        """Return the address if it is whole: Google matches all of it or nothing."""
        given, family, region, postal = found
        region = region or self._region or ""
        if not (given and family and region and postal):
            return None
        try:
            return self._hasher.address(
                given_name=given,
                family_name=family,
                region=region,
                postal_code=postal,
            )
        except ValueError as exc:
            raise ValueError(f"the name or address cannot be used: {exc}") from None


def are_click_ids(cells: Sequence[Any]) -> bool:
    """Tell whether each cell is a click id as `IdentityReader` takes it."""
    if set(map(type, cells)) != {str}:
        return False
    lengths = set(map(len, cells))
    are_short = min(lengths) > 0 and max(lengths) <= _LONGEST
    return are_short and is_within("".join(cells), FIRST_VISIBLE)


def _text(cell: Any) -> str:
    """Return a cell as text; whole floats are numbers that a reader made so."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
