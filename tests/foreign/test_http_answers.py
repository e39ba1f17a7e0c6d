"""What comes instead of an answer, over REST: proxies, quotas, broken bodies."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import pytest
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.data_manager import open_data_manager
from convbridge.adapters.ga4.api import Ga4Api
from convbridge.adapters.ga4.clients import Ga4Clients
from convbridge.adapters.ga4.paging import read_report
from convbridge.adapters.ga4.reports import TOTAL_USERS_REPORT
from convbridge.errors import (
    AuthError,
    OutcomeUnknownError,
    QuotaError,
    RejectedError,
    UnavailableError,
)
from convbridge.model.access import GoogleAccess
from convbridge.model.conversions import Conversion, Part, RowState
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId, PropertyId
from convbridge.testing import FixedClock
from foreign.servers import CUT, Answer, error, reason, scripted

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY = DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 1))
PAGE = (
    "<!DOCTYPE html>\n<html lang=en><title>Error 502 (Server &amp; Proxy)</title>"
    "<p>jane@example.com"
)
FIVE_USERS = Answer(
    body={
        "metricHeaders": [{"name": "totalUsers", "type": "TYPE_INTEGER"}],
        "rows": [{"metricValues": [{"value": "5"}]}],
        "rowCount": 1,
    }
)
TAKEN = Answer(body={"requestId": "r1"})
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"}
EXHAUSTED = "RESOURCE_EXHAUSTED"


def read_users(*answers):
    """Read a report from a server that gives these answers, and note the pauses."""
    waits = []
    with scripted(*answers) as served:
        api = Ga4Api(
            Ga4Clients(
                GoogleAccess(ga4_endpoint=served.endpoint), AnonymousCredentials()
            ),
            property_id=PropertyId("1"),
            clock=FixedClock(NOW),
            sleep=waits.append,
        )
        try:
            report = read_report(api, TOTAL_USERS_REPORT, DAY)
        finally:
            api.clients.close()
    return report.table["users"].to_pylist(), waits, len(served.requests)


def send_rows(*answers):
    """Send three rows to a Data Manager API that gives these answers."""
    rows = [
        Conversion(
            line=i,
            event="sale",
            action="42",
            transaction_id=f"t-{i}",
            time=1_763_000_000_000_000,
            gclid="g",
        )
        for i in range(3)
    ]
    with scripted(*answers) as served:
        sink = open_data_manager(
            GoogleAccess(data_manager_endpoint=served.endpoint),
            AnonymousCredentials(),
            operating_customer=CustomerId("1234567890"),
            policy=RetryPolicy(attempts=2, first_wait=0.0, longest_wait=0.0),
        )
        try:
            answer = sink.send(sink.encode([Part("42", rows)]))
        finally:
            sink.close()
    return answer, len(served.requests)


BROKEN = {
    "a proxy's page": Answer(502, PAGE, {"content-type": "text/html"}),
    "no connection kept": CUT,
    "half a body": Answer(body=FIVE_USERS.body, missing=5_000),
    "a page as success": Answer(200, PAGE),
    "an empty body": Answer(200, ""),
    "no JSON text": Answer(200, b'{"rows": "\xff"}'),
    "no gzip": Answer(200, b"plain", {"content-encoding": "gzip"}),
    "an error without form": Answer(503, {"error": "upstream gone"}),
    "an error of nulls": Answer(
        500, {"error": {"code": 500, "message": None, "details": None}}
    ),
    "an error in a list": Answer(503, [{"error": {"code": 503, "message": "busy"}}]),
    "a timeout on the way": error(408, "Request timeout."),
    "cancelled": error(499, "The operation was cancelled.", "CANCELLED"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_read_without_a_usable_answer_is_asked_again(broken):
    users, waits, requests = read_users(broken, FIVE_USERS)

    assert (users, len(waits), requests) == ([5], 1, 2)


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_write_without_a_usable_answer_is_unknown_and_sent_once(broken):
    with pytest.raises(OutcomeUnknownError) as caught:
        send_rows(broken, TAKEN)

    assert "<" not in caught.value.message


@pytest.mark.parametrize("status", [502, 407, 404, 400, 200])
def test_a_web_page_is_not_quoted(status):
    with pytest.raises((UnavailableError, RejectedError)) as caught:
        read_users(Answer(status, PAGE, {"content-type": "text/html"}))

    assert "<" not in str(caught.value)
    assert "jane" not in str(caught.value)
    assert ("Error 502 (Server & Proxy)" in str(caught.value)) == (status != 200)


def test_a_proxys_page_is_no_rows_fault():
    with pytest.raises(RejectedError, match="a web page came instead of an answer"):
        send_rows(Answer(400, PAGE))


@pytest.mark.parametrize(
    ("refusal", "pause"),
    [
        pytest.param(
            error(429, "Try later.", EXHAUSTED, headers={"retry-after": "2"}),
            2.0,
            id="in a header",
        ),
        pytest.param(
            error(429, "Try later.", EXHAUSTED, details=[RETRY]), 1.5, id="in details"
        ),
        pytest.param(
            error(403, "Later.", details=[*reason("RATE_LIMIT_EXCEEDED"), RETRY]),
            1.5,
            id="with 403",
        ),
        pytest.param(
            error(429, "Exhausted property tokens per hour.", details=[RETRY]),
            1.5,
            id="against its own text",
        ),
    ],
)
def test_a_short_pause_that_google_asks_for_is_made(refusal, pause):
    users, (waited,), requests = read_users(refusal, FIVE_USERS)

    assert (users, requests) == ([5], 2)
    assert pause <= waited <= pause + 3


@pytest.mark.parametrize(
    ("refusal", "seconds"),
    [
        pytest.param(
            error(429, "Try later.", EXHAUSTED, headers={"Retry-After": "900"}),
            900,
            id="Retry-After",
        ),
        pytest.param(
            error(403, "Exhausted property tokens per day."), 86_400, id="403 in words"
        ),
        pytest.param(
            error(403, "Quota exceeded.", details=reason("RATE_LIMIT_EXCEEDED")),
            1_800,
            id="403 with a reason",
        ),
        pytest.param(
            Answer(
                403,
                {
                    "error": {
                        "code": 403,
                        "message": "Too fast.",
                        "errors": [{"reason": "userRateLimitExceeded"}],
                    }
                },
            ),
            1_800,
            id="403 in the older form",
        ),
        pytest.param(
            error(429, "Quota exceeded for limit 'Requests per minute per user'."),
            60,
            id="per minute",
        ),
    ],
)
def test_a_quota_that_takes_long_stops_at_once_and_says_how_long(refusal, seconds):
    with pytest.raises(QuotaError) as caught:
        read_users(refusal, FIVE_USERS)

    assert caught.value.retry_after == seconds
    assert "http://" not in caught.value.message


def test_a_pause_may_be_told_as_a_date():
    until = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)

    with pytest.raises(QuotaError) as caught:
        read_users(error(429, "Later.", headers={"Retry-After": until}))

    assert 590 < caught.value.retry_after <= 600


@pytest.mark.parametrize(
    "text",
    ["User does not have sufficient permissions for this property.", "Quota unclear"],
)
def test_other_refusals_of_access_stay_what_they_are(text):
    with pytest.raises(AuthError):
        read_users(error(403, text, "PERMISSION_DENIED"))


def test_a_concurrent_change_is_tried_again_and_a_conflict_is_not():
    answer, requests = send_rows(error(409, "Aborted.", "ABORTED"), TAKEN)

    assert (answer.rest.state, requests) == (RowState.SENT, 2)
    with pytest.raises(RejectedError):
        send_rows(error(409, "It exists.", "ALREADY_EXISTS"), TAKEN)


def test_what_never_reached_google_is_no_server_error_of_googles():
    with scripted(FIVE_USERS) as served:
        nobody = served.endpoint
    api = Ga4Api(
        Ga4Clients(
            GoogleAccess(ga4_endpoint=nobody, ga4_transport="grpc"),
            AnonymousCredentials(),
        ),
        property_id=PropertyId("1"),
        clock=FixedClock(NOW),
        sleep=lambda _: None,
    )

    for _ in range(3):  # of three attempts each; GA4 blocks after ten
        with pytest.raises(UnavailableError, match="failed to connect"):
            read_report(api, TOTAL_USERS_REPORT, DAY)

    api.clients.close()


@pytest.mark.parametrize("status", [402, 410, 422, 451])
def test_a_refusal_without_a_class_of_its_own_is_a_refusal(status):
    refusal = error(status, "Not like this.")

    with pytest.raises(RejectedError, match="Not like this"):
        read_users(refusal, FIVE_USERS)
    with pytest.raises(RejectedError, match="Not like this"):
        send_rows(refusal, TAKEN)


def test_a_request_that_is_too_large_goes_by_halves():
    answer, requests = send_rows(Answer(413, PAGE, {"content-type": "text/html"}))

    assert (answer.rest, answer.verdicts, requests) == (None, {}, 1)
    assert "<" not in answer.message
