"""Sentences of the core, which speaks English, in the language of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convbridge.report.words import Words


def translate(text: str, words: Words) -> str:
    """Return a sentence of the core in this language, or as it is."""
    return words.catalogue.gettext(text) if text else text
