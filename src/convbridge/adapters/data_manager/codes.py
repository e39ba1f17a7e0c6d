"""What the Data Manager API's error codes mean for rows, as data."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from convbridge.model.conversions import CLICK_WAIT, RowState, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIXES = ("PROCESSING_ERROR_REASON_", "PROCESSING_ERROR_")

REQUEST_CODES = frozenset(
    {
        "PERMISSION_DENIED",
        "NOT_FOUND",
        "NOT_ALLOWLISTED",
        "TERMS_AND_CONDITIONS_NOT_SIGNED",
        "INVALID_DESTINATION",
        "TOO_MANY_DESTINATIONS",
        "DUPLICATE_DESTINATION_REFERENCE",
        "INVALID_CONVERSION_ACTION_ID",
        "INVALID_CONVERSION_ACTION_TYPE",
        "DESTINATION_ACCOUNT_TYPE_MISMATCH",
        "MISMATCHED_ACCOUNT_TYPE",
        "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH",
        "INVALID_PROPERTY_TYPE",
        "INVALID_STREAM_TYPE",
        "GOOGLE_ANALYTICS_SUBPROPERTY_OR_ROLLUP_PROPERTY_NOT_ALLOWED",
        "REQUIRED_PREREQUISITE_LINK_MISSING",
        "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS",
        "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED",
        "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
        "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED",
    }
)
"""Codes about the account or its set-up: a person has to act, no row is to blame."""

WAIT_CODES: Mapping[str, timedelta] = {
    "CONVERSION_ACTION_TOO_RECENTLY_CREATED": CLICK_WAIT,
}
"""Codes that time heals, for the request as a whole."""

HINTS: Mapping[str, str] = {
    "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED": "accept the customer "
    "data terms in Google Ads under Goals > Settings",
    "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS": "turn on "
    "enhanced conversions for leads in Google Ads under Goals > Settings",
    "INVALID_CONVERSION_ACTION_ID": "name an ENABLED conversion action of the "
    "conversion customer under delivery.actions",
    "INVALID_CONVERSION_ACTION_TYPE": "uploads need an action of type UPLOAD_CLICKS "
    "(or WEBPAGE, with order ids)",
    "NOT_ALLOWLISTED": "the account is not admitted to this feature of the Data "
    "Manager API",
    "PERMISSION_DENIED": "the login needs write access to the operating account, "
    "directly or through google_ads.login_customer_id",
}

_WAITS = Verdict(state=RowState.PENDING, retry_after=CLICK_WAIT)
_BRIEFLY = Verdict(state=RowState.PENDING, retry_after=timedelta(minutes=30))
_DUPLICATE = Verdict(state=RowState.DUPLICATE)
_SKIPPED = Verdict(state=RowState.SKIPPED)
_REJECTED = Verdict(state=RowState.REJECTED)

PROCESSING: Mapping[str, Verdict] = {
    "TOO_RECENT_CLICK": _WAITS,
    "INTERNAL_ERROR": _BRIEFLY,
    "DUPLICATE_GCLID": _DUPLICATE,
    "DUPLICATE_TRANSACTION_ID": _DUPLICATE,
    "EVENT_TOO_OLD": _SKIPPED,
    "DENIED_CONSENT": _SKIPPED,
    "NO_CONSENT": _SKIPPED,
    "UNKNOWN_CONSENT": _SKIPPED,
    "INVALID_CLICK": _SKIPPED,
    "CLICK_NOT_FOUND": _SKIPPED,
    "USER_ID_NOT_FOUND_FOR_GCLID": _SKIPPED,
    "USER_ID_NOT_FOUND": _SKIPPED,
    "ORIGINAL_CONVERSIONS_NOT_FOUND": _SKIPPED,
}
"""Reasons in a request's status that are not plain rejections."""


def processing_verdict(reason: str) -> Verdict:
    """Return what a ProcessingErrorReason means for its rows."""
    name = reason
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    found = PROCESSING.get(name, _REJECTED)
    return Verdict(state=found.state, code=name, retry_after=found.retry_after)
