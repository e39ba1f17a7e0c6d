"""Who may call, how often, and how failures look on the wire."""

from __future__ import annotations

import os
import subprocess
import sys

import grpc
import pytest
from google.ads.googleads.errors import GoogleAdsException
from google.api_core import exceptions

from convbridge.sandbox.ads_messages import message_class
from sandbox.ads_client import CUSTOMER, MANAGER, codes, fresh_google, open_ads, refusal

QUERY = "SELECT customer.id FROM customer"


@pytest.fixture
def ads():
    with open_ads() as running:
        yield running


@pytest.mark.parametrize(
    ("login", "customer", "error", "place"),
    [
        pytest.param(
            None,
            CUSTOMER,
            "authorization_error.USER_PERMISSION_DENIED",
            "",
            id="no-login-customer",
        ),
        pytest.param(
            "2222222222",
            CUSTOMER,
            "authentication_error.CUSTOMER_NOT_FOUND",
            "",
            id="unknown-login-customer",
        ),
        pytest.param(
            CUSTOMER,
            MANAGER,
            "authorization_error.USER_PERMISSION_DENIED",
            "",
            id="not-under-login-customer",
        ),
        pytest.param(
            "99-99",
            CUSTOMER,
            "header_error.INVALID_LOGIN_CUSTOMER_ID",
            "",
            id="malformed-login-customer",
        ),
        pytest.param(
            MANAGER,
            "5555555555",
            "authentication_error.CUSTOMER_NOT_FOUND",
            "",
            id="unknown-customer",
        ),
        pytest.param(
            MANAGER,
            "123-456-7890",
            "request_error.INVALID_CUSTOMER_ID",
            "customer_id",
            id="dashes",
        ),
    ],
)
def test_a_customer_is_reached_through_its_manager_only(
    ads, login, customer, error, place
):
    ads.login = login

    assert refusal(lambda: ads.rows(QUERY, customer)) == [(error, place)]


@pytest.mark.parametrize("status", ["CANCELED", "SUSPENDED", "CLOSED"])
def test_an_account_that_is_not_enabled_is_closed(ads, status):
    ads.google.ads.account(CUSTOMER).status = status

    actual = refusal(lambda: ads.rows(QUERY))

    assert actual == [("authorization_error.CUSTOMER_NOT_ENABLED", "")]


def test_the_request_id_is_in_the_trailers_of_success_and_failure(ads):
    ads.rows(QUERY)
    with pytest.raises(GoogleAdsException) as caught:
        ads.rows("SELECT customer.x FROM customer")

    calls = ads.google.calls.where(service="google_ads")
    ids = [call.ids["request_id"] for call in calls]
    assert caught.value.request_id == ids[1]
    assert caught.value.failure.request_id == ids[1]
    assert [call.status for call in calls] == ["OK", "INVALID_ARGUMENT"]


def test_the_days_operations_are_counted_by_access_level(ads):
    ads.google.ads.quota.access_level = "explorer"
    ads.google.ads.quota.spend(2_879, ads.google.clock.now())
    ads.rows(QUERY)

    with pytest.raises(exceptions.ResourceExhausted) as caught:
        ads.rows(QUERY)
    ads.google.clock.advance(days=1, seconds=1)

    assert failure_of(caught.value.errors[0])[0] == "RESOURCE_EXHAUSTED"
    assert len(ads.rows(QUERY)) == 1


def failure_of(call):
    """Return the quota code and retry delay that the trailers carry."""
    trailers = dict(call.trailing_metadata())
    data = trailers["google.ads.googleads.v26.errors.googleadsfailure-bin"]
    [error] = message_class("errors.GoogleAdsFailure").FromString(data).errors
    field = error.error_code.DESCRIPTOR.fields_by_name["quota_error"]
    name = field.enum_type.values_by_number[error.error_code.quota_error].name
    return name, error.details.quota_error_details.retry_delay.seconds


def test_a_quota_fault_tells_how_long_to_wait(ads):
    ads.google.faults.add(
        service="google_ads",
        status="quota_error.RESOURCE_TEMPORARILY_EXHAUSTED",
        delay=7,
    )

    with pytest.raises(exceptions.ResourceExhausted) as caught:
        ads.rows(QUERY)

    actual = failure_of(caught.value.errors[0])
    assert actual == ("RESOURCE_TEMPORARILY_EXHAUSTED", 7)


@pytest.mark.parametrize(
    ("status", "kind", "raised"),
    [
        pytest.param(503, "error", exceptions.ServiceUnavailable, id="http-503"),
        pytest.param(
            "DEADLINE_EXCEEDED", "error", exceptions.DeadlineExceeded, id="deadline"
        ),
        pytest.param(
            "INTERNAL", "error", exceptions.InternalServerError, id="internal"
        ),
        pytest.param(503, "drop", exceptions.ServiceUnavailable, id="dropped"),
    ],
)
def test_a_fault_strikes_once_and_nothing_is_done(ads, status, kind, raised):
    ads.google.faults.add(
        service="google_ads",
        method="MutateConversionActions",
        status=status,
        kind=kind,
        customer_id=CUSTOMER,
    )

    with pytest.raises(raised):
        ads.create_action("CRM sale")

    assert ads.create_action("CRM sale")


def test_a_google_ads_error_can_be_asked_for(ads):
    ads.google.faults.add(
        service="google_ads", status="database_error.CONCURRENT_MODIFICATION"
    )

    actual = refusal(ads.create_action)

    assert actual == [("database_error.CONCURRENT_MODIFICATION", "")]


def test_a_cut_connection_hides_what_was_done(ads):
    ads.google.faults.add(
        service="google_ads", method="MutateConversionActions", kind="cut"
    )

    with pytest.raises(exceptions.ServiceUnavailable):
        ads.create_action("CRM sale")

    place = "operations[0].create.name"
    actual = refusal(lambda: ads.create_action("CRM sale"))
    assert actual == [("conversion_action_error.DUPLICATE_NAME", place)]


def test_a_token_opens_only_its_customers(ads):
    ads.google.access.allow("good", "1111111111")

    actual = refusal(lambda: ads.rows(QUERY))

    assert actual == [("authentication_error.OAUTH_TOKEN_INVALID", "")]


def test_a_sunset_version_is_refused(ads):
    method = (
        "/google.ads.googleads.v19.services.CustomerService/ListAccessibleCustomers"
    )
    call = ads.channel.unary_unary(method)

    with pytest.raises(grpc.RpcError) as caught:
        call(b"")

    trailers = dict(caught.value.trailing_metadata())
    data = trailers["google.ads.googleads.v26.errors.googleadsfailure-bin"]
    kind = ads.types("errors", "GoogleAdsFailure")
    assert codes(kind.deserialize(data)) == [("request_error.UNSUPPORTED_VERSION", "")]


def test_a_method_that_is_not_there_is_unimplemented(ads):
    method = "/google.ads.googleads.v26.services.AdGroupService/MutateAdGroups"

    with pytest.raises(grpc.RpcError) as caught:
        ads.channel.unary_unary(method)(b"")

    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


STOCK_CLIENT = """
import sys
from google.ads.googleads.client import GoogleAdsClient
from google.ads.googleads.errors import GoogleAdsException
from google.auth.credentials import AnonymousCredentials

client = GoogleAdsClient(
    AnonymousCredentials(),
    endpoint=sys.argv[1].removeprefix("https://"),
    login_customer_id="9999999999",
    use_proto_plus=False,
    version="v26",
)
service = client.get_service("GoogleAdsService")
query = "SELECT customer.descriptive_name FROM customer"
for batch in service.search_stream(customer_id="1234567890", query=query):
    print(batch.results[0].customer.descriptive_name)
try:
    service.search(customer_id="1234567890", query="SELECT x.y FROM customer")
except GoogleAdsException as error:
    print(error.failure.errors[0].message)
"""


def test_the_stock_client_talks_over_tls():
    with fresh_google() as google:
        endpoint = google.google_ads_tls_endpoint
        trusted = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(google.tls_cert_path)}
        done = subprocess.run(
            [sys.executable, "-c", STOCK_CLIENT, endpoint],
            env={**os.environ, **trusted},
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
        path = google.tls_cert_path

    assert done.stdout.splitlines() == [
        "Shop",
        "Unrecognized field in the query: 'x.y'.",
    ], done.stderr
    assert not path.exists()
