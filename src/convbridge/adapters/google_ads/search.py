"""Searches read to the end, paged or streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.errors import DataError, RejectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from convbridge.adapters.calls import GuardedCall
    from convbridge.model.ids import CustomerId


class Searcher:
    """
    Asks queries and reads every row of the answer.

    Pages of one search are one operation to Google. Where Search is not offered,
    queries are streamed from then on.
    """

    def __init__(self, send: GuardedCall, new: Callable[[str], Any]) -> None:
        self._send = send
        self._new = new
        self._streams = False

    def __call__(self, customer_id: CustomerId, query: str) -> list[Any]:
        """
        Return every row.

        Raises:
            DataError: A page points to an earlier one: the rows would never end.
        """
        if not self._streams:
            try:
                return [row for page in self._pages(customer_id, query) for row in page]
            except RejectedError as exc:
                if exc.code != "UNIMPLEMENTED":
                    raise
                self._streams = True
        request = self._request("SearchGoogleAdsStreamRequest", customer_id, query)
        answer = self._send("GoogleAdsService.SearchStream", request, idempotent=True)
        return list(answer.results)

    def _pages(self, customer_id: CustomerId, query: str) -> Iterator[Any]:
        seen = {""}
        request = self._request("SearchGoogleAdsRequest", customer_id, query)
        while True:
            page = self._send("GoogleAdsService.Search", request, idempotent=True)
            yield page.results
            token = page.next_page_token
            if not token:
                return
            if token in seen:
                raise DataError(
                    f"Google Ads answered the same page twice for {customer_id.dashed}"
                )
            seen.add(token)
            request = self._request("SearchGoogleAdsRequest", customer_id, query)
            request.page_token = token

    def _request(self, kind: str, customer_id: CustomerId, query: str) -> Any:
        request = self._new(kind)
        request.customer_id, request.query = customer_id, query
        return request
