"""What GA4 refuses, with the words and codes it refuses it with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from google.analytics.data_v1beta import types
from google.api_core import exceptions

from sandbox.ga4_client import (
    COFFEE,
    LAST_90,
    ask,
    body,
    data_client,
    post,
    refused,
    served,
    where,
)

if TYPE_CHECKING:
    from convbridge.sandbox import Google

EXPLORER = (
    "To learn more, see https://ga-dev-tools.google/ga4/dimensions-metrics-explorer/"
)
INCOMPATIBLE = (
    "to make the request compatible for example. "
    f"The request's dimensions & metrics are incompatible. {EXPLORER}"
)
SCHEMA = (
    "For a list of valid dimensions and metrics, see "
    "https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema "
)


def ranged(start: str, end: str) -> dict[str, Any]:
    return body(dateRanges=[{"startDate": start, "endDate": end}])


NINE = "date year month day week hour dayOfWeek country eventName"
TEN = (
    "eventCount totalUsers activeUsers newUsers sessions engagedSessions keyEvents "
    "totalRevenue transactions eventValue"
)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        pytest.param(
            body(surprise=1),
            'Invalid JSON payload received. Unknown name "surprise": '
            "Cannot find field.",
            id="unknown field",
        ),
        pytest.param(
            body(dateRanges=[LAST_90 | {"startDay": "x"}]),
            'Invalid JSON payload received. Unknown name "startDay" at '
            "'date_ranges[0]': Cannot find field.",
            id="unknown nested field",
        ),
        pytest.param(
            body("eventNam"),
            "Did you mean eventName? "
            f"Field eventNam is not a valid dimension. {SCHEMA}",
            id="unknown dimension",
        ),
        pytest.param(
            body("customEvent:gclid"),
            "Did you mean customEvent:resultsCount? "
            f"Field customEvent:gclid is not a valid dimension. {SCHEMA}",
            id="unregistered custom dimension",
        ),
        pytest.param(
            body("", "evntCount"),
            f"Did you mean eventCount? Field evntCount is not a valid metric. {SCHEMA}",
            id="unknown metric",
        ),
        pytest.param(
            body("", "keyEvents:scroll"),
            "Did you mean keyEvents? "
            f"Field keyEvents:scroll is not a valid metric. {SCHEMA}",
            id="not a key event",
        ),
        pytest.param(body("", ""), "At least one metric is required.", id="no metric"),
        pytest.param(
            body(f"{NINE} platform"),
            "Requests are limited to 9 dimensions. This request is for 10 dimensions.",
            id="ten dimensions",
        ),
        pytest.param(
            body("", f"{TEN} purchaserRate"),
            "Requests are limited to 10 metrics. This request is for 11 metrics.",
            id="eleven metrics",
        ),
        pytest.param(
            body(dateRanges=[LAST_90] * 5),
            "Requests are limited to 4 dateRanges. This request is for 5 dateRanges.",
            id="five ranges",
        ),
        pytest.param(
            body(dateRanges=[]),
            "The request needs at least one date range.",
            id="no range",
        ),
        pytest.param(
            ranged("yesterday", "7daysAgo"),
            "Invalid date range: endDate 7daysAgo is before startDate yesterday.",
            id="end before start",
        ),
        pytest.param(
            ranged("2026-02-30", "today"),
            "Invalid startDate: 2026-02-30. "
            "Dates are YYYY-MM-DD, NdaysAgo, yesterday or today.",
            id="no such day",
        ),
        pytest.param(
            ranged("20260101", "today"),
            "Invalid startDate: 20260101. "
            "Dates are YYYY-MM-DD, NdaysAgo, yesterday or today.",
            id="date without dashes",
        ),
        pytest.param(
            ranged("2015-08-13", "today"),
            "Invalid startDate: 2015-08-13 is before 2015-08-14.",
            id="before GA4 can know",
        ),
        pytest.param(
            body(dateRanges=[LAST_90 | {"name": "RESERVED_X"}]),
            "The date range name RESERVED_X is reserved.",
            id="reserved range name",
        ),
        pytest.param(
            body(offset=-1),
            "The limit and the offset of a request must be positive.",
            id="negative offset",
        ),
        pytest.param(
            body(currencyCode="XXX"),
            "XXX is not a valid currency code.",
            id="no such currency",
        ),
        pytest.param(
            body("eventName", "advertiserAdCost"),
            f"Please remove eventName {INCOMPATIBLE}",
            id="cost by event",
        ),
        pytest.param(
            body("date", "advertiserAdCost"),
            f"Please add sessionCampaignName {INCOMPATIBLE}",
            id="cost by date alone",
        ),
        pytest.param(
            body("", "advertiserAdCost sessions"),
            f"Please add sessionCampaignName {INCOMPATIBLE}",
            id="cost with sessions alone",
        ),
        pytest.param(
            body("googleAdsCampaignId", "eventCount"),
            f"Please remove eventCount {INCOMPATIBLE}",
            id="attributed campaign with event count",
        ),
        pytest.param(
            body(
                "sessionCampaignName",
                "advertiserAdCost",
                dimensionFilter=where("eventName", stringFilter={"value": "purchase"}),
            ),
            f"Please remove eventName {INCOMPATIBLE}",
            id="cost filtered by event",
        ),
        pytest.param(
            body(orderBys=[{"dimension": {"dimensionName": "date"}}]),
            "Field date exists in OrderBy but is not defined in input "
            "Dimensions/Metrics list.",
            id="order by what is not asked",
        ),
        pytest.param(
            body(
                metricFilter=where(
                    "sessions",
                    numericFilter={"operation": 1, "value": {"int64Value": "1"}},
                )
            ),
            "Field sessions exists in MetricFilter but is not defined in input "
            "Metrics list.",
            id="metric filter on what is not asked",
        ),
        pytest.param(
            body(dimensionFilter=where("eventName", inListFilter={"values": []})),
            "An in-list filter must have at least one value.",
            id="empty list",
        ),
        pytest.param(
            body(
                dimensionFilter=where(
                    "eventName", stringFilter={"matchType": 5, "value": "("}
                )
            ),
            "The regular expression ( is invalid.",
            id="bad regular expression",
        ),
        pytest.param(
            body(dimensionFilter={"andGroup": {"expressions": []}}),
            "A FilterExpressionList must have at least one expression.",
            id="empty group",
        ),
    ],
)
def test_a_bad_request_is_refused(google: Google, sent: Any, message: str) -> None:
    assert refused(google, sent) == message


@pytest.mark.parametrize(
    ("dimensions", "metrics"),
    [
        (
            "date eventName sessionGoogleAdsCampaignId",
            "eventCount totalUsers eventValue",
        ),
        ("eventName isKeyEvent", "eventCount keyEvents totalUsers eventValue"),
        ("date transactionId eventName sessionGoogleAdsCampaignId", "purchaseRevenue"),
        ("date sessionDefaultChannelGroup", "sessions sessionKeyEventRate"),
        ("date sessionCampaignName", "advertiserAdCost advertiserAdClicks"),
        (
            "sessionGoogleAdsCampaignName sessionGoogleAdsCustomerId",
            "sessions keyEvents totalRevenue advertiserAdCost",
        ),
        ("googleAdsCampaignId eventName", "keyEvents totalRevenue"),
        ("linkUrl", "eventCount"),
        ("percentScrolled searchTerm", "eventCount"),
        (NINE, TEN),
    ],
)
def test_what_goes_together_is_answered(
    google: Google, dimensions: str, metrics: str
) -> None:
    assert ask(google, dimensions, metrics)


def test_a_limit_above_the_maximum_is_cut_not_refused(google: Google) -> None:
    assert ask(google, limit=1_000_000)


def test_the_client_sees_a_bad_request(google: Google) -> None:
    request = types.RunReportRequest(
        property=COFFEE,
        metrics=[types.Metric(name="nope")],
        date_ranges=[types.DateRange(start_date="today", end_date="today")],
    )

    with pytest.raises(exceptions.BadRequest, match="Field nope is not a valid metric"):
        data_client(google).run_report(request)


def test_a_batch_has_at_most_five_reports(google: Google) -> None:
    path = f"{COFFEE}:batchRunReports"

    told = refused(google, {"requests": [body()] * 6}, path=path)

    assert told == (
        "Batch requests are limited to 5 requests. This request is for 6 requests."
    )


def test_one_bad_report_fails_its_batch(google: Google) -> None:
    path = f"{COFFEE}:batchRunReports"

    told = refused(google, {"requests": [body(), body("", "nope")]}, path=path)

    assert told.startswith("Field nope is not a valid metric.")


def test_a_batch_answers_each_report(google: Google) -> None:
    client = data_client(google)
    one = types.RunReportRequest(
        metrics=[types.Metric(name="eventCount")],
        date_ranges=[types.DateRange(start_date="7daysAgo", end_date="yesterday")],
    )
    batch = types.BatchRunReportsRequest(property=COFFEE, requests=[one, one])

    answer = client.batch_run_reports(batch)

    values = [each.rows[0].metric_values[0].value for each in answer.reports]
    assert len(values) == 2
    assert values[0] == values[1] != "0"


def test_an_unknown_property_is_forbidden_not_missing(google: Google) -> None:
    status, answer = post(google, body(), path="properties/999:runReport")

    assert status == 403
    assert answer["error"]["status"] == "PERMISSION_DENIED"
    assert answer["error"]["message"].startswith(
        "User does not have sufficient permissions for this property."
    )


def test_an_unreadable_property_is_forbidden() -> None:
    with served(unreadable=True) as google:
        assert post(google, body())[0] == 403


@pytest.mark.parametrize(
    ("token", "status"),
    [
        pytest.param(None, 401, id="no token"),
        pytest.param("wrong", 401, id="unknown token"),
        pytest.param("dental-only", 403, id="token of another property"),
        pytest.param("all", 200, id="token for everything"),
    ],
)
def test_tokens_open_what_they_are_allowed(
    google: Google, token: str | None, status: int
) -> None:
    google.access.allow("all")
    google.access.allow("dental-only", "222222222")
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    answer = requests.post(
        f"{google.ga4_endpoint}/v1beta/{COFFEE}:runReport",
        json=body(),
        headers=headers,
        timeout=10,
    )

    assert answer.status_code == status


def test_a_body_that_is_not_json_is_refused(google: Google) -> None:
    answer = requests.post(
        f"{google.ga4_endpoint}/v1beta/{COFFEE}:runReport", data="{", timeout=10
    )

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Invalid JSON payload received."


def test_metadata_lists_fields_custom_ones_and_key_events(google: Google) -> None:
    found = data_client(google).get_metadata(name=f"{COFFEE}/metadata")

    dimensions = {each.api_name: each for each in found.dimensions}
    metrics = {each.api_name: each for each in found.metrics}
    assert dimensions["isKeyEvent"].deprecated_api_names == ["isConversionEvent"]
    assert dimensions["customEvent:resultsCount"].custom_definition
    assert metrics["keyEvents"].type_.name == "TYPE_FLOAT"
    assert metrics["keyEvents:purchase"].type_.name == "TYPE_INTEGER"
    assert "keyEvents:add_to_cart" not in metrics


def test_metadata_tells_which_metrics_are_blocked() -> None:
    with served(restricted=("COST_DATA",)) as google:
        found = data_client(google).get_metadata(name=f"{COFFEE}/metadata")

    blocked = {each.api_name for each in found.metrics if each.blocked_reasons}
    assert "advertiserAdCost" in blocked
    assert "purchaseRevenue" not in blocked


def test_compatibility_is_that_of_the_reports(google: Google) -> None:
    request = types.CheckCompatibilityRequest(
        property=COFFEE, dimensions=[types.Dimension(name="eventName")]
    )

    answer = data_client(google).check_compatibility(request)

    verdicts = {
        each.metric_metadata.api_name: each.compatibility.name
        for each in answer.metric_compatibilities
    }
    assert verdicts["eventCount"] == "COMPATIBLE"
    assert verdicts["advertiserAdCost"] == "INCOMPATIBLE"


def test_compatibility_of_a_clash_is_itself_refused(google: Google) -> None:
    sent = {
        "dimensions": [{"name": "eventName"}],
        "metrics": [{"name": "advertiserAdCost"}],
    }

    told = refused(google, sent, path=f"{COFFEE}:checkCompatibility")

    assert told == f"Please remove eventName {INCOMPATIBLE}"


def test_realtime_knows_the_last_half_hour(google: Google) -> None:
    google.clock.advance(hours=8)
    sent = {
        "dimensions": [{"name": "eventName"}],
        "metrics": [{"name": "eventCount"}, {"name": "activeUsers"}],
    }

    _, answer = post(google, sent, path=f"{COFFEE}:runRealtimeReport")

    names = {row["dimensionValues"][0]["value"] for row in answer["rows"]}
    assert "page_view" in names
    assert answer["rowCount"] == len(names)


def test_realtime_tells_how_many_minutes_ago(google: Google) -> None:
    google.clock.advance(hours=8)
    sent = {
        "dimensions": [{"name": "minutesAgo"}, {"name": "country"}],
        "metrics": [{"name": "screenPageViews"}, {"name": "keyEvents"}],
        "returnPropertyQuota": True,
    }

    _, answer = post(google, sent, path=f"{COFFEE}:runRealtimeReport")

    minutes = {int(row["dimensionValues"][0]["value"]) for row in answer["rows"]}
    assert minutes <= set(range(30))
    assert answer["propertyQuota"]["tokensPerDay"]["consumed"] == 1


def test_realtime_has_fewer_fields(google: Google) -> None:
    sent = {"dimensions": [{"name": "sessionSource"}], "metrics": []}

    told = refused(google, sent, path=f"{COFFEE}:runRealtimeReport")

    assert told == "Field sessionSource is not valid in realtime reports."
