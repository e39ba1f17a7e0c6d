"""What the samples say is said on a page: every sentence of it is translated."""

from __future__ import annotations

from functools import cache

from convbridge.report.phrases import translate
from convbridge.report.words import words_for

_IN_A_PAGE = (" > ", "`")
"""A place in Google's own pages, or a line of the configuration, stays as it is."""


def assert_translated(texts):
    """Hold sentences of the core against the catalogue: nobody reads half of one."""
    clauses = (clause for text in texts for clause in text.split("; "))

    assert [clause for clause in clauses if _is_english(clause)] == []


@cache
def _is_english(clause):
    is_path = any(mark in clause for mark in _IN_A_PAGE)
    # All catalogues hold the same sentences, by a test of theirs.
    return not is_path and translate(clause, words_for("pl")) == clause
