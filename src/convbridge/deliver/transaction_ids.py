"""Transaction ids: the same conversion gets the same one, always."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from convbridge.model.texts import FIRST_VISIBLE, is_within

if TYPE_CHECKING:
    from collections.abc import Sequence

_PREFIX = "cb-"
_SECOND = 1_000_000
_SHORTENED = re.compile(r"\d[.,]?\d*[eE]\+?\d+")
"""How spreadsheets write long numbers: 1.23E+15, the other digits lost."""


def transaction_id(
    order_id: Any,  # Any: a cell
    client: str,
    action: str,
    user_key: str,
    time: int,
) -> str:
    """
    Return the order id, or a hash of client, action, click or person, and time.

    The Data Manager API refuses purely numeric ids with an empty 400 and does
    not say so when asked to validate only (seen in November 2026), so those
    get a prefix. Hashes begin with the time: rows of a sorted file then come to
    lie beside each other in the ledger's index.

    Raises:
        ValueError: The order id looks like an e-mail address, or was shortened by a
            spreadsheet.
    """
    if order_id:
        return _own(order_id)
    return made_ids(client, action, [user_key], [time])[0]


def made_ids(
    client: str, action: str, user_keys: Sequence[str], times: Sequence[int]
) -> list[str]:
    """Return the transaction ids of rows without an order id."""
    common = blake2b(f"{client}\x1f{action}\x1f".encode(), digest_size=12)
    made = []
    for key, time in zip(user_keys, times, strict=True):
        each = common.copy()
        each.update(f"{key}\x1f{time}".encode())
        made.append(f"{_PREFIX}{time // _SECOND:08x}{each.hexdigest()}")
    return made


def are_plain(order_ids: Sequence[Any]) -> bool:
    """Tell whether each of these is its own transaction id."""
    if set(map(type, order_ids)) != {str}:
        return False
    text = "".join(order_ids)
    is_visible = is_within(text, FIRST_VISIBLE)
    is_own = is_visible and "@" not in text and all(order_ids)
    if "E" in text.upper() and any(map(_SHORTENED.fullmatch, order_ids)):
        return False
    return is_own and not any(map(str.isdecimal, order_ids))


def _own(order_id: Any) -> str:
    text = order_id.strip() if type(order_id) is str else str(order_id)
    if "@" in text:
        raise ValueError("order_id looks like an e-mail address: Google refuses those")
    if _SHORTENED.fullmatch(text):
        raise ValueError(
            f"order_id {text[:20]!r} was shortened by a spreadsheet, as others may be "
            "to the same; export the column as text"
        )
    return f"{_PREFIX}{text}" if text.isdecimal() else text
