"""What makes an event invalid: one of these refuses the whole request."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .ads_currencies import CURRENCIES
from .data_manager_errors import Violation

if TYPE_CHECKING:
    from .data_manager_targets import Target

MAX_EVENTS = 2_000
_MAX_IDENTIFIERS = 10
_EVENT_NAME = re.compile(r"[A-Za-z]\w{0,39}")
_RESERVED = frozenset(
    {
        "ad_click",
        "ad_exposure",
        "ad_impression",
        "ad_query",
        "app_remove",
        "app_update",
        "error",
        "first_open",
        "first_visit",
        "in_app_purchase",
        "session_start",
        "user_engagement",
    }
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_HEX = re.compile(r"[0-9a-fA-F]*")
# A clock that is a little ahead is forgiven.
_AHEAD = timedelta(minutes=5)
Found = Iterator[tuple[str, str]]


def check_events(
    request: dict[str, Any], targets: list[Target], now: datetime
) -> list[Violation]:
    """Return everything wrong with the events of a request, by field."""
    events = request.get("events", [])
    if not events:
        return [Violation(reason="REQUIRED_FIELD_MISSING", field="events")]
    if len(events) > MAX_EVENTS:
        return [Violation(reason="TOO_MANY_EVENTS", field="events")]
    encoding = request.get("encoding", "")
    known = {each.get("reference", "") for each in request.get("destinations", ())}
    violations: list[Violation] = []
    if not encoding and any("user_data" in event for event in events):
        violations.append(Violation(reason="REQUIRED_FIELD_MISSING", field="encoding"))
    for index, event in enumerate(events):
        chosen = targets_of(event, targets)
        found = [
            *_check_references(event, known),
            *_check(event, chosen, encoding, now),
        ]
        for reason, field in found:
            place = f"events.events[{index}]" + (f".{field}" if field else "")
            violations.append(Violation(reason=reason, field=place))
    return violations


def targets_of(event: dict[str, Any], targets: list[Target]) -> list[Target]:
    """Return the destinations of one event: those it names, or all."""
    wanted = event.get("destination_references")
    if not wanted:
        return targets
    return [target for target in targets if target.reference in wanted]


def is_numeric_id(event: dict[str, Any]) -> bool:
    """Say whether the transaction id is all digits, which Google takes amiss."""
    return event.get("transaction_id", "").isdecimal()


def parse_time(text: str) -> datetime | None:
    """Return the moment of an RFC 3339 text, or None."""
    if not _TIME.fullmatch(text):
        return None
    try:
        # Nine digits are allowed on the wire, six in Python.
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None


def _check_references(event: dict[str, Any], known: set[str]) -> Found:
    for wanted in event.get("destination_references", ()):
        if not wanted or wanted not in known:
            yield "INVALID_DESTINATION", "destination_references"
            return


def _check(
    event: dict[str, Any], targets: list[Target], encoding: str, now: datetime
) -> Found:
    yield from _check_time(event, now)
    yield from _check_money(event)
    yield from _check_users(event, encoding)
    analytics = [target for target in targets if target.is_analytics]
    if len(analytics) > 1:
        reason = "MULTIPLE_DESTINATIONS_FOR_GOOGLE_ANALYTICS_EVENT"
        yield reason, "destination_references"
    if analytics:
        yield from _check_analytics(event)
    for target in targets:
        if not target.is_analytics:
            yield from _check_ads(event, target)


def _check_time(event: dict[str, Any], now: datetime) -> Found:
    if "event_timestamp" not in event:
        yield "REQUIRED_FIELD_MISSING", "event_timestamp"
        return
    for name in ("event_timestamp", "last_updated_timestamp"):
        text = event.get(name)
        moment = parse_time(text) if text is not None else now
        if moment is None:
            yield "INVALID_FORMAT", name
        elif moment > now + _AHEAD:
            yield "EVENT_TIME_INVALID", name


def _check_money(event: dict[str, Any]) -> Found:
    value = event.get("conversion_value", 0.0)
    if not 0 <= value < float("inf"):
        yield "INVALID_NUMBER_FORMAT", "conversion_value"
    currency = event.get("currency")
    if currency and currency not in CURRENCIES:
        yield "INVALID_CURRENCY_CODE", "currency"


def _check_users(event: dict[str, Any], encoding: str) -> Found:
    identifiers = event.get("user_data", {}).get("user_identifiers", [])
    if "user_data" in event and not identifiers:
        yield "REQUIRED_FIELD_MISSING", "user_data.user_identifiers"
    if len(identifiers) > _MAX_IDENTIFIERS:
        yield "TOO_MANY_USER_IDENTIFIERS", "user_data.user_identifiers"
    for index, identifier in enumerate(identifiers):
        for field, text in _hashed(identifier):
            reason = _wrong_hash(text, encoding)
            if reason:
                yield reason, f"user_data.user_identifiers[{index}].{field}"
        region = identifier.get("address", {}).get("region_code", "XX")
        if not re.fullmatch(r"[A-Za-z]{2}", region):
            field = f"user_data.user_identifiers[{index}].address.region_code"
            yield "INVALID_REGION_CODE", field


def _hashed(identifier: dict[str, Any]) -> Found:
    for name in ("email_address", "phone_number"):
        if name in identifier:
            yield name, identifier[name]
    address = identifier.get("address", {})
    for name in ("given_name", "family_name"):
        if name in address:
            yield f"address.{name}", address[name]


def _wrong_hash(text: str, encoding: str) -> str:
    if encoding == "BASE64":
        try:
            raw = base64.b64decode(text, validate=True)
        except binascii.Error:
            return "INVALID_BASE64_ENCODING"
        return "" if len(raw) == 32 else "INVALID_SHA256_FORMAT"
    if not _HEX.fullmatch(text):
        return "INVALID_HEX_ENCODING"
    return "" if len(text) == 64 else "INVALID_SHA256_FORMAT"


def _check_analytics(event: dict[str, Any]) -> Found:
    name = event.get("event_name", "")
    if not name:
        yield "REQUIRED_FIELD_MISSING", "event_name"
    elif name in _RESERVED or name.startswith(("firebase_", "ga_", "google_")):
        yield "RESERVED_NAME_USED", "event_name"
    elif not _EVENT_NAME.fullmatch(name):
        yield "INVALID_EVENT_NAME", "event_name"
    if event.get("client_id") and event.get("app_instance_id"):
        yield "BOTH_CLIENT_ID_AND_APP_INSTANCE_ID_NOT_ALLOWED", "client_id"
    if not any(event.get(n) for n in ("client_id", "user_id", "app_instance_id")):
        yield "NO_IDENTIFIERS_PROVIDED", "client_id"


def _check_ads(event: dict[str, Any], target: Target) -> Found:
    ids = event.get("ad_identifiers", {})
    has_user = bool(event.get("user_data"))
    if not any(ids.values()) and not has_user:
        yield "NO_IDENTIFIERS_PROVIDED", ""
    if target.is_webpage and not event.get("transaction_id"):
        yield "REQUIRED_FIELD_MISSING", "transaction_id"
    account = target.account
    if not has_user or account is None:
        return
    if not account.accepted_customer_data_terms:
        yield "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED", "user_data"
    if not account.enhanced_conversions_for_leads:
        reason = "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS"
        yield reason, "user_data"
