"""How Google is reached for one client: endpoints and kind of credentials."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class CredentialsKind(StrEnum):
    """Where credentials come from."""

    ADC = "adc"
    OAUTH = "oauth"
    SERVICE_ACCOUNT = "service_account"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleAccess:
    """
    Endpoints and credentials, with everything secret out of `repr`.

    An endpoint of None is Google's own. `http://` means plaintext and is
    accepted for loopback addresses only (settings check that).
    """

    credentials: CredentialsKind = CredentialsKind.ADC
    ga4_endpoint: str | None = None
    google_ads_endpoint: str | None = None
    data_manager_endpoint: str | None = None
    token_endpoint: str | None = None
    """Gives access tokens to people's logins and to service accounts."""
    google_ads_version: str = "v26"
    ga4_transport: str = "auto"
    """`grpc`, `rest`, or `auto`: gRPC to Google, REST to an http:// endpoint."""
    data_manager_transport: str = "auto"
    """As `ga4_transport`."""
    google_ads_login: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What an existing google-ads.yaml and GOOGLE_ADS_* say, by Google's own keys."""
    service_account_file: str | None = None
    quota_project_id: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    developer_token: str | None = field(default=None, repr=False)
    """Optional since developer tokens were sunset on 2026-09-09."""
