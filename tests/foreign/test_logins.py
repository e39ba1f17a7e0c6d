"""Logins on the wire: tokens that run out, and tokens over each transport."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from google.oauth2.credentials import Credentials

from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.ga4.api import Ga4Api
from convbridge.adapters.ga4.clients import Ga4Clients
from convbridge.adapters.ga4.paging import read_report
from convbridge.adapters.ga4.reports import TOTAL_USERS_REPORT
from convbridge.adapters.google_ads import open_google_ads
from convbridge.errors import AuthError, UnavailableError
from convbridge.model.access import GoogleAccess
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId, PropertyId
from convbridge.sandbox import serve
from convbridge.testing import FixedClock
from foreign.conftest import NOW
from foreign.servers import Answer, answering, error, scripted

DAY = DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 1))
GRANTED = Answer(
    body={"access_token": "new", "expires_in": 3600, "token_type": "Bearer"}
)
REVOKED = Answer(400, {"error": "invalid_grant", "error_description": "Revoked."})
COFFEE = "111111111"


def login(token_uri, token=None):
    return Credentials(
        token,
        refresh_token="s3cret",
        client_id="id",
        client_secret="s3cret",
        token_uri=token_uri,
    )


def read(access, credentials, property_id="1"):
    api = Ga4Api(
        Ga4Clients(access, credentials),
        property_id=PropertyId(property_id),
        clock=FixedClock(NOW),
        sleep=lambda _: None,
    )
    try:
        return read_report(api, TOTAL_USERS_REPORT, DAY).table["users"].to_pylist()
    finally:
        api.clients.close()


def for_the_new_token(request):
    if request.headers.get("authorization") != "Bearer new":
        return error(401, "Invalid authentication credentials.", "UNAUTHENTICATED")
    return Answer(body={"metricHeaders": [{"name": "totalUsers"}]})


def test_a_token_that_was_withdrawn_is_renewed_and_the_call_repeated():
    with scripted(GRANTED) as tokens, answering(for_the_new_token) as served:
        access = GoogleAccess(ga4_endpoint=served.endpoint)
        assert read(access, login(tokens.endpoint, "old")) == []

    sent = [r.headers["authorization"] for r in served.requests]
    assert (sent, len(tokens.requests)) == (["Bearer old", "Bearer new"], 1)


def test_a_login_that_was_revoked_is_an_auth_error_without_its_secret():
    with scripted(REVOKED) as tokens, answering(for_the_new_token) as served:
        access = GoogleAccess(ga4_endpoint=served.endpoint)
        with pytest.raises(AuthError) as caught:
            read(access, login(tokens.endpoint, "old"))

    assert caught.value.message == "the login could not be refreshed (invalid_grant)"


@pytest.mark.parametrize(
    "lifetime", [{}, {"expires_in": 1}, {"expires_in": "3600"}], ids=str
)
def test_a_token_may_say_of_its_life_what_it_likes(lifetime):
    granted = Answer(body={"access_token": "new", "token_type": "Bearer", **lifetime})

    with scripted(granted) as tokens, answering(for_the_new_token) as served:
        access = GoogleAccess(ga4_endpoint=served.endpoint)
        assert read(access, login(tokens.endpoint)) == []


def test_a_proxys_page_in_place_of_a_token_is_no_refused_login():
    page = Answer(502, "<html><title>502 Bad Gateway</title></html>")

    with scripted(page, GRANTED) as tokens, answering(for_the_new_token) as served:
        access = GoogleAccess(ga4_endpoint=served.endpoint)
        assert read(access, login(tokens.endpoint)) == []
    with scripted(page) as tokens, answering(for_the_new_token) as served:
        access = GoogleAccess(ga4_endpoint=served.endpoint)
        with pytest.raises(UnavailableError, match="502 Bad Gateway"):
            read(access, login(tokens.endpoint))


@pytest.fixture(scope="module")
def guarded():
    """A sandbox that knows one token."""
    with serve(now=datetime(2026, 11, 22, 3, 0, tzinfo=UTC)) as google:
        google.access.allow("new", COFFEE)
        yield google


@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_the_token_goes_along_over_each_transport(transport, guarded):
    rest = guarded.ga4_endpoint
    endpoint = rest if transport == "rest" else f"http://{guarded.ga4_grpc_target}"
    access = GoogleAccess(ga4_endpoint=endpoint, ga4_transport=transport)

    with scripted(GRANTED) as tokens:
        found = read(access, login(tokens.endpoint), COFFEE)
        with pytest.raises(AuthError):
            read(access, login(tokens.endpoint, "unknown"), "222222222")

    assert len(found) == 1


def test_google_ads_hears_the_token_without_tls_as_well(guarded):
    guarded.access.allow("new", COFFEE, "1234567890", "9999999999")

    def name_of(credentials):
        target = open_google_ads(
            GoogleAccess(google_ads_endpoint=guarded.google_ads_endpoint),
            credentials,
            customer_id=CustomerId("1234567890"),
            login_customer_id=CustomerId("9999999999"),
            policy=RetryPolicy(attempts=1),
        )
        with target:
            return target.fetch_account().name

    with scripted(GRANTED, REVOKED) as tokens:
        assert name_of(login(tokens.endpoint)) == "Siam Coffee"
        with pytest.raises(AuthError, match="OAUTH_TOKEN"):
            name_of(login(tokens.endpoint, "unknown"))
        with pytest.raises(AuthError, match="invalid_grant"):
            name_of(login(tokens.endpoint))


@pytest.mark.parametrize(
    ("endpoint", "transport", "host"),
    [
        (None, "auto", "analyticsdata.googleapis.com:443"),
        ("https://ga.example.com", "auto", "ga.example.com:443"),
        ("https://localhost:8443/", "grpc", "localhost:8443"),
        ("https://localhost:8443/", "rest", "https://localhost:8443"),
        ("http://127.0.0.1:8701", "auto", "http://127.0.0.1:8701"),
        ("http://[::1]:8701", "auto", "http://[::1]:8701"),
    ],
)
def test_googles_client_is_opened_where_the_endpoint_says(endpoint, transport, host):
    access = GoogleAccess(ga4_endpoint=endpoint, ga4_transport=transport)
    clients = Ga4Clients(access, login("http://127.0.0.1:1", "token"))

    assert clients.data.transport.host == host
    clients.close()
