"""Upload answers whose failures come in odd ways: nothing counts as accepted for it."""

from __future__ import annotations

from datetime import UTC, datetime

import grpc
import pytest
from google.ads.googleads.v26.services.types.conversion_adjustment_upload_service import (  # noqa: E501 - Google's name
    ConversionAdjustmentResult,
    UploadConversionAdjustmentsResponse,
)
from google.ads.googleads.v26.services.types.conversion_upload_service import (
    ClickConversionResult,
    UploadClickConversionsResponse,
)
from google.auth.credentials import AnonymousCredentials
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.status_pb2 import Status

from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.google_ads.adjustments import GoogleAdsAdjustments
from convbridge.adapters.google_ads.connection import Connection
from convbridge.adapters.google_ads.uploads import GoogleAdsSink
from convbridge.errors import OutcomeUnknownError, RejectedError
from convbridge.model.adjustments import Adjustment, AdjustmentKind
from convbridge.model.conversions import Conversion, Part, RowState
from convbridge.model.ids import CustomerId
from google_ads.loopback import Refusal, failure, scripted

OWNER = CustomerId("1234567890")
DONE = ClickConversionResult(conversion_action="customers/1/conversionActions/42")
EMPTY = ClickConversionResult()
ROWS = [
    Conversion(
        line=i, event="sale", action="42", transaction_id=f"t-{i}", time=0, gclid="g"
    )
    for i in range(3)
]


def failed(*errors, version="v26"):
    """Return a partial failure; without errors, one that nobody can read."""
    url = f"type.googleapis.com/google.ads.googleads.{version}.errors.GoogleAdsFailure"
    value = failure(*errors, version=version) if errors else b"\xff"
    details = [AnyMessage(type_url=url, value=value)]
    return Status(code=3, message="Several rows failed.", details=details)


def row_error(index, code, field="conversions"):
    where = [{"field_name": field, "index": index}, {"field_name": "gclid"}]
    return nameless(code) | {"location": {"field_path_elements": where}}


def nameless(code):
    """Return an error that says of no row that it is about it."""
    return {"error_code": {"conversion_upload_error": code}, "message": "No."}


def send(results, partial=None):
    answer = UploadClickConversionsResponse(
        results=results, partial_failure_error=partial
    )
    with scripted(UploadClickConversionsResponse.pb(answer)) as (endpoint, _):
        connection = Connection(credentials=AnonymousCredentials(), endpoint=endpoint)
        policy = RetryPolicy(attempts=1)
        sink = GoogleAdsSink(
            connection, connection.new, customer_id=OWNER, policy=policy
        )
        try:
            return sink.send(sink.encode([Part("42", ROWS)]))
        finally:
            connection.close()


@pytest.mark.parametrize(
    ("results", "partial", "refused"),
    [
        pytest.param([DONE] * 3, None, {}, id="all taken"),
        pytest.param([EMPTY] * 3, None, {}, id="all taken, results left empty"),
        pytest.param(
            [EMPTY, DONE, EMPTY],
            failed(row_error(2, 3), row_error(0, 15), row_error(0, 3)),
            {0: "UNPARSEABLE_GCLID", 2: "UNPARSEABLE_GCLID"},
            id="errors out of order, two on one row",
        ),
        pytest.param(
            [DONE, EMPTY, DONE],
            failed(row_error(1, 3), version="v25"),
            {1: "UNPARSEABLE_GCLID"},
            id="a failure of another version",
        ),
        pytest.param(
            [DONE, EMPTY, DONE],
            failed(row_error(1, 999)),
            {1: "UNKNOWN_999"},
            id="a code of later years",
        ),
        pytest.param(
            [DONE, EMPTY, DONE],
            Status(code=3, message="No."),
            {1: "PARTIAL_FAILURE"},
            id="a failure without details",
        ),
        pytest.param(
            [DONE, EMPTY, DONE],
            failed(),
            {1: "PARTIAL_FAILURE"},
            id="details that cannot be read",
        ),
        pytest.param(
            [EMPTY, DONE, EMPTY],
            failed(nameless(3), row_error(2, 36)),
            {0: "UNPARSEABLE_GCLID", 2: "UNSUPPORTED_USER_IDENTIFIER"},
            id="an error that names no row",
        ),
        pytest.param(
            [EMPTY] * 3,
            failed(row_error(1, 36), row_error(2, 36), nameless(3)),
            {
                0: "UNPARSEABLE_GCLID",
                1: "UNSUPPORTED_USER_IDENTIFIER",
                2: "UNSUPPORTED_USER_IDENTIFIER",
            },
            id="an error that can only be about one",
        ),
    ],
)
def test_each_row_has_its_own_answer(results, partial, refused):
    answer = send(results, partial)

    assert answer.rest.state is RowState.ACCEPTED
    assert {i: v.code for i, v in answer.verdicts.items()} == refused
    assert {v.state for v in answer.verdicts.values()} <= {RowState.REJECTED}


@pytest.mark.parametrize("results", [[EMPTY] * 3, [DONE] * 3], ids=["none", "all"])
def test_a_failure_that_fits_no_row_is_about_the_request(results):
    with pytest.raises(RejectedError, match="No click"):
        send(results, Status(code=3, message="No click was found."))


@pytest.mark.parametrize(
    "partial",
    [
        failed(row_error(1, 36), nameless(3)),
        failed(nameless(3)),
        failed(row_error(0, 3), nameless(2)),
    ],
    ids=["of two rows", "of three", "TOO_MANY_CONVERSIONS_IN_REQUEST"],
)
def test_an_error_that_may_be_about_any_row_is_about_the_request(partial):
    with pytest.raises(RejectedError, match="No"):
        send([EMPTY] * 3, partial)


@pytest.mark.parametrize("results", [[], [DONE]], ids=["none", "one of three"])
def test_rows_without_a_result_are_unknown(results):
    with pytest.raises(OutcomeUnknownError):
        send(results)


def adjust(answer):
    """Send two adjustments to a server that answers so."""
    rows = [
        Adjustment(
            kind=AdjustmentKind.RETRACTION,
            action="42",
            transaction_id=f"t-{i}",
            at=datetime(2026, 11, 20, tzinfo=UTC),
        )
        for i in range(2)
    ]
    with scripted(answer) as (endpoint, _):
        connection = Connection(credentials=AnonymousCredentials(), endpoint=endpoint)
        sink = GoogleAdsAdjustments(connection, connection.new, customer_id=OWNER)
        try:
            return sink.send(rows, [None, None])
        finally:
            connection.close()


def test_adjustments_without_a_result_are_unknown():
    answer = UploadConversionAdjustmentsResponse(
        results=[ConversionAdjustmentResult(order_id="t-0")]
    )

    with pytest.raises(OutcomeUnknownError, match="2 rows were sent and 1 answered"):
        adjust(UploadConversionAdjustmentsResponse.pb(answer))


def test_a_refusal_of_adjustments_quotes_no_order_id():
    error = row_error(1, 2, "conversion_adjustments") | {
        "trigger": {"string_value": "ORDER-7"}
    }
    refusal = Refusal(grpc.StatusCode.INVALID_ARGUMENT, failure=failure(error))

    with pytest.raises(RejectedError) as caught:
        adjust(refusal)

    assert "at conversion_adjustments[1].gclid" in str(caught.value)
    assert "ORDER-7" not in repr(caught.value)
