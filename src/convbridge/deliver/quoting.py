"""Cells in messages: what a row says, unless it may be about a person."""

from __future__ import annotations

import re
from typing import Any

_DIGITS = re.compile(r"[+(]?[\d\s().\-]{9,}")
_HASH = re.compile(r"[0-9a-fA-F]{64}")


def quoted(cell: Any, *, most: int = 40) -> str:
    """
    Return a cell for a message; of what may be a person's, only its kind.

    Columns get mixed up, and then a time or a value is an e-mail address.

    >>> quoted("tomorrow"), quoted("Jo <jo@example.com>"), quoted("081 234 5678")
    ("'tomorrow'", 'an e-mail address', 'a number of 10 digits')
    """
    text = str(cell).strip()
    if "@" in text:
        return "an e-mail address"
    if _HASH.fullmatch(text):
        return "a hash"
    digits = sum(map(str.isdigit, text))
    if digits >= 9 and _DIGITS.fullmatch(text):
        return f"a number of {digits} digits"
    return repr(text[:most])
