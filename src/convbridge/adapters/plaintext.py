"""gRPC without TLS, for loopback addresses: the login goes along all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import grpc
from google.auth.transport.requests import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class _Details(NamedTuple):
    """grpc.ClientCallDetails, which has no constructor of its own."""

    method: str
    timeout: float | None
    metadata: Sequence[tuple[str, str]]
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


class Login(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """
    Adds the token of google.auth credentials to each call.

    gRPC itself adds it over TLS only. Without it a server on loopback could not
    tell clients apart, as it can over REST.
    """

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials
        self._request = Request()

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], details: Any, request: Any
    ) -> Any:
        """Send a call with the token."""
        return continuation(self._with_token(details), request)

    def intercept_unary_stream(
        self, continuation: Callable[..., Any], details: Any, request: Any
    ) -> Any:
        """Send a call with the token."""
        return continuation(self._with_token(details), request)

    def _with_token(self, details: Any) -> _Details:
        headers: dict[str, str] = {}
        path = f"https://{details.method.lstrip('/')}"
        self._credentials.before_request(self._request, "POST", path, headers)
        headers.pop("x-goog-api-client", None)  # the client library sends its own
        return _Details(
            method=details.method,
            timeout=details.timeout,
            metadata=[*(details.metadata or ()), *headers.items()],
            credentials=details.credentials,
            wait_for_ready=getattr(details, "wait_for_ready", None),
            compression=getattr(details, "compression", None),
        )
