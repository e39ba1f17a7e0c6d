"""Quota buckets and faults: what a client meets on a bad day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from google.analytics.data_v1beta import types
from google.api_core import exceptions

from convbridge.sandbox.ga4_quota import EXHAUSTED
from sandbox.ga4_client import COFFEE, LAST_90, alpha_client, body, data_client, post

if TYPE_CHECKING:
    from convbridge.sandbox import Google

PROPERTY = "111111111"
FIVE = (
    "date eventName sessionDefaultChannelGroup sessionGoogleAdsCampaignId "
    "deviceCategory"
)
METRICS = "eventCount eventValue"


@pytest.mark.parametrize("name", EXHAUSTED)
def test_each_empty_bucket_has_its_own_429(google: Google, name: str) -> None:
    google.quota(PROPERTY).set_remaining(name, 0)

    status, answer = post(google, body("audienceName"))

    assert status == 429
    assert answer["error"] == {
        "code": 429,
        "message": EXHAUSTED[name],
        "status": "RESOURCE_EXHAUSTED",
    }


def test_the_client_sees_too_many_requests(google: Google) -> None:
    google.quota(PROPERTY).set_remaining("tokens_per_project_per_hour", 0)
    request = types.RunReportRequest(
        property=COFFEE,
        metrics=[types.Metric(name="eventCount")],
        date_ranges=[types.DateRange(start_date="today", end_date="today")],
    )

    with pytest.raises(exceptions.TooManyRequests, match="for a project per hour"):
        data_client(google).run_report(request)


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("tokens_per_hour", 1),
        ("tokens_per_project_per_hour", 1),
        ("server_errors_per_project_per_hour", 1),
        ("tokens_per_day", 24),
    ],
)
def test_a_bucket_is_full_again_after_its_window(
    google: Google, name: str, hours: int
) -> None:
    google.quota(PROPERTY).set_remaining(name, 0)
    refused = post(google, body())[0]

    google.clock.advance(hours=hours)

    assert (refused, post(google, body())[0]) == (429, 200)


def test_the_day_ends_at_midnight_in_california(google: Google) -> None:
    google.quota(PROPERTY).set_remaining("tokens_per_day", 0)

    google.clock.advance(hours=3.9)  # 23:54 the day before, Pacific
    before = post(google, body())[0]
    google.clock.advance(hours=0.2)

    assert (before, post(google, body())[0]) == (429, 200)


def test_tokens_leave_three_buckets_at_once(google: Google) -> None:
    _, answer = post(google, body(FIVE, METRICS, returnPropertyQuota=True))

    quota = answer["propertyQuota"]
    spent = quota["tokensPerDay"]["consumed"]
    assert {
        name: (each.get("consumed"), each["remaining"]) for name, each in quota.items()
    } == {
        "tokensPerDay": (spent, 200_000 - spent),
        "tokensPerHour": (spent, 40_000 - spent),
        "tokensPerProjectPerHour": (spent, 14_000 - spent),
        "concurrentRequests": (None, 9),
        "serverErrorsPerProjectPerHour": (None, 10),
        "potentiallyThresholdedRequestsPerHour": (None, 120),
    }
    assert google.quota(PROPERTY).consumed() == spent


def test_tokens_grow_with_what_is_asked(google: Google) -> None:
    def cost(dimensions: str, start: str) -> int:
        ranges = [{"startDate": start, "endDate": "yesterday"}]
        sent = body(dimensions, METRICS, dateRanges=ranges, returnPropertyQuota=True)
        _, answer = post(google, sent)
        return int(answer["propertyQuota"]["tokensPerDay"]["consumed"])

    tiny, small, days, large = (
        cost("", "yesterday"),
        cost("eventName", "7daysAgo"),
        cost(FIVE, "3daysAgo"),
        cost(FIVE, "90daysAgo"),
    )

    assert tiny == 1
    assert small < 10 < large < 100
    assert days <= 0.15 * large


def test_a_refused_request_costs_nothing(google: Google) -> None:
    post(google, body("nope"))

    assert google.quota(PROPERTY).consumed() == 0


def test_the_snapshot_tells_all_three_categories_for_a_token(google: Google) -> None:
    name = f"{COFFEE}/propertyQuotasSnapshot"

    found = alpha_client(google).get_property_quotas_snapshot(name=name)

    assert found.core_property_quota.tokens_per_day.consumed == 1
    assert found.core_property_quota.tokens_per_day.remaining == 199_999
    assert found.funnel_property_quota.tokens_per_day.remaining == 200_000


def test_only_some_dimensions_count_as_potentially_thresholded(google: Google) -> None:
    name = "potentially_thresholded_requests_per_hour"

    post(google, body("eventName"))
    post(google, body("userGender"))

    assert google.quota(PROPERTY).remaining(name) == 119


def test_funnels_have_their_own_bucket(google: Google) -> None:
    google.quota(PROPERTY).set_remaining("tokens_per_hour", 0, "funnel")
    step = {"filterExpression": {"funnelEventFilter": {"eventName": "purchase"}}}
    sent = {"dateRanges": [LAST_90], "funnel": {"steps": [step]}}

    assert post(google, body())[0] == 200
    assert post(google, sent, path=f"{COFFEE}:runFunnelReport")[0] == 429


def test_ten_requests_at_once_and_no_more(google: Google) -> None:
    google.faults.set_latency("ga4", 0.4)

    with ThreadPoolExecutor(14) as pool:
        statuses = list(pool.map(lambda _: post(google, body())[0], range(14)))

    assert sorted(statuses) == [200] * 10 + [429] * 4
    assert google.quota(PROPERTY).remaining("concurrent_requests") == 10


@pytest.mark.parametrize(
    ("status", "name"),
    [(500, "INTERNAL"), (503, "UNAVAILABLE"), (429, "RESOURCE_EXHAUSTED")],
)
def test_a_fault_strikes_as_often_as_asked(
    google: Google, status: int, name: str
) -> None:
    google.faults.add(service="ga4", method="runReport", status=status, times=2)

    answers = [post(google, body()) for _ in range(3)]

    assert [code for code, _ in answers] == [status, status, 200]
    assert answers[0][1]["error"]["status"] == name


def test_server_errors_use_up_their_quota(google: Google) -> None:
    google.faults.add(service="ga4", status=503, times=10)
    statuses = [post(google, body())[0] for _ in range(11)]

    assert statuses == [503] * 10 + [429]


def test_a_fault_can_be_for_one_property_or_a_later_call(google: Google) -> None:
    google.faults.add(service="ga4", property_id="222222222", status=503)
    google.faults.add(service="ga4", method="runReport", after=1, status=403)

    coffee = [post(google, body())[0] for _ in range(3)]
    dental = post(google, body(), path="properties/222222222:runReport")[0]

    assert (coffee, dental) == ([200, 403, 200], 503)


@pytest.mark.parametrize(("kind", "spent"), [("cut", True), ("drop", False)])
def test_a_cut_connection_has_done_the_work_a_dropped_one_not(
    google: Google, kind: str, spent: bool
) -> None:
    google.faults.add(service="ga4", kind=kind)

    with pytest.raises(requests.ConnectionError):
        post(google, body())

    assert (google.quota(PROPERTY).consumed() > 0) is spent
    assert [call.status for call in google.calls] == ["CUT"]


def test_pages_can_be_short_or_repeated(google: Google) -> None:
    order = [{"dimension": {"dimensionName": "eventName"}}]
    second = body("eventName", limit=5, offset=5, orderBys=order)
    first = post(google, body("eventName", limit=5, orderBys=order))[1]
    google.faults.add(service="ga4", kind="short_page")
    google.faults.add(service="ga4", kind="repeated_page")

    short, repeated, good = (post(google, second)[1] for _ in range(3))

    assert len(short["rows"]) == 2
    assert short["rowCount"] == good["rowCount"] > 5
    assert repeated["rows"] == first["rows"] != good["rows"]


def test_every_call_is_logged_with_what_matters(google: Google) -> None:
    requests.post(
        f"{google.ga4_endpoint}/v1beta/{COFFEE}:runReport?$alt=json",
        json=body(),
        headers={"x-goog-user-project": "billing", "authorization": "Bearer secret"},
        timeout=10,
    )
    google.clock.advance(seconds=5)
    post(google, body("nope"))

    calls = list(google.calls)
    assert [(call.service, call.method, call.status) for call in calls] == [
        ("ga4", "runReport", "OK"),
        ("ga4", "runReport", "INVALID_ARGUMENT"),
    ]
    assert calls[0].headers["x-goog-user-project"] == "billing"
    assert "secret" not in repr(calls)
    assert calls[1].time - calls[0].time == timedelta(seconds=5)
    assert google.calls.where(method="runReport", property_id=PROPERTY) == tuple(calls)
