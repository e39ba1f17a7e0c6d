"""The official client library, unmodified, as one `Call`: TLS or plaintext."""

from __future__ import annotations

import logging
import re
import threading
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

import grpc
from google.ads.googleads.client import GoogleAdsClient
from google.ads.googleads.interceptors import (
    ExceptionInterceptor,
    LoggingInterceptor,
    MetadataInterceptor,
)
from google.api_core.gapic_v1.client_info import ClientInfo

from convbridge.adapters.google_ads.request_ids import RequestIds
from convbridge.adapters.plaintext import Login
from convbridge.errors import ConfigError

if TYPE_CHECKING:
    from convbridge.model.ids import CustomerId

VERSIONS = ("v26", "v25", "v24", "v23")
"""API versions that google-ads 34 speaks; the newest is the default."""

_PLAINTEXT = "http://"
_GOOGLE = "googleads.googleapis.com"
_LOGGER = "google.ads.googleads"
_CLIENT_INFO = ClientInfo(client_library_version=metadata.version("google-ads"))
_OPTIONS = (  # what google-ads itself allows
    ("grpc.max_metadata_size", 16 * 1024 * 1024),
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
)


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
        self._ids = RequestIds()
        self._services: dict[str, Any] = {}
        self._client = GoogleAdsClient(
            credentials=credentials,
            developer_token=developer_token,
            login_customer_id=str(login_customer_id) if login_customer_id else None,
            version=version,
            use_proto_plus=False,
        )
        self._endpoint = endpoint
        self._channel: Any = None  # a grpc.Channel, opened when first used
        self._opening = threading.Lock()

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

    @property
    def request_id(self) -> str | None:
        """Google's id of the last call that this thread made, or None."""
        return self._ids.last

    def close(self) -> None:
        """Close the channel; the connection cannot be used afterwards."""
        self._services.clear()
        if self._channel is not None:
            self._channel.close()

    def _service(self, name: str) -> Any:
        with self._opening:
            if self._channel is None:
                self._channel = self._open_channel(self._endpoint)
            if name not in self._services:
                service_class = _service_class(name, self.version)
                transport_class = service_class.get_transport_class("grpc")
                transport = transport_class(
                    channel=self._channel, client_info=_CLIENT_INFO
                )
                self._services[name] = service_class(transport=transport)
            return self._services[name]

    def _merged(self, batches: Any) -> Any:
        merged = self.new("SearchGoogleAdsStreamResponse")
        for batch in batches:
            merged.results.extend(batch.results)
            merged.request_id = batch.request_id
        return merged

    def _open_channel(self, endpoint: str | None) -> Any:
        """
        Return one channel for all services, with google's own interceptors.

        `GoogleAdsClient.get_service` knows TLS only, opens a channel per service,
        and wraps answers such that their trailing metadata are lost: request ids
        have to be noted below its wrapper, so ours is the innermost.

        Its logging interceptor is left out of plaintext: it would write whole
        requests, people's identifiers included, at DEBUG.
        """
        client, address = self._client, _address(endpoint)
        login = MetadataInterceptor(client.developer_token, client.login_customer_id)
        errors = ExceptionInterceptor(self.version, use_proto_plus=False)
        if endpoint is not None and endpoint.startswith(_PLAINTEXT):
            channel = grpc.insecure_channel(address, options=_OPTIONS)
            # TLS channels bring the token themselves.
            token = (Login(client.credentials),) if client.credentials else ()
            return grpc.intercept_channel(channel, *token, login, errors, self._ids)
        log = LoggingInterceptor(logging.getLogger(_LOGGER), self.version, address)
        channel = self._tls_channel(address)
        return grpc.intercept_channel(channel, login, log, errors, self._ids)

    def _tls_channel(self, address: str) -> Any:
        service_class = _service_class("GoogleAdsService", self.version)
        transport_class = service_class.get_transport_class("grpc")
        return transport_class.create_channel(
            host=address, credentials=self._client.credentials, options=_OPTIONS
        )


def _keep_quiet() -> None:
    """
    Keep google-ads from printing faults, request and all, where nobody logs.

    Its warnings go to standard error by default; our errors say the same without
    personal data. Whoever sets up logging still gets them.
    """
    logger = logging.getLogger(_LOGGER)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _address(endpoint: str | None) -> str:
    if endpoint is None:
        return _GOOGLE
    return endpoint.removeprefix(_PLAINTEXT).removeprefix("https://").rstrip("/")


@cache
def _service_class(name: str, version: str) -> Any:
    from importlib import import_module  # noqa: PLC0415 - used here alone

    path = f"google.ads.googleads.{version}.services.services.{_snake(name)}"
    return getattr(import_module(path), f"{name}Client")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
