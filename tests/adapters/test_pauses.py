"""The pause that Google asks for, over each wire: made when short, told when long."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import partial

import grpc
import pytest
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.data_manager import open_data_manager
from convbridge.adapters.ga4.api import Ga4Api
from convbridge.adapters.ga4.clients import Ga4Clients
from convbridge.adapters.ga4.paging import read_report
from convbridge.adapters.ga4.reports import TOTAL_USERS_REPORT
from convbridge.adapters.google_ads import open_google_ads
from convbridge.errors import OutcomeUnknownError, QuotaError, UnavailableError
from convbridge.model.access import GoogleAccess
from convbridge.model.conversions import Conversion, Part
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId, PropertyId
from convbridge.testing import FixedClock
from foreign import servers as rest
from google_ads import loopback as rpc

POLICY = RetryPolicy(attempts=3, first_wait=1.0, longest_wait=30.0, timeout=5)
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY = DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 1))
ROW = Conversion(
    line=1,
    event="sale",
    action="42",
    transaction_id="t-1",
    time=1_763_000_000_000_000,
    gclid="g",
)
KIND = {429: QuotaError, 503: UnavailableError}
STATUS = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}


def ga4(endpoint, waits, transport):
    access = GoogleAccess(ga4_endpoint=endpoint, ga4_transport=transport)
    api = Ga4Api(
        Ga4Clients(access, AnonymousCredentials()),
        property_id=PropertyId("1"),
        clock=FixedClock(NOW),
        sleep=waits.append,
    )
    try:
        read_report(api, TOTAL_USERS_REPORT, DAY)
    finally:
        api.clients.close()


def google_ads(endpoint, waits, _):
    target = open_google_ads(
        GoogleAccess(google_ads_endpoint=endpoint),
        AnonymousCredentials(),
        customer_id=CustomerId("1234567890"),
        policy=POLICY,
        sleep=waits.append,
    )
    with target:
        target.fetch_account()


def data_manager(endpoint, waits, transport, *, writes=False):
    access = GoogleAccess(
        data_manager_endpoint=endpoint, data_manager_transport=transport
    )
    sink = open_data_manager(
        access,
        AnonymousCredentials(),
        operating_customer=CustomerId("1234567890"),
        policy=POLICY,
        sleep=waits.append,
    )
    try:
        if writes:
            sink.send(sink.encode([Part("42", [ROW])]))
        else:
            sink.fetch_results("r-1", ["42"])
    finally:
        sink.close()


ingest = partial(data_manager, writes=True)


def in_header(code, seconds):
    headers = {"Retry-After": str(seconds)}
    return rest.error(code, "Later.", STATUS[code], headers=headers)


def in_header_as_date(code, seconds):
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    headers = {"Retry-After": format_datetime(until, usegmt=True)}
    return rest.error(code, "Later.", STATUS[code], headers=headers)


def in_details(code, seconds):
    info = {
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        "retryDelay": f"{seconds}s",
    }
    return rest.error(code, "Later.", STATUS[code], details=[info])


def over_grpc(code, seconds):
    return rpc.Refusal(grpc.StatusCode[STATUS[code]], "Later.", pause=seconds)


def beside_a_failure(code, seconds):
    """As Google Ads sends it: its own error, which names no delay, and RetryInfo."""
    own = {429: {"quota_error": "RESOURCE_TEMPORARILY_EXHAUSTED"}}
    own[503] = {"internal_error": "TRANSIENT_ERROR"}
    return rpc.Refusal(
        grpc.StatusCode[STATUS[code]],
        "Later.",
        failure=rpc.failure({"error_code": own[code], "message": "Later."}),
        pause=seconds,
    )


def refused(call, refusal):
    """Call a server that always refuses so; return the error, pauses and requests."""
    waits = []
    is_grpc = isinstance(refusal, rpc.Refusal)
    if is_grpc:
        with rpc.scripted(refusal) as (endpoint, script):
            error = error_of(call, endpoint, waits, "grpc")
        return error, waits, len(script.requests)
    with rest.scripted(refusal) as served:
        error = error_of(call, served.endpoint, waits, "rest")
    return error, waits, len(served.requests)


def error_of(call, *args):
    with pytest.raises((QuotaError, UnavailableError, OutcomeUnknownError)) as caught:
        call(*args)
    return caught.value


WAYS = [
    pytest.param(call, told, code, id=f"{name}-{code}-{told.__name__}")
    for name, call, ways in [
        ("ga4", ga4, [in_header, in_header_as_date, in_details, over_grpc]),
        ("google_ads", google_ads, [over_grpc, beside_a_failure]),
        (
            "data_manager",
            data_manager,
            [in_header, in_header_as_date, in_details, over_grpc],
        ),
    ]
    for told in ways
    for code in KIND
]
WAYS += [
    pytest.param(ingest, told, 429, id=f"ingest-429-{told.__name__}")
    for told in (in_header, in_details, over_grpc)
]


@pytest.mark.parametrize(("call", "told", "code"), WAYS)
def test_a_short_pause_is_made_before_each_new_attempt(call, told, code):
    error, waits, requests = refused(call, told(code, 20))

    assert (type(error), requests) == (KIND[code], 3)
    assert len(waits) == 2
    # A date has whole seconds, and some pass before it is read.
    assert all(18 <= wait <= 20 + POLICY.first_wait for wait in waits)


@pytest.mark.parametrize(("call", "told", "code"), WAYS)
def test_a_longer_pause_than_our_patience_is_told_and_not_made(call, told, code):
    error, waits, requests = refused(call, told(code, 900))

    assert (type(error), waits, requests) == (KIND[code], [], 1)
    assert 890 <= error.retry_after <= 900
    assert error.to_dict()["retry_after"] == error.retry_after
    words = "resume after" if (call, code) == (ga4, 429) else "wait 900 seconds"
    assert words in error.hint or told is in_header_as_date


@pytest.mark.parametrize("told", [in_header, over_grpc])
def test_a_write_that_may_have_been_done_is_not_sent_again_after_a_pause(told):
    error, waits, requests = refused(ingest, told(503, 2))

    assert (type(error), waits, requests) == (OutcomeUnknownError, [], 1)
    assert error.retry_after == 2


@pytest.mark.parametrize("text", ["soon", "-3", "", "1e9", "9" * 400])
def test_a_pause_that_cannot_be_read_is_ours_to_choose(text):
    answer = rest.error(503, "Later.", headers={"Retry-After": text})

    error, waits, _ = refused(ga4, answer)

    assert error.retry_after is None
    bounds = zip(waits, (1, 2), strict=True)
    assert all(low <= wait <= low + POLICY.first_wait for wait, low in bounds)
