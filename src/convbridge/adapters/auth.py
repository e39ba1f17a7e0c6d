"""
Credentials for Google, from what the user already has.

Nothing here is printed, logged or put into an error: messages name the place
where a secret was looked for, never the secret.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never
from urllib.parse import urlsplit

from convbridge.adapters.scopes import LOGIN_COMMAND, Scope
from convbridge.errors import AuthError
from convbridge.model.access import CredentialsKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convbridge.model.access import GoogleAccess

_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_OAUTH_KEYS = ("client_id", "client_secret", "refresh_token")


def credentials(access: GoogleAccess, scopes: Sequence[str]) -> Any:
    """
    Return `google.auth` credentials for the scopes.

    With `adc`, a google-ads.yaml or `GOOGLE_ADS_*` that holds a login is used
    for Google Ads alone, since its token was granted for nothing else; every
    other API is reached with application default credentials.

    Raises:
        AuthError: There are no usable credentials of the kind asked for.
    """
    match access.credentials:
        case CredentialsKind.ANONYMOUS:
            return _anonymous()
        case CredentialsKind.OAUTH:
            return _redirected(_oauth(access, scopes), access)
        case CredentialsKind.SERVICE_ACCOUNT:
            return _redirected(_service_account(access, scopes), access)
        case CredentialsKind.ADC:
            return _redirected(_adc_or_google_ads_login(access, scopes), access)
        case _:
            assert_never(access.credentials)


def _anonymous() -> Any:
    from google.auth.credentials import AnonymousCredentials  # noqa: PLC0415 - lazy

    return AnonymousCredentials()


def _oauth(access: GoogleAccess, scopes: Sequence[str]) -> Any:
    """Return credentials from a refresh token."""
    from google.oauth2.credentials import Credentials  # noqa: PLC0415 - lazy

    said = access.google_ads_login
    login = {key: getattr(access, key) or said.get(key) for key in _OAUTH_KEYS}
    missing = [key for key, value in login.items() if not value]
    if missing:
        raise _auth_error(
            f"oauth credentials lack {', '.join(missing)}",
            hint="set them in convbridge.yaml by environment variable, in "
            "google-ads.yaml, or as GOOGLE_ADS_CLIENT_ID, GOOGLE_ADS_CLIENT_SECRET "
            "and GOOGLE_ADS_REFRESH_TOKEN",
        )
    return Credentials(
        None,
        token_uri=_TOKEN_URI,
        scopes=list(scopes),
        quota_project_id=access.quota_project_id,
        **login,
    )


def _service_account(access: GoogleAccess, scopes: Sequence[str]) -> Any:
    """Return credentials from a service account's key file."""
    from google.oauth2.service_account import Credentials  # noqa: PLC0415 - lazy

    said = access.google_ads_login
    path = (
        access.service_account_file
        or said.get("json_key_file_path")
        or os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    )
    if not path:
        raise _auth_error(
            "no service account key file is given",
            hint="set google.service_account_file, json_key_file_path in "
            "google-ads.yaml, or GOOGLE_APPLICATION_CREDENTIALS",
        )
    subject = said.get("impersonated_email") or said.get("delegated_account")
    try:
        found = Credentials.from_service_account_file(
            str(Path(path).expanduser()), scopes=list(scopes), subject=subject
        )
    except OSError as exc:
        raise _auth_error(f"cannot read {path}: {exc.strerror}") from exc
    except (ValueError, KeyError, AttributeError, TypeError) as exc:
        raise _auth_error(
            f"{path} is not a service account key file",
            hint="download a JSON key in the Cloud console: "
            "IAM & Admin > Service accounts > Keys",
        ) from exc
    return _with_quota_project(found, access)


def _adc_or_google_ads_login(access: GoogleAccess, scopes: Sequence[str]) -> Any:
    said = access.google_ads_login
    if tuple(scopes) == (Scope.GOOGLE_ADS,):
        if said.get("use_application_default_credentials", "").lower() == "true":
            return _adc(access, scopes)
        if all(said.get(key) for key in _OAUTH_KEYS):
            return _oauth(access, scopes)
        if said.get("json_key_file_path"):
            return _service_account(access, scopes)
    return _adc(access, scopes)


def _adc(access: GoogleAccess, scopes: Sequence[str]) -> Any:
    """Return application default credentials, wherever Google finds them."""
    import google.auth  # noqa: PLC0415 - lazy
    from google.auth.exceptions import (  # noqa: PLC0415 - lazy
        DefaultCredentialsError,
        GoogleAuthError,
    )

    try:
        found, _ = google.auth.default(
            scopes=list(scopes), quota_project_id=access.quota_project_id
        )
    except DefaultCredentialsError as exc:
        named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
        raise _auth_error(
            f"{named} (GOOGLE_APPLICATION_CREDENTIALS) cannot be used"
            if named
            else "no application default credentials were found",
            hint=f"run: {LOGIN_COMMAND}; "
            "or name a key file in GOOGLE_APPLICATION_CREDENTIALS",
        ) from exc
    except GoogleAuthError as exc:
        raise _auth_error("application default credentials cannot be used") from exc
    return found


def _redirected(found: Any, access: GoogleAccess) -> Any:
    """Let a login's or a key's tokens come from where the configuration says."""
    from google.oauth2 import credentials, service_account  # noqa: PLC0415 - lazy

    # The others name their addresses in their own file, or ask the machine.
    known = (credentials.Credentials, service_account.Credentials)
    if access.token_endpoint and isinstance(found, known):
        path = urlsplit(_TOKEN_URI).path
        return found.with_token_uri(f"{access.token_endpoint}{path}")
    return found


def _with_quota_project(found: Any, access: GoogleAccess) -> Any:
    if access.quota_project_id:
        return found.with_quota_project(access.quota_project_id)
    return found


def _auth_error(message: str, *, hint: str | None = None) -> AuthError:
    return AuthError(
        message, vendor="google", operation="credentials", code="CREDENTIALS", hint=hint
    )
