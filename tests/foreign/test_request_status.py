"""The Data Manager API's word on a request, in every form that it may take."""

from __future__ import annotations

import warnings

import pytest
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.data_manager import open_data_manager
from convbridge.model.access import GoogleAccess
from convbridge.model.conversions import RowState
from convbridge.model.ids import CustomerId
from foreign.servers import Answer, scripted

INVALID_GCLID, DUPLICATE = 10, 8
REJECTED = RowState.REJECTED


def fetch(*destinations):
    body = {"requestStatusPerDestination": list(destinations)} if destinations else {}
    with scripted(Answer(body=body)) as served, warnings.catch_warnings():
        warnings.simplefilter("error")
        sink = open_data_manager(
            GoogleAccess(data_manager_endpoint=served.endpoint),
            AnonymousCredentials(),
            operating_customer=CustomerId("1234567890"),
        )
        try:
            return sink.fetch_result("r1")
        finally:
            sink.close()


def status(state, *counts):
    """Return a destination with (reason, rows) counts; int64 as JSON has it."""
    told = [{"reason": reason, "recordCount": str(rows)} for reason, rows in counts]
    found = {"requestStatus": state}
    return {**found, "errorInfo": {"errorCounts": told}} if told else found


@pytest.mark.parametrize(
    "destinations",
    [
        pytest.param([], id="nothing yet"),
        pytest.param([status("PROCESSING")], id="processing"),
        pytest.param([{}], id="unknown"),
        pytest.param([status(9)], id="a status of later years"),
        pytest.param([status("QUEUED")], id="a later status by name"),
        pytest.param([status(1), status(2)], id="one of two still processing"),
        pytest.param([status("PARTIAL_SUCCESS")], id="failures not counted yet"),
        pytest.param([status(4, (INVALID_GCLID, 0))], id="a reason without a count"),
    ],
)
def test_what_says_too_little_is_asked_again(destinations):
    assert not fetch(*destinations).is_finished


@pytest.mark.parametrize(
    ("destinations", "rest", "errors"),
    [
        pytest.param([status("SUCCESS")], RowState.ACCEPTED, [], id="success"),
        pytest.param([status("FAILED")], REJECTED, [], id="failed, no counts"),
        pytest.param(
            [status("FAILED", (INVALID_GCLID, 2))],
            REJECTED,
            [(2, REJECTED, "INVALID_GCLID")],
            id="failed, fewer counts than rows",
        ),
        pytest.param(
            [status(4, (INVALID_GCLID, 1), (DUPLICATE, 3), (INVALID_GCLID, 2))],
            RowState.ACCEPTED,
            [
                (3, REJECTED, "INVALID_GCLID"),
                (3, RowState.DUPLICATE, "DUPLICATE_TRANSACTION_ID"),
            ],
            id="a reason counted twice",
        ),
        pytest.param(
            [status(4, (999, 1))],
            RowState.ACCEPTED,
            [(1, REJECTED, "999")],
            id="a reason of later years",
        ),
    ],
)
def test_what_is_finished_is_added_up(destinations, rest, errors):
    found = fetch(*destinations)

    assert found.is_finished
    assert found.rest is rest
    assert [(e.rows, e.verdict.state, e.verdict.code) for e in found.errors] == errors
