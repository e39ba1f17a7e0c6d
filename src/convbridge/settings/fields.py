"""Field types of the settings: what is accepted, and what it becomes."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from convbridge.errors import ConfigError
from convbridge.model.ids import CustomerId, PropertyId

if TYPE_CHECKING:
    from collections.abc import Callable

_DURATION = re.compile(r"(\d+)\s*(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LONGEST_EVENT = 40
"""GA4's limit for event names (support.google.com/analytics/answer/9267744)."""


def fault(
    message: str, *, hint: str | None = None, at: str | tuple[str, ...] = ()
) -> PydanticCustomError:
    """
    Return an error that the loader turns into a fault of the file.

    Args:
        message: What was found and what is allowed.
        hint: What to write instead.
        at: The key, or keys, below the validated part, where it stands.
    """
    keys = (at,) if isinstance(at, str) else at
    context = {"text": message, "hint": hint, "at": keys}
    return PydanticCustomError("convbridge", "{text}", context)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine's loopback."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def validate(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise fault(f"expected an id in digits, found {kind(value)}")
        try:
            return make(value)
        except ConfigError as exc:
            raise fault(exc.message, hint=exc.hint) from exc

    return validate


def kind(value: Any) -> str:
    """Return what a value is, in words, without the value."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "text" if isinstance(value, str) else "a number"


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise fault(f"expected a number, found {kind(value)}")
    return value


def _endpoint(value: Any) -> Any:
    """Check an endpoint's form; user and password are refused and not repeated."""
    if not isinstance(value, str):
        raise fault(f"expected an address such as https://host, found {kind(value)}")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError as exc:
        raise fault("this is not an address", hint="https://host:port") from exc
    if "@" in parts.netloc:
        raise fault("an endpoint carries no user and no password")
    if parts.scheme not in {"http", "https"} or not host:
        raise fault(
            f"{value!r} is not an endpoint",
            hint="write https://host, or http://127.0.0.1:port for a sandbox",
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise fault(f"{value!r} has more than scheme, host and port")
    if parts.scheme == "http" and not is_loopback(host):
        raise fault(
            f"http:// is for loopback addresses only, {host!r} is not one",
            hint=f"use https://{parts.netloc}",
        )
    return value.rstrip("/")


def _duration(value: Any) -> Any:
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        shown = repr(value) if isinstance(value, (str, int, float)) else kind(value)
        raise fault(f"expected a duration, found {shown}", hint="write 90m, 24h or 3d")
    number, unit = found.groups()
    return timedelta(**{_UNITS[unit]: int(number)})


def _event_name(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise fault(f"expected an event's name, found {kind(value)}")
    name = str(value).strip()
    if not name or not name.isprintable():
        raise fault("an event's name cannot be empty or unprintable")
    if len(name) > _LONGEST_EVENT:
        raise fault(
            f"{name!r} has {len(name)} characters; GA4 keeps {_LONGEST_EVENT}",
            hint="use the name as GA4 shows it under Events",
        )
    return name


def _campaign(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise fault(
            f"expected a campaign id or a name pattern, found {kind(value)}",
            hint='write 7000001 or "Brand *"',
        )
    if not str(value).strip():
        raise fault("a campaign's id or name pattern cannot be empty")
    return str(value).strip()


_ID = {"anyOf": [{"type": "string"}, {"type": "integer"}]}

Customer = Annotated[
    CustomerId,
    PlainValidator(_checked(CustomerId)),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*(\d{10}|\d{3}-\d{3}-\d{4})\s*$"},
                {"type": "integer", "minimum": 10**9, "maximum": 10**10 - 1},
            ],
            "examples": ["123-456-7890"],
        }
    ),
]
"""A Google Ads account id, with or without dashes, quoted or not."""

Property = Annotated[
    PropertyId,
    PlainValidator(_checked(PropertyId)),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*(properties/)?[1-9]\d{0,18}\s*$"},
                {"type": "integer", "minimum": 1},
            ],
            "examples": ["111111111"],
        }
    ),
]
"""A GA4 property id, quoted or not."""

Endpoint = Annotated[
    str,
    PlainValidator(_endpoint),
    WithJsonSchema({"type": "string", "pattern": "^https?://"}),
]
"""Scheme, host and port; http:// for loopback only."""

Duration = Annotated[
    timedelta,
    PlainValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+\s*[mhd]\s*$"}),
]
"""A length of time: 90m, 24h, 3d."""

EventName = Annotated[
    str, BeforeValidator(_event_name), WithJsonSchema({"type": "string"})
]
"""A GA4 event name; case matters."""

AudienceName = Annotated[str, Field(min_length=1, max_length=256)]
"""An audience's name, as GA4 and Google Ads show it."""

Campaign = Annotated[str, PlainValidator(_campaign), WithJsonSchema(_ID)]
"""A campaign id, or a name pattern with `*`."""

Reference = Annotated[str, WithJsonSchema(_ID)]
"""The id or the name of something at Google."""

NoBool = BeforeValidator(_number)
"""For numbers: true and false are none. Comes after the bounds, which the schema
loses otherwise."""

Amount = Annotated[
    Decimal,
    Field(ge=0, le=10**12, allow_inf_nan=False),
    NoBool,
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 10**12}),
]
"""Money, not negative: Google Ads takes no negative value."""
