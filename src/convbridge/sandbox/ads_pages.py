"""Page tokens: an offset, tied to the query it belongs to."""

from __future__ import annotations

import base64
import binascii
from zlib import crc32

from .ads_errors import fail


def make_token(offset: int, query: str) -> str:
    """Return the token of the page that starts at an offset."""
    return base64.urlsafe_b64encode(
        f"{offset}:{crc32(query.encode())}".encode()
    ).decode()


def read_token(token: str, query: str) -> int:
    """Return the offset of a token, or refuse one of another query."""
    if not token:
        return 0
    try:
        offset, digest = base64.urlsafe_b64decode(token).decode().split(":")
    except (ValueError, binascii.Error):
        offset, digest = "", ""
    if not offset.isdigit() or digest != str(crc32(query.encode())):
        raise fail("request_error", "INVALID_PAGE_TOKEN", at="page_token")
    return int(offset)
