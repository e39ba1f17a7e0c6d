"""The JSON Schema of convbridge.yaml, for editors that complete and check it."""

from __future__ import annotations

import copy
from typing import Any

from convbridge.settings.file import FileSettings

_ID = "https://json-schema.org/draft/2020-12/schema"
_PARTIAL = {
    "ClientSettings": "Defaults",
    "Ga4Settings": "Ga4Defaults",
    "GoogleAdsSettings": "GoogleAdsDefaults",
}
"""Sections with required keys, and the names of their copies without."""


def json_schema() -> dict[str, Any]:
    """
    Return the schema (draft 2020-12).

    In `defaults` nothing is required, and a client may leave to `defaults` what
    it does not say itself.
    """
    schema = _tidy(FileSettings.model_json_schema(by_alias=True, mode="validation"))
    definitions = schema["$defs"]
    for name, partial in _PARTIAL.items():
        definitions[partial] = _pointed(copy.deepcopy(definitions[name]))
        del definitions[partial]["required"]
    description = schema["properties"]["defaults"]["description"]
    schema["properties"]["defaults"] = {
        "$ref": "#/$defs/Defaults",
        "description": description,
    }
    definitions["ClientSettings"]["required"] = ["ga4"]
    return {"$schema": _ID, **schema, "title": "convbridge.yaml"}


def _tidy(part: Any) -> Any:
    """Drop generated titles and long defaults, join the lines of descriptions."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    tidy = {
        key: _tidy(value)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and (value is None or isinstance(value, dict)))
    }
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].split())
    return tidy


def _pointed(part: Any) -> Any:
    """Let references point to the copies without required keys."""
    if isinstance(part, list):
        return [_pointed(item) for item in part]
    if isinstance(part, dict):
        return {key: _pointed(value) for key, value in part.items()}
    name = part.removeprefix("#/$defs/") if isinstance(part, str) else ""
    return f"#/$defs/{_PARTIAL[name]}" if name in _PARTIAL and name != part else part
