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


def fetch_all(destinations, actions):
    body = {"requestStatusPerDestination": list(destinations)} if destinations else {}
    with scripted(Answer(body=body)) as served, warnings.catch_warnings():
        warnings.simplefilter("error")
        sink = open_data_manager(
            GoogleAccess(data_manager_endpoint=served.endpoint),
            AnonymousCredentials(),
            operating_customer=CustomerId("1234567890"),
        )
        try:
            return sink.fetch_results("r1", actions)
        finally:
            sink.close()


def fetch(*destinations):
    return fetch_all(destinations, ["42"])["42"]


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


def about(status, **destination):
    return {**status, "destination": destination}


DONE, BUSY = status("SUCCESS"), status("PROCESSING")
LOST = status("FAILED", (INVALID_GCLID, 2))


@pytest.mark.parametrize(
    ("destinations", "results"),
    [
        pytest.param(
            [
                about(LOST, productDestinationId="43"),
                about(DONE, productDestinationId="42"),
            ],
            {"42": RowState.ACCEPTED, "43": REJECTED},
            id="in another order",
        ),
        pytest.param(
            [about(DONE, reference="action_43"), about(LOST, reference="action_42")],
            {"42": REJECTED, "43": RowState.ACCEPTED},
            id="by reference",
        ),
        pytest.param(
            [
                about(BUSY, productDestinationId="42"),
                about(LOST, productDestinationId="43"),
            ],
            {"42": None, "43": REJECTED},
            id="one is still in work",
        ),
        pytest.param(
            [about(DONE, productDestinationId="43")],
            {"42": None, "43": RowState.ACCEPTED},
            id="one is not told of yet",
        ),
        pytest.param([DONE, LOST], {"42": None, "43": None}, id="without names"),
        pytest.param([], {"42": None, "43": None}, id="nothing yet"),
    ],
)
def test_each_action_of_a_request_has_its_own_result(destinations, results):
    found = fetch_all(destinations, ["42", "43"])

    assert {a: r.rest if r.is_finished else None for a, r in found.items()} == results
    assert [e.rows for r in found.values() for e in r.errors] in ([], [2])


def test_of_a_request_half_known_only_the_named_action_is_read():
    statuses = [about(DONE, reference="action_43"), about(LOST, reference="action_42")]

    found = fetch_all(statuses, ["42"])

    assert (found["42"].rest, list(found)) == (REJECTED, ["42"])
