"""Key events: list, get, create, patch, delete, with the rules GA4 has for them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .ga4_admin_wire import page, read_body, read_mask, timestamp
from .ga4_metrics import RATES
from .ga4_wire import invalid
from .http import ApiError
from .property import KeyEvent

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .ga4_admin import Admin
    from .http import Request, Route
    from .site import Site

PATTERN = r"/v1(?:beta|alpha)/properties/(\d+)/keyEvents"
MAX_CUSTOM = 30
MAX_CUSTOM_PREMIUM = 50
_METHODS = {1: "ONCE_PER_EVENT", 2: "ONCE_PER_SESSION"}
_MUTABLE = ("counting_method", "default_value")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def routes(admin: Admin) -> list[Route]:
    """Return the routes of key events."""
    one = rf"{PATTERN}/(\d+)"
    return [
        admin.route("GET", PATTERN, "listKeyEvents", _list),
        admin.route("GET", one, "getKeyEvent", _get),
        admin.route("POST", PATTERN, "createKeyEvent", _creator(admin)),
        admin.route("PATCH", one, "updateKeyEvent", _updater(admin)),
        admin.route("DELETE", one, "deleteKeyEvent", _delete),
    ]


def _list(site: Site, request: Request, _: re.Match[str]) -> dict[str, Any]:
    marks = [_to_json(site, mark) for mark in site.key_events]
    return page(request, "keyEvents", marks)


def _get(site: Site, _: Request, match: re.Match[str]) -> dict[str, Any]:
    return _to_json(site, _find(site, match[2]))


def _find(site: Site, mark_id: str) -> KeyEvent:
    mark = site.ga4.key_events.get(mark_id)
    if mark is None:
        raise ApiError(404, f"Key event {mark_id} was not found.")
    return mark


def _creator(
    admin: Admin,
) -> Callable[[Site, Request, re.Match[str]], dict[str, Any]]:
    def create(site: Site, request: Request, _: re.Match[str]) -> dict[str, Any]:
        message = read_body(request, "KeyEvent")
        _check_new(site, message.event_name)
        mark = KeyEvent(
            id=site.ga4.next_id(),
            event_name=message.event_name,
            created_at=admin.clock.now(),
            counting_method=_method(message),
            default_value=_default_value(message),
            default_since=admin.clock.now(),
        )
        site.ga4.key_events[mark.id] = mark
        return _to_json(site, mark)

    return create


def _check_new(site: Site, name: str) -> None:
    if not name:
        raise invalid("event_name is required.")
    if not _NAME.fullmatch(name):
        raise invalid(
            f"The event name {name} must start with a letter, have only letters, "
            "digits and underscores, and at most 40 of them."
        )
    if any(mark.event_name == name for mark in site.key_events):
        raise ApiError(409, f"A key event named {name} already exists.")
    most = MAX_CUSTOM_PREMIUM if "360" in site.ga4.service_level else MAX_CUSTOM
    if sum(mark.custom for mark in site.key_events) >= most:
        raise ApiError(
            429,
            f"The property has reached its limit of {most} key events.",
        )


def _method(message: Any) -> str:
    if message.counting_method not in _METHODS:
        raise invalid("counting_method is required.")
    return _METHODS[message.counting_method]


def _default_value(message: Any) -> tuple[float, str] | None:
    if not message.HasField("default_value"):
        return None
    value = message.default_value
    # numeric_value has no presence on the wire: leaving it out is sending 0.
    if not value.currency_code:
        raise invalid("default_value needs numeric_value and currency_code.")
    if value.currency_code not in RATES:
        raise invalid(f"{value.currency_code} is not a valid currency code.")
    return (value.numeric_value, value.currency_code)


def _updater(
    admin: Admin,
) -> Callable[[Site, Request, re.Match[str]], dict[str, Any]]:
    def update(site: Site, request: Request, match: re.Match[str]) -> dict[str, Any]:
        return _update(site, request, match, admin.clock.now())

    return update


def _update(
    site: Site, request: Request, match: re.Match[str], now: datetime
) -> dict[str, Any]:
    mark = _find(site, match[2])
    mask = [path.partition(".")[0] for path in read_mask(request, _MUTABLE)]
    message = read_body(request, "KeyEvent")
    if message.event_name not in {"", mark.event_name}:
        raise invalid("event_name is immutable.")
    if "counting_method" in mask:
        mark = replace(mark, counting_method=_method(message))
    if "default_value" in mask:
        value = _default_value(message)
        mark = replace(mark, default_value=value, default_since=now)
    site.ga4.key_events[mark.id] = mark
    return _to_json(site, mark)


def _delete(site: Site, _: Request, match: re.Match[str]) -> dict[str, Any]:
    mark = _find(site, match[2])
    if not mark.deletable:
        raise ApiError(
            400,
            f"The key event {mark.event_name} can't be deleted.",
            status="FAILED_PRECONDITION",
        )
    del site.ga4.key_events[mark.id]
    return {}


def _to_json(site: Site, mark: KeyEvent) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": f"properties/{site.property_id}/keyEvents/{mark.id}",
        "eventName": mark.event_name,
        "createTime": timestamp(mark.created_at),
        "deletable": mark.deletable,
        "custom": mark.custom,
        "countingMethod": mark.counting_method,
    }
    if mark.default_value is not None:
        amount, currency = mark.default_value
        found["defaultValue"] = {"numericValue": amount, "currencyCode": currency}
    return found
