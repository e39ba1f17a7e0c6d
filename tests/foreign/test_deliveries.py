"""Whole deliveries to a Data Manager API that somebody else might have written."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import grpc
import pytest
from google.ads.datamanager_v1 import IngestEventsRequest, IngestEventsResponse
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.data_manager import GoogleHasher, open_data_manager
from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.deliver import deliver, delivery_status
from convbridge.model.access import GoogleAccess
from convbridge.model.conversions import Conversion, DeliveryPolicy, Part, RowState
from convbridge.testing import FixedClock
from deliver.kit import CLIENT, CUSTOMER, NOW, counts, open_sink, sales, write_csv
from foreign.servers import Answer, answering, error, reason

VIOLATIONS = "type.googleapis.com/google.rpc.BadRequest"
POLICY = DeliveryPolicy(
    actions={"sale": "42", "lead": "43"}, time_zone="Asia/Bangkok", currency="THB"
)


class Taker:
    """
    Takes events or refuses whole requests, and tells of each request in turn.

    Args:
        refuse: Returns an error for the events of a request, or None.
        told: Answers to requestStatus:retrieve, one after another.
    """

    def __init__(self, refuse=lambda events: None, told=()):
        self.refuse = refuse
        self.told = list(told)
        self.taken = []
        self.destinations = []

    def __call__(self, request):
        if request.method == "GET":
            assert request.path == "/v1/requestStatus:retrieve"
            return self.told.pop(0)
        body = json.loads(request.body)
        events = body["events"]
        refused = self.refuse(events)
        if refused is None:
            self.destinations += body["destinations"]
            self.taken += [event["transactionId"] for event in events]
        return refused or Answer(body={"requestId": f"r-{len(self.taken)}"})


@pytest.fixture
def outbox(tmp_path):
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    yield SqlOutbox(ledger.database)
    ledger.close()


@pytest.fixture
def send(tmp_path, outbox):
    """Deliver some rows to a server, and return the report's numbers."""

    def send_to(taker, rows=None, style="plain"):
        with answering(taker, style=style) as served:
            sink = open_sink(served.endpoint)
            report = deliver(
                write_csv(tmp_path / "a.csv", rows or sales(8)),
                client=CLIENT,
                sink=sink,
                outbox=outbox,
                policy=POLICY,
                hasher=GoogleHasher(),
                clock=FixedClock(NOW),
            )
            sink.close()
        return counts(report)

    return send_to


@pytest.fixture
def ask(outbox):
    """Ask a server what became of what was sent; return counts by action."""

    def ask_it(taker, wait=timedelta()):
        clock = FixedClock(NOW)
        with answering(taker) as served:
            sink = open_sink(served.endpoint)
            status = delivery_status(
                client=CLIENT,
                sink=sink,
                outbox=outbox,
                clock=clock,
                wait=wait,
                sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
            )
            sink.close()
        return status.unfinished, {day.action: dict(day.states) for day in status.days}

    return ask_it


def bad(*ids):
    """Return the positions of events with these transaction ids."""
    return lambda events: [
        i for i, event in enumerate(events) if event["transactionId"] in ids
    ]


def naming(find, path):
    """Refuse with a violation for each of the events found."""

    def refuse(events):
        rows = [
            {"field": path.format(i), "description": "Bad.", "reason": "INVALID_GCLID"}
            for i in find(events)
        ]
        details = [{"@type": VIOLATIONS, "fieldViolations": rows}]
        text = "There was a problem with the request."
        return error(400, text, "INVALID_ARGUMENT", details=details) if rows else None

    return refuse


def unnamed(find, details=None):
    def refuse(events):
        text = "Request contains an invalid argument."
        refused = error(400, text, "INVALID_ARGUMENT", details=details)
        return refused if find(events) else None

    return refuse


def at_most(most):
    """Refuse, as a front end does, what is too large for it."""

    def refuse(events):
        page = "<html><title>413 Request Entity Too Large</title></html>"
        return Answer(413, page) if len(events) > most else None

    return refuse


TWO_BAD = bad("O2", "O5")
REFUSALS = {
    "both named": naming(TWO_BAD, "events.events[{}].ad_identifiers.gclid"),
    "in JSON's names": naming(TWO_BAD, "events[{}].adIdentifiers.gclid"),
    "one at a time": naming(lambda e: TWO_BAD(e)[:1], "events[{}]"),
    "no details": unnamed(TWO_BAD),
    "a reason only": unnamed(TWO_BAD, reason("INVALID_ARGUMENT")),
    "violations without a field": unnamed(
        TWO_BAD, [{"@type": VIOLATIONS, "fieldViolations": [{"description": "Bad."}]}]
    ),
}


@pytest.mark.parametrize("refuse", REFUSALS.values(), ids=REFUSALS)
def test_two_bad_rows_cost_the_others_nothing(refuse, send):
    taker = Taker(refuse)

    assert send(taker) == {"read": 8, "accepted": 8, "sent": 6, "rejected": 2}
    assert sorted(taker.taken) == ["O0", "O1", "O3", "O4", "O6", "O7"]


def test_a_request_too_large_for_the_server_goes_in_parts(send):
    taker = Taker(at_most(3))

    assert send(taker) == {"read": 8, "accepted": 8, "sent": 8}
    assert len(taker.taken) == len(set(taker.taken)) == 8


@contextmanager
def taking_little(size):
    """Serve gRPC that reads no message over so many bytes; yields what it took."""
    taken = []

    def ingest(request, _context):
        taken.extend(event.transaction_id for event in request.events)
        return IngestEventsResponse(request_id=f"r-{len(taken)}")

    server = grpc.server(
        ThreadPoolExecutor(1), options=[("grpc.max_receive_message_length", size)]
    )
    handler = grpc.unary_unary_rpc_method_handler(
        ingest, IngestEventsRequest.deserialize, IngestEventsResponse.serialize
    )
    name = "google.ads.datamanager.v1.IngestionService"
    handlers = grpc.method_handlers_generic_handler(name, {"IngestEvents": handler})
    server.add_generic_rpc_handlers((handlers,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", taken
    finally:
        server.stop(None).wait()


def test_a_message_too_large_for_grpc_goes_in_parts():
    rows = [
        Conversion(
            line=i,
            event="sale",
            action="42",
            transaction_id=f"t-{i}",
            time=1_763_000_000_000_000,
            gclid="g",
        )
        for i in range(8)
    ]

    with taking_little(150) as (endpoint, taken):
        sink = open_data_manager(
            GoogleAccess(data_manager_endpoint=endpoint, data_manager_transport="grpc"),
            AnonymousCredentials(),
            operating_customer=CUSTOMER,
        )
        whole = sink.send(sink.encode([Part("42", rows)]))
        part = sink.send(sink.encode([Part("42", rows[:1])]))
        sink.close()

    assert (whole.rest, whole.verdicts, part.rest.state) == (None, {}, RowState.SENT)
    assert taken == ["t-0"]


@pytest.mark.parametrize("style", ["chunked", "gzip", "closing"])
def test_rows_arrive_once_however_answers_are_framed(style, send):
    taker = Taker()

    assert send(taker, style=style) == {"read": 8, "accepted": 8, "sent": 8}
    assert len(taker.taken) == 8


DONE = {"requestStatusPerDestination": [{"requestStatus": "SUCCESS"}]}
UNKNOWN = error(404, "Requested entity was not found.", "NOT_FOUND")


def test_a_request_that_google_does_not_know_yet_is_asked_for_again(send, ask):
    taker = Taker(told=[UNKNOWN, Answer(), Answer(body=DONE)])
    send(taker)

    assert ask(taker, wait=timedelta(hours=1)) == (0, {"42": {RowState.ACCEPTED: 8}})
    assert taker.told == []


def whole(destination):
    return destination


def by_id(destination):
    return {"productDestinationId": destination["productDestinationId"]}


def by_reference(destination):
    return {"reference": destination["reference"]}


@pytest.mark.parametrize("name", [whole, by_id, by_reference])
def test_actions_of_one_request_are_told_apart_in_any_order(name, send, ask):
    taker = Taker()
    leads = [["lead", *row[1:4], f"L{row[4]}"] for row in sales(4)]
    send(taker, rows=[*sales(4), *leads])
    states = {"42": "SUCCESS", "43": "FAILED"}
    told = [
        {
            "destination": name(destination),
            "requestStatus": states[destination["productDestinationId"]],
        }
        for destination in reversed(taker.destinations)
    ]
    taker.told = [Answer(body={"requestStatusPerDestination": told})] * 2

    assert ask(taker) == (
        0,
        {"42": {RowState.ACCEPTED: 4}, "43": {RowState.REJECTED: 4}},
    )
