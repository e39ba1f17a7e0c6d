"""What whole columns of texts have in common, told at once."""

from __future__ import annotations

SPACE, FIRST_VISIBLE, LAST_VISIBLE = 0x20, 0x21, 0x7E


def is_within(text: str, first: int, last: int = LAST_VISIBLE) -> bool:
    """
    Tell whether every character of an ASCII text is one of these.

    >>> is_within("Cj0KCQiA", FIRST_VISIBLE), is_within("a b", FIRST_VISIBLE)
    (True, False)
    >>> is_within("ż", FIRST_VISIBLE), is_within("", FIRST_VISIBLE)
    (False, True)
    """
    import numpy as np  # noqa: PLC0415 - 0.1 s, when there are texts to look at

    if not text.isascii():
        return False
    codes = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    return not codes.size or bool(codes.min() >= first and codes.max() <= last)
