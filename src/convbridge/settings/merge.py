"""Laying `defaults` under every client."""

from __future__ import annotations

from typing import Any


def merged(data: dict[str, Any]) -> dict[str, Any]:
    """
    Return the file's data with `defaults` laid under every client.

    Sections merge key by key; text, numbers and lists are replaced. A key with
    nothing behind it is as good as left out, and takes a default away.
    """
    clean: dict[str, Any] = _without_nothing(data)
    clients, defaults = data.get("clients"), clean.get("defaults", {})
    if isinstance(clients, dict):
        clean["clients"] = {
            name: _under(defaults, {} if said is None else said)
            for name, said in clients.items()
        }
    elif clients is not None:
        clean["clients"] = clients
    return clean


def _under(defaults: Any, said: Any) -> Any:
    if not isinstance(said, dict):
        return said
    base = dict(defaults) if isinstance(defaults, dict) else {}
    for key, value in said.items():
        if value is None:
            base.pop(key, None)
        else:
            base[key] = _under(base.get(key), value)
    return base


def _without_nothing(data: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _without_nothing(value) if isinstance(value, dict) else value
        for key, value in data.items()
        if value is not None and key != "clients"
    }
