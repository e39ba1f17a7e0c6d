"""
The table that turns what Google's libraries raise into convbridge's errors.

Most specific wins: a Google Ads code before its category, a category before
the gRPC or HTTP status, a status before the transport's exception.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Any

import grpc
import requests
from google.ads.googleads.errors import GoogleAdsException
from google.api_core import exceptions as core
from google.auth import exceptions as auth
from google.protobuf import json_format
from google.protobuf.message import DecodeError

from convbridge.adapters.ads_failures import read_trailers
from convbridge.adapters.error_details import (
    Details,
    is_page,
    is_plain_refusal,
    is_used_up,
    read_rpc_details,
    redact,
    without_markup,
    without_pool,
)
from convbridge.adapters.hints import hint_for
from convbridge.errors import (
    AuthError,
    OutcomeUnknownError,
    QuotaError,
    RejectedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convbridge.adapters.ads_failures import Failure
    from convbridge.errors import VendorError


class Kind(StrEnum):
    """What an error says about the request."""

    AUTH = "auth"
    QUOTA = "quota"
    BUSY = "busy"
    """Refused for now, nothing done: the same request may pass later."""
    NOT_SENT = "not_sent"
    """Google was never reached."""
    NO_ANSWER = "no_answer"
    """It may or may not have been done."""
    REJECTED = "rejected"


ADS_CODES: dict[str, Kind] = {
    "authentication_error": Kind.AUTH,
    "authorization_error": Kind.AUTH,
    "operation_access_denied_error": Kind.AUTH,
    "resource_access_denied_error": Kind.AUTH,
    "multi_party_auth_review_error": Kind.AUTH,
    "quota_error": Kind.QUOTA,
    "quota_error.ACCESS_PROHIBITED": Kind.AUTH,
    "internal_error": Kind.NO_ANSWER,
    "internal_error.ERROR_CODE_NOT_PUBLISHED": Kind.REJECTED,
    "database_error": Kind.REJECTED,
    "database_error.CONCURRENT_MODIFICATION": Kind.BUSY,
}
"""Google Ads codes and categories that are not plain refusals."""

EXCEPTIONS: dict[type[BaseException], Kind] = {
    core.Unauthorized: Kind.AUTH,
    core.Forbidden: Kind.AUTH,
    core.TooManyRequests: Kind.QUOTA,
    core.Aborted: Kind.BUSY,
    core.Cancelled: Kind.NO_ANSWER,
    core.ClientError: Kind.REJECTED,
    core.Redirection: Kind.REJECTED,
    core.MethodNotImplemented: Kind.REJECTED,
    core.ServerError: Kind.NO_ANSWER,
    core.RetryError: Kind.NO_ANSWER,
    core.GoogleAPIError: Kind.NO_ANSWER,
    auth.TransportError: Kind.NOT_SENT,
    auth.TimeoutError: Kind.NOT_SENT,
    auth.GoogleAuthError: Kind.AUTH,
    requests.ConnectTimeout: Kind.NOT_SENT,
    requests.exceptions.SSLError: Kind.NOT_SENT,
    requests.exceptions.ProxyError: Kind.NOT_SENT,
    requests.ConnectionError: Kind.NO_ANSWER,
    requests.Timeout: Kind.NO_ANSWER,
    requests.exceptions.InvalidURL: Kind.NOT_SENT,
    requests.RequestException: Kind.NO_ANSWER,
    json_format.Error: Kind.NO_ANSWER,
    DecodeError: Kind.NO_ANSWER,
    ConnectionRefusedError: Kind.NOT_SENT,
    OSError: Kind.NO_ANSWER,
    grpc.RpcError: Kind.NO_ANSWER,
}
"""Transport exceptions and statuses, looked up along the class hierarchy."""

# gRPC puts these into the status of calls that never left the computer
# (grpc core's client channel, and its auth plugin).
_NEVER_SENT = re.compile(
    r"failed to connect to all addresses|DNS resolution failed|name resolution"
    r"|Getting metadata from plugin failed|NewConnectionError|NameResolutionError",
    re.IGNORECASE,
)
_IN_LOGIN = "Getting metadata from plugin failed"
_BAD_LOGIN = re.compile(
    r"invalid_(?:grant|client|scope)|unauthorized_client|access_denied|deleted_client"
    r"|account_not_found|RefreshError|rapt_required"
)
# Statuses that REST sends with an HTTP code of another meaning: 409 is also
# ALREADY_EXISTS (google.rpc.Code).
_STATUSES = {"ABORTED": Kind.BUSY, "RESOURCE_EXHAUSTED": Kind.QUOTA}
# Google's REST transports put the request before Google's own words.
_REQUEST_LINE = re.compile(r"^(?:GET|POST|PATCH|PUT|DELETE) https?://\S+: ")
VENDOR_EXCEPTIONS = (GoogleAdsException, *EXCEPTIONS)
"""Everything that `translate` takes."""
STUMBLES = (AttributeError, TypeError, UnicodeError)
"""What Google's libraries let slip when an answer is not in Google's form."""
# Where they read answers: a fault of ours is never raised there.
_READERS = frozenset({"google.api_core.exceptions", "google.protobuf.json_format"})


def is_stumble(exc: BaseException) -> bool:
    """
    Tell whether Google's library stumbled over an answer, such as a proxy's.

    `{"error": "denied"}` is one: the library wants a mapping there.
    """
    frame = exc.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return frame is not None and frame.tb_frame.f_globals.get("__name__") in _READERS


def translate(
    exc: BaseException, *, vendor: str, operation: str, idempotent: bool
) -> VendorError:
    """
    Return the convbridge error for what a vendor library raised.

    A call that is not `idempotent` and got no answer has an unknown outcome;
    one that may be repeated was merely unavailable.
    """
    cause = _as_core(exc)
    details = _details(exc, cause)
    kind = _kind(cause, details)
    code = details.code or _status(cause)
    message = details.message or _message(cause, kind)
    fields: dict[str, Any] = {
        "vendor": vendor,
        "operation": operation,
        "request_id": details.request_id,
        "code": code,
        "reasons": details.reasons,
        "retry_after": details.retry_after,
        "hint": _hint(code, details, kind),
    }
    match kind:
        case Kind.AUTH:
            return AuthError(message, **fields)
        case Kind.QUOTA:
            return QuotaError(message, **fields)
        case Kind.BUSY | Kind.NOT_SENT:
            return UnavailableError(message, **fields)
        case Kind.NO_ANSWER if idempotent:
            return UnavailableError(message, **fields)
        case Kind.NO_ANSWER:
            return OutcomeUnknownError(message, **fields)
        case Kind.REJECTED:
            return RejectedError(message, **fields)


def _hint(code: str | None, details: Details, kind: Kind) -> str | None:
    known = hint_for(code=code, category=details.category, kind=kind)
    if details.retry_after is None:
        return known
    pause = f"Google asks to wait {ceil(details.retry_after):,} seconds"
    return f"{pause}; {known}" if known else pause


def _as_core(exc: BaseException) -> BaseException:
    """Unwrap to the api_core exception of the status, where there is one."""
    if isinstance(exc, GoogleAdsException):
        exc = exc.error
    if isinstance(exc, grpc.RpcError) and callable(getattr(exc, "code", None)):
        found: BaseException = core.from_grpc_error(exc)
        return found
    return exc


def was_never_sent(exc: BaseException) -> bool:
    """Tell whether a call never left the computer, by gRPC's words."""
    return bool(_NEVER_SENT.search(str(exc)))


def ads_failure(error: VendorError) -> Failure | None:
    """Return the Google Ads errors behind a translated one, by operation."""
    exc = error.__cause__
    return _failure(exc, _as_core(exc)) if exc else None


def _failure(exc: BaseException, cause: BaseException) -> Failure | None:
    call = (
        exc.call
        if isinstance(exc, GoogleAdsException)
        else getattr(cause, "response", None)
    )
    return read_trailers(_trailers(call)) or read_trailers(_trailers(cause))


def _details(exc: BaseException, cause: BaseException) -> Details:
    if isinstance(cause, core.GoogleAPICallError):
        failure = _failure(exc, cause)
        details = read_rpc_details(cause.details, _headers(cause.response))
        if failure and failure.errors:
            # google.rpc.RetryInfo may stand beside Google Ads's own errors.
            return failure.details(retry_after=details.retry_after)
        if failure and not details.request_id:
            return replace(details, request_id=failure.request_id)
        return details
    return Details()


def _trailers(call: Any) -> Any:
    read = getattr(call, "trailing_metadata", None)
    return read() if callable(read) else None


def _headers(response: Any) -> Mapping[str, str]:
    found = getattr(response, "headers", None)
    return found if found is not None else {}


def _kind(cause: BaseException, details: Details) -> Kind:
    for key in (f"{details.category}.{details.code}", details.category or ""):
        if key in ADS_CODES:
            return ADS_CODES[key]
    if details.category:
        return Kind.REJECTED
    if isinstance(cause, auth.GoogleAuthError) and is_page(str(cause)):
        return Kind.NOT_SENT  # a proxy's word in place of the token server's
    if was_never_sent(cause):
        return Kind.AUTH if _BAD_LOGIN.search(str(cause)) else Kind.NOT_SENT
    if getattr(cause, "retryable", False):  # google.auth's own verdict
        return Kind.NOT_SENT
    return _kind_of_answer(cause, details) or next(
        (EXCEPTIONS[t] for t in type(cause).__mro__ if t in EXCEPTIONS), Kind.NO_ANSWER
    )


def _kind_of_answer(cause: BaseException, details: Details) -> Kind | None:
    """Return what an answer says beyond its status's class, where it does."""
    if not isinstance(cause, core.GoogleAPICallError):
        return None
    # The Admin API answers 403 as well as 429 when a quota is used up.
    if isinstance(cause, core.Forbidden) and is_used_up(cause, details.code):
        return Kind.QUOTA
    if is_plain_refusal(cause):
        return Kind.REJECTED
    return _STATUSES.get(_rest_status(cause) or "")


def _rest_status(cause: core.GoogleAPICallError) -> str | None:
    """Return the google.rpc.Code that a REST answer names in its body."""
    read = getattr(cause.response, "json", None)
    try:
        status = read()["error"]["status"] if callable(read) else None
    except (ValueError, KeyError, TypeError, IndexError):
        return None
    return status if isinstance(status, str) else None


def _status(cause: BaseException) -> str | None:
    """Return the name of the gRPC status, or the HTTP status's number."""
    status = getattr(cause, "grpc_status_code", None)
    if status is not None:
        return str(status.name)
    number = getattr(cause, "code", None)
    return f"HTTP_{int(number)}" if isinstance(number, int) else None


def _message(cause: BaseException, kind: Kind) -> str:
    """Return words that are safe to show; a login's error shows its kind only."""
    text = str(getattr(cause, "message", "") or cause.args[0] if cause.args else "")
    if kind is Kind.AUTH and _BAD_LOGIN.search(str(cause)):
        found = _BAD_LOGIN.search(str(cause))
        word = found.group() if found else "refused"
        return f"the login could not be refreshed ({word})"
    if _IN_LOGIN in text:
        return "the login's token server could not be reached"
    if isinstance(cause, STUMBLES):
        return "the answer is not in Google's form: is there a proxy on the way?"
    words = without_pool(without_markup(_REQUEST_LINE.sub("", text).strip()))
    return redact(words) or type(cause).__name__
