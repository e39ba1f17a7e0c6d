"""Reading convbridge.yaml and the environment into settings."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from convbridge.errors import ConfigError, Fault
from convbridge.model.access import CredentialsKind
from convbridge.model.ids import CustomerId
from convbridge.settings import document as documents
from convbridge.settings.access import (
    GoogleAdsConfig,
    credential_faults,
    kind_of,
    own_config,
    read_google_ads_config,
)
from convbridge.settings.events import near_misses
from convbridge.settings.faults import faults_of, ordered, place
from convbridge.settings.file import FileSettings
from convbridge.settings.google import ENDPOINTS
from convbridge.settings.merge import merged
from convbridge.settings.settings import Settings
from convbridge.settings.shared import shared_customer_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convbridge.settings.client import ClientSettings
    from convbridge.settings.document import Document
    from convbridge.settings.google import GoogleSettings

DEFAULT_PATH = "convbridge.yaml"
_RELATIVE_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:|file:|$)(.+)")


def load(
    path: str | Path | None = None, env: Mapping[str, str] | None = None
) -> Settings:
    """
    Read a configuration file and the environment.

    Args:
        path: The file; CONVBRIDGE_CONFIG or ./convbridge.yaml when left out.
        env: The environment; the process's own when left out.

    Raises:
        ConfigError: Something is wrong; lists every fault with its place.
    """
    env = os.environ if env is None else env
    file = Path(path or env.get("CONVBRIDGE_CONFIG") or DEFAULT_PATH)
    text = documents.read_text(file)
    return parse(text, source=str(file), base=file.absolute().parent, env=env)


def parse(
    text: str, *, source: str = DEFAULT_PATH, base: Path, env: Mapping[str, str]
) -> Settings:
    """
    Read settings from the text of a configuration file.

    Args:
        text: The file's text.
        source: The file's name, for faults.
        base: The directory that relative paths start from.
        env: The environment.

    Raises:
        ConfigError: Something is wrong; lists every fault with its place.
    """
    with documents.no_garbage_collection():
        return _parsed(text, source, base, env)


def _parsed(text: str, source: str, base: Path, env: Mapping[str, str]) -> Settings:
    document = documents.parse(text, source=source)
    if not isinstance(document.data, dict):
        message = f"{source} holds no keys and values"
        raise ConfigError(message, hint="`convbridge init` writes one to start from")
    variables = _variables(env)
    data = merged(_overlaid(document.data, variables, env))
    faults = shared_customer_faults(data, document)
    try:
        file = FileSettings.model_validate(data)
    except ValidationError as exc:
        faults += faults_of(exc.errors(include_url=False), document, variables)
        raise _wrong(source, faults) from None
    if faults:
        raise _wrong(source, faults)
    return _Assembly(file=file, document=document, base=base, env=env).settings()


def _variables(env: Mapping[str, str]) -> dict[tuple[str | int, ...], str]:
    places: dict[tuple[str | int, ...], str] = {
        ("google", key): variable for variable, key in ENDPOINTS.items()
    }
    places["ledger",] = "CONVBRIDGE_LEDGER"
    return {loc: variable for loc, variable in places.items() if env.get(variable)}


def _overlaid(
    data: dict[str, Any],
    variables: Mapping[tuple[str | int, ...], str],
    env: Mapping[str, str],
) -> dict[str, Any]:
    """Lay the environment over the file, where the file's form allows it."""
    result = dict(data)
    for loc, variable in variables.items():
        section, *key = loc
        if not key:
            result[str(section)] = env[variable]
        elif isinstance(result.get(str(section)) or {}, dict):
            inner = {**(result.get(str(section)) or {}), str(key[0]): env[variable]}
            result[str(section)] = inner
    return result


def _wrong(source: str, faults: list[Fault]) -> ConfigError:
    count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    return ConfigError(f"{source} has {count}:", faults=ordered(faults))


class _Assembly:
    """A well-formed file on its way to settings: what spans sections is checked."""

    def __init__(
        self,
        *,
        file: FileSettings,
        document: Document,
        base: Path,
        env: Mapping[str, str],
    ) -> None:
        self.file = file
        self.document = document
        self.base = base
        self.env = env

    def settings(self) -> Settings:
        """Return the settings, or raise every fault that spans sections."""
        config, faults = self._google_ads_config()
        logins: dict[str, CustomerId | None] = {}
        for loc, google in self._googles():
            own, own_faults = self._own_config(loc, config)
            faults += own_faults or self._credentials(loc, google, own)
            if own is not config:
                logins[loc[1]], login_faults = self._login_customer(own)
                faults += login_faults
        login, login_faults = self._login_customer(config)
        faults += login_faults
        if faults:
            raise _wrong(self.document.source, faults)
        return Settings(
            source=self.document.source,
            base=self.base,
            ledger=self._ledger(),
            google=self.file.google,
            clients=self._clients(login, logins),
            digest=self.file.digest,
            warnings=tuple(self._warnings()),
            google_ads_config=config,
            env=self.env,
        )

    def _google_ads_config(self) -> tuple[GoogleAdsConfig, list[Fault]]:
        google = self.file.google
        if google.credentials is CredentialsKind.ANONYMOUS:
            return GoogleAdsConfig(), []
        try:
            found = read_google_ads_config(
                google.google_ads_yaml, env=self.env, base=self.base
            )
        except ConfigError as exc:
            where = place(self.document, ("google", "google_ads_yaml"))
            return GoogleAdsConfig(), [Fault(where=where, message=exc.message)]
        return found, []

    def _own_config(
        self, loc: tuple[str, ...], config: GoogleAdsConfig
    ) -> tuple[GoogleAdsConfig, list[Fault]]:
        """Return the google-ads.yaml that a client names for itself, or the file's."""
        client = self.file.clients[loc[1]] if len(loc) > 1 else None
        if client is None or client.google is None:
            return config, []
        try:
            own = own_config(client.google, config, env=self.env, base=self.base)
        except ConfigError as exc:
            where = place(self.document, (*loc, "google_ads_yaml"))
            return config, [Fault(where=where, message=exc.message)]
        return own, []

    def _googles(self) -> Iterator[tuple[tuple[str, ...], GoogleSettings]]:
        """Yield how Google is reached; the file's own way if a client goes it."""
        clients = self.file.clients.values()
        if not clients or any(client.google is None for client in clients):
            yield ("google",), self.file.google
        for name, client in self.file.clients.items():
            if client.google:
                yield ("clients", name, "google"), self.file.google | client.google

    def _credentials(
        self, loc: tuple[str, ...], google: GoogleSettings, config: GoogleAdsConfig
    ) -> list[Fault]:
        where = place(self.document, (*loc, "credentials"))
        if kind_of(google) is not CredentialsKind.ANONYMOUS:
            return credential_faults(
                google, config, env=self.env, base=self.base, where=where
            )
        needed = self._needed_endpoints(loc)
        if not (faults := list(google.anonymous_faults(needed))):
            return []
        hint = "`convbridge sandbox` prints the endpoints to write"
        return [Fault(where=where, message=text, hint=hint) for text in faults]

    def _needed_endpoints(self, loc: tuple[str, ...]) -> set[str]:
        clients = [self.file.clients[loc[1]]] if len(loc) > 1 else []
        needed = {"ga4_endpoint"}
        for client in clients or self.file.clients.values():
            if client.google_ads:
                needed.add("google_ads_endpoint")
            if client.delivery.actions and client.delivery.sink == "data_manager":
                needed.add("data_manager_endpoint")
        return needed

    def _login_customer(
        self, config: GoogleAdsConfig
    ) -> tuple[CustomerId | None, list[Fault]]:
        found = config.values.get("login_customer_id")
        if not found:
            return None, []
        try:
            return CustomerId(found), []
        except ConfigError as exc:
            where = config.sources["login_customer_id"]
            return None, [
                Fault(
                    where=where,
                    message=f"login_customer_id: {exc.message}",
                    hint=exc.hint,
                )
            ]

    def _clients(
        self, login: CustomerId | None, own: Mapping[str, CustomerId | None]
    ) -> dict[str, ClientSettings]:
        return {
            name: client.named(name, login_customer_id=own.get(name, login))
            for name, client in self.file.clients.items()
        }

    def _ledger(self) -> str:
        url = self.file.ledger
        if url is None:
            return f"sqlite:///{self.base / 'convbridge.db'}"
        relative = _RELATIVE_SQLITE.fullmatch(url)
        if relative is None or self.env.get("CONVBRIDGE_LEDGER"):
            return url
        return f"{relative.group(1)}{self.base / relative.group(2)}"

    def _warnings(self) -> Iterator[Fault]:
        for name, client in self.file.clients.items():
            for event, hint in near_misses(client.events):
                loc = ("clients", name, "events", event)
                yield Fault(
                    where=place(self.document, loc, key=True),
                    message=f"{event!r} is not among the events that GA4 knows",
                    hint=hint,
                )
