"""The digest of a run: written to a file, mailed, posted."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from convbridge.cli.files import write_file
from convbridge.errors import ConvbridgeError

if TYPE_CHECKING:
    from pathlib import Path

    from convbridge.cli.session import Session
    from convbridge.portfolio.digest import Digest
    from convbridge.settings import Settings


class DigestFormat(StrEnum):
    """What a digest is written as."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"


def write(path: Path, digest: Digest, how: DigestFormat) -> None:
    """Write the digest; `-` in scripts is /dev/stdout."""
    write_file(path, f"{digest.render(how)}\n", option="--digest")


def send(session: Session, settings: Settings, digest: Digest) -> None:
    """Send the digest where the configuration says; a failure is told, not raised."""
    for attempt in (_mail, _post):
        try:
            attempt(settings, digest)
        except ConvbridgeError as exc:
            session.say(f"Error: {exc}")
            session.exit_code = session.exit_code or 1


def _mail(settings: Settings, digest: Digest) -> None:
    said = settings.digest.email
    if said is None:
        return
    from convbridge.adapters.notices import send_mail
    from convbridge.portfolio.digest_views import headline
    from convbridge.settings.digest import mail_access

    access = mail_access(said, env=settings.env, base=settings.base)
    send_mail(
        host=said.host,
        port=said.port,
        sender=said.sender,
        to=said.to,
        subject=headline(digest),
        text=digest.render("text"),
        html=digest.render("html"),
        starttls=said.starttls,
        login=access.login,
    )


def _post(settings: Settings, digest: Digest) -> None:
    said = settings.digest.webhook
    if said is None:
        return
    from convbridge.adapters.notices import post_webhook
    from convbridge.settings.digest import webhook_url

    url = webhook_url(said, env=settings.env, base=settings.base)
    post_webhook(url, digest.render("text"))
