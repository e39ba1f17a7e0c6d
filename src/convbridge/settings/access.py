"""Credentials that people already have: google-ads.yaml and GOOGLE_ADS_*."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from convbridge.errors import ConfigError, Fault
from convbridge.model.access import CredentialsKind, GoogleAccess
from convbridge.settings.secrets import SecretSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.settings.google import GoogleSettings

_SECRETS = ("client_secret", "refresh_token", "developer_token")
_PLAIN = (
    "client_id",
    "json_key_file_path",
    "login_customer_id",
    "use_application_default_credentials",
    "impersonated_email",
    "delegated_account",
)
_HOMES = ("HOME", "USERPROFILE")
_OLD_NAMES = {"path_to_private_key_file": "json_key_file_path"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleAdsConfig:
    """What google-ads.yaml and GOOGLE_ADS_* say, by the library's own keys."""

    path: Path | None = None
    """The google-ads.yaml that was read."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where each value stands: the file, or the variable's name."""


def read_google_ads_config(
    named: str | None, *, env: Mapping[str, str], base: Path
) -> GoogleAdsConfig:
    """
    Return what google-ads.yaml and GOOGLE_ADS_* say; variables stand above.

    Args:
        named: A google-ads.yaml named in convbridge.yaml.
        env: The environment.
        base: The directory of convbridge.yaml.

    Raises:
        ConfigError: A file that was named is missing, or is not YAML.
    """
    path = _find(named, env, base)
    found = _read(path) if path else {}
    sources = dict.fromkeys(found, str(path))
    for key in (*_SECRETS, *_PLAIN, *_OLD_NAMES):
        variable = f"GOOGLE_ADS_{key.upper()}"
        if env.get(variable):
            name = _OLD_NAMES.get(key, key)
            found[name] = env[variable]
            sources[name] = variable
    return GoogleAdsConfig(path=path, values=found, sources=sources)


def own_config(
    google: GoogleSettings,
    config: GoogleAdsConfig,
    *,
    env: Mapping[str, str],
    base: Path,
) -> GoogleAdsConfig:
    """
    Return the google-ads.yaml that a client names for itself, or the common one.

    `GOOGLE_ADS_*` variables are everybody's and do not stand above a client's own.

    Raises:
        ConfigError: The client's file is missing, or is not YAML.
    """
    if google.google_ads_yaml is None:
        return config
    home = {key: env[key] for key in _HOMES if key in env}
    return read_google_ads_config(google.google_ads_yaml, env=home, base=base)


def _find(named: str | None, env: Mapping[str, str], base: Path) -> Path | None:
    named = named or env.get("GOOGLE_ADS_CONFIGURATION_FILE_PATH")
    home = next((env[key] for key in _HOMES if env.get(key)), None)
    if named:
        if named.startswith("~") and home:
            named = home + named[1:]
        return base / named
    places = [base, *([Path(home)] if home else [])]
    files = (place / "google-ads.yaml" for place in places)
    return next((file for file in files if file.is_file()), None)


def _read(path: Path) -> dict[str, str]:
    """Read the file; what YAML cannot read is not repeated, it holds secrets."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read: {exc.strerror}") from exc
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConfigError(f"{path} is not a usable YAML file") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path} holds no keys and values")
    known = {*_SECRETS, *_PLAIN, *_OLD_NAMES}
    return {
        _OLD_NAMES.get(str(key), str(key)): str(value)
        for key, value in data.items()
        if key in known and value is not None
    }


def kind_of(google: GoogleSettings) -> CredentialsKind:
    """
    Return where credentials come from: as said, or as what is said suggests.

    A google-ads.yaml suggests nothing here: its token is good for Google Ads only,
    and `adapters.auth` uses it there.
    """
    if google.credentials:
        return google.credentials
    if google.service_account_file:
        return CredentialsKind.SERVICE_ACCOUNT
    return CredentialsKind.OAUTH if google.refresh_token else CredentialsKind.ADC


def credential_faults(
    google: GoogleSettings,
    config: GoogleAdsConfig,
    *,
    env: Mapping[str, str],
    base: Path,
    where: str,
) -> list[Fault]:
    """Return what the chosen credentials lack."""
    match kind_of(google):
        case CredentialsKind.OAUTH:
            keys = ("client_id", "client_secret", "refresh_token")
            missing = [
                key
                for key in keys
                if not getattr(google, key) and not config.values.get(key)
            ]
            if not missing:
                return []
            message = f"credentials: oauth lacks {', '.join(missing)}"
            hint = "add them here, in google-ads.yaml, or as GOOGLE_ADS_* variables"
            return [Fault(where=where, message=message, hint=hint)]
        case CredentialsKind.SERVICE_ACCOUNT:
            return _key_file_faults(_key_file(google, config, env), base, where)
        case _:
            return []


def _key_file_faults(file: str | None, base: Path, where: str) -> list[Fault]:
    if file is None:
        message = "credentials: service_account lacks service_account_file"
        hint = "add the path of the key file, or set GOOGLE_APPLICATION_CREDENTIALS"
        return [Fault(where=where, message=message, hint=hint)]
    if not (base / Path(file).expanduser()).is_file():
        message = f"the service account's key file {file} does not exist"
        return [Fault(where=where, message=message)]
    return []


def _key_file(
    google: GoogleSettings, config: GoogleAdsConfig, env: Mapping[str, str]
) -> str | None:
    return (
        google.service_account_file
        or config.values.get("json_key_file_path")
        or env.get("GOOGLE_APPLICATION_CREDENTIALS")
        or None
    )


def build_access(
    google: GoogleSettings,
    config: GoogleAdsConfig,
    *,
    env: Mapping[str, str],
    base: Path,
) -> GoogleAccess:
    """
    Return endpoints and credentials; secrets are read here and not before.

    Raises:
        ConfigError: A secret's variable, file or command gave nothing.
    """
    kind = kind_of(google)
    access: dict[str, Any] = {
        "credentials": kind,
        "ga4_endpoint": google.ga4_endpoint,
        "google_ads_endpoint": google.google_ads_endpoint,
        "data_manager_endpoint": google.data_manager_endpoint,
        "token_endpoint": google.token_endpoint,
        "google_ads_version": google.google_ads_version,
        "ga4_transport": google.ga4_transport,
        "data_manager_transport": google.data_manager_transport,
        "quota_project_id": google.quota_project_id,
    }
    if kind is CredentialsKind.ANONYMOUS:
        return GoogleAccess(**access)
    access["google_ads_login"] = dict(config.values)
    if kind is CredentialsKind.SERVICE_ACCOUNT:
        file = _key_file(google, config, env)
        access["service_account_file"] = str(base / Path(file or "").expanduser())
    wanted = {"developer_token"}
    if kind is CredentialsKind.OAUTH:
        wanted |= {"client_id", "client_secret", "refresh_token"}
    for key in sorted(wanted):
        said = getattr(google, key) or config.values.get(key)
        if isinstance(said, SecretSource):
            said = said.read(env=env, base=base)
        access[key] = said
    return GoogleAccess(**access)
