"""How Google is reached before there is a configuration file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from convbridge.model.access import CredentialsKind
from convbridge.settings.access import (
    GoogleAdsConfig,
    build_access,
    read_google_ads_config,
)
from convbridge.settings.fields import is_loopback
from convbridge.settings.google import ENDPOINTS, GoogleSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.model.access import GoogleAccess


def access_from_environment(
    env: Mapping[str, str] | None = None, *, base: Path | None = None
) -> GoogleAccess:
    """
    Return what variables, google-ads.yaml and ADC say; a sandbox needs no login.

    Raises:
        ConfigError: google-ads.yaml cannot be used.
    """
    env = os.environ if env is None else env
    base = base or Path.cwd()
    said = {
        key: env[variable] for variable, key in ENDPOINTS.items() if env.get(variable)
    }
    needed = [said.get("ga4_endpoint"), said.get("google_ads_endpoint")]
    if all(e and is_loopback(urlsplit(e).hostname or "") for e in needed):
        google = GoogleSettings(credentials=CredentialsKind.ANONYMOUS, **said)
        return build_access(google, GoogleAdsConfig(), env=env, base=base)
    config = read_google_ads_config(None, env=env, base=base)
    return build_access(GoogleSettings(**said), config, env=env, base=base)
