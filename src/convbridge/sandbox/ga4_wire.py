"""Requests as protobuf messages: what Google's front end refuses before any service."""

from __future__ import annotations

import re
from typing import Any

from google.protobuf import json_format

from .http import ApiError

_UNKNOWN = re.compile(r'no field named "([^"]+)"(?: at "([^"]+)")?')


def parse(kind: Any, body: Any) -> Any:  # Any: generated messages have no types
    """
    Return a JSON body as a raw protobuf message, as strictly as Google.

    Enums may be names or numbers, int64 strings or numbers, and field names
    camel or snake case; an unknown field is a 400.
    """
    message = kind.pb()()
    if not isinstance(body, dict):
        raise ApiError(400, "Invalid JSON payload received. Expected an object.")
    try:
        return json_format.ParseDict(body, message)
    except json_format.ParseError as error:
        raise bad_payload(str(error)) from error


def bad_payload(text: str) -> ApiError:
    """Return Google's 400 for a body that doesn't fit the message."""
    found = _UNKNOWN.search(text)
    if found is None:
        return ApiError(400, f"Invalid value in JSON payload: {text}")
    _, _, path = (found[2] or "").partition(".")
    where = f" at '{_snake(path)}'" if path else ""
    told = (
        "Invalid JSON payload received. "
        f'Unknown name "{found[1]}"{where}: Cannot find field.'
    )
    violation = {"description": told, **({"field": _snake(path)} if path else {})}
    return ApiError(
        400,
        told,
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [violation],
            }
        ],
    )


def invalid(message: str) -> ApiError:
    """Return a 400 INVALID_ARGUMENT."""
    return ApiError(400, message)


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)
