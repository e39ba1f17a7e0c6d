"""The official client library, unmodified, as one `Call`: TLS or plaintext."""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import grpc
from google.ads.googleads.client import GoogleAdsClient
from google.ads.googleads.interceptors import (
    ExceptionInterceptor,
    MetadataInterceptor,
)

from convbridge.errors import ConfigError

if TYPE_CHECKING:
    from convbridge.model.ids import CustomerId

VERSIONS = ("v26", "v25", "v24", "v23")
"""API versions that google-ads 34 speaks; the newest is the default."""

_PLAINTEXT = "http://"
_LARGEST_ANSWER = 64 * 1024 * 1024  # what google-ads itself allows


class Connection:
    """
    Calls Google Ads: `connection("GoogleAdsService.Search", request)`.

    Service clients are made when first used and closed together. Errors are
    those of the library; see `convbridge.adapters.calls`.

    Args:
        endpoint: None for Google's own; `http://host:port` for plaintext.
        timeout: Seconds one call may take; the library itself sets no limit.
    """

    def __init__(
        self,
        *,
        credentials: Any,  # google.auth has no types
        version: str = VERSIONS[0],
        endpoint: str | None = None,
        developer_token: str | None = None,
        login_customer_id: CustomerId | None = None,
        timeout: float = 120.0,
    ) -> None:
        if version not in VERSIONS:
            raise ConfigError(
                f"google_ads_version {version!r} is not supported",
                hint=f"one of {', '.join(VERSIONS)}",
            )
        _keep_quiet()
        self.version = version
        self._timeout = timeout
        self._services: dict[str, Any] = {}
        self._client = GoogleAdsClient(
            credentials=credentials,
            developer_token=developer_token,
            login_customer_id=str(login_customer_id) if login_customer_id else None,
            endpoint=_tls_endpoint(endpoint),
            version=version,
            use_proto_plus=False,
        )
        self._channel = (
            self._plaintext_channel(endpoint.removeprefix(_PLAINTEXT))
            if endpoint and endpoint.startswith(_PLAINTEXT)
            else None
        )

    def new(self, name: str) -> Any:
        """Return a new raw protobuf message of this version, by its short name."""
        return self._client.get_type(name)

    def __call__(self, method: str, request: Any, /) -> Any:
        """Send one request; a paged search answers its first page, as it is."""
        service, _, rpc = method.partition(".")
        send = getattr(self._service(service), _snake(rpc))
        answer = send(request=request, timeout=self._timeout, retry=None)
        match rpc:
            case "Search":
                return next(iter(answer.pages))
            case "SearchStream":
                return self._merged(answer)
            case _:
                return answer

    def close(self) -> None:
        """Close every channel; the connection cannot be used afterwards."""
        for service in self._services.values():
            service.transport.close()
        self._services.clear()
        if self._channel is not None:
            self._channel.close()

    def _service(self, name: str) -> Any:
        if name not in self._services:
            self._services[name] = (
                self._plaintext_service(name)
                if self._channel is not None
                else self._client.get_service(name)
            )
        return self._services[name]

    def _merged(self, batches: Any) -> Any:
        merged = self.new("SearchGoogleAdsStreamResponse")
        for batch in batches:
            merged.results.extend(batch.results)
            merged.request_id = batch.request_id
        return merged

    def _plaintext_channel(self, address: str) -> Any:
        """
        Return a channel with google's own interceptors, for loopback addresses.

        `GoogleAdsClient` knows TLS only. The logging interceptor is left out: it
        would write whole requests, people's identifiers included, at DEBUG.
        """
        client = self._client
        channel = grpc.insecure_channel(
            address, options=[("grpc.max_receive_message_length", _LARGEST_ANSWER)]
        )
        return grpc.intercept_channel(
            channel,
            MetadataInterceptor(client.developer_token, client.login_customer_id),
            ExceptionInterceptor(self.version, use_proto_plus=False),
        )

    def _plaintext_service(self, name: str) -> Any:
        service_class = _service_class(name, self.version)
        transport_class = service_class.get_transport_class("grpc")
        return service_class(transport=transport_class(channel=self._channel))


def _keep_quiet() -> None:
    """
    Keep google-ads from printing faults, request and all, where nobody logs.

    Its warnings go to standard error by default; our errors say the same without
    personal data. Whoever sets up logging still gets them.
    """
    logger = logging.getLogger("google.ads.googleads")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _tls_endpoint(endpoint: str | None) -> str | None:
    if endpoint is None or endpoint.startswith(_PLAINTEXT):
        return None
    return endpoint.removeprefix("https://").rstrip("/")


@cache
def _service_class(name: str, version: str) -> Any:
    from importlib import import_module  # noqa: PLC0415 - used here alone

    path = f"google.ads.googleads.{version}.services.services.{_snake(name)}"
    return getattr(import_module(path), f"{name}Client")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
