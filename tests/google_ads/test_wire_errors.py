"""What google's client makes of a refusal on the wire, and what we make of that."""

from __future__ import annotations

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from convbridge.errors import (
    AuthError,
    OutcomeUnknownError,
    QuotaError,
    RejectedError,
    UnavailableError,
)
from google_ads.loopback import Refusal, failure, scripted
from google_ads.wishes import create_action

CODE = grpc.StatusCode


def quota(seconds: int, name: str = "RESOURCE_TEMPORARILY_EXHAUSTED") -> bytes:
    details = {"quota_error_details": {"retry_delay": Duration(seconds=seconds)}}
    return failure({"error_code": {"quota_error": name}, "details": details})


def coded(category: str, code: str, message: str = "No.") -> bytes:
    return failure({"error_code": {category: code}, "message": message})


REFUSALS = [
    pytest.param(
        Refusal(CODE.PERMISSION_DENIED, failure=coded("authorization_error", code)),
        AuthError,
        code,
        id=code,
    )
    for code in (
        "USER_PERMISSION_DENIED",
        "CUSTOMER_NOT_ENABLED",
        "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION",
        "DEVELOPER_TOKEN_NOT_APPROVED",
    )
]
REFUSALS += [
    pytest.param(
        Refusal(CODE.UNAUTHENTICATED, "expired"), AuthError, "UNAUTHENTICATED", id="401"
    ),
    pytest.param(
        Refusal(CODE.RESOURCE_EXHAUSTED, failure=quota(3600, "RESOURCE_EXHAUSTED")),
        QuotaError,
        "RESOURCE_EXHAUSTED",
        id="the-day-is-used-up",
    ),
    pytest.param(
        Refusal(CODE.INVALID_ARGUMENT, failure=coded("query_error", "BAD_FIELD_NAME")),
        RejectedError,
        "BAD_FIELD_NAME",
        id="a-bad-query",
    ),
    pytest.param(
        Refusal(CODE.INTERNAL, failure=coded("internal_error", "INTERNAL_ERROR")),
        UnavailableError,
        "INTERNAL_ERROR",
        id="internal",
    ),
    pytest.param(
        Refusal(CODE.UNAVAILABLE, "overloaded"),
        UnavailableError,
        "UNAVAILABLE",
        id="unavailable",
    ),
    pytest.param(
        Refusal(CODE.INVALID_ARGUMENT, "undecodable", failure=b"\xff\xff"),
        RejectedError,
        "INVALID_ARGUMENT",
        id="a-failure-that-cannot-be-read",
    ),
]


@pytest.mark.parametrize(("refusal", "error", "code"), REFUSALS)
def test_a_refused_search_is_an_error_with_code_and_request(
    open_target, refusal, error, code
):
    with scripted(refusal) as (endpoint, _), pytest.raises(error) as caught:
        open_target(endpoint).fetch_account()

    assert type(caught.value) is error
    assert (caught.value.code, caught.value.request_id) == (code, "req-1")
    assert caught.value.operation == "GoogleAdsService.Search"
    assert caught.value.hint or error is RejectedError


@pytest.mark.parametrize("version", ["v23", "v24", "v25", "v26"])
def test_the_failure_is_read_in_every_api_version(open_target, version):
    error = {"error_code": {"quota_error": "RESOURCE_EXHAUSTED"}, "message": "Full."}
    refusal = Refusal(
        CODE.RESOURCE_EXHAUSTED,
        failure=failure(error, version=version),
        version=version,
    )

    with scripted(refusal) as (endpoint, _), pytest.raises(QuotaError) as caught:
        open_target(endpoint, version=version).fetch_account()

    assert caught.value.message == "RESOURCE_EXHAUSTED: Full."


@pytest.mark.parametrize(
    "status",
    [CODE.UNAVAILABLE, CODE.DEADLINE_EXCEEDED, CODE.INTERNAL, CODE.UNKNOWN],
    ids=lambda status: status.name,
)
def test_a_write_without_an_answer_is_unknown_and_sent_once(open_target, status):
    with scripted(Refusal(status)) as (endpoint, script):
        target = open_target(endpoint)
        with pytest.raises(OutcomeUnknownError):
            target.apply([create_action("a")], names={})

    assert len(script.requests) == 1


def test_a_check_without_an_answer_is_asked_again(open_target):
    with scripted(Refusal(CODE.UNAVAILABLE)) as (endpoint, script):
        target = open_target(endpoint)
        with pytest.raises(UnavailableError):
            target.validate([create_action("a")], names={})

    assert len(script.requests) == 3


def test_a_write_to_nobody_was_never_sent(open_target):
    with scripted(Refusal(CODE.UNAVAILABLE)) as (endpoint, _):
        pass

    with pytest.raises(UnavailableError) as caught:
        open_target(endpoint).apply([create_action("a")], names={})

    assert "check the network" in str(caught.value)


def test_a_write_refused_by_a_short_quota_is_sent_again_after_the_delay(open_target):
    waits: list[float] = []
    refusal = Refusal(CODE.RESOURCE_EXHAUSTED, failure=quota(7))
    with scripted(refusal) as (endpoint, script):
        target = open_target(endpoint, sleep=waits.append)
        with pytest.raises(QuotaError) as caught:
            target.apply([create_action("a")], names={})

    assert len(script.requests) == 3
    assert min(waits) >= 7
    assert caught.value.retry_after == 7


def test_a_quota_that_refills_in_an_hour_is_not_waited_for(open_target):
    refusal = Refusal(CODE.RESOURCE_EXHAUSTED, failure=quota(3600))
    with scripted(refusal) as (endpoint, script), pytest.raises(QuotaError) as caught:
        open_target(endpoint).fetch_account()

    assert (len(script.requests), caught.value.retry_after) == (1, 3600)


def test_a_concurrent_change_is_tried_again(open_target):
    refusal = Refusal(
        CODE.ABORTED, failure=coded("database_error", "CONCURRENT_MODIFICATION")
    )
    with scripted(refusal) as (endpoint, script):
        target = open_target(endpoint)
        with pytest.raises(UnavailableError):
            target.apply([create_action("a")], names={})

    assert len(script.requests) == 3


def test_nothing_personal_or_secret_is_in_an_error(open_target):
    text = "jane@example.com may not use ya29.a0AfH6SMBx_token at +48 601 234 567"
    refusal = Refusal(
        CODE.PERMISSION_DENIED,
        failure=coded("authorization_error", "USER_PERMISSION_DENIED", text),
    )
    with scripted(refusal) as (endpoint, _), pytest.raises(AuthError) as caught:
        open_target(endpoint).fetch_account()

    assert caught.value.message == (
        "account 123-456-7890: USER_PERMISSION_DENIED: [redacted] may not use "
        "[redacted] at [redacted]"
    )


def test_a_full_account_says_which_limit_and_how_many(open_target):
    error = {
        "error_code": {"resource_count_limit_exceeded_error": "ACCOUNT_LIMIT"},
        "message": "Full.",
        "details": {
            "resource_count_details": {
                "limit": 1000,
                "limit_type": "CONVERSION_ACTIONS_PER_CUSTOMER",
                "existing_count": 1000,
            }
        },
    }
    refusal = Refusal(CODE.INVALID_ARGUMENT, failure=failure(error))
    with scripted(refusal) as (endpoint, _), pytest.raises(RejectedError) as caught:
        open_target(endpoint).apply([create_action("a")], names={})

    assert caught.value.message == (
        "ACCOUNT_LIMIT: Full. [CONVERSION_ACTIONS_PER_CUSTOMER: 1000 of 1000]"
    )
