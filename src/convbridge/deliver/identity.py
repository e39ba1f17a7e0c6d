"""Whose conversion it is: click ids as they are, people as hashes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from convbridge.deliver.memory import Memory
from convbridge.model.texts import FIRST_VISIBLE, is_within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convbridge.ports import PersonHasher

_LONGEST = 2_000
_CLICK_ID = re.compile(
    rf"[!-~]{{1,{_LONGEST}}}"
)  # what more there is to it, Google knows
_HASHED = re.compile(r"[0-9a-fA-F]{64}")
_ADDRESS = ("given_name", "family_name", "region_code", "postal_code")
_PEOPLE = ("email", "phone", *_ADDRESS, "client_id", "user_id")
_CLICKS = ("gclid", "gbraid", "wbraid")
_FIELDS = (*_CLICKS, "email", "phone", "address", "client_id", "user_id")
NOBODY = (
    "it has no gclid, gbraid, wbraid, e-mail or phone: Google can attribute nothing "
    "to it"
)


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
        self._clicks = [columns.get(name, -1) for name in _CLICKS]
        self._gclid = self._clicks[0]
        self._has_people = any(name in columns for name in _PEOPLE)
        self._has_more = self._has_people or "gbraid" in columns or "wbraid" in columns
        self._people = {name: columns.get(name, -1) for name in _PEOPLE}
        self._emails = Memory(self._email)
        self._phones = Memory(self._phone)
        self._addresses = Memory(self._address)

    def __call__(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """
        Return whose row it is, as the fields of an `Identity`.

        Raises:
            ValueError: An identifier cannot be one; its text is not repeated.
        """
        gclid = row[self._gclid] or None
        if gclid and not self._has_more and _CLICK_ID.fullmatch(gclid):
            return gclid, gclid, None, None, None, None, None, None, None
        _, gbraid, wbraid = (row[at] or None for at in self._clicks)
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

    def columns(
        self, cells: Sequence[Sequence[Any]]
    ) -> tuple[list[str], dict[str, list[Any] | None]]:
        """
        Return keys and fields of rows given as columns; None: no row has the field.

        Raises:
            ValueError: A call would refuse a row, or its click needs a closer look.
        """
        clicks = [_click_ids(cells[at]) for at in self._clicks]
        people = self._persons(cells) if self._has_people else [None] * 5
        fields = dict(zip(_FIELDS, [*_one_click(clicks), *people], strict=True))
        address = fields["address"]
        parts = fields | {
            "address": address and [cell and ":".join(cell) for cell in address]
        }
        return _first_of([part for part in parts.values() if part]), fields

    def are_refused(self, cells: Sequence[Sequence[Any]]) -> list[bool]:
        """Tell which rows, given as columns, no person can be made out of."""
        emails, phones = cells[self._people["email"]], cells[self._people["phone"]]
        bad = _unreadable(self._emails, emails), _unreadable(self._phones, phones)
        both = zip(emails, phones, strict=True)
        return [email in bad[0] or phone in bad[1] for email, phone in both]

    def _person(self, row: Sequence[Any]) -> tuple[Any, ...]:
        at = self._people
        return (
            self._emails[row[at["email"]]],
            self._phones[row[at["phone"]]],
            self._addresses[tuple([row[at[name]] for name in _ADDRESS])],
            _text(row[at["client_id"]]) or None,
            _text(row[at["user_id"]]) or None,
        )

    def _persons(self, cells: Sequence[Sequence[Any]]) -> list[list[Any] | None]:
        found = {name: cells[at] for name, at in self._people.items()}
        parts = [found[name] for name in _ADDRESS]
        return [
            _each(self._emails.__getitem__, found["email"]),
            _each(self._phones.__getitem__, found["phone"]),
            _each(self._addresses.__getitem__, list(zip(*parts, strict=True)))
            if any(map(any, parts))
            else None,
            _each(_text, found["client_id"]),
            _each(_text, found["user_id"]),
        ]

    def _email(self, cell: Any) -> str | None:
        text = _text(cell)
        if not text:
            return None
        if _HASHED.fullmatch(text):
            return text.lower()
        try:
            return self._hasher.email(text)
        except ValueError as exc:
            raise ValueError(f"email is not an e-mail address: {exc}") from None

    def _phone(self, cell: Any) -> str | None:
        text = _text(cell)
        if not text:
            return None
        if _HASHED.fullmatch(text):
            return text.lower()
        try:
            return self._hasher.phone(text, self._region)
        except ValueError as exc:
            raise ValueError(f"phone is not a phone number: {exc}") from None

    def _address(self, cells: tuple[Any, ...]) -> tuple[str, str, str, str] | None:
        """Return the address if it is whole: Google matches all of it or nothing."""
        given, family, region, postal = map(_text, cells)
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


def _click_ids(cells: Sequence[Any]) -> list[Any] | None:
    """Return a column of click ids, None where there is none."""
    given = list(filter(None, cells))
    if given and not are_click_ids(given):
        raise ValueError("a click id has characters that no click id has")
    if len(given) == len(cells):
        return given
    return [cell or None for cell in cells] if given else None


def _one_click(columns: Sequence[list[Any] | None]) -> Sequence[list[Any] | None]:
    """Return columns of click ids, of which each row keeps one."""
    gclids, gbraids, wbraids = columns
    if gbraids and wbraids and any(map(all, zip(gbraids, wbraids, strict=True))):
        raise ValueError("gbraid and wbraid are both given; a click has one")
    if not gclids:
        return columns
    others = (
        found and [None if g else c for g, c in zip(gclids, found, strict=True)]
        for found in (gbraids, wbraids)
    )
    return [gclids, *others]


def _unreadable(known: Memory, cells: Sequence[Any]) -> set[Any]:
    """Return the cells that cannot be read."""
    found = set()
    for cell in set(cells):
        try:
            known[cell]
        except ValueError:
            found.add(cell)
    return found


def _each(read: Callable[[Any], Any], cells: Sequence[Any]) -> list[Any] | None:
    """Return what cells come to; None if each comes to nothing."""
    found = [cell or None for cell in map(read, cells)] if any(cells) else []
    return found if any(found) else None


def _first_of(columns: Sequence[list[Any]]) -> list[str]:
    """Return each row's first cell that is not empty."""
    if not columns:
        raise ValueError(NOBODY)
    found, *more = columns
    for column in more if None in found else ():
        found = [one or other for one, other in zip(found, column, strict=True)]
    if None in found:
        raise ValueError(NOBODY)
    return found


def _text(cell: Any) -> str:
    """Return a cell as text; whole floats are numbers that a reader made so."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
