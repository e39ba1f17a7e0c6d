"""Requests of several actions, and servers that refuse one of them in their own way."""

from __future__ import annotations

import json

import pytest

from convbridge.adapters.data_manager import GoogleHasher
from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.deliver import deliver
from convbridge.model.conversions import DeliveryPolicy
from convbridge.testing import FixedClock
from deliver.kit import CLIENT, NOW, counts, open_sink, sales, write_csv
from foreign.servers import Answer, answering, error, reason

VIOLATIONS = "type.googleapis.com/google.rpc.BadRequest"
EVENTS = {"sale": "41", "lead": "42", "visit": "43"}
BAD = "42"


class Taker:
    """Takes events to where their references point, or refuses the whole request."""

    def __init__(self, refuse):
        self.refuse = refuse
        self.taken = []
        self.requests = 0

    def __call__(self, request):
        self.requests += 1
        sent = json.loads(request.body)
        places = {d.get("reference", ""): d for d in sent["destinations"]}
        went = [
            (places[reference]["productDestinationId"], event["transactionId"])
            for event in sent["events"]
            for reference in event.get("destinationReferences") or places
        ]
        refused = self.refuse(sent, went)
        if refused is None:
            self.taken += went
        return refused or Answer(body={"requestId": f"r-{self.requests}"})


def at_fault(path, why="INVALID_CONVERSION_ACTION_ID"):
    """Refuse a destination, named by a path with its number."""

    def refuse(sent, went):
        ids = [d["productDestinationId"] for d in sent["destinations"]]
        if BAD not in ids:
            return None
        field = path.format(ids.index(BAD)) if path else ""
        rows = [{"field": field, "description": "Bad.", "reason": why}]
        return refusal([{"@type": VIOLATIONS, "fieldViolations": rows}])

    return refuse


def at_its_events(sent, went):
    """Refuse the events that go there, each by its number."""
    rows = [
        {
            "field": f"events.events[{i}].destination_references[0]",
            "description": "Bad.",
            "reason": "INVALID_DESTINATION",
        }
        for i, (action, _) in enumerate(went)
        if action == BAD
    ]
    details = [{"@type": VIOLATIONS, "fieldViolations": rows}]
    return refusal(details) if rows else None


def saying(answer):
    """Refuse with the same answer whenever the action is among the destinations."""

    def refuse(sent, went):
        return answer if BAD in {action for action, _ in went} else None

    return refuse


def refusal(details=None):
    text = "There was a problem with the request."
    return error(400, text, "INVALID_ARGUMENT", details=details)


NAMED = {
    "by its id": at_fault("destinations[{}].product_destination_id"),
    "as a whole": at_fault("destinations[{}]"),
    "by a longer path": at_fault("destinations.destinations[{}].productDestinationId"),
    "by a reason that is new": at_fault("destinations[{}]", "NOT_THOUGHT_OF_YET"),
    "by its events": at_its_events,
    "by a reason only": saying(refusal(reason("INVALID_CONVERSION_ACTION_ID"))),
    "as not found": saying(error(404, "Requested entity was not found.", "NOT_FOUND")),
}


@pytest.fixture
def send(tmp_path):
    """Deliver twelve rows of three actions; return the report and what arrived."""

    def send_to(refuse):
        rows = [[list(EVENTS)[i % 3], *row[1:]] for i, row in enumerate(sales(12))]
        taker = Taker(refuse)
        with answering(taker) as served, open_ledger("sqlite://") as ledger:
            sink = open_sink(served.endpoint)
            report = deliver(
                write_csv(tmp_path / "a.csv", rows),
                client=CLIENT,
                sink=sink,
                outbox=SqlOutbox(ledger.database),
                policy=DeliveryPolicy(
                    actions=EVENTS, time_zone="Asia/Bangkok", currency="THB"
                ),
                hasher=GoogleHasher(),
                clock=FixedClock(NOW),
            )
            sink.close()
        return report, taker

    return send_to


def good(but=""):
    """What ought to arrive, each once."""
    went = [(list(EVENTS.values())[i % 3], f"O{i}") for i in range(12)]
    return sorted(pair for pair in went if pair[0] != but)


def test_each_event_goes_to_its_own_action_in_one_request(send):
    report, taker = send(lambda sent, went: None)

    assert (report.requests, taker.requests) == (1, 1)
    assert sorted(taker.taken) == good()


@pytest.mark.parametrize("refuse", NAMED.values(), ids=NAMED)
def test_an_action_at_fault_waits_and_spoils_nothing(refuse, send):
    report, taker = send(refuse)

    assert counts(report) == {"read": 12, "accepted": 12, "sent": 8, "pending": 4}
    assert sorted(taker.taken) == good(but=BAD)
    assert report.stopped is not None
    assert [e.reason.startswith(f"stopped: {BAD}: ") for e in report.errors] == [True]
    assert taker.requests <= 4


@pytest.mark.parametrize(
    "answer",
    [refusal(), Answer(413, "<html><title>413 Too Large</title></html>")],
    ids=["no details", "too large"],
)
def test_an_action_refused_without_a_word_spoils_nothing(answer, send):
    report, taker = send(saying(answer))

    assert report.sent == 8
    assert sorted(taker.taken) == good(but=BAD)


def test_what_is_too_large_together_goes_apart(send):
    def at_most_four(sent, went):
        page = "<html><title>413 Request Entity Too Large</title></html>"
        return Answer(413, page) if len(went) > 4 else None

    report, taker = send(at_most_four)

    assert counts(report) == {"read": 12, "accepted": 12, "sent": 12}
    assert sorted(taker.taken) == good()
    assert taker.requests == 4


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(error(403, "Not yours.", "PERMISSION_DENIED"), id="no access"),
        pytest.param(
            error(
                429, "Too many.", "RESOURCE_EXHAUSTED", headers={"Retry-After": "99"}
            ),
            id="quota",
        ),
    ],
)
def test_what_all_actions_share_stops_the_run_at_once(answer, send):
    report, taker = send(lambda sent, went: answer)

    assert counts(report) == {"read": 12, "accepted": 12, "pending": 12}
    assert (taker.taken, taker.requests) == ([], 1)
