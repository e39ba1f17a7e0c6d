"""Google Ads' own error message, GoogleAdsFailure, read into plain facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from google.protobuf.message import DecodeError

from convbridge.adapters.error_details import Details, redact

if TYPE_CHECKING:
    from collections.abc import Iterable

_TRAILER = re.compile(r"google\.ads\.googleads\.(v\d+)\.errors\.googleadsfailure-bin")
_TYPE_URL = re.compile(r".*google\.ads\.googleads\.(v\d+)\.errors\.GoogleAdsFailure")
# Operations are repeated fields of the request under these names.
_ROWS = ("conversions", "conversion_adjustments")
_OPERATIONS = ("operations", "mutate_operations", *_ROWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdsError:
    """One error of a failure."""

    category: str
    """The error enum, as the `error_code` field: `conversion_action_error`."""
    code: str
    message: str
    field_path: str = ""
    """`operations[0].update.value_settings.default_value`."""
    index: int | None = None
    """Which operation of the request; None when the request as a whole."""
    trigger: str | None = None
    retry_after: float | None = None
    limit: str | None = None
    """For a full account: which limit, and how many there are."""

    def __str__(self) -> str:
        at = f" at {self.field_path}" if self.field_path else ""
        trigger = f" (found: {self.trigger})" if self.trigger else ""
        limit = f" [{self.limit}]" if self.limit else ""
        return f"{self.code}{at}: {self.message}{trigger}{limit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """All errors of one answer."""

    errors: tuple[AdsError, ...]
    request_id: str | None = None

    def of(self, index: int | None) -> tuple[AdsError, ...]:
        """Return the errors of one operation, or with None of the whole request."""
        return tuple(e for e in self.errors if e.index == index)

    def details(self, *, retry_after: float | None = None) -> Details:
        """
        Return the failure in the form that all vendors share.

        Args:
            retry_after: The pause that is told elsewhere, if no error tells one.
        """
        first = self.errors[0] if self.errors else None
        waits = [e.retry_after for e in self.errors if e.retry_after is not None]
        return Details(
            code=first.code if first else None,
            category=first.category if first else None,
            message=str(first) if first else None,
            request_id=self.request_id,
            reasons=tuple(str(e) for e in self.errors[1:]),
            retry_after=max(waits, default=retry_after),
        )


def read_trailers(trailers: Iterable[tuple[str, Any]] | None) -> Failure | None:
    """
    Return the failure in an answer's trailing metadata, of any API version.

    The library decodes it for most statuses only: with RESOURCE_EXHAUSTED and
    INTERNAL the bytes stay in the metadata (google-ads 34, interceptor.py).
    """
    pairs = [(str(key), value) for key, value in trailers or ()]
    request_id = next((str(v) for k, v in pairs if k == "request-id"), None)
    for key, value in pairs:
        found = _TRAILER.fullmatch(key)
        if found:
            return _parse(found.group(1), value, request_id)
    return Failure(errors=(), request_id=request_id) if request_id else None


def read_partial_failure(status: Any) -> Failure | None:
    """Return the failure inside a mutate's `partial_failure_error`, if any."""
    for detail in status.details:
        found = _TYPE_URL.fullmatch(detail.type_url)
        if found:
            return _parse(found.group(1), detail.value, None)
    return None


def read_failure(message: Any, *, request_id: str | None = None) -> Failure:
    """Return the facts of a GoogleAdsFailure protobuf message."""
    return Failure(
        errors=tuple(_error(e) for e in message.errors),
        request_id=request_id or message.request_id or None,
    )


def failure_type(version: str) -> Any:
    """Return the protobuf class GoogleAdsFailure of one API version."""
    module = import_module(f"google.ads.googleads.{version}.errors.types.errors")
    return module.GoogleAdsFailure.pb()


def error_code(found: Any) -> tuple[str, str]:
    """Return the category and code of a oneof of error enums."""
    category = found.WhichOneof("error_code")
    if category is None:  # an enum newer than the installed library
        return "unknown_error", "UNKNOWN"
    number = getattr(found, category)
    enum = found.DESCRIPTOR.fields_by_name[category].enum_type
    known = enum.values_by_number.get(number)
    return category, known.name if known else f"UNKNOWN_{number}"


def _parse(version: str, value: bytes, request_id: str | None) -> Failure | None:
    try:
        message = failure_type(version).FromString(value)
    except (DecodeError, ImportError):
        return Failure(errors=(), request_id=request_id) if request_id else None
    return read_failure(message, request_id=request_id)


def _error(error: Any) -> AdsError:
    category, code = error_code(error.error_code)
    elements = error.location.field_path_elements
    return AdsError(
        category=category,
        code=code,
        message=redact(error.message),
        field_path=".".join(_element(e) for e in elements),
        index=_index(elements),
        trigger=_trigger(error),
        retry_after=_retry_after(error.details.quota_error_details),
        limit=_limit(error.details.resource_count_details),
    )


def _index(elements: Any) -> int | None:
    named = (e for e in elements if e.field_name in _OPERATIONS and e.HasField("index"))
    return next((int(e.index) for e in named), None)


def _element(element: Any) -> str:
    if element.HasField("index"):
        return f"{element.field_name}[{element.index}]"
    return str(element.field_name)


def _trigger(error: Any) -> str | None:
    """Return the value that Google quotes; uploaded rows are never quoted."""
    elements = error.location.field_path_elements
    if any(element.field_name in _ROWS for element in elements):
        return None
    kind = error.trigger.WhichOneof("value")
    return redact(str(getattr(error.trigger, kind)))[:100] if kind else None


def _retry_after(quota: Any) -> float | None:
    delay = quota.retry_delay
    return delay.seconds + delay.nanos / 1e9 if quota.HasField("retry_delay") else None


def _limit(count: Any) -> str | None:
    if not count.limit:
        return None
    found = count.DESCRIPTOR.fields_by_name["limit_type"].enum_type
    known = found.values_by_number.get(count.limit_type)
    name = known.name if known else str(count.limit_type)
    return f"{name}: {count.existing_count} of {count.limit}"
