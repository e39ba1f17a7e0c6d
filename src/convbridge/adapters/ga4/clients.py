"""Google's GA4 clients for one property: opened when first used, never changed."""

from __future__ import annotations

import weakref
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from convbridge.model.access import GoogleAccess


class Ga4Clients:
    """
    The Data API (v1beta, v1alpha) and the Admin API (v1beta, v1alpha).

    Google's own clients, unmodified. Each takes half a second to import, so
    none is opened before it is needed.
    """

    def __init__(self, access: GoogleAccess, credentials: Any) -> None:
        self._access = access
        self._credentials = credentials
        self._opened: list[Any] = []
        # Whoever forgets to close leaves no socket behind.
        weakref.finalize(self, _close_all, self._opened)

    @property
    def is_rest(self) -> bool:
        """Whether calls go over REST; gRPC is smaller and faster where it works."""
        transport = self._access.ga4_transport
        if transport == "auto":
            return (self._access.ga4_endpoint or "").startswith("http://")
        return transport == "rest"

    @cached_property
    def data(self) -> Any:
        """The Data API v1beta: reports and metadata."""
        from google.analytics import data_v1beta as api  # noqa: PLC0415 - lazy

        return self._open(api.BetaAnalyticsDataClient)

    @cached_property
    def funnels(self) -> Any:
        """The Data API v1alpha: funnels."""
        from google.analytics import data_v1alpha as api  # noqa: PLC0415 - lazy

        return self._open(api.AlphaAnalyticsDataClient)

    @cached_property
    def admin(self) -> Any:
        """The Admin API v1beta: properties, key events, links."""
        from google.analytics import admin_v1beta as api  # noqa: PLC0415 - lazy

        return self._open(api.AnalyticsAdminServiceClient)

    @cached_property
    def admin_alpha(self) -> Any:
        """The Admin API v1alpha: event create rules, audiences."""
        from google.analytics import admin_v1alpha as api  # noqa: PLC0415 - lazy

        return self._open(api.AnalyticsAdminServiceClient)

    def close(self) -> None:
        """Close the clients that were opened."""
        _close_all(self._opened)

    def _open(self, client: Any) -> Any:
        self._opened.append(self._connected(client))
        return self._opened[-1]

    def _connected(self, client: Any) -> Any:
        endpoint = (self._access.ga4_endpoint or "").rstrip("/")
        if not self.is_rest:
            if endpoint.startswith("http://"):
                return client(transport=self._plaintext(client, endpoint))
            endpoint = endpoint.removeprefix("https://")  # gRPC takes no scheme
        return client(
            credentials=self._credentials,
            transport="rest" if self.is_rest else "grpc",
            client_options={"api_endpoint": endpoint} if endpoint else None,
        )

    def _plaintext(self, client: Any, endpoint: str) -> Any:
        """Return gRPC without TLS, for loopback (settings allow nothing else)."""
        import grpc  # noqa: PLC0415 - lazy

        from convbridge.adapters.plaintext import Login  # noqa: PLC0415 - lazy

        channel = grpc.insecure_channel(
            urlsplit(endpoint).netloc, options=[("grpc.max_receive_message_length", -1)]
        )
        found = grpc.intercept_channel(channel, Login(self._credentials))
        return client.get_transport_class("grpc")(channel=found)


def _close_all(opened: list[Any]) -> None:
    while opened:
        opened.pop().transport.close()
