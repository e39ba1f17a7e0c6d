"""Request status, quotas, strict JSON and faults of the Data Manager API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from google.api_core import exceptions

from sandbox.ads_client import CUSTOMER
from sandbox.data_manager_client import open_data_manager, violations


@pytest.fixture
def manager():
    with open_data_manager() as running:
        yield running


def read(manager, request_id):
    [status] = manager.status(request_id)
    errors = {
        each.reason.name.removeprefix("PROCESSING_ERROR_REASON_"): each.record_count
        for each in status.error_info.error_counts
    }
    count = status.events_ingestion_status.record_count
    return status.request_status.name, count, errors


def test_a_request_is_in_work_and_then_done(manager):
    request_id = manager.ingest(manager.event(0), manager.event(1))

    before = read(manager, request_id)
    manager.google.clock.advance(hours=0.5)

    assert before == ("PROCESSING", 2, {})
    assert read(manager, request_id) == ("SUCCESS", 2, {})


def test_lost_records_are_counted_by_reason(manager):
    manager.ingest(manager.event(0))
    click = manager.clicks()[1]
    before = {"event_timestamp": click.time - timedelta(seconds=1)}
    old = manager.clicks(days=60)[0]
    expired = {
        "ad_identifiers": {"gclid": old.id},
        "event_timestamp": old.time + timedelta(days=31),
    }
    request_id = manager.ingest(
        manager.event(0),
        manager.event(1, **before),
        manager.event(2, ad_identifiers={"gclid": "made-up"}),
        manager.event(3, ad_identifiers={"gclid": "made-up-too"}),
        manager.event(4, consent={"ad_user_data": "CONSENT_DENIED"}),
        manager.event(5, **expired),
        manager.event(6),
    )
    manager.google.clock.advance(hours=1)

    assert read(manager, request_id) == (
        "PARTIAL_SUCCESS",
        7,
        {
            "DUPLICATE_TRANSACTION_ID": 1,
            "CONVERSION_PRECEDES_CLICK": 1,
            "INVALID_GCLID": 2,
            "DENIED_CONSENT": 1,
            "EVENT_TOO_OLD": 1,
        },
    )


def test_without_a_transaction_id_click_and_time_count_once(manager):
    event = manager.event(0, transaction_id="")
    manager.ingest(event)

    request_id = manager.ingest(event)
    manager.google.clock.advance(hours=1)

    assert read(manager, request_id) == ("FAILED", 1, {"DUPLICATE_GCLID": 1})


def test_denied_consent_of_the_request_holds_for_its_events(manager):
    granted = {"ad_user_data": "CONSENT_GRANTED"}
    request_id = manager.ingest(
        manager.event(0),
        manager.event(1, consent=granted),
        consent={"ad_user_data": "CONSENT_DENIED"},
    )
    manager.google.clock.advance(hours=1)

    assert read(manager, request_id)[2] == {"DENIED_CONSENT": 1}
    assert manager.kept() == [("t-1", 5.0)]


def test_each_destination_has_its_own_status(manager):
    event = manager.event(0, event_name="purchase", client_id="1.2")
    destinations = [
        manager.destination(reference="ads"),
        manager.analytics(reference="ga4"),
    ]
    request_id = manager.ingest(event, destinations=destinations)
    manager.google.clock.advance(hours=1)

    statuses = manager.status(request_id)

    actual = [(s.destination.reference, s.request_status.name) for s in statuses]
    assert actual == [("ads", "SUCCESS"), ("ga4", "SUCCESS")]


def refused(manager, request_id):
    with pytest.raises(exceptions.BadRequest) as caught:
        manager.status(request_id)
    return violations(caught.value)


def test_only_a_real_request_has_a_status(manager):
    checked = manager.ingest(manager.event(0), validate_only=True)

    for request_id in (checked, "made-up"):
        assert refused(manager, request_id) == [("INVALID_REQUEST_ID", "request_id")]


def test_a_status_is_kept_for_fifty_days(manager):
    request_id = manager.ingest(manager.event(0))
    manager.google.clock.advance(days=51)

    assert refused(manager, request_id) == [("REQUEST_TOO_OLD", "request_id")]


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        pytest.param(
            "per_minute", "IngestionServiceRequestsPerMinutePerProject", id="minute"
        ),
        pytest.param("per_day", "IngestionServiceRequestsPerDayPerProject", id="day"),
    ],
)
def test_a_quota_names_its_limit(manager, name, limit):
    setattr(manager.google.data_manager.limits, name, 1)
    manager.ingest(manager.event(0))

    with pytest.raises(exceptions.TooManyRequests) as caught:
        manager.ingest(manager.event(1))

    assert caught.value.metadata["quota_limit"] == limit


def test_a_minute_later_requests_are_taken_again(manager):
    manager.google.data_manager.limits.per_minute = 1
    manager.ingest(manager.event(0))
    manager.google.clock.advance(seconds=70)

    manager.ingest(manager.event(1))

    assert manager.kept() == [("t-0", 5.0), ("t-1", 5.0)]


def post(manager, body):
    request = urllib.request.Request(
        f"{manager.google.data_manager_endpoint}/v1/events:ingest",
        data=json.dumps(body).encode(),
        method="POST",
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as response:
        return response.code, json.load(response)["error"]


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        pytest.param({"eventz": []}, "", 'Unknown name "eventz"', id="unknown"),
        pytest.param(
            {"events": [{"gclid": "x"}]}, "events[0]", 'Unknown name "gclid"', id="deep"
        ),
        pytest.param(
            {"events": [{"eventSource": "TV"}]},
            "events[0].event_source",
            "(EventSource), 'TV'",
            id="enum",
        ),
        pytest.param(
            {"events": [{"conversionValue": "5"}]},
            "events[0].conversion_value",
            "(TYPE_DOUBLE)",
            id="number-as-text",
        ),
        pytest.param({"events": {}}, "events", "a list is expected", id="no-list"),
        pytest.param(
            {"validateOnly": 1}, "validate_only", "(TYPE_BOOL)", id="number-as-truth"
        ),
    ],
)
def test_json_that_is_not_the_message_is_refused(manager, body, field, text):
    code, error = post(manager, body)

    assert (code, error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["details"][0]["fieldViolations"][0]["field"] == field
    assert text in error["message"]


def test_enums_and_names_travel_in_every_form(manager):
    destination = {
        "operatingAccount": {"accountType": 1, "accountId": CUSTOMER},
        "product_destination_id": manager.action.rsplit("/", 1)[-1],
    }
    event = {
        "transactionId": "t-9",
        "eventTimestamp": "2026-11-22T08:00:00Z",
        "adIdentifiers": {"gclid": manager.clicks()[0].id},
        "eventSource": "WEB",
    }
    body = {"destinations": [destination], "events": [event]}
    url = f"{manager.google.data_manager_endpoint}/v1/events:ingest"
    request = urllib.request.Request(url, data=json.dumps(body).encode(), method="POST")

    with urllib.request.urlopen(request) as response:
        request_id = json.load(response)["requestId"]
    status = f"v1/requestStatus:retrieve?requestId={request_id}"
    with urllib.request.urlopen(
        f"{manager.google.data_manager_endpoint}/{status}"
    ) as response:
        [found] = json.load(response)["requestStatusPerDestination"]

    assert found["requestStatus"] == "PROCESSING"
    assert found["eventsIngestionStatus"] == {"recordCount": "1"}


def test_a_fault_strikes_and_nothing_is_kept(manager):
    manager.google.faults.add(service="data_manager", status=503)

    with pytest.raises(exceptions.ServiceUnavailable):
        manager.ingest(manager.event(0))

    assert manager.kept() == []


def test_a_cut_connection_hides_what_was_kept(manager):
    manager.google.faults.add(service="data_manager", kind="cut")

    with pytest.raises(Exception, match="Connection aborted"):
        manager.ingest(manager.event(0))

    assert manager.kept() == [("t-0", 5.0)]


def test_an_unknown_token_is_refused(manager):
    manager.google.access.allow("good")

    code, error = post(manager, {})

    assert (code, error["status"]) == (401, "UNAUTHENTICATED")


def test_every_call_is_in_the_log(manager):
    request_id = manager.ingest(manager.event(0))
    manager.status(request_id)

    calls = manager.google.calls.where(service="data_manager")
    assert [(call.method, call.status) for call in calls] == [
        ("ingestEvents", "OK"),
        ("retrieveRequestStatus", "OK"),
    ]


def test_any_reason_can_be_asked_for_by_transaction_id(manager):
    data_manager = manager.google.data_manager
    data_manager.record_errors["t-1"] = "PROCESSING_ERROR_REASON_NO_CONSENT"
    request_id = manager.ingest(manager.event(0), manager.event(1))
    data_manager.event_errors["t-2"] = "INVALID_EVENT"
    with pytest.raises(exceptions.BadRequest) as caught:
        manager.ingest(manager.event(3), manager.event(2))
    manager.google.clock.advance(hours=1)

    assert read(manager, request_id) == ("PARTIAL_SUCCESS", 2, {"NO_CONSENT": 1})
    assert violations(caught.value) == [("INVALID_EVENT", "events.events[1]")]
    assert manager.kept() == [("t-0", 5.0)]
