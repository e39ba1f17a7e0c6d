from __future__ import annotations

from importlib import import_module
from pathlib import Path

import grpc
import pytest
import requests
from google.ads.googleads.client import _VALID_API_VERSIONS
from google.api_core import exceptions as core
from google.auth import exceptions as auth
from google.rpc import error_details_pb2

from convbridge.adapters.error_details import redact, violated_fields
from convbridge.adapters.google_ads.connection import VERSIONS
from convbridge.adapters.hints import HINTS
from convbridge.adapters.vendor_errors import ADS_CODES, EXCEPTIONS, translate
from convbridge.errors import (
    AuthError,
    OutcomeUnknownError,
    QuotaError,
    RejectedError,
    UnavailableError,
    VendorError,
)
from convbridge.testing.calls import RecordedRefusal

CATEGORIES = (Path(__file__).parent / "error_categories.txt").read_text().split()


def error_enums(version):
    module = import_module(f"google.ads.googleads.{version}.errors.types.errors")
    fields = module.ErrorCode.pb().DESCRIPTOR.fields
    return {f.name: {v.name for v in f.enum_type.values} for f in fields}


def read(exc, *, idempotent=True):
    return translate(
        exc, vendor="ga4", operation="Data.RunReport", idempotent=idempotent
    )


def status(code, details=""):
    class Status(grpc.RpcError, grpc.Call):
        def code(self):
            return code

        def details(self):
            return details

        def trailing_metadata(self):
            return ()

        add_callback = cancel = initial_metadata = is_active = time_remaining = None

    Status.__abstractmethods__ = frozenset()
    return Status()


CASES = [
    pytest.param(core.Unauthorized("x"), AuthError, id="401"),
    pytest.param(core.PermissionDenied("x"), AuthError, id="403"),
    pytest.param(core.TooManyRequests("x"), QuotaError, id="429"),
    pytest.param(core.ResourceExhausted("x"), QuotaError, id="RESOURCE_EXHAUSTED"),
    pytest.param(core.BadRequest("x"), RejectedError, id="400"),
    pytest.param(core.NotFound("x"), RejectedError, id="404"),
    pytest.param(core.Aborted("x"), UnavailableError, id="ABORTED"),
    pytest.param(core.ServiceUnavailable("x"), UnavailableError, id="503"),
    pytest.param(core.BadGateway("x"), UnavailableError, id="502"),
    pytest.param(core.DeadlineExceeded("x"), UnavailableError, id="504"),
    pytest.param(core.InternalServerError("x"), UnavailableError, id="500"),
    pytest.param(core.MethodNotImplemented("x"), RejectedError, id="501"),
    pytest.param(core.RetryError("x", None), UnavailableError, id="retries-ended"),
    pytest.param(auth.RefreshError("x"), AuthError, id="refresh"),
    pytest.param(
        auth.RefreshError("x", retryable=True), UnavailableError, id="refresh-503"
    ),
    pytest.param(auth.TransportError("x"), UnavailableError, id="token-server-away"),
    pytest.param(auth.DefaultCredentialsError("x"), AuthError, id="no-adc"),
    pytest.param(requests.ConnectionError("x"), UnavailableError, id="reset"),
    pytest.param(requests.ReadTimeout("x"), UnavailableError, id="read-timeout"),
    pytest.param(
        status(grpc.StatusCode.UNAVAILABLE, "Socket closed"),
        UnavailableError,
        id="socket-closed",
    ),
    pytest.param(
        status(
            grpc.StatusCode.UNAVAILABLE,
            "Getting metadata from plugin failed with error: ('invalid_grant: "
            "Token has been expired or revoked.', {'error': 'invalid_grant'})",
        ),
        AuthError,
        id="a-token-revoked-inside-grpc",
    ),
]


@pytest.mark.parametrize(("exc", "error"), CASES)
def test_each_exception_becomes_one_of_ours(exc, error):
    assert type(read(exc)) is error


UNSENT = "failed to connect to all addresses; last error: Connection refused"
WRITES = [
    pytest.param(core.ServiceUnavailable("x"), OutcomeUnknownError, id="503"),
    pytest.param(core.InternalServerError("x"), OutcomeUnknownError, id="500"),
    pytest.param(core.GatewayTimeout("x"), OutcomeUnknownError, id="504"),
    pytest.param(requests.ReadTimeout("x"), OutcomeUnknownError, id="read-timeout"),
    pytest.param(requests.ConnectionError("reset"), OutcomeUnknownError, id="reset"),
    pytest.param(requests.ConnectTimeout("x"), UnavailableError, id="no-connection"),
    pytest.param(
        requests.ConnectionError("Max retries (Caused by NewConnectionError(...))"),
        UnavailableError,
        id="refused-before-sending",
    ),
    pytest.param(
        status(grpc.StatusCode.UNAVAILABLE, UNSENT),
        UnavailableError,
        id="grpc-refused-before-sending",
    ),
    pytest.param(auth.TransportError("x"), UnavailableError, id="token-server-away"),
    pytest.param(core.TooManyRequests("x"), QuotaError, id="429"),
    pytest.param(core.BadRequest("x"), RejectedError, id="400"),
]


@pytest.mark.parametrize(("exc", "error"), WRITES)
def test_a_write_is_unknown_only_when_it_may_have_been_done(exc, error):
    assert type(read(exc, idempotent=False)) is error


def test_rest_and_grpc_details_read_the_same():
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "metadata": {"requestId": "req-7"},
    }
    fields = {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": "events[1].gclid", "description": "bad"}],
    }
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "3.5s"}
    exc = core.TooManyRequests("Slow down.", details=[info, fields, retry])

    found = read(exc)

    assert isinstance(found, QuotaError)
    assert found.to_dict() == {
        "type": "QuotaError",
        "message": "Slow down.",
        "hint": "Google asks to wait 4 seconds; "
        "wait for the quota to refill; `convbridge doctor` shows what is left",
        "vendor": "ga4",
        "operation": "Data.RunReport",
        "request_id": "req-7",
        "code": "RATE_LIMIT_EXCEEDED",
        "reasons": ["events[1].gclid: bad"],
        "retry_after": 3.5,
    }
    assert violated_fields(exc) == ("events[1].gclid",)


def test_a_login_error_shows_its_kind_and_nothing_of_the_answer():
    exc = auth.RefreshError(
        "invalid_grant: Bad Request", {"access_token": "ya29.secret"}
    )

    assert str(read(exc)) == (
        "ga4 Data.RunReport: the login could not be refreshed (invalid_grant)\n"
        "Hint: run `convbridge doctor`: it names what the login lacks"
    )


@pytest.mark.parametrize("base", [core.GoogleAPICallError, auth.GoogleAuthError])
def test_every_exception_of_the_vendor_is_in_the_table(base):
    def subclasses(kind):
        yield kind
        for sub in kind.__subclasses__():
            yield from subclasses(sub)

    for kind in subclasses(base):
        assert set(kind.__mro__) & EXCEPTIONS.keys(), kind


def test_the_library_speaks_no_version_that_convbridge_does_not_know():
    assert list(VERSIONS) == _VALID_API_VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_no_error_category_is_new(version):
    """A new one is to be read: refusal (add to the list) or more (to ADS_CODES)."""
    assert set(error_enums(version)) <= set(CATEGORIES)


def test_codes_in_the_table_and_in_the_hints_exist():
    enums = [error_enums(version) for version in VERSIONS]
    categories = {c for found in enums for c in found}
    pairs = {f"{c}.{code}" for found in enums for c in found for code in found[c]}
    codes = {pair.partition(".")[2] for pair in pairs}
    rest = {
        "SERVICE_DISABLED",
        "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "UNIMPLEMENTED",  # gRPC's own
    }

    assert set(ADS_CODES) <= categories | pairs
    assert {h for h in HINTS if h not in pairs} <= codes | categories | rest


def test_an_error_that_is_not_the_vendors_is_not_translated_away():
    assert isinstance(read(core.GoogleAPIError("new kind")), VendorError)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Jane.Doe+x@example.com failed", "[redacted] failed"),
        ("call +66 81 234 5678 now", "call [redacted] now"),
        ("a" * 64, "[redacted]"),
        ("customers/1234567890/conversionActions/5001",) * 2,
        ("value_settings.default_value",) * 2,
    ],
)
def test_redaction_takes_people_and_keeps_resources(text, shown):
    assert redact(text) == shown


WHOLE_CALLS = {
    "authentication_error": AuthError,
    "authorization_error": AuthError,
    "quota_error": QuotaError,
    "internal_error": UnavailableError,
    "database_error": RejectedError,
    "header_error": RejectedError,
    "request_error": RejectedError,
    "query_error": RejectedError,
    "not_allowlisted_error": RejectedError,
    "mutate_error": RejectedError,
    "conversion_upload_error": RejectedError,
    "conversion_adjustment_upload_error": RejectedError,
}
EXCEPT = {
    "ACCESS_PROHIBITED": AuthError,
    "ERROR_CODE_NOT_PUBLISHED": RejectedError,
    "CONCURRENT_MODIFICATION": UnavailableError,
}


@pytest.mark.parametrize("category", WHOLE_CALLS)
def test_each_google_ads_code_is_of_the_kind_of_its_category(category):
    module = import_module("google.ads.googleads.v26.errors.types.errors")
    key = "google.ads.googleads.v26.errors.googleadsfailure-bin"

    def kind_of(code):
        error = {"error_code": {category: code}, "message": "No."}
        failure = module.GoogleAdsFailure(errors=[error])
        trailers = [(key, module.GoogleAdsFailure.serialize(failure))]
        return type(read(RecordedRefusal("INVALID_ARGUMENT", "No.", trailers)))

    codes = sorted(error_enums("v26")[category] - {"UNSPECIFIED", "UNKNOWN"})
    wanted = {code: EXCEPT.get(code, WHOLE_CALLS[category]) for code in codes}

    assert {code: kind_of(code) for code in codes} == wanted


def test_details_that_come_as_messages_over_grpc_are_read_too():
    info = error_details_pb2.ErrorInfo(reason="SERVICE_DISABLED")
    fields = error_details_pb2.BadRequest()
    fields.field_violations.add(field="property", description="unknown")
    quota = error_details_pb2.QuotaFailure()
    quota.violations.add(subject="project:1", description="tokens per day")
    exc = core.PermissionDenied("Off.", details=[info, fields, quota, b"unknown"])

    found = read(exc)

    assert (found.code, found.reasons) == (
        "SERVICE_DISABLED",
        ("property: unknown", "project:1: tokens per day"),
    )
    assert found.hint == HINTS["SERVICE_DISABLED"]
    assert violated_fields(exc) == ("property",)


@pytest.mark.parametrize(
    "exc", [None, OSError("off"), RecordedRefusal("ABORTED", "", ())]
)
def test_an_error_that_names_no_field_has_none(exc):
    assert violated_fields(exc) == ()


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            "Failed to establish a new connection: [Errno 111] Connection refused",
            "Connection refused",
        ),
        (
            "Failed to resolve 'example.com' ([Errno -2] Name or service not known)",
            "Name or service not known",
        ),
    ],
)
def test_a_place_that_was_not_reached_is_told_without_the_url(reason, told):
    exc = requests.ConnectionError(
        "HTTPConnectionPool(host='example.com', port=80): Max retries exceeded with "
        "url: /v1beta/properties/1 (Caused by NewConnectionError("
        f"\"HTTPConnection(host='example.com', port=80): {reason}\"))"
    )

    assert read(exc).message == f"example.com:80 could not be reached: {told}"
