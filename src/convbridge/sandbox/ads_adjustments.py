"""UploadConversionAdjustments: retraction, restatement and enhancement."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .ads_errors import AdsFailure, fail, partial_status
from .ads_messages import name_of, new, number
from .ads_store import UPLOAD_WAIT, resource_name
from .ads_upload_checks import check_request, parse_time

if TYPE_CHECKING:
    from .ads_book import Recorded
    from .ads_errors import AdsError
    from .ads_messages import Message
    from .ads_methods import AdsCall
    from .ads_service import GoogleAds
    from .ads_store import Account

_CATEGORY = "conversion_adjustment_upload_error"
_OLDEST = timedelta(days=54)
_ADJUSTABLE = {
    "RETRACTION": frozenset({"UPLOAD_CLICKS", "WEBPAGE", "SALESFORCE"}),
    "RESTATEMENT": frozenset({"UPLOAD_CLICKS", "WEBPAGE", "SALESFORCE"}),
    "ENHANCEMENT": frozenset({"WEBPAGE"}),
}


def upload_adjustments(ads: GoogleAds, account: Account, call: AdsCall) -> Message:
    """Check and apply the adjustments of one request."""
    request = call.request
    rows = request.conversion_adjustments
    check_request(request, len(rows), _CATEGORY, "ADJUSTMENTS")
    twins = Counter(_identity(row) for row in rows)
    response = new("services.UploadConversionAdjustmentsResponse")
    errors: list[AdsError] = []
    for index, row in enumerate(rows):
        result = None if request.validate_only else response.results.add()
        try:
            if twins[_identity(row)] > 1:
                raise fail(_CATEGORY, "DUPLICATE_ADJUSTMENT_IN_REQUEST")
            _take(ads, account, row, validate_only=request.validate_only)
        except AdsFailure as failure:
            place = ("conversion_adjustments", index)
            errors.extend(failure.under(place).errors)
        else:
            if result is not None:
                _echo(row, result)
    if errors:
        status = partial_status(tuple(errors), call.request_id, call.version)
        response.partial_failure_error.MergeFrom(
            type(response.partial_failure_error)(**status)
        )
    return response


def _take(
    ads: GoogleAds, account: Account, row: Message, *, validate_only: bool
) -> None:
    now = ads.store.clock.now()
    kind = name_of("ConversionAdjustmentType", row.adjustment_type)
    if kind not in _ADJUSTABLE:
        raise fail("field_error", "REQUIRED", at="adjustment_type")
    action = _action(ads, account, row, kind)
    if now < ads.store.created(action.resource_name) + UPLOAD_WAIT:
        raise fail(_CATEGORY, "TOO_RECENT_CONVERSION_ACTION")
    moment = parse_time(row.adjustment_date_time, now)
    if kind == "ENHANCEMENT":
        if not row.order_id:
            raise fail(_CATEGORY, "MISSING_ORDER_ID_FOR_WEBPAGE", at="order_id")
        return
    if not isinstance(moment, datetime):
        raise fail(*moment, at="adjustment_date_time")
    recorded = _recorded(ads, action, row, now)
    _check_moment(recorded, moment, now)
    if kind == "RESTATEMENT":
        _check_restatement(row, action)
    if not validate_only:
        recorded.adjusted.append(moment)
        recorded.is_retracted = kind == "RETRACTION"
        if kind == "RESTATEMENT":
            recorded.value = row.restatement_value.adjusted_value


def _action(ads: GoogleAds, account: Account, row: Message, kind: str) -> Message:
    at = "conversion_action"
    if not row.conversion_action:
        raise fail("field_error", "REQUIRED", at=at)
    key = row.conversion_action.rsplit("/", 1)[-1]
    name = resource_name("conversion_action", account.customer_id, key)
    action = ads.store.get("conversion_action", name)
    if action is None or action.status != number("ConversionActionStatus", "ENABLED"):
        raise fail(_CATEGORY, "NO_CONVERSION_ACTION_FOUND", at=at)
    if name_of("ConversionActionType", action.type_) not in _ADJUSTABLE[kind]:
        raise fail(_CATEGORY, "INVALID_CONVERSION_ACTION_TYPE", at=at)
    return action


def _recorded(ads: GoogleAds, action: Message, row: Message, now: datetime) -> Recorded:
    has_pair = row.HasField("gclid_date_time_pair")
    if has_pair and row.order_id:
        raise fail(_CATEGORY, "GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET")
    if not has_pair and not row.order_id:
        raise fail("field_error", "REQUIRED", at="order_id")
    found: Recorded | None
    if row.order_id:
        found = ads.book.find_order(action.resource_name, row.order_id)
    else:
        pair = row.gclid_date_time_pair
        moment = parse_time(pair.conversion_date_time, now)
        if not isinstance(moment, datetime):
            raise fail(*moment, at="gclid_date_time_pair.conversion_date_time")
        found = ads.book.find_click(action.resource_name, pair.gclid, moment)
    if found is None:
        raise fail(_CATEGORY, "CONVERSION_NOT_FOUND")
    return found


def _check_moment(recorded: Recorded, moment: datetime, now: datetime) -> None:
    if recorded.is_retracted:
        raise fail(_CATEGORY, "CONVERSION_ALREADY_RETRACTED")
    if now - recorded.time > _OLDEST:
        raise fail(_CATEGORY, "CONVERSION_EXPIRED")
    at = "adjustment_date_time"
    if moment < recorded.time:
        raise fail(_CATEGORY, "ADJUSTMENT_PRECEDES_CONVERSION", at=at)
    if moment in recorded.adjusted:
        raise fail(_CATEGORY, "RESTATEMENT_ALREADY_EXISTS", at=at)
    if any(moment < earlier for earlier in recorded.adjusted):
        raise fail(_CATEGORY, "MORE_RECENT_RESTATEMENT_FOUND", at=at)


def _check_restatement(row: Message, action: Message) -> None:
    if action.value_settings.always_use_default_value:
        raise fail(
            _CATEGORY,
            "CANNOT_RESTATE_CONVERSION_ACTION_THAT_ALWAYS_USES_DEFAULT_CONVERSION_VALUE",
        )
    if not row.restatement_value.HasField("adjusted_value"):
        raise fail("field_error", "REQUIRED", at="restatement_value.adjusted_value")
    if not 0 <= row.restatement_value.adjusted_value < float("inf"):
        raise fail("range_error", "TOO_LOW", at="restatement_value.adjusted_value")


def _identity(row: Message) -> tuple[str, ...]:
    pair = row.gclid_date_time_pair
    return (
        row.conversion_action,
        row.order_id,
        pair.gclid,
        pair.conversion_date_time,
        row.adjustment_date_time,
    )


def _echo(row: Message, result: Message) -> None:
    result.conversion_action = row.conversion_action
    result.adjustment_date_time = row.adjustment_date_time
    result.adjustment_type = row.adjustment_type
    result.order_id = row.order_id
    if row.HasField("gclid_date_time_pair"):
        result.gclid_date_time_pair.CopyFrom(row.gclid_date_time_pair)
