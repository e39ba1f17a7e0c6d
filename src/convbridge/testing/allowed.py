"""What a cassette may hold: names of JSON fields; everything else is dropped."""

from __future__ import annotations

from importlib.resources import files


def allowed(wire: str) -> frozenset[str]:
    """
    Return the field names that a cassette of `google_ads` or `http` may hold.

    Google Ads' `trigger` quotes what was sent, and identifiers of people and
    clicks name them: none of these is in the lists.
    """
    text = (files(__package__) / f"allowed_{wire}.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
