"""The top level of convbridge.yaml."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from convbridge.settings.client import ClientSettings
from convbridge.settings.digest import DigestSettings
from convbridge.settings.fields import fault, kind
from convbridge.settings.google import GoogleSettings
from convbridge.settings.models import Section

_LEDGER = re.compile(r"[a-z][a-z0-9_]*(?:\+[a-z0-9_]+)?://.*")
_LONGEST_NAME = 100


def _ledger(value: Any) -> Any:
    """Check that it is a URL; never repeat it, it may hold a password."""
    if not isinstance(value, str) or not _LEDGER.fullmatch(value):
        raise fault(
            f"expected a database URL, found {kind(value)}",
            hint="write sqlite:///convbridge.db, or postgresql+psycopg://...",
        )
    return value


def _client_name(value: str) -> str:
    name = value.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise fault(
            "a client's name has 1 to 100 printable characters",
            hint="write siam-coffee",
        )
    return name


class FileSettings(Section):
    """convbridge.yaml: clients, and what they have in common."""

    version: Literal[1]
    """Version of this file's format."""
    ledger: (
        Annotated[str, BeforeValidator(_ledger), WithJsonSchema({"type": "string"})]
        | None
    ) = Field(default=None, repr=False)
    """Any SQLAlchemy URL; convbridge.db beside this file when left out. A relative
    SQLite path starts at this file. Also CONVBRIDGE_LEDGER."""
    google: GoogleSettings = GoogleSettings()
    """How Google is reached; everything is optional."""
    digest: DigestSettings = DigestSettings()
    """Where the digest of an unattended sync is sent; nowhere when left out."""
    defaults: dict[str, Any] = Field(default_factory=dict)
    """Laid under every client: sections merge, the client's own word wins."""
    clients: dict[Annotated[str, BeforeValidator(_client_name)], ClientSettings] = (
        Field(min_length=1)
    )
    """The clients, by a name of your choice."""
