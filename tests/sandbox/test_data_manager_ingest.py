"""Events through the real Data Manager client: taken whole or not at all."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest
from google.api_core import exceptions

from convbridge.sandbox.clicks import email
from sandbox.ads_client import CUSTOMER
from sandbox.data_manager_client import open_data_manager, violations

HASH = hashlib.sha256(b"someone@example.com").hexdigest()


@pytest.fixture
def manager():
    with open_data_manager() as running:
        yield running


def refusal(manager, *events, **fields):
    with pytest.raises(exceptions.BadRequest) as caught:
        manager.ingest(*events, **fields)
    return violations(caught.value)


def user(**identifier):
    return {"user_identifiers": [identifier]}


def test_good_events_are_kept_and_counted(manager):
    manager.ingest(manager.event(0), manager.event(1, conversion_value=0.0))

    rows = manager.ads.rows(
        "SELECT segments.conversion_action, metrics.all_conversions, "
        "metrics.all_conversions_value FROM customer "
        "WHERE segments.date DURING LAST_14_DAYS"
    )
    counted = {
        row.segments.conversion_action: (
            row.metrics.all_conversions,
            row.metrics.all_conversions_value,
        )
        for row in rows
    }
    assert manager.kept() == [("t-0", 5.0), ("t-1", 0.0)]
    assert counted[manager.action] == (2.0, 5.0)


def test_what_came_in_can_be_read(manager):
    request_id = manager.ingest(manager.event(0))

    [received] = manager.google.data_manager.received_events()
    assert received.request_id == request_id
    assert received.event["transaction_id"] == "t-0"
    assert received.event["event_source"] == "WEB"


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        pytest.param(
            {"event_timestamp": None},
            "REQUIRED_FIELD_MISSING",
            "event_timestamp",
            id="no-time",
        ),
        pytest.param(
            {"event_timestamp": "2027-01-01T00:00:00Z"},
            "EVENT_TIME_INVALID",
            "event_timestamp",
            id="future",
        ),
        pytest.param(
            {"currency": "BTC"}, "INVALID_CURRENCY_CODE", "currency", id="currency"
        ),
        pytest.param(
            {"conversion_value": -1.0},
            "INVALID_NUMBER_FORMAT",
            "conversion_value",
            id="negative",
        ),
        pytest.param(
            {"ad_identifiers": None}, "NO_IDENTIFIERS_PROVIDED", "", id="nobody"
        ),
        pytest.param(
            {"destination_references": ["other"]},
            "INVALID_DESTINATION",
            "destination_references",
            id="unknown-destination",
        ),
    ],
)
def test_one_bad_event_refuses_all(manager, fields, reason, field):
    actual = refusal(manager, manager.event(0), manager.event(1, **fields))

    place = f"events.events[1].{field}" if field else "events.events[1]"
    assert actual == [(reason, place)]
    assert manager.kept() == []


@pytest.mark.parametrize(
    ("data", "encoding", "reason", "field"),
    [
        pytest.param(
            user(email_address="someone@example.com"),
            "HEX",
            "INVALID_HEX_ENCODING",
            "user_identifiers[0].email_address",
            id="in-clear",
        ),
        pytest.param(
            user(phone_number="abcd"),
            "HEX",
            "INVALID_SHA256_FORMAT",
            "user_identifiers[0].phone_number",
            id="short-hash",
        ),
        pytest.param(
            user(email_address="%%%"),
            "BASE64",
            "INVALID_BASE64_ENCODING",
            "user_identifiers[0].email_address",
            id="not-base64",
        ),
        pytest.param(
            user(
                address={
                    "given_name": HASH,
                    "family_name": HASH,
                    "region_code": "Thailand",
                    "postal_code": "10110",
                }
            ),
            "HEX",
            "INVALID_REGION_CODE",
            "user_identifiers[0].address.region_code",
            id="region",
        ),
        pytest.param(
            {"user_identifiers": [{"email_address": HASH}] * 11},
            "HEX",
            "TOO_MANY_USER_IDENTIFIERS",
            "user_identifiers",
            id="eleven",
        ),
    ],
)
def test_user_data_must_be_hashed(manager, data, encoding, reason, field):
    event = manager.event(0, user_data=data)

    actual = refusal(manager, event, encoding=encoding)

    assert actual == [(reason, f"events.events[0].user_data.{field}")]


def test_user_data_needs_an_encoding(manager):
    event = manager.event(0, user_data=user(email_address=HASH))

    assert refusal(manager, event) == [("REQUIRED_FIELD_MISSING", "encoding")]


def test_a_base64_hash_is_fine(manager):
    encoded = base64.b64encode(bytes.fromhex(HASH)).decode()
    event = manager.event(0, user_data=user(email_address=encoded))

    manager.ingest(event, encoding="BASE64")

    assert manager.kept() == [("t-0", 5.0)]


def test_a_hashed_address_finds_the_visitors_click(manager):
    click = manager.clicks()[0]
    site = manager.google.world.site_of_customer(CUSTOMER)
    address = hashlib.sha256(email(site, click.user).encode()).hexdigest()

    manager.ingest(
        manager.event(0, ad_identifiers=None, user_data=user(email_address=address)),
        encoding="HEX",
    )

    [recorded] = manager.google.ads.book.recorded()
    assert recorded.click.user == click.user


@pytest.mark.parametrize(
    ("switch", "reason"),
    [
        pytest.param(
            "accepted_customer_data_terms",
            "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED",
            id="terms",
        ),
        pytest.param(
            "enhanced_conversions_for_leads",
            "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
            id="leads",
        ),
    ],
)
def test_user_data_needs_the_accounts_consent_to_terms(manager, switch, reason):
    setattr(manager.google.ads.account(CUSTOMER), switch, False)
    event = manager.event(0, user_data=user(email_address=HASH))

    actual = refusal(manager, event, encoding="HEX")

    assert actual == [(reason, "events.events[0].user_data")]


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        pytest.param(
            {"product_destination_id": "1"},
            "INVALID_CONVERSION_ACTION_ID",
            "destinations[0].product_destination_id",
            id="no-such-action",
        ),
        pytest.param(
            {"product_destination_id": "5001"},
            "INVALID_CONVERSION_ACTION_TYPE",
            "destinations[0].product_destination_id",
            id="ga4-action",
        ),
        pytest.param(
            {"operating_account": {"account_id": CUSTOMER}},
            "INVALID_DESTINATION",
            "destinations[0].operating_account.account_type",
            id="no-account-type",
        ),
        pytest.param(
            {"operating_account": {"account_type": "GOOGLE_ADS"}},
            "REQUIRED_FIELD_MISSING",
            "destinations[0].operating_account.account_id",
            id="no-account",
        ),
    ],
)
def test_a_destination_is_refused(manager, fields, reason, field):
    destinations = [manager.destination(**fields)]

    actual = refusal(manager, manager.event(0), destinations=destinations)

    assert actual == [(reason, field)]


def test_a_new_action_waits_six_hours(manager):
    fresh = manager.ads.create_action("fresh").rsplit("/", 1)[-1]
    destinations = [manager.destination(product_destination_id=fresh)]

    actual = refusal(manager, manager.event(0), destinations=destinations)

    place = "destinations[0].product_destination_id"
    assert actual == [("CONVERSION_ACTION_TOO_RECENTLY_CREATED", place)]


@pytest.mark.parametrize(
    "account",
    [
        pytest.param({"login_account": "5555555555"}, id="login"),
        pytest.param({"operating_account": "5555555555"}, id="operating"),
    ],
)
def test_an_account_that_is_not_the_callers_is_denied(manager, account):
    [(name, account_id)] = account.items()
    stranger = {"account_type": "GOOGLE_ADS", "account_id": account_id}

    with pytest.raises(exceptions.Forbidden):
        manager.ingest(
            manager.event(0), destinations=[manager.destination(**{name: stranger})]
        )


def test_the_sizes_of_a_request_are_limited(manager):
    many = [manager.destination(reference=str(at)) for at in range(11)]
    twins = [manager.destination(reference="same")] * 2
    event = manager.event(0)

    assert refusal(manager, *[event] * 2_001) == [("TOO_MANY_EVENTS", "events")]
    assert refusal(manager, event, destinations=many) == [
        ("TOO_MANY_DESTINATIONS", "destinations")
    ]
    assert refusal(manager, event, destinations=twins) == [
        ("DUPLICATE_DESTINATION_REFERENCE", "destinations")
    ]
    assert refusal(manager) == [("REQUIRED_FIELD_MISSING", "events")]


def test_references_say_where_an_event_goes(manager):
    other = manager.ads.create_action("Other").rsplit("/", 1)[-1]
    manager.google.clock.advance(hours=6)
    first, second = (
        manager.destination(reference="first"),
        manager.destination(reference="second", product_destination_id=other),
    )
    events = [
        manager.event(0, destination_references=["second"]),
        manager.event(1, destination_references=["second", "first", "second"]),
        manager.event(2),
    ]

    manager.ingest(*events, destinations=[first, second])

    ids = first["product_destination_id"], other
    went = {
        found.event["transaction_id"]: found.product_destinations
        for found in manager.google.data_manager.received_events()
    }
    assert went == {"t-0": (other,), "t-1": ids, "t-2": ids}
    assert len(manager.kept()) == 5


def test_without_references_an_event_goes_to_every_destination(manager):
    other = manager.ads.create_action("Other").rsplit("/", 1)[-1]
    manager.google.clock.advance(hours=6)
    both = [manager.destination(), manager.destination(product_destination_id=other)]

    manager.ingest(manager.event(0), destinations=both)

    assert manager.kept() == [("t-0", 5.0)] * 2


def test_a_faulty_destination_is_named_and_not_the_events_that_go_there(manager):
    gone = manager.destination(reference="gone", product_destination_id="1")
    event = manager.event(0, destination_references=["gone"])

    actual = refusal(manager, event, destinations=[manager.destination(), gone])

    place = "destinations[1].product_destination_id"
    assert actual == [("INVALID_CONVERSION_ACTION_ID", place)]


def test_a_numeric_transaction_id_is_refused_without_a_word(manager):
    event = manager.event(0, transaction_id="20260101")

    checked = manager.ingest(event, validate_only=True)
    with pytest.raises(exceptions.BadRequest) as caught:
        manager.ingest(manager.event(1), event)

    assert checked
    assert (caught.value.details, caught.value.reason) == ([], None)
    assert manager.kept() == []


def test_a_refusal_may_not_name_the_event(manager):
    manager.google.data_manager.tells_fields = False

    assert refusal(manager, manager.event(0, currency="BTC")) == []


def test_validate_only_checks_and_keeps_nothing(manager):
    manager.ingest(manager.event(0), validate_only=True)
    actual = refusal(manager, manager.event(0, currency="BTC"), validate_only=True)

    assert actual == [("INVALID_CURRENCY_CODE", "events.events[0].currency")]
    assert manager.google.data_manager.received_events() == ()


def test_the_same_transaction_with_a_new_value_is_an_adjustment(manager):
    manager.ingest(manager.event(0))

    manager.ingest(manager.event(0, conversion_value=9.0))

    assert manager.kept() == [("t-0", 9.0)]


def analytics_event(**fields):
    return {
        "event_name": "generate_lead",
        "client_id": "1.2",
        "event_timestamp": "2026-11-22T09:00:00Z",
        **fields,
    }


def test_an_event_goes_to_one_analytics_property(manager):
    both = [manager.analytics(reference="a"), manager.analytics(reference="b")]

    manager.ingest(analytics_event(), destinations=both[:1])
    actual = refusal(manager, analytics_event(), destinations=both)

    reason = "MULTIPLE_DESTINATIONS_FOR_GOOGLE_ANALYTICS_EVENT"
    assert actual == [(reason, "events.events[0].destination_references")]


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        pytest.param(
            {"event_name": ""}, "REQUIRED_FIELD_MISSING", "event_name", id="no-name"
        ),
        pytest.param(
            {"event_name": "first_visit"},
            "RESERVED_NAME_USED",
            "event_name",
            id="reserved",
        ),
        pytest.param(
            {"event_name": "9 lives"}, "INVALID_EVENT_NAME", "event_name", id="name"
        ),
        pytest.param(
            {"client_id": ""}, "NO_IDENTIFIERS_PROVIDED", "client_id", id="nobody"
        ),
        pytest.param(
            {"app_instance_id": "x"},
            "BOTH_CLIENT_ID_AND_APP_INSTANCE_ID_NOT_ALLOWED",
            "client_id",
            id="web-and-app",
        ),
    ],
)
def test_an_analytics_event_is_refused(manager, fields, reason, field):
    event = analytics_event(**fields)

    actual = refusal(manager, event, destinations=[manager.analytics()])

    assert actual == [(reason, f"events.events[0].{field}")]


def test_the_measurement_id_must_be_the_propertys(manager):
    destination = manager.analytics(product_destination_id="G-OTHER")

    actual = refusal(manager, analytics_event(), destinations=[destination])

    place = "destinations[0].product_destination_id"
    assert actual == [("INVALID_DESTINATION", place)]


def test_a_webpage_action_needs_the_tags_transaction_id(manager):
    name = manager.ads.create_action("Tag", type_="WEBPAGE")
    manager.google.clock.advance(hours=6)
    destination = manager.destination(product_destination_id=name.rsplit("/", 1)[-1])

    actual = refusal(
        manager, manager.event(0, transaction_id=""), destinations=[destination]
    )
    manager.ingest(manager.event(0), destinations=[destination])

    assert actual == [("REQUIRED_FIELD_MISSING", "events.events[0].transaction_id")]


def test_a_sink_counts_events_without_looking(manager):
    data_manager = manager.google.data_manager
    data_manager.is_sink = True

    manager.ingest(manager.event(0), manager.event(0), manager.event(1))

    assert data_manager.received_count == 3
    assert len(data_manager.unique_ids) == 2
    assert data_manager.received_events() == ()


def test_event_time_with_nanoseconds_is_read():
    from convbridge.sandbox.data_manager_checks import parse_time

    first = parse_time("2026-11-22T09:00:00.123456789Z")
    second = parse_time("2026-11-22T16:00:00+07:00")

    assert first - second == timedelta(microseconds=123456)
