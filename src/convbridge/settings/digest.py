"""Where the digest of a run is sent; nowhere when left out."""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.policy import default
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from convbridge.settings.fields import NoBool, fault, is_loopback
from convbridge.settings.models import Section
from convbridge.settings.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def _address(value: str) -> str:
    try:
        found = Address(addr_spec=value)
        named = found.username and found.domain and value.isascii()
    except Exception as exc:  # the parser raises what it likes
        raise fault(f"{value!r} is not an e-mail address") from exc
    if not named or default.header_factory("to", value).defects:
        raise fault(f"{value!r} is not an e-mail address")
    return value


Mailbox = Annotated[str, AfterValidator(_address)]


class EmailSettings(Section):
    """A mail server, and who gets the digest."""

    host: Annotated[str, Field(min_length=1)]
    """The SMTP server."""
    port: Annotated[int, Field(ge=1, le=65535), NoBool] = 587
    """Its port: 587 with STARTTLS, 25 without."""
    sender: Annotated[Mailbox, Field(alias="from")]
    """The address it comes from."""
    to: Annotated[tuple[Mailbox, ...], Field(min_length=1)]
    """The addresses it goes to."""
    starttls: bool = True
    """Encrypt before anything is said; false only on a loopback address."""
    user: str | None = None
    """The login, where the server wants one."""
    password: Secret | None = None
    """The login's password."""

    @model_validator(mode="after")
    def _encrypted(self) -> EmailSettings:
        if not self.starttls and not is_loopback(self.host):
            message = "mail without STARTTLS goes to a loopback address only"
            raise fault(message, hint="leave starttls out", at="starttls")
        if self.password and not self.user:
            raise fault("a password needs a user", hint="add user", at="password")
        return self


class WebhookSettings(Section):
    """An address that takes Slack's JSON: Slack, Mattermost."""

    url: Secret
    """The webhook's URL; whoever knows it can post, so it is a secret."""


class DigestSettings(Section):
    """Where the digest of an unattended sync is sent; nowhere when left out."""

    email: EmailSettings | None = None
    """By mail, as text and HTML."""
    webhook: WebhookSettings | None = None
    """To a chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAccess:
    """How a mail is sent; the password is read and does not show."""

    said: EmailSettings
    _password: str | None

    def __repr__(self) -> str:
        return f"MailAccess({self.said.host}:{self.said.port})"

    @property
    def login(self) -> tuple[str, str] | None:
        """User and password, where the server wants them."""
        user = self.said.user
        return (user, self._password or "") if user else None


def mail_access(
    said: EmailSettings, *, env: Mapping[str, str], base: Path
) -> MailAccess:
    """
    Return how a mail is sent; the password is read now.

    Raises:
        ConfigError: The password's variable, file or command gave nothing.
    """
    secret = said.password
    found = secret.read(env=env, base=base) if secret else None
    return MailAccess(said=said, _password=found)


def webhook_url(said: WebhookSettings, *, env: Mapping[str, str], base: Path) -> Any:
    """
    Return the webhook's URL, read now.

    Raises:
        ConfigError: The secret's place gave nothing.
    """
    return said.url.read(env=env, base=base)
