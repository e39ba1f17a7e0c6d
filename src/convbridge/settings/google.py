"""How Google is reached: endpoints and credentials, from every usual place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from convbridge.model.access import CredentialsKind
from convbridge.settings.fields import Endpoint, NoBool, is_loopback
from convbridge.settings.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDPOINTS = {
    "CONVBRIDGE_GA4_ENDPOINT": "ga4_endpoint",
    "CONVBRIDGE_GOOGLE_ADS_ENDPOINT": "google_ads_endpoint",
    "CONVBRIDGE_DATA_MANAGER_ENDPOINT": "data_manager_endpoint",
    "CONVBRIDGE_TOKEN_ENDPOINT": "token_endpoint",
}
"""Environment variables that stand above the file."""


class GoogleSettings(BaseModel):
    """
    How Google is reached; everything is optional.

    What is left out comes from `GOOGLE_ADS_*` variables, then from
    google-ads.yaml, then from application default credentials.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        use_attribute_docstrings=True,
    )

    credentials: CredentialsKind | None = None
    """Where credentials come from; found out when left out. `anonymous` is for
    loopback endpoints only."""
    ga4_endpoint: Endpoint | None = None
    """GA4 Data API and Admin API; also CONVBRIDGE_GA4_ENDPOINT."""
    google_ads_endpoint: Endpoint | None = None
    """Google Ads API; http:// means plaintext gRPC; also
    CONVBRIDGE_GOOGLE_ADS_ENDPOINT."""
    data_manager_endpoint: Endpoint | None = None
    """Data Manager API; also CONVBRIDGE_DATA_MANAGER_ENDPOINT."""
    token_endpoint: Endpoint | None = None
    """Gives access tokens, in the place of https://oauth2.googleapis.com; also
    CONVBRIDGE_TOKEN_ENDPOINT."""
    google_ads_version: Literal["v26", "v25", "v24", "v23"] = "v26"
    """Version of the Google Ads API."""
    google_ads_operations_a_day: Annotated[int, Field(ge=1), NoBool] | None = None
    """Google Ads operations that the Cloud project may spend in 24 hours: 2880 with
    Explorer access, 15000 with Basic; as many as Google gives when left out."""
    ga4_transport: Literal["auto", "grpc", "rest"] = "auto"
    """`auto` is gRPC to Google and REST to an http:// endpoint."""
    data_manager_transport: Literal["auto", "grpc", "rest"] = "auto"
    """As `ga4_transport`; gRPC is faster, REST passes more proxies."""
    google_ads_yaml: str | None = None
    """An existing google-ads.yaml; looked for beside this file and in the home
    directory when left out."""
    service_account_file: str | None = None
    """Key file of a service account."""
    quota_project_id: str | None = None
    """Cloud project that quota is counted against."""
    client_id: str | None = None
    """OAuth client id, for `credentials: oauth`."""
    client_secret: Secret | None = None
    """OAuth client secret."""
    refresh_token: Secret | None = None
    """OAuth refresh token."""
    developer_token: Secret | None = None
    """Optional: developer tokens were sunset on 2026-09-09."""

    def __or__(self, other: GoogleSettings) -> Self:
        """Return these settings with what `other` says laid over them."""
        said = {key: getattr(other, key) for key in other.model_fields_set}
        return self.model_copy(update=said)

    def anonymous_faults(self, needed: set[str]) -> Iterator[str]:
        """
        Yield what forbids anonymous access: endpoints that are not loopback.

        Args:
            needed: Endpoints that must be set, since Google's own would be called.
        """
        for key in ENDPOINTS.values():
            endpoint = getattr(self, key)
            if endpoint is None and key in needed:
                yield f"credentials: anonymous needs {key} on a loopback address"
            elif endpoint and not is_loopback(urlsplit(endpoint).hostname or ""):
                yield (
                    "credentials: anonymous is for loopback addresses only, "
                    f"{key} is {endpoint}"
                )
