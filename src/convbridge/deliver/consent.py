"""Consent of users: what rows say, and where it has to be said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.deliver.memory import Memory
from convbridge.deliver.quoting import quoted
from convbridge.deliver.refusal import RowRefused
from convbridge.model.conversions import Consent, RowState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convbridge.model.conversions import DeliveryPolicy

_FIELDS = ("consent", "ad_user_data", "ad_personalization")
_NOTHING = ("", "", "")

# Google's EU user consent policy (November 2026): the European Economic Area,
# the United Kingdom and Switzerland.
_CONSENT_REGIONS = frozenset(
    """
    AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE
    IS LI NO GB CH
    """.split()  # noqa: SIM905 - a list of codes, read as one
)
_WORDS = {
    "granted": Consent.GRANTED,
    "consent_granted": Consent.GRANTED,
    "true": Consent.GRANTED,
    "yes": Consent.GRANTED,
    "y": Consent.GRANTED,
    "1": Consent.GRANTED,
    "denied": Consent.DENIED,
    "consent_denied": Consent.DENIED,
    "false": Consent.DENIED,
    "no": Consent.DENIED,
    "n": Consent.DENIED,
    "0": Consent.DENIED,
    "": None,
    "none": None,
    "unspecified": None,
    "consent_status_unspecified": None,
    "unknown": None,
}


class ConsentReader:
    """
    Reads what users allowed: the row's words before the client's.

    `consent` stands for both purposes, its own column for one.
    """

    def __init__(self, policy: DeliveryPolicy, columns: Mapping[str, int]) -> None:
        self._policy = policy
        self._at = [columns.get(name, -1) for name in _FIELDS]
        self._is_told = not columns.keys().isdisjoint(_FIELDS)
        self._known = Memory(self._read)

    def __call__(self, row: Sequence[Any]) -> tuple[str | None, str | None]:
        """
        Return consent to the use of user data and to personalised ads.

        Raises:
            RowRefused: The first is denied.
            ValueError: A word is not known.
        """
        found: tuple[str | None, str | None]
        found = self._known[tuple([row[at] for at in self._at])]
        if found[0] is Consent.DENIED:
            raise RowRefused("the user denied consent", RowState.SKIPPED)
        return found

    def columns(self, cells: Sequence[Sequence[Any]]) -> tuple[Any, Any]:
        """
        Return both consents of rows given as columns, each as `Conversions` has it.

        Raises:
            ValueError: A word is not known, or consent to the first is denied.
        """
        rows = self._rows(cells) if self._is_told else [_NOTHING]
        found = {row: self._known[row] for row in set(rows)}
        if any(user_data is Consent.DENIED for user_data, _ in found.values()):
            raise ValueError("a user denied consent")
        if len(found) == 1:
            return found[rows[0]]
        user_data, personalization = zip(*map(found.__getitem__, rows), strict=True)
        return list(user_data), list(personalization)

    def are_denied(self, cells: Sequence[Sequence[Any]]) -> list[bool] | None:
        """Tell which rows will be refused for consent; None: no row says anything."""
        if not self._is_told:
            return None
        rows = self._rows(cells)
        found = {row: self._is_denied(row) for row in set(rows)}
        return list(map(found.__getitem__, rows))

    def _rows(self, cells: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
        return list(zip(*(cells[at] for at in self._at), strict=True))

    def _is_denied(self, row: tuple[Any, ...]) -> bool:
        try:
            return self._known[row][0] is Consent.DENIED
        except ValueError:
            return False

    def _read(self, row: tuple[Any, ...]) -> tuple[str | None, str | None]:
        both, user_data, personalization = map(read_consent, row)
        return (
            user_data or both or self._policy.consent,
            personalization or both or self._policy.personalization,
        )


def read_consent(found: Any) -> Consent | None:  # Any: a cell
    """
    Return what a cell says; None when it says nothing.

    Raises:
        ValueError: The word is not known; nothing is taken for consent.
    """
    word = "" if found is None else str(found).strip().lower()
    if word not in _WORDS:
        raise ValueError(
            f"consent {quoted(word, most=20)} is neither granted nor denied"
        )
    return _WORDS[word]


def requires_consent(policy: DeliveryPolicy, region: str | None) -> bool:
    """Tell whether rows without consent must be held."""
    if policy.consent_required is not None:
        return policy.consent_required
    return region in _CONSENT_REGIONS


def default_region(time_zone: str) -> str | None:
    """
    Return the country of a time zone, by CLDR; None for UTC and the like.

    >>> default_region("Europe/Warsaw")
    'PL'
    """
    from babel.core import get_global  # noqa: PLC0415 - 90 ms, once per run

    region = get_global("zone_territories").get(time_zone)
    return region if region != "001" else None
