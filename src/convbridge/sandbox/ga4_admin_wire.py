"""What all Admin API methods share: bodies, masks and pages."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from google.protobuf import json_format

from .ga4_wire import invalid, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from .http import Request

MAX_PAGE = 200
DEFAULT_PAGE = 50


@cache
def message_types() -> Any:
    """Return the generated v1alpha types (v1beta is a part of them)."""
    from google.analytics.admin_v1alpha import types  # noqa: PLC0415  # slow to import

    return types


def read_body(request: Request, kind: str) -> Any:
    """Return the body as a protobuf message, unknown fields refused."""
    return parse(getattr(message_types(), kind), request.json())


def to_json(message: Any) -> dict[str, Any]:
    """Return a message as JSON with Google's names."""
    found: dict[str, Any] = json_format.MessageToDict(message)
    return found


def read_mask(request: Request, allowed: Sequence[str]) -> tuple[str, ...]:
    """Return the snake-case paths of updateMask; `*` stands for all of them."""
    text = ",".join(_parameter(request, "updateMask", "update_mask"))
    if not text:
        raise invalid("update_mask is required.")
    paths = tuple(_snake(path) for path in text.split(","))
    if paths == ("*",):
        return tuple(allowed)
    for path in paths:
        if path.partition(".")[0] not in allowed:
            raise invalid(f"The update mask has an unknown or immutable field: {path}.")
    return paths


def page(request: Request, field: str, items: Iterable[Any]) -> dict[str, Any]:
    """Return one page of a list and the token of the next."""
    everything = list(items)
    size = int((_parameter(request, "pageSize", "page_size") or ["0"])[0])
    token = (_parameter(request, "pageToken", "page_token") or [""])[0]
    if size < 0 or (token and not token.isdigit()):
        raise invalid("The page size or page token is invalid.")
    start = int(token or 0)
    stop = start + min(size or DEFAULT_PAGE, MAX_PAGE)
    answer: dict[str, Any] = {}
    if everything[start:stop]:
        answer[field] = everything[start:stop]
    if stop < len(everything):
        answer["nextPageToken"] = str(stop)
    return answer


def timestamp(moment: datetime) -> str:
    """Return a moment as a protobuf Timestamp in JSON."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _parameter(request: Request, *names: str) -> list[str]:
    query = parse_qs(request.query)
    return [value for name in names for value in query.get(name, [])]


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name.strip())
