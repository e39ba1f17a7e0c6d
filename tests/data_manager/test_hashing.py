"""Hashes are those of Google's own library, and so is what it refuses."""

from __future__ import annotations

import pytest
from google.ads.datamanager_util import Encoding, Formatter
from hypothesis import given
from hypothesis import strategies as st

from convbridge.adapters.data_manager import GoogleHasher

HASHER = GoogleHasher()
GOOGLE = Formatter()
TEXTS = st.text("aA.+ \té€@", max_size=12)
EMAILS = st.builds("{}@{}".format, TEXTS, st.sampled_from(["gmail.com", "x.pl", ""]))


def outcome(read, *given):
    """Return what comes of it, or what is wrong with it."""
    try:
        return read(*given)
    except ValueError as exc:
        return f"refused: {exc}"


@given(text=TEXTS | EMAILS)
def test_addresses_are_hashed_as_google_does(text):
    theirs = outcome(GOOGLE.process_email_address, text, Encoding.HEX)

    assert outcome(HASHER.email, text) == theirs


@given(digits=st.integers(10**7, 10**15 - 1).map(str))
def test_phone_numbers_are_hashed_as_google_does(digits):
    assert HASHER.phone(f"+{digits}", None) == GOOGLE.process_phone_number(
        digits, Encoding.HEX
    )


@given(given_name=TEXTS, family_name=TEXTS)
def test_names_are_hashed_as_google_does(given_name, family_name):
    def ours():
        return HASHER.address(
            given_name=given_name, family_name=family_name, region="pl", postal_code="1"
        )

    def theirs():
        return (
            GOOGLE.process_given_name(given_name, Encoding.HEX),
            GOOGLE.process_family_name(family_name, Encoding.HEX),
            "PL",
            "1",
        )

    assert outcome(ours) == outcome(theirs)


def test_what_cannot_be_an_address_is_refused_without_its_words():
    with pytest.raises(ValueError, match="not of the form") as caught:
        HASHER.email("secret@example@com")

    assert "secret" not in str(caught.value)
