"""No call for one client carries another's login, ids, values or conversions."""

from __future__ import annotations

import secrets

import pytest

from convbridge.sandbox.faults import Call
from proof.isolation import NOW, Agency, Storm, alone, values_of
from proof.witness import Witness


def test_clients_at_once_get_what_they_get_alone(tmp_path):
    seed = secrets.randbelow(1_000_000)

    with Agency(tmp_path / "together", 3) as agency:
        storm = Storm(agency, rounds=3, seed=seed)
        storm.run()
        values = values_of(agency)

    assert (seed, storm.witness.leaks) == (seed, [])
    assert len(storm.witness.heard) == 3 * len(
        {"ga4", "ga4_admin", "google_ads", "data_manager"}
    )
    assert storm.received() == {key: sorted(ids) for key, ids in storm.sent.items()}
    one = sorted(values)[seed % 3]
    expected = alone(tmp_path / "alone", 3, storm.path, clients=[one])
    assert (seed, {one: values[one]}) == (seed, expected)


@pytest.mark.parametrize(
    ("developer", "bearer", "leaks"),
    [
        ("client-0001", "client-0001", 0),
        ("client-0002", "client-0001", 1),
        ("client-0001", "client-0002", 1),
        ("client-0001", None, 1),
    ],
)
def test_a_call_to_google_ads_has_two_logins_of_one_client(developer, bearer, leaks):
    witness = Witness(owners={"3000000001": "client-0001"}, managers={})
    headers = {"developer-token": f"developer-{developer}"}
    if bearer:
        headers["authorization"] = f"Bearer token-{bearer}"
    call = Call(service="google_ads", method="Search", time=NOW, headers=headers)

    witness(call, 'customer_id: "3000000001"')

    assert len(witness.leaks) == leaks


@pytest.mark.parametrize(
    ("login", "sent"),
    [
        ("two", "GET /v1beta/properties/300000001"),
        ("one", "GET /v1beta/properties/300000002"),
        ("one", 'properties/300000001 {"numericValue": 1001.37}'),
        ("one", 'properties/300000001 {"gclid": "gclid.client-0002.0.1"}'),
        (None, "GET /v1beta/properties/300000001"),
    ],
    ids=["login", "id", "value", "conversion", "no login"],
)
def test_the_witness_tells_of_a_stranger(login, sent):
    marks = {"one": "client-0001", "two": "client-0002"}
    witness = Witness(
        owners={
            "300000001": "client-0001",
            "300000002": "client-0002",
            "1001.37": "client-0002",
            "client-0002": "client-0002",
        },
        managers={},
    )
    head = f"Bearer token-{marks[login]}\n" if login else ""

    witness(Call(service="ga4_admin", method="x", time=NOW), head + sent)

    assert len(witness.leaks) == 1


def test_the_witness_is_content_with_a_clients_own():
    witness = Witness(owners={"300000001": "client-0001"}, managers={})

    # 3000000012 is another number, whose beginning looks like the client's.
    sent = "Bearer token-client-0001\nproperties/300000001 3000000012"
    witness(Call(service="ga4_admin", method="x", time=NOW), sent)

    assert (witness.leaks, witness.heard.total()) == ([], 1)
