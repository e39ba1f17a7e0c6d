"""What Google finds out about an accepted event later, one record at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .ads_book import Arrival, Recorded
from .ads_clicks import ClickCheck, check_click
from .ads_messages import number
from .data_manager_checks import parse_time

if TYPE_CHECKING:
    from datetime import datetime

    from .ads_messages import Message
    from .ads_service import GoogleAds
    from .clicks import Click
    from .data_manager_targets import Target

_PREFIX = "PROCESSING_ERROR_REASON_"
# Error of the upload service -> reason of the Data Manager.
_REASONS = {
    "CLICK_NOT_FOUND": "CLICK_NOT_FOUND",
    "CONVERSION_PRECEDES_EVENT": "CONVERSION_PRECEDES_CLICK",
    "EVENT_NOT_FOUND": "INVALID_CLICK",
    "EXPIRED_EVENT": "EVENT_TOO_OLD",
    "GBRAID_WBRAID_BOTH_SET": "INVALID_AD_IDENTIFIERS",
    "INVALID_CUSTOMER_FOR_CLICK": "INVALID_OPERATING_ACCOUNT_FOR_CLICK",
    "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID": (
        "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID"
    ),
    "TOO_RECENT_EVENT": "TOO_RECENT_CLICK",
    "UNPARSEABLE_GBRAID": "INVALID_GBRAID",
    "UNPARSEABLE_GCLID": "INVALID_GCLID",
    "UNPARSEABLE_WBRAID": "INVALID_WBRAID",
    "VALUE_MUST_BE_UNSET": "INVALID_AD_IDENTIFIERS",
}


def process(
    ads: GoogleAds, target: Target, event: dict[str, Any], consent: dict[str, Any]
) -> str:
    """
    Record an event at a Google Ads destination; returns the reason it is lost.

    The same transaction id again is an adjustment when the event says something
    new, and a duplicate when it does not.
    """
    reason = _process(ads, target, event, consent)
    full = f"{_PREFIX}{reason}" if reason else ""
    if target.account is not None:
        ads.book.arrivals.append(
            Arrival(
                time=ads.store.clock.now(),
                customer_id=target.account.customer_id,
                action=target.action.resource_name,
                client="ADS_DATA_CONNECTOR",
                error=("conversion_upload_error", "EVENT_NOT_FOUND") if full else None,
            )
        )
    return full


def _process(
    ads: GoogleAds, target: Target, event: dict[str, Any], consent: dict[str, Any]
) -> str:
    action = target.action
    if consent.get("ad_user_data") == "CONSENT_DENIED":
        return "DENIED_CONSENT"
    time = parse_time(event["event_timestamp"])
    if time is None or _is_external(action):
        return "INVALID_EVENT" if time is None else "EXTERNAL_ATTRIBUTION_DATA_MISSING"
    transaction = event.get("transaction_id", "")
    before = transaction and ads.book.find_order(action.resource_name, transaction)
    if before:
        return _adjust(before, action, event)
    if target.is_webpage:
        return ""  # data added to a conversion that the tag records
    return _record(ads, target, event, time)


def _record(
    ads: GoogleAds, target: Target, event: dict[str, Any], time: datetime
) -> str:
    action, transaction = target.action, event.get("transaction_id", "")
    click, reason = _click(ads, target, event, time)
    key = _click_key(event)
    is_known = ads.book.find_click(action.resource_name, key, time) is not None
    if reason or (is_known and not transaction):
        return reason or "DUPLICATE_GCLID"
    recorded = Recorded(
        action=action.resource_name,
        click=click,
        time=time,
        value=_value(action, event),
        currency=event.get("currency", ""),
        order_id=transaction,
    )
    ads.book.keep(recorded, key)
    return ""


def _adjust(before: Recorded, action: Message, event: dict[str, Any]) -> str:
    value = _value(action, event)
    updated = parse_time(event.get("last_updated_timestamp", ""))
    is_newer = updated is not None and updated not in before.adjusted
    if value == before.value and not is_newer:
        return "DUPLICATE_TRANSACTION_ID"
    before.value = value
    if updated is not None:
        before.adjusted.append(updated)
    return ""


def _click(
    ads: GoogleAds, target: Target, event: dict[str, Any], time: datetime
) -> tuple[Click | None, str]:
    if target.account is None:
        return None, "INTERNAL_ERROR"
    ids = event.get("ad_identifiers", {})
    action = target.action
    identifiers = event.get("user_data", {}).get("user_identifiers", [])
    check = ClickCheck(
        gclid=ids.get("gclid", ""),
        gbraid=ids.get("gbraid", ""),
        wbraid=ids.get("wbraid", ""),
        hashes=tuple(
            each["email_address"].lower()
            for each in identifiers
            if "email_address" in each
        ),
        has_user_data=bool(identifiers),
        time=time,
        window=timedelta(days=action.click_through_lookback_window_days),
        is_one_per_click=action.counting_type
        == number("ConversionActionCountingType", "ONE_PER_CLICK"),
    )
    click, found = check_click(ads, target.account, check, ads.store.clock.now())
    return click, _REASONS.get(found[0][1], "INVALID_EVENT") if found else ""


def _is_external(action: Message) -> bool:
    model = action.attribution_model_settings.attribution_model
    return bool(model == number("AttributionModel", "EXTERNAL"))


def _value(action: Message, event: dict[str, Any]) -> float:
    settings = action.value_settings
    if settings.always_use_default_value or "conversion_value" not in event:
        return float(settings.default_value)
    return float(event["conversion_value"])


def _click_key(event: dict[str, Any]) -> str:
    ids = event.get("ad_identifiers", {})
    named = ids.get("gclid") or ids.get("gbraid") or ids.get("wbraid")
    return str(named or sorted(map(str, event.get("user_data", {}).values())))
