"""What Google Ads' upload and adjustment errors mean for rows, as data."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from convbridge.model.conversions import CLICK_WAIT, RowState, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convbridge.adapters.ads_failures import AdsError

STOP_CODES = frozenset(
    {
        "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE",
        "PARTIAL_FAILURE_MODE_REQUIRED",
        "TOO_MANY_CONVERSIONS_IN_REQUEST",
        "TOO_MANY_ADJUSTMENTS_IN_REQUEST",
        "INVALID_JOB_ID",
    }
)
"""Codes that no row is to blame for, even where they come with each row."""

NOT_ALLOWLISTED_HINT = (
    "Google closed UploadClickConversions to new senders on 2026-06-15, and this "
    "Cloud project is one: set delivery.sink to data_manager; the rows wait in the "
    "outbox and go there with the next run"
)

_SETTING = Verdict(state=RowState.PENDING, retry_after=CLICK_WAIT)
_WAIT = Verdict(state=RowState.PENDING, retry_after=CLICK_WAIT)
_DAY = Verdict(state=RowState.PENDING, retry_after=timedelta(days=1))
_DONE = Verdict(state=RowState.DUPLICATE)
_SKIP = Verdict(state=RowState.SKIPPED)
_REJECTED = Verdict(state=RowState.REJECTED)

UPLOADS: Mapping[str, Verdict] = {
    # Time heals these.
    "TOO_RECENT_CONVERSION_ACTION": _WAIT,
    "TOO_RECENT_CALL": _WAIT,
    "TOO_RECENT_EVENT": _WAIT,
    # Google has it.
    "ORDER_ID_ALREADY_IN_USE": _DONE,
    "CLICK_CONVERSION_ALREADY_EXISTS": _DONE,
    "CALL_CONVERSION_ALREADY_EXISTS": _DONE,
    # Nothing is wrong, and nothing is to be done.
    "CLICK_NOT_FOUND": _SKIP,
    "EVENT_NOT_FOUND": _SKIP,
    "EXPIRED_EVENT": _SKIP,
    "CALL_NOT_FOUND": _SKIP,
    "EXPIRED_CALL": _SKIP,
    "CONVERSION_NOT_COMPLIANT_WITH_ATT_POLICY": _SKIP,
    # A setting of the account or the action: the row waits until it is right.
    "UNAUTHORIZED_CUSTOMER": _SETTING,
    "CONVERSION_TRACKING_NOT_ENABLED_AT_IMPRESSION_TIME": _SETTING,
    "CONVERSION_TRACKING_NOT_ENABLED_AT_CALL_TIME": _SETTING,
    "CUSTOM_VARIABLE_NOT_ENABLED": _SETTING,
    "INVALID_CUSTOMER_FOR_CLICK": _SETTING,
    "INVALID_CUSTOMER_FOR_CALL": _SETTING,
    "ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID": _SETTING,
    "CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS": _SETTING,
    "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS": _SETTING,
    "CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS": _SETTING,
    "NO_CONVERSION_ACTION_FOUND": _SETTING,
    "INVALID_CONVERSION_ACTION_TYPE": _SETTING,
    "EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION_NOT_PERMITTED_WITH_USER_IDENTIFIER": (
        _SETTING
    ),
    "EXTERNAL_ATTRIBUTION_DATA_SET_FOR_NON_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION": (
        _SETTING
    ),
    "EXTERNAL_ATTRIBUTION_DATA_NOT_SET_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION": (
        _SETTING
    ),
    "ORDER_ID_NOT_PERMITTED_FOR_EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION": _SETTING,
    "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE": _SETTING,
}
"""Codes of ConversionUploadError that are not plain rejections (v26)."""

ADJUSTMENTS: Mapping[str, Verdict] = {
    "TOO_RECENT_CONVERSION_ACTION": _WAIT,
    "TOO_RECENT_CONVERSION": _DAY,
    "CONVERSION_NOT_FOUND": _DAY,
    "CONVERSION_ALREADY_RETRACTED": _DONE,
    "RESTATEMENT_ALREADY_EXISTS": _DONE,
    "MORE_RECENT_RESTATEMENT_FOUND": _SKIP,
    "CONVERSION_ALREADY_ENHANCED": _DONE,
    "CONVERSION_EXPIRED": _SKIP,
    "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS": _SETTING,
    "CANNOT_RESTATE_CONVERSION_ACTION_THAT_ALWAYS_USES_DEFAULT_CONVERSION_VALUE": (
        _SETTING
    ),
    "NO_CONVERSION_ACTION_FOUND": _SETTING,
    "INVALID_CONVERSION_ACTION_TYPE": _SETTING,
    "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE": _SETTING,
}
"""Codes of ConversionAdjustmentUploadError that are not plain rejections (v26)."""

_ORDER = (RowState.REJECTED, RowState.DUPLICATE, RowState.SKIPPED, RowState.PENDING)


def verdict(errors: Sequence[AdsError], codes: Mapping[str, Verdict]) -> Verdict:
    """
    Return what one row's errors mean together.

    A plain rejection outweighs the rest: waiting does not heal it.
    """
    found = [(codes.get(e.code, _REJECTED), e) for e in errors]
    worst, error = min(found, key=lambda pair: _ORDER.index(pair[0].state))
    return Verdict(
        state=worst.state,
        code=error.code,
        reason="; ".join(_words(e) for e in errors),
        retry_after=worst.retry_after,
    )


def _words(error: AdsError) -> str:
    """Return Google's text with the field; the code is told beside it."""
    field = error.field_path.rpartition("].")[2] if "]." in error.field_path else ""
    return f"{field}: {error.message}" if field else error.message
