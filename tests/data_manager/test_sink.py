"""The Data Manager sink on the wire, and what it makes of refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from google.ads.datamanager_v1 import (
    ErrorReason,
    IngestEventsRequest,
    ProcessingErrorReason,
)
from google.auth.credentials import AnonymousCredentials
from google.protobuf.json_format import MessageToDict
from google.rpc import error_details_pb2

from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.data_manager import GoogleHasher, open_data_manager
from convbridge.adapters.data_manager.codes import (
    HINTS,
    PROCESSING,
    REQUEST_CODES,
    WAIT_CODES,
    processing_verdict,
)
from convbridge.adapters.data_manager.refusals import read_refusal
from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.deliver import deliver, open_source
from convbridge.errors import (
    AuthError,
    ConfigError,
    OutcomeUnknownError,
    QuotaError,
    RejectedError,
)
from convbridge.model.access import CredentialsKind, GoogleAccess
from convbridge.model.conversions import Conversion, DeliveryPolicy, Part, RowState
from convbridge.model.ids import CustomerId, PropertyId
from convbridge.model.moments import to_micros
from convbridge.sandbox import serve
from deliver.kit import make_action

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
ONE = IngestEventsRequest.pb()(destinations=[{"product_destination_id": "5012"}])
# The first and the third event are of the action 1, the others of 2.
TWO = IngestEventsRequest.pb()(
    destinations=[{"reference": "one"}, {"reference": "two"}],
    events=[{"destination_references": [to]} for to in ("one", "two", "one", "two")],
)


@pytest.fixture(scope="module")
def google():
    with serve(now=NOW) as served:
        yield served


def open_sink(google, transport="auto", **kwargs):
    grpc = f"http://{google.data_manager_grpc_target}"
    access = GoogleAccess(
        credentials=CredentialsKind.ANONYMOUS,
        data_manager_endpoint=grpc
        if transport == "grpc"
        else google.data_manager_endpoint,
        data_manager_transport=transport,
    )
    customer = CustomerId("1234567890")
    return open_data_manager(
        access, AnonymousCredentials(), operating_customer=customer, **kwargs
    )


def conversion(**fields):
    usual = {"line": 2, "event": "sale", "action": "5012", "transaction_id": "O1"}
    return Conversion(**usual | {"time": 1_795_000_000_250_000} | fields)


def test_request_has_the_accounts_and_the_fields_given(google):
    sink = open_sink(google, login_customer=CustomerId("9999999999"))
    row = conversion(
        value="0",
        currency="THB",
        wbraid="w",
        email="e" * 64,
        address=("g" * 64, "f" * 64, "TH", "10110"),
        ad_user_data="granted",
        event_source="PHONE",
    )

    found = sink.encode([Part("5012", [row])])
    request = MessageToDict(type(found).pb(found), preserving_proto_field_name=True)

    assert request == {
        "destinations": [
            {
                "login_account": {
                    "account_id": "9999999999",
                    "account_type": "GOOGLE_ADS",
                },
                "operating_account": {
                    "account_id": "1234567890",
                    "account_type": "GOOGLE_ADS",
                },
                "product_destination_id": "5012",
            }
        ],
        "encoding": "HEX",
        "events": [
            {
                "transaction_id": "O1",
                "event_timestamp": "2026-11-18T11:06:40.250Z",
                "conversion_value": 0.0,
                "currency": "THB",
                "event_source": "PHONE",
                "consent": {"ad_user_data": "CONSENT_GRANTED"},
                "ad_identifiers": {"wbraid": "w"},
                "user_data": {
                    "user_identifiers": [
                        {"email_address": "e" * 64},
                        {
                            "address": {
                                "given_name": "g" * 64,
                                "family_name": "f" * 64,
                                "region_code": "TH",
                                "postal_code": "10110",
                            }
                        },
                    ]
                },
            }
        ],
    }


def test_each_event_of_several_actions_names_its_own_and_no_other(google):
    sink = open_sink(google)
    rows = {a: [conversion(transaction_id=f"{a}-{i}") for i in range(2)] for a in "78"}

    found = sink.encode([Part(action, own) for action, own in rows.items()])
    request = type(found).pb(found)

    references = {d.product_destination_id: d.reference for d in request.destinations}
    assert references == {"7": "action_7", "8": "action_8"}
    assert [(e.transaction_id, *e.destination_references) for e in request.events] == [
        ("7-0", "action_7"),
        ("7-1", "action_7"),
        ("8-0", "action_8"),
        ("8-1", "action_8"),
    ]
    assert {d.operating_account.account_id for d in request.destinations} == {
        "1234567890"
    }


def test_google_analytics_is_a_destination(google, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("event,time,client_id,value\nlead,2026-11-22 10:00:00,1.2,5\n")
    stream = "G-111111111"
    sink = open_sink(google, property_id=PropertyId("111111111"))

    with open_ledger("sqlite://") as ledger:
        report = deliver(
            open_source(path),
            client="siam-coffee",
            sink=sink,
            outbox=SqlOutbox(ledger.database),
            policy=DeliveryPolicy(
                actions={"lead": stream}, time_zone="Asia/Bangkok", currency="THB"
            ),
            hasher=GoogleHasher(),
            clock=google.clock,
        )

    *_, found = google.data_manager.received_events()
    assert (report.sent, report.errors) == (1, ())
    assert (found.event["event_name"], found.event["client_id"]) == ("lead", "1.2")


def test_google_analytics_needs_a_property_and_is_never_repeated(google):
    sink = open_sink(google)

    assert not sink.drops_repetitions("G-ABC1234")
    assert sink.drops_repetitions("5012")
    with pytest.raises(ConfigError, match="no property is set"):
        sink.encode([Part("G-ABC1234", [conversion(client_id="1.2")])])


def test_hashes_are_google_s_own():
    hasher = GoogleHasher()

    assert hasher.phone("0066 81 234 5678", "PL") == hasher.phone("081-2345678", "TH")
    assert hasher.phone("+66 81 234 5678", None) == hasher.phone("081-2345678", "TH")
    with pytest.raises(ValueError, match="no region is set"):
        hasher.phone("081-2345678", None)


TRANSPORTS = pytest.mark.parametrize("transport", ["rest", "grpc"])


@pytest.fixture(scope="module")
def action(google):
    return make_action(google, "CRM sale")


def sales(google, action, **fields):
    """Three conversions of a while ago, the second one with other fields."""
    time = to_micros(google.clock.now() - timedelta(days=3))
    usual = {"action": action, "gclid": "g", "time": time}
    other = [{}, fields, {}]
    return [
        conversion(**usual | {"transaction_id": f"O{i}"} | each)
        for i, each in enumerate(other)
    ]


@TRANSPORTS
def test_both_transports_take_rows_and_name_the_bad_one(google, action, transport):
    sink = open_sink(google, transport)
    good, bad = sales(google, action), sales(google, action, currency="XXX")

    taken = sink.send(sink.encode([Part(action, good)]))
    refused = sink.send(sink.encode([Part(action, bad)]))
    google.clock.advance(hours=1)
    result = sink.fetch_results(taken.request_id, [action])[action]

    assert taken.rest.state is RowState.SENT
    assert {i: (v.code, v.reason) for i, v in refused.verdicts.items()} == {
        1: ("INVALID_CURRENCY_CODE", "currency: invalid currency code")
    }
    assert (result.is_finished, sum(e.rows for e in result.errors)) == (True, 3)
    sink.close()


@TRANSPORTS
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 429, "delay": 3_600}, QuotaError),
        ({"status": 401}, AuthError),
        ({"status": 403}, AuthError),
        ({"kind": "cut"}, OutcomeUnknownError),
    ],
    ids=["quota", "token", "access", "cut"],
)
def test_both_transports_tell_what_went_wrong(google, action, transport, fault, error):
    sink = open_sink(google, transport, policy=RetryPolicy(attempts=1))
    google.faults.add(service="data_manager", **fault)

    with pytest.raises(error) as caught:
        sink.send(sink.encode([Part(action, sales(google, action))]))

    assert getattr(caught.value, "retry_after", None) in {None, fault.get("delay")}
    sink.close()


@TRANSPORTS
def test_both_transports_say_that_a_destination_is_wrong(google, transport):
    sink = open_sink(google, transport)

    with pytest.raises(RejectedError) as caught:
        sink.send(sink.encode([Part("4040", sales(google, "4040"))]))

    assert caught.value.hint.startswith("name an ENABLED conversion action")
    sink.close()


def test_the_transport_is_grpc_but_for_plain_endpoints():
    made = {
        (endpoint, transport): type(_open(endpoint, transport)).__name__
        for endpoint in (None, "https://example.com", "http://127.0.0.1:1")
        for transport in ("auto", "grpc", "rest")
    }

    grpc, rest = "IngestionServiceGrpcTransport", "IngestionServiceRestTransport"
    assert made == {
        (None, "auto"): grpc,
        (None, "grpc"): grpc,
        (None, "rest"): rest,
        ("https://example.com", "auto"): grpc,
        ("https://example.com", "grpc"): grpc,
        ("https://example.com", "rest"): rest,
        ("http://127.0.0.1:1", "auto"): rest,
        ("http://127.0.0.1:1", "grpc"): grpc,
        ("http://127.0.0.1:1", "rest"): rest,
    }


def _open(endpoint, transport):
    """Return the transport of a sink that is closed again."""
    access = GoogleAccess(
        credentials=CredentialsKind.ANONYMOUS,
        data_manager_endpoint=endpoint,
        data_manager_transport=transport,
    )
    sink = open_data_manager(
        access, AnonymousCredentials(), operating_customer=CustomerId("1234567890")
    )
    sink.close()
    return sink._client.transport


def violation(field, reason="INVALID_FORMAT"):
    return {"field": field, "description": "bad", "reason": reason}


def refusal(*violations):
    return [{"@type": BAD_REQUEST, "fieldViolations": list(violations)}]


@pytest.mark.parametrize(
    ("details", "named"),
    [
        (refusal(violation("events.events[3].currency")), {3: "currency: bad"}),
        (refusal(violation("events[0].user_data")), {0: "user_data: bad"}),
        (
            refusal(violation("events.events[1].a"), violation("events.events[1].b")),
            {1: "a: bad; b: bad"},
        ),
        ([], {}),
    ],
    ids=["nested path", "plain path", "several on one row", "empty 400"],
)
def test_refused_rows_are_named(details, named):
    answer = read_refusal(details, "POST http://x/y: no", ONE)

    assert {i: v.reason for i, v in answer.verdicts.items()} == named
    assert {v.state for v in answer.verdicts.values()} <= {RowState.REJECTED}
    assert (answer.rest, answer.message) == (None, "no")


@pytest.mark.parametrize(
    "details",
    [
        refusal(violation("destinations[0].product_destination_id")),
        refusal(violation("events[0].x", "NOT_ALLOWLISTED")),
        refusal(violation("encoding")),
    ],
    ids=["destination", "account", "shared field"],
)
def test_what_all_rows_share_is_no_rows_fault(details):
    assert read_refusal(details, "no", ONE) is None


@pytest.mark.parametrize(
    ("violations", "parts", "rows"),
    [
        pytest.param(
            [
                violation(
                    "destinations[1].product_destination_id", "INVALID_DESTINATION"
                )
            ],
            {1: "INVALID_DESTINATION"},
            [],
            id="a destination",
        ),
        pytest.param(
            [
                violation("destinations[1].product_destination_id", "NOT_FOUND"),
                violation("events.events[3].destination_references", "INVALID_FORMAT"),
            ],
            {1: "NOT_FOUND"},
            [],
            id="a destination, and the events that point at it",
        ),
        pytest.param(
            [violation("events[2].destinationReferences", "INVALID_FORMAT")],
            {0: "INVALID_FORMAT"},
            [],
            id="only what events point at",
        ),
        pytest.param(
            [violation("events[1].user_data", "NOT_ALLOWLISTED")],
            {1: "NOT_ALLOWLISTED"},
            [],
            id="the account, for one action's events",
        ),
        pytest.param(
            [
                violation("destinations[0]", "CONVERSION_ACTION_TOO_RECENTLY_CREATED"),
                violation("events.events[1].currency"),
            ],
            {0: "CONVERSION_ACTION_TOO_RECENTLY_CREATED"},
            [1],
            id="a new action, and a row of the other",
        ),
        pytest.param(
            [violation("events[0].currency"), violation("events[3].currency")],
            {},
            [0, 3],
            id="a row of each",
        ),
        pytest.param([violation("events[9].currency")], None, [], id="no such event"),
        pytest.param(
            [violation("destinations[2]")], None, [], id="no such destination"
        ),
        pytest.param([violation("encoding")], None, [], id="what both share"),
        pytest.param([violation("")], {}, [], id="nothing"),
    ],
)
def test_a_refusal_of_several_actions_is_told_apart(violations, parts, rows):
    answer = read_refusal(refusal(*violations), "no", TWO)

    if parts is None:
        assert answer is None
    else:
        assert {i: about.code for i, about in answer.parts.items()} == parts
        assert list(answer.verdicts) == rows
        assert answer.rest is None


def test_an_action_at_fault_is_an_error_and_one_that_is_new_waits():
    new = violation("destinations[1]", "CONVERSION_ACTION_TOO_RECENTLY_CREATED")
    gone = violation("destinations[0]", "INVALID_CONVERSION_ACTION_ID")

    parts = read_refusal(refusal(new, gone), "no", TWO).parts

    assert isinstance(parts[0], RejectedError)
    assert parts[0].hint.startswith("name an ENABLED conversion action")
    assert parts[0].reasons == ("INVALID_CONVERSION_ACTION_ID at destinations[0]: bad",)
    assert (parts[1].state, parts[1].reason) == (RowState.PENDING, "no")


def test_new_action_makes_all_rows_wait():
    code = "CONVERSION_ACTION_TOO_RECENTLY_CREATED"

    answer = read_refusal(refusal(violation("destinations[0]", code)), "no", ONE)

    assert (answer.rest.state, answer.rest.code) == (RowState.PENDING, code)


def test_details_over_grpc_are_messages():
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="events[2].currency", description="bad")

    answer = read_refusal([bad], "no", ONE)

    assert list(answer.verdicts) == [2]


def test_every_code_in_the_tables_exists():
    refusals = set(ErrorReason.__members__)
    reasons = {
        name.removeprefix("PROCESSING_ERROR_REASON_").removeprefix("PROCESSING_ERROR_")
        for name in ProcessingErrorReason.__members__
    }

    assert {*REQUEST_CODES, *WAIT_CODES, *HINTS} - refusals == set()
    assert set(PROCESSING) - reasons == set()


def test_unknown_reason_is_a_rejection():
    assert processing_verdict("PROCESSING_ERROR_REASON_NEW").state is RowState.REJECTED
