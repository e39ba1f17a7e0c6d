"""Upload answers whose failures come in odd ways: nothing counts as accepted for it."""

from __future__ import annotations

import pytest
from google.ads.googleads.v26.services.types.conversion_upload_service import (
    ClickConversionResult,
    UploadClickConversionsResponse,
)
from google.auth.credentials import AnonymousCredentials
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.status_pb2 import Status

from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.google_ads.connection import Connection
from convbridge.adapters.google_ads.uploads import GoogleAdsSink
from convbridge.errors import OutcomeUnknownError, RejectedError
from convbridge.model.conversions import Conversion, RowState
from convbridge.model.ids import CustomerId
from google_ads.loopback import failure, scripted

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


def row_error(index, code):
    where = [{"field_name": "conversions", "index": index}, {"field_name": "gclid"}]
    return {
        "error_code": {"conversion_upload_error": code},
        "message": "No.",
        "location": {"field_path_elements": where},
    }


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
            return sink.send(sink.encode("42", ROWS))
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


@pytest.mark.parametrize("results", [[], [DONE]], ids=["none", "one of three"])
def test_rows_without_a_result_are_unknown(results):
    with pytest.raises(OutcomeUnknownError):
        send(results)
