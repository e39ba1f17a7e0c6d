"""The commented convbridge.yaml that `convbridge init` writes."""

from __future__ import annotations

import json
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, get_args

from convbridge.errors import ConfigError
from convbridge.settings.client import Template as TemplateName

if TYPE_CHECKING:
    from pathlib import Path

    from convbridge.model.ids import CustomerId, PropertyId

TEMPLATES: tuple[str, ...] = get_args(TemplateName)


def starter(
    template: str,
    *,
    client: str = "my-client",
    property_id: PropertyId | None = None,
    customer_id: CustomerId | None = None,
    login_customer_id: CustomerId | None = None,
) -> str:
    """
    Return a commented convbridge.yaml to start from.

    An id that is not given stays a placeholder that no check accepts.

    Raises:
        ConfigError: There is no such template, or the client has no name.
    """
    if not client.strip():
        raise ConfigError("a client needs a name", hint="give one with --client NAME")
    if template not in TEMPLATES:
        raise ConfigError(
            f"there is no template {template!r}", hint=f"use {', '.join(TEMPLATES)}"
        )
    login = login_customer_id.dashed if login_customer_id else None
    return Template(_text(template)).substitute(
        client=json.dumps(client, ensure_ascii=False)
        if _needs_quotes(client)
        else client,
        property_id=json.dumps(property_id or "YOUR-PROPERTY-ID"),
        customer_id=json.dumps(
            customer_id.dashed if customer_id else "YOUR-CUSTOMER-ID"
        ),
        login=f", login_customer_id: {json.dumps(login)}" if login else "",
    )


def write_starter(path: Path, text: str, *, option: str = "--config") -> None:
    """
    Write a configuration file where there is none.

    Args:
        path: The file.
        text: What it shall hold.
        option: What names another file.

    Raises:
        ConfigError: The file is there already, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as exc:
        raise _taken(path, option) from exc
    except OSError as exc:
        raise ConfigError(
            f"{path} cannot be written: {exc.strerror}",
            hint=f"make room, or name another place with {option}",
        ) from exc


def refuse_taken(path: Path, *, option: str) -> None:
    """
    Refuse a file that is there already, before long work for a new one.

    Raises:
        ConfigError: It is there.
    """
    if path.exists():
        raise _taken(path, option)


def _text(template: str) -> str:
    files = resources.files("convbridge.settings") / "templates"
    return (files / f"{template}.yaml").read_text(encoding="utf-8")


def _taken(path: Path, option: str) -> ConfigError:
    return ConfigError(
        f"{path} is there already and was left as it is",
        hint=f"name another file with {option}",
    )


def _needs_quotes(name: str) -> bool:
    return (
        not name.replace("-", "").replace("_", "").isalnum() or name[0] in "-0123456789"
    )
