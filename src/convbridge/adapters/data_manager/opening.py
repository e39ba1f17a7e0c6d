"""Google's Data Manager client, reached as the configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.calls import DEFAULT_POLICY
from convbridge.errors import ConfigError

if TYPE_CHECKING:
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
) -> DataManagerSink:
    """
    Return a sink over gRPC, or over REST where the endpoint is `http://`.

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
    )


def _transport(access: GoogleAccess, credentials: Any) -> Any:
    from google.ads.datamanager_v1.services.ingestion_service import (  # noqa: PLC0415
        transports,
    )

    endpoint = access.data_manager_endpoint
    if endpoint and endpoint.startswith(_PLAINTEXT):
        return transports.IngestionServiceRestTransport(
            host=endpoint.removeprefix(_PLAINTEXT).rstrip("/"),
            url_scheme="http",
            credentials=credentials,
        )
    host = {"host": endpoint.removeprefix("https://").rstrip("/")} if endpoint else {}
    return transports.IngestionServiceGrpcTransport(
        credentials=credentials, quota_project_id=access.quota_project_id, **host
    )
