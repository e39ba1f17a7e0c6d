"""One row in, one conversion or one reason out."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convbridge.adapters.data_manager import GoogleHasher
from convbridge.deliver.columns import match_columns
from convbridge.deliver.refusal import RowRefused
from convbridge.deliver.rows import RowReader
from convbridge.deliver.times import TimeReader
from convbridge.deliver.transaction_ids import transaction_id
from convbridge.errors import ConfigError, DataError
from convbridge.model.conversions import Consent, DeliveryPolicy, RowState
from convbridge.model.moments import from_micros, to_micros

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
POLICY = {"actions": {"sale": "5012"}, "time_zone": "Asia/Bangkok", "currency": "THB"}


def read(cells, **policy):
    columns = match_columns(list(cells))
    reader = RowReader(
        DeliveryPolicy(**POLICY | policy),
        columns,
        client="siam-coffee",
        hasher=GoogleHasher(),
        now=NOW,
    )
    return reader.read(7, [*cells.values(), ""])


def row(**cells):
    usual = {"event": "sale", "time": "2026-11-20 10:00:00", "gclid": "g1"}
    return usual | cells


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("zone", "text", "expected"),
    [
        ("Asia/Bangkok", "2026-11-20 10:00:00", "2026-11-20T03:00:00+00:00"),
        ("Asia/Bangkok", "2026-11-20T10:00", "2026-11-20T03:00:00+00:00"),
        ("Asia/Bangkok", "2026-11-20 10:00:07.5", "2026-11-20T03:00:07.500000+00:00"),
        ("Asia/Bangkok", "2026-11-20 10:00:07Z", "2026-11-20T10:00:07+00:00"),
        ("Asia/Bangkok", "2026-11-20 10:00:07-03:00", "2026-11-20T13:00:07+00:00"),
        ("Asia/Bangkok", "2026-11-20", "2026-11-19T17:00:00+00:00"),
        ("Asia/Bangkok", "1763600000", "2025-11-20T00:53:20+00:00"),
        ("Asia/Bangkok", "1763600000123456", "2025-11-20T00:53:20.123456+00:00"),
        ("Europe/Warsaw", "2026-07-01 12:00:00", "2026-07-01T10:00:00+00:00"),
        ("Europe/Warsaw", "2026-10-25 03:00:00", "2026-10-25T02:00:00+00:00"),
    ],
)
def test_times_are_read_in_the_clients_zone(zone, text, expected):
    assert from_micros(TimeReader(zone)(text)).isoformat() == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-10-25 02:30:00", "happened twice"),
        ("2026-03-29 02:30:00", "did not exist"),
        ("20/11/2026", "is not a time"),
        ("", "has no time"),
        (None, "has no time"),
        ("2026-11-20 25:00:00", "is not a time"),
    ],
)
def test_times_that_mean_nothing_or_two_things_are_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        TimeReader("Europe/Warsaw")(text)


@given(
    st.datetimes(
        datetime.fromisoformat("2001-09-10"), datetime.fromisoformat("2200-01-01")
    )
)
def test_reading_a_time_is_what_the_standard_library_says(moment):
    aware = moment.replace(tzinfo=UTC)

    assert TimeReader("UTC")(moment.isoformat(sep=" ")) == to_micros(aware)
    assert from_micros(to_micros(aware)) == aware


@pytest.mark.parametrize(
    ("cells", "field", "expected"),
    [
        ({"value": "0"}, "value", "0"),
        ({"value": "12.50"}, "value", "12.50"),
        ({"value": ""}, "value", None),
        ({"value": "5", "currency": ""}, "currency", "THB"),
        ({"value": "5", "currency": "thb"}, "currency", "THB"),
        ({"order_id": " A-1 "}, "transaction_id", "A-1"),
        ({"order_id": "12345"}, "transaction_id", "cb-12345"),
        ({"email": "Jo.E@Example.com "}, "email", sha256("jo.e@example.com")),
        ({"email": "Jo.E+x@gmail.com"}, "email", sha256("joe@gmail.com")),
        ({"email": "A" * 64}, "email", "a" * 64),
        ({"phone": "081-234 5678"}, "phone", sha256("+66812345678")),
        ({"phone": "+48 601 234 567"}, "phone", sha256("+48601234567")),
        ({"wbraid": "w"}, "wbraid", None),
        ({"gclid": "", "wbraid": "w"}, "wbraid", "w"),
        ({"consent": "Granted"}, "ad_user_data", "granted"),
        ({"consent": ""}, "ad_user_data", None),
        ({"event_source": "phone"}, "event_source", "PHONE"),
    ],
)
def test_fields(cells, field, expected):
    assert getattr(read(row(**cells)), field) == expected


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"event": "sael"}, "event 'sael' has no conversion action.*did you mean sale"),
        ({"event": ""}, "names no event"),
        ({"gclid": "", "gbraid": "a", "wbraid": "b"}, "both given"),
        ({"gclid": "a b"}, "characters that no click id has"),
        ({"value": "1,234.50"}, "is not an amount"),
        ({"value": "NaN"}, "is not an amount"),
        ({"value": "-1"}, "is negative"),
        ({"value": "1", "currency": "EUR"}, "in EUR, the conversion action in THB"),
        ({"value": "1", "currency": "BAHT"}, "not an ISO 4217"),
        ({"order_id": "jo@example.com"}, "looks like an e-mail address"),
        ({"order_id": "1.23E+15"}, "shortened by a spreadsheet"),
        ({"order_id": "1,23e15"}, "shortened by a spreadsheet"),
        ({"phone": "6.68E+10"}, "phone is not a phone number"),
        ({"email": "jo at example"}, "email is not an e-mail address"),
        ({"phone": "12"}, "phone is not a phone number"),
        ({"consent": "maybe"}, "neither granted nor denied"),
        ({"event_source": "tv"}, "is none of APP"),
        ({"time": "2026-08-01 10:00:00"}, "more than 90 days ago"),
        ({"time": "2026-11-23 10:00:00"}, "in the future"),
        ({"click_time": "2026-11-20 10:00:01"}, "before its click"),
    ],
)
def test_refusals_say_why(cells, reason):
    with pytest.raises(RowRefused, match=reason) as caught:
        read(row(**cells))

    assert caught.value.state is RowState.REJECTED


@pytest.mark.parametrize("field", ["email", "phone"])
def test_reasons_never_repeat_personal_data(field):
    with pytest.raises(RowRefused) as caught:
        read(row(**{field: "secret@@example 99"}))

    assert "secret" not in caught.value.reason


@pytest.mark.parametrize(
    "field", ["time", "value", "currency", "consent", "event", "event_source"]
)
@pytest.mark.parametrize("cell", ["secret@example.com", "081 234 5678", "ab" * 32])
def test_columns_that_got_mixed_up_tell_nothing_of_a_person(field, cell):
    with pytest.raises(RowRefused) as caught:
        read(row(**{"value": "1", field: cell}))

    assert cell not in caught.value.reason.lower()


def test_a_file_without_a_header_does_not_tell_its_first_row():
    with pytest.raises(DataError) as caught:
        match_columns(["Jo@example.com", "+48 601 234 567", "sale"])

    assert str(caught.value).startswith(
        "the source has no column event and no column time; it has an e-mail address, "
        "a number of 11 digits, sale"
    )


@pytest.mark.parametrize(
    ("cells", "policy", "waits"),
    [
        ({"time": "2026-11-22 04:00:00"}, {}, timedelta(0)),
        ({"time": "2026-11-22 10:00:00"}, {}, timedelta(hours=5)),
        (
            {"time": "2026-11-22 10:00:00", "click_time": "2026-11-21 10:00:00"},
            {},
            timedelta(0),
        ),
        (
            {"time": "2026-11-22 11:30:00", "click_time": "2026-11-21 10:00:00"},
            {},
            timedelta(minutes=30),
        ),
        (
            {"time": "2026-11-22 11:30:00"},
            {"actions": {"sale": "G-ABC"}},
            timedelta(minutes=30),
        ),
        ({}, {"actions_created": {"5012": NOW}}, timedelta(hours=6)),
        (
            {"time": "2026-11-22 10:00:00"},
            {"click_wait": timedelta(0)},
            timedelta(0),
        ),
    ],
    ids=[
        "old enough",
        "too recent",
        "click known",
        "ahead of us",
        "ahead of us, to Analytics",
        "new action",
        "waits for nobody",
    ],
)
def test_waits(cells, policy, waits):
    expected = to_micros(NOW + waits) if waits else 0

    assert read(row(**cells), **policy).wait_until == expected


@pytest.mark.parametrize(
    ("policy", "held"),
    [
        ({"time_zone": "Europe/Warsaw"}, True),
        ({"time_zone": "Asia/Bangkok", "region": "PL"}, True),
        ({"time_zone": "Europe/Warsaw", "consent": Consent.GRANTED}, False),
        ({"time_zone": "Europe/Warsaw", "consent_required": False}, False),
        ({"time_zone": "Asia/Bangkok"}, False),
        ({"time_zone": "Asia/Bangkok", "consent_required": True}, True),
    ],
)
def test_consent_is_required_where_the_law_is(policy, held):
    assert bool(read(row(), **policy).held) is held


def test_zero_in_the_valuation_is_a_value():
    assert read(row(), values={"sale": Decimal(0)}).value == "0"


TEXT = st.text(min_size=1, max_size=40)


@given(client=TEXT, action=TEXT, key=TEXT, time=st.integers(10**15, 2 * 10**15))
def test_transaction_ids_are_stable_and_never_numeric(client, action, key, time):
    found = transaction_id("", client, action, key, time)

    assert found == transaction_id(None, client, action, key, time)
    assert found != transaction_id("", client, action, key + "x", time)
    assert not found.isdecimal()


def test_transaction_ids_are_those_of_earlier_versions():
    found = transaction_id("", "siam-coffee", "5012", "g1", 1_790_000_000_000_000)

    assert found == "cb-6ab13b80268637228031b32a40832e38"


@pytest.mark.parametrize("order_id", ["E+5", "A1E+5", "1.2E+3-B", "12E"])
def test_order_ids_with_an_e_are_taken(order_id):
    assert read(row(order_id=order_id)).transaction_id == order_id


@pytest.mark.parametrize(
    ("cells", "policy", "expected"),
    [
        pytest.param({}, {}, (None, None), id="nobody says"),
        pytest.param({"consent": "yes"}, {}, ("granted", "granted"), id="the row"),
        pytest.param(
            {},
            {"consent": Consent.GRANTED, "personalization": Consent.DENIED},
            ("granted", "denied"),
            id="the client",
        ),
        pytest.param(
            {}, {"consent": Consent.GRANTED}, ("granted", None), id="one of two"
        ),
        pytest.param(
            {"ad_personalization": "no"},
            {"consent": Consent.GRANTED, "personalization": Consent.GRANTED},
            ("granted", "denied"),
            id="the row before the client",
        ),
    ],
)
def test_the_two_consents_are_told_apart(cells, policy, expected):
    found = read(row(**cells), **policy)

    assert (found.ad_user_data, found.ad_personalization) == expected


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(["event", "time", "gclid", "GCLID"], id="one name twice"),
        pytest.param(["event", "event_time", "conversion_time"], id="two usual names"),
    ],
)
def test_two_columns_for_one_field_are_refused(header):
    with pytest.raises(DataError, match=r"both stand for (gclid|time)"):
        match_columns(header)


def test_a_fields_own_name_wins_over_other_usual_ones():
    header = ["event", "conversion_time", "time", "transaction_id", "order_id"]

    found = match_columns(header, {"event": "event"})

    assert (found["time"], found["order_id"]) == (2, 4)


def test_columns_are_matched_by_usual_names_and_mapping():
    header = ["Event Name", "conversion_time", "Google Click ID", "crm id", "note"]

    assert match_columns(header, {"order_id": "CRM ID"}) == {
        "order_id": 3,
        "event": 0,
        "time": 1,
        "gclid": 2,
    }


def test_missing_and_misnamed_columns_are_told():
    with pytest.raises(DataError, match="no column time"):
        match_columns(["event", "gclid"])
    with pytest.raises(ConfigError, match="did you mean order"):
        match_columns(["event", "time", "order"], {"order_id": "ordr"})
    with pytest.raises(ConfigError, match="did you mean order_id"):
        match_columns(["event", "time"], {"orderid": "time"})
