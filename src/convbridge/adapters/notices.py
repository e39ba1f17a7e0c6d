"""Digests sent to people: by mail (SMTP) and to a chat (Slack's JSON)."""

from __future__ import annotations

import json
import smtplib
import ssl
from email.message import EmailMessage
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from convbridge.errors import ConfigError, ConvbridgeError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = 30.0
_LONGEST = 4000
"""Slack advises against longer texts."""


def send_mail(
    *,
    host: str,
    port: int,
    sender: str,
    to: Sequence[str],
    subject: str,
    text: str,
    html: str,
    starttls: bool = True,
    login: tuple[str, str] | None = None,
) -> None:
    """
    Send one mail with a text and an HTML part.

    Raises:
        ConvbridgeError: The server cannot be reached, or refused the mail.
    """
    message = EmailMessage()
    message["Subject"] = " ".join(subject.split())
    message["From"], message["To"] = sender, ", ".join(to)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    try:
        with smtplib.SMTP(host, port, timeout=_SECONDS) as server:
            if starttls:
                server.starttls(context=ssl.create_default_context())
            if login:
                server.login(*login)
            refused = server.send_message(message)
    except (OSError, smtplib.SMTPException) as exc:
        # The server's own words may repeat addresses and are left out.
        raise ConvbridgeError(
            f"the digest was not mailed: {host}:{port} {type(exc).__name__}",
            hint="check digest.email; the run itself is done",
        ) from exc
    if refused:
        raise ConvbridgeError(
            f"the digest was not mailed to {len(refused)} of {len(to)} addresses",
            hint="check digest.email.to; the run itself is done",
        )


def post_webhook(url: str, text: str) -> None:
    """
    Post a message in Slack's form, which Mattermost takes too.

    Raises:
        ConfigError: The URL is not https, or http to a loopback address.
        ConvbridgeError: The webhook cannot be reached, or refused the message.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
        raise ConfigError("digest.webhook.url must begin with https://")
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    # docs.slack.dev/messaging/formatting-message-text: these three are escaped.
    safe = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    request = Request(  # noqa: S310 - the scheme is checked above
        url,
        data=json.dumps({"text": safe}).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
    )
    try:
        with build_opener(_NoRedirect).open(request, timeout=_SECONDS):
            pass
    except (URLError, OSError, ValueError) as exc:
        code: int | str = type(exc).__name__
        if isinstance(exc, HTTPError):
            code = exc.code
            exc.close()
        raise ConvbridgeError(
            f"the digest was not posted: {parts.hostname} answered {code}",
            hint="check digest.webhook.url; the run itself is done",
        ) from None  # the URL is a secret, and in the original's text


class _NoRedirect(HTTPRedirectHandler):
    """A webhook that moved is told, not followed: the digest is not for others."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Follow nothing."""
