"""Consent of users: what rows say, and where it has to be said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.deliver.quoting import quoted
from convbridge.model.conversions import Consent

if TYPE_CHECKING:
    from convbridge.model.conversions import DeliveryPolicy

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
