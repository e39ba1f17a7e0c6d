"""Failures of the Google Ads API, as they travel: status, trailers, details."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .ads_messages import NEWEST, message_class, type_name

if TYPE_CHECKING:
    from datetime import timedelta

    from .ads_messages import Message

_STATUS = {
    "authentication_error": "UNAUTHENTICATED",
    "authorization_error": "PERMISSION_DENIED",
    "quota_error": "RESOURCE_EXHAUSTED",
    "internal_error": "INTERNAL",
    "database_error": "ABORTED",
}

# A field path: names, each with the index of a repeated field where it has one.
Path = tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdsError:
    """One error of a failure: its category and code, and where it is."""

    category: str
    code: str
    message: str = ""
    path: Path = ()
    trigger: str = ""
    retry_after: timedelta | None = None
    rate_scope: str = "DEVELOPER"
    resource_limit: dict[str, Any] = field(default_factory=dict)

    def under(self, *prefix: tuple[str, int | None]) -> AdsError:
        """Return the same error with its path put below `prefix`."""
        return replace(self, path=(*prefix, *self.path))


class AdsFailure(Exception):  # noqa: N818  (GoogleAdsFailure is the vendor's name)
    """A request that Google Ads answers with errors and no result."""

    def __init__(self, *errors: AdsError) -> None:
        """Hold the errors, in the order Google lists them."""
        super().__init__("; ".join(f"{e.category}.{e.code}" for e in errors))
        self.errors = errors

    @property
    def status(self) -> str:
        """Return the name of the gRPC status code."""
        return _STATUS.get(self.errors[0].category, "INVALID_ARGUMENT")

    def under(self, *prefix: tuple[str, int | None]) -> AdsFailure:
        """Return the failure with every path put below `prefix`."""
        return AdsFailure(*(error.under(*prefix) for error in self.errors))


def fail(
    category: str,
    code: str,
    message: str = "",
    *,
    at: str = "",
    trigger: str = "",
) -> AdsFailure:
    """Return a failure with one error; `at` is a dotted path without indexes."""
    path: Path = tuple((part, None) for part in at.split(".") if part)
    return AdsFailure(
        AdsError(
            category=category, code=code, message=message, path=path, trigger=trigger
        )
    )


def text_of(error: AdsError) -> str:
    """Return the message of an error, made from its code where it has none."""
    return error.message or f"{error.code.replace('_', ' ').capitalize()}."


def failure_message(
    errors: tuple[AdsError, ...], request_id: str, version: str = NEWEST
) -> Message:
    """Build the `GoogleAdsFailure` of a version."""
    failure = message_class("errors.GoogleAdsFailure", version)()
    failure.request_id = request_id
    for error in errors:
        _fill(failure.errors.add(), error)
    return failure


def partial_status(
    errors: tuple[AdsError, ...], request_id: str, version: str = NEWEST
) -> dict[str, Any]:
    """Return the `google.rpc.Status` of a partial failure, as field values."""
    failure = failure_message(errors, request_id, version)
    return {
        "code": 3,
        "message": f"Multiple errors in 'details'. First error: {text_of(errors[0])}",
        "details": [
            {
                "type_url": "type.googleapis.com/"
                + type_name("errors.GoogleAdsFailure", version),
                "value": failure.SerializeToString(),
            }
        ],
    }


def _fill(target: Message, error: AdsError) -> None:
    code_field = target.error_code.DESCRIPTOR.fields_by_name[error.category]
    code = code_field.enum_type.values_by_name[error.code].number
    setattr(target.error_code, error.category, code)
    target.message = text_of(error)
    if error.trigger:
        target.trigger.string_value = error.trigger
    for name, index in error.path:
        element = target.location.field_path_elements.add(field_name=name)
        if index is not None:
            element.index = index
    _fill_details(target, error)


def _fill_details(target: Message, error: AdsError) -> None:
    if error.category == "quota_error":
        details = target.details.quota_error_details
        scopes = details.DESCRIPTOR.fields_by_name["rate_scope"].enum_type
        details.rate_scope = scopes.values_by_name[error.rate_scope].number
        details.rate_name = "Requests per service per method"
        if error.retry_after is not None:
            details.retry_delay.FromTimedelta(error.retry_after)
    if error.resource_limit:
        limits = target.details.resource_count_details
        for name, value in error.resource_limit.items():
            setattr(limits, name, value)
