"""The settings of all clients, as loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import sha256
from typing import TYPE_CHECKING

from convbridge.errors import ConfigError
from convbridge.settings.access import GoogleAdsConfig, build_access, own_config
from convbridge.settings.digest import DigestSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from convbridge.errors import Fault
    from convbridge.model.access import GoogleAccess
    from convbridge.settings.client import ClientSettings
    from convbridge.settings.google import GoogleSettings

_CALLERS = ("credentials", "service_account_file", "client_id", "google_ads_yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that convbridge.yaml and the environment say."""

    source: str
    """The file's name as it was given."""
    base: Path
    """The file's directory; relative paths start here."""
    ledger: str = field(repr=False)
    """SQLAlchemy URL; it may hold a password."""
    google: GoogleSettings
    clients: Mapping[str, ClientSettings] = field(repr=False)
    """Clients by name, in the file's order."""
    digest: DigestSettings = field(default_factory=DigestSettings)
    """Where the digest of an unattended sync is sent."""
    warnings: tuple[Fault, ...] = ()
    """What is allowed and probably not meant, such as `add_to_crat`."""
    google_ads_config: GoogleAdsConfig = field(
        default_factory=GoogleAdsConfig, repr=False
    )
    env: Mapping[str, str] = field(repr=False)

    def client(self, name: str | None = None) -> ClientSettings:
        """
        Return one client; without a name the only one.

        Raises:
            ConfigError: There is no such client, or there are several.
        """
        if name is None and len(self.clients) == 1:
            return next(iter(self.clients.values()))
        if name is None:
            raise ConfigError(
                f"{self.source} has {len(self.clients)} clients",
                hint=f"name one of {_listed(self.clients)}",
            )
        if name not in self.clients:
            raise ConfigError(
                f"{self.source} has no client {name!r}",
                hint=_suggestion(name, self.clients),
            )
        return self.clients[name]

    def select(
        self, clients: Iterable[str] = (), *, tags: Iterable[str] = ()
    ) -> tuple[ClientSettings, ...]:
        """
        Return the named clients, or those with any of the tags, or all.

        Raises:
            ConfigError: A named client is not there, or no client has the tags.
        """
        names, wanted = tuple(dict.fromkeys(clients)), set(tags)
        chosen = [self.client(n) for n in names] or list(self.clients.values())
        if wanted:
            chosen = [c for c in chosen if wanted & set(c.tags)]
        if not chosen:
            raise ConfigError(
                f"no client has the tag {', '.join(sorted(wanted))}",
                hint="tags stand in the file as tags: [retail, thailand]",
            )
        return tuple(chosen)

    def google_of(self, client: ClientSettings) -> GoogleSettings:
        """Return how Google is reached for a client; what it says itself counts."""
        return self.google | client.google if client.google else self.google

    def project_of(self, client: ClientSettings) -> str:
        """
        Return what tells the Cloud project of a client's calls, whose quotas they use.

        It is empty for those who call with the file's own login. Clients with logins
        of their own have the same project if they name the same one, or call with
        the same key file or OAuth client.
        """
        own, files = (_project(g) for g in (self.google_of(client), self.google))
        return "" if own == files else sha256(repr(own).encode()).hexdigest()[:16]

    def access(self, client: ClientSettings | str) -> GoogleAccess:
        """
        Return how Google is reached for a client; secrets are read now.

        Raises:
            ConfigError: A secret's variable, file or command gave nothing.
        """
        said = self.client(client) if isinstance(client, str) else client
        google, config = self.google_of(said), self.google_ads_config
        if said.google:
            config = own_config(said.google, config, env=self.env, base=self.base)
        return build_access(google, config, env=self.env, base=self.base)


def _project(google: GoogleSettings) -> list[str | None]:
    """Return what tells the project: its name, or else who calls."""
    if google.quota_project_id:
        return [google.quota_project_id]
    return [getattr(google, key) for key in _CALLERS]


def _suggestion(name: str, names: Iterable[str]) -> str:
    close = get_close_matches(name, list(names), n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are {_listed(names)}"


def _listed(names: Iterable[str], most: int = 8) -> str:
    found = list(names)
    shown = ", ".join(found[:most])
    return shown if len(found) <= most else f"{shown} and {len(found) - most} more"
