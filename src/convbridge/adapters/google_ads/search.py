"""Searches read to the end, paged or streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.errors import DataError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from convbridge.adapters.calls import GuardedCall
    from convbridge.model.ids import CustomerId


def search(
    send: GuardedCall,
    new: Callable[[str], Any],
    *,
    customer_id: CustomerId,
    query: str,
) -> list[Any]:
    """
    Return every row of a query.

    Pages of one search are one operation. Where Search is not offered, the same
    query is streamed.

    Raises:
        DataError: A page points to itself: the rows would never end.
    """
    try:
        return _paged(send, new, customer_id, query)
    except RejectedError as exc:
        if exc.code != "UNIMPLEMENTED":
            raise
    request = new("SearchGoogleAdsStreamRequest")
    request.customer_id, request.query = customer_id, query
    answer = send("GoogleAdsService.SearchStream", request, idempotent=True)
    return list(answer.results)


def _paged(
    send: GuardedCall, new: Callable[[str], Any], customer_id: CustomerId, query: str
) -> list[Any]:
    rows: list[Any] = []
    seen = {""}
    token = ""
    while True:
        request = new("SearchGoogleAdsRequest")
        request.customer_id, request.query = customer_id, query
        request.page_token = token
        page = send("GoogleAdsService.Search", request, idempotent=True)
        rows.extend(page.results)
        token = page.next_page_token
        if not token:
            return rows
        if token in seen:
            raise DataError(
                f"Google Ads answered the same page twice for {customer_id.dashed}"
            )
        seen.add(token)
