"""Google's request ids, which only the trailing metadata of an answer has."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable

_KEY = "request-id"


class RequestIds(grpc.UnaryUnaryClientInterceptor):
    """
    Notes the request id of each answer, by thread.

    The client library hands out the message alone, and reads the id for errors and
    for its own log only (google-ads 34, interceptor.py).
    """

    def __init__(self) -> None:
        self._local = threading.local()

    @property
    def last(self) -> str | None:
        """The id of the last answer that this thread got; None when it had none."""
        return getattr(self._local, "id", None)

    def intercept_unary_unary(
        self,
        continuation: Callable[[Any, Any], Any],
        client_call_details: Any,  # grpc has no types
        request: Any,
    ) -> Any:
        """Pass the call on, and note the id its answer came with."""
        self._local.id = None
        answer = continuation(client_call_details, request)
        trailers = answer.trailing_metadata() or ()
        self._local.id = next((v for k, v in trailers if k == _KEY), None)
        return answer
