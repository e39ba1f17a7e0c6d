"""Event names that GA4 itself knows, to catch a slip of the pen."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_RECOMMENDED = (
    "add_payment_info", "add_shipping_info", "add_to_cart", "add_to_wishlist",
    "begin_checkout", "close_convert_lead", "close_unconvert_lead",
    "disqualify_lead", "earn_virtual_currency", "generate_lead", "join_group",
    "level_end", "level_start", "level_up", "login", "post_score", "purchase",
    "qualify_lead", "refund", "remove_from_cart", "search", "select_content",
    "select_item", "select_promotion", "share", "sign_up",
    "spend_virtual_currency", "tutorial_begin", "tutorial_complete",
    "unlock_achievement", "view_cart", "view_item", "view_item_list",
    "view_promotion", "working_lead",
)  # fmt: skip
"""From Google's list of recommended events for GA4."""
_AUTOMATIC = (
    "app_exception", "app_remove", "app_update", "click", "file_download",
    "first_open", "first_visit", "form_start", "form_submit", "in_app_purchase",
    "page_view", "screen_view", "scroll", "session_start", "user_engagement",
    "video_complete", "video_progress", "video_start", "view_search_results",
)  # fmt: skip
"""Automatic events and enhanced measurement (support.google.com, 9234069)."""
KNOWN_EVENTS = frozenset((*_RECOMMENDED, *_AUTOMATIC))
"""Names that GA4 gives a meaning to."""
_NEAR = 0.84
"""Below, names of different things are alike: sign_up and sign_in have 0.71."""


def near_misses(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """
    Yield each name that is almost one GA4 knows, with `did you mean ...?`.

    A custom event may be meant, so it is a warning and no fault.
    """
    for name in names:
        if name not in KNOWN_EVENTS and (close := _nearest(name)):
            yield name, f"did you mean {close!r}?"


@lru_cache(maxsize=4096)  # thousands of clients name the same events
def _nearest(name: str) -> str | None:
    plain = name.lower().replace("-", "_").replace(" ", "_")
    close = get_close_matches(plain, KNOWN_EVENTS, n=1, cutoff=_NEAR)
    return close[0] if close else None
