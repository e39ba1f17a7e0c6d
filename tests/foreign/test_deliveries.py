"""Whole deliveries to a Data Manager API that somebody else might have written."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from convbridge.adapters.data_manager import GoogleHasher
from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.deliver import deliver, delivery_status
from convbridge.model.conversions import DeliveryPolicy, RowState
from convbridge.testing import FixedClock
from deliver.kit import CLIENT, NOW, counts, open_sink, sales, write_csv
from foreign.servers import Answer, answering, error, reason

VIOLATIONS = "type.googleapis.com/google.rpc.BadRequest"
POLICY = DeliveryPolicy(
    actions={"sale": "42"}, time_zone="Asia/Bangkok", currency="THB"
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

    def __call__(self, request):
        if request.method == "GET":
            assert request.path == "/v1/requestStatus:retrieve"
            return self.told.pop(0)
        events = json.loads(request.body)["events"]
        refused = self.refuse(events)
        if refused is None:
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

    def send_to(taker, rows=8):
        with answering(taker) as served:
            sink = open_sink(served.endpoint)
            report = deliver(
                write_csv(tmp_path / "a.csv", sales(rows)),
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


def test_a_request_that_google_does_not_know_yet_is_asked_for_again(send, outbox):
    done = {"requestStatusPerDestination": [{"requestStatus": "SUCCESS"}]}
    unknown = error(404, "Requested entity was not found.", "NOT_FOUND")
    taker = Taker(told=[unknown, Answer(), Answer(body=done)])
    clock = FixedClock(NOW)
    send(taker)

    with answering(taker) as served:
        sink = open_sink(served.endpoint)
        status = delivery_status(
            client=CLIENT,
            sink=sink,
            outbox=outbox,
            clock=clock,
            wait=timedelta(hours=1),
            sleep=lambda seconds: clock.advance(timedelta(seconds=seconds)),
        )
        sink.close()

    (day,) = status.days
    assert (status.unfinished, taker.told) == (0, [])
    assert day.states == {RowState.ACCEPTED: 8}
