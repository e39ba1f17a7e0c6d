"""Google's Data Manager client, reached as the configuration says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from convbridge.adapters.calls import DEFAULT_POLICY
from convbridge.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from convbridge.adapters.calls import RetryPolicy
    from convbridge.adapters.data_manager.sink import DataManagerSink
    from convbridge.model.access import GoogleAccess
    from convbridge.model.ids import CustomerId, PropertyId

_PLAINTEXT = "http://"


def open_data_manager(
    access: GoogleAccess,
    credentials: Any,  # google.auth has no types
    *,
    operating_customer: CustomerId,
    login_customer: CustomerId | None = None,
    property_id: PropertyId | None = None,
    policy: RetryPolicy = DEFAULT_POLICY,
    sleep: Callable[[float], None] = time.sleep,
) -> DataManagerSink:
    """
    Return a sink over gRPC or REST, as the access says.

    Raises:
        ConfigError: The `datamanager` extra is not installed.
    """
    try:
        from google.ads import datamanager_v1  # noqa: PLC0415 - an extra
    except ImportError as exc:
        raise ConfigError(
            "the Data Manager API needs google-ads-datamanager",
            hint='pip install "convbridge[datamanager]"',
        ) from exc
    from convbridge.adapters.data_manager.sink import (  # noqa: PLC0415 - needs it too
        DataManagerSink,
    )

    transport = _transport(access, credentials)
    return DataManagerSink(
        datamanager_v1.IngestionServiceClient(transport=transport),
        operating_customer=operating_customer,
        login_customer=login_customer,
        property_id=property_id,
        policy=policy,
        sleep=sleep,
    )


def _transport(access: GoogleAccess, credentials: Any) -> Any:
    from google.ads.datamanager_v1.services.ingestion_service import (  # noqa: PLC0415
        transports,
    )

    endpoint = access.data_manager_endpoint or ""
    host = {"host": urlsplit(endpoint).netloc or endpoint} if endpoint else {}
    common = {"quota_project_id": access.quota_project_id, **host}
    if _is_rest(access):
        scheme = "http" if endpoint.startswith(_PLAINTEXT) else "https"
        return transports.IngestionServiceRestTransport(
            credentials=credentials, url_scheme=scheme, **common
        )
    if endpoint.startswith(_PLAINTEXT):
        channel = _plaintext_channel(host["host"], credentials)
        return transports.IngestionServiceGrpcTransport(channel=channel)
    return transports.IngestionServiceGrpcTransport(credentials=credentials, **common)


def _is_rest(access: GoogleAccess) -> bool:
    if access.data_manager_transport == "auto":
        return (access.data_manager_endpoint or "").startswith(_PLAINTEXT)
    return access.data_manager_transport == "rest"


def _plaintext_channel(target: str, credentials: Any) -> Any:
    """Return gRPC without TLS, for loopback (settings allow nothing else)."""
    import grpc  # noqa: PLC0415 - lazy

    from convbridge.adapters.plaintext import Login  # noqa: PLC0415 - lazy

    return grpc.intercept_channel(grpc.insecure_channel(target), Login(credentials))
