"""Uploads that Google Ads refuses whole: one bad row costs the others nothing."""

from __future__ import annotations

import grpc
import pytest
from google.ads.googleads.v26.services.types.conversion_upload_service import (
    UploadClickConversionsRequest,
    UploadClickConversionsResponse,
)

from convbridge.adapters.data_manager import GoogleHasher
from convbridge.adapters.google_ads.connection import Connection
from convbridge.adapters.google_ads.uploads import GoogleAdsSink
from convbridge.deliver import deliver
from convbridge.model.conversions import DeliveryPolicy
from convbridge.testing import FixedClock
from deliver.kit import CLIENT, CUSTOMER, NOW, ONE_TRY, Aging, counts, sales, write_csv
from google_ads.loopback import Refusal, failure, scripted

POLICY = DeliveryPolicy(
    actions={"sale": "42"}, time_zone="Asia/Bangkok", currency="THB"
)
CODE = grpc.StatusCode
_Request = UploadClickConversionsRequest.pb()
_Response = UploadClickConversionsResponse.pb()


def errors(*found):
    """Return a failure of (row or None, category, code)."""
    return failure(
        *(
            {
                "error_code": {category: code},
                "message": "No.",
                "location": {
                    "field_path_elements": []
                    if row is None
                    else [{"field_name": "conversions", "index": row}]
                },
            }
            for row, category, code in found
        )
    )


def unnamed(_rows):
    return Refusal(CODE.INVALID_ARGUMENT, "Request contains an invalid argument.")


def unreadable(_rows):
    return Refusal(CODE.INVALID_ARGUMENT, failure=b"\xff\xff")


def named(rows):
    found = [(row, "string_format_error", "ILLEGAL_CHARS") for row in rows]
    return Refusal(CODE.INVALID_ARGUMENT, failure=errors(*found, *found))


def too_large(_rows):
    words = "SERVER: Received message larger than max (41 vs. 40)"
    return Refusal(CODE.RESOURCE_EXHAUSTED, words)


@pytest.fixture
def send(tmp_path, outbox):
    """Deliver twelve rows to a server that refuses some; return what it took."""

    def send_to(refuse):
        taken = []

        def answer(data):
            ids = [row.order_id for row in _Request.FromString(data).conversions]
            found = refuse(ids)
            if found is not None:
                return found
            taken.extend(ids)
            return _Response(results=[{"gclid": "g"}] * len(ids))

        with scripted(answer) as (endpoint, _):
            connection = Connection(credentials=Aging(), endpoint=endpoint)
            report = deliver(
                write_csv(tmp_path / "a.csv", sales(12)),
                client=CLIENT,
                sink=GoogleAdsSink(
                    connection, connection.new, customer_id=CUSTOMER, policy=ONE_TRY
                ),
                outbox=outbox,
                policy=POLICY,
                hasher=GoogleHasher(),
                clock=FixedClock(NOW),
            )
            connection.close()
        return report, sorted(taken)

    return send_to


@pytest.mark.parametrize("refusal", [unnamed, unreadable, named])
@pytest.mark.parametrize(
    "bad", [{0}, {5}, {0, 5, 11}], ids=["first", "middle", "several"]
)
def test_rows_that_spoil_a_request_are_left_out(send, bad, refusal):
    spoilt = {f"O{i}" for i in bad}

    def refuse(ids):
        rows = [i for i, found in enumerate(ids) if found in spoilt]
        return refusal(rows) if rows else None

    report, taken = send(refuse)

    left = 12 - len(bad)
    wanted = {"read": 12, "accepted": 12, "sent": left, "rejected": len(bad)}
    assert counts(report) == wanted
    assert {error.line for error in report.errors} == {i + 2 for i in bad}
    assert taken == sorted({f"O{i}" for i in range(12)} - spoilt)


def test_a_request_too_large_goes_in_parts(send):
    report, taken = send(lambda ids: too_large(ids) if len(ids) > 3 else None)

    assert counts(report) == {"read": 12, "accepted": 12, "sent": 12}
    assert taken == sorted(f"O{i}" for i in range(12))


@pytest.mark.parametrize(
    "found",
    [
        pytest.param([(None, "request_error", "INVALID_CUSTOMER_ID")], id="request"),
        pytest.param(
            [(0, "string_format_error", "ILLEGAL_CHARS"), (None, "field_error", 3)],
            id="request and row",
        ),
        pytest.param(
            [(0, "conversion_upload_error", "TOO_RECENT_CONVERSION_ACTION")],
            id="a row that has to wait",
        ),
    ],
)
def test_what_no_row_can_mend_stops_the_run(send, found):
    report, taken = send(
        lambda _: Refusal(CODE.INVALID_ARGUMENT, failure=errors(*found))
    )

    assert counts(report) == {"read": 12, "accepted": 12, "pending": 12}
    assert report.stopped.code == found[0][2]
    assert (report.requests, taken) == (1, [])
