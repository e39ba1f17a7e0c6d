"""Recording from something live, and what the replay then says."""

from __future__ import annotations

import contextlib

import grpc
import pytest
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.google_ads import Connection, GoogleAdsTarget
from convbridge.errors import AuthError, ConfigError
from convbridge.model.ids import CustomerId
from convbridge.testing import Mode, Origin, load_cassette, use_cassette
from google_ads.loopback import Refusal, failure, scripted
from google_ads.test_search import account

TRUE, FALSE = CustomerId("4445556666"), CustomerId("1234567890")
ALIASES = {str(TRUE): str(FALSE)}


def target(call, customer):
    return GoogleAdsTarget(
        call, call.new, customer_id=customer, policy=RetryPolicy(attempts=1)
    )


@pytest.fixture
def recorded(tmp_path):
    """Record one read of a true account from a server that answers as told."""
    path = tmp_path / "google_ads" / "read.yaml"

    def record(*answers, mode=Mode.ALL):
        with scripted(*answers) as (endpoint, script):
            connection = Connection(
                credentials=AnonymousCredentials(), endpoint=endpoint
            )
            options = {"live": lambda: connection, "aliases": ALIASES}
            tape = use_cassette(path, mode=mode, origin=Origin.RECORDED, **options)
            with tape as call, contextlib.suppress(AuthError):
                target(call, TRUE).fetch_account()
            connection.close()
        return path, script

    return record


def true_account():
    page = account()
    customer = page.results[0].customer
    customer.resource_name = f"customers/{TRUE}"
    customer.id = int(TRUE)
    customer.descriptive_name = "Acme"
    return page


def test_a_recording_replays_with_false_ids_and_names(recorded):
    path, _ = recorded(true_account())

    with use_cassette(path) as call:
        found = target(call, FALSE).fetch_account()

    assert (found.customer_id, found.name) == (FALSE, "Name 1")
    text = path.read_text()
    assert text.startswith("origin: recorded\n")
    assert str(TRUE) not in text
    assert "Acme" not in text


def test_a_refusal_replays_with_its_failure(recorded):
    error = {
        "error_code": {"authorization_error": "USER_PERMISSION_DENIED"},
        "message": f"jane@example.com cannot see customers/{TRUE}.",
        "trigger": {"string_value": "secret"},
    }
    refusal = Refusal(grpc.StatusCode.PERMISSION_DENIED, failure=failure(error))
    path, _ = recorded(refusal)

    denied = pytest.raises(AuthError)
    with use_cassette(path) as call, denied as caught:
        target(call, FALSE).fetch_account()

    assert (caught.value.code, caught.value.request_id) == (
        "USER_PERMISSION_DENIED",
        "req-1",
    )
    text = path.read_text()
    assert "jane@" not in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("mode", "requests"), [(Mode.ONCE, 0), (Mode.NEW, 1), (Mode.ALL, 1)]
)
def test_a_mode_says_what_is_recorded_again(recorded, mode, requests):
    first, _ = recorded(true_account())
    first.write_text(first.read_text().replace("customer.status, ", ""))

    if mode is Mode.ONCE:
        with pytest.raises(AssertionError, match=r"differs at request\.query"):
            recorded(true_account(), mode=mode)
        return
    path, script = recorded(true_account(), mode=mode)

    assert len(script.requests) == requests
    assert len(load_cassette(path).exchanges) == (2 if mode is Mode.NEW else 1)


def test_recording_needs_something_live(tmp_path):
    absent = pytest.raises(ConfigError, match="needs something live")
    with absent, use_cassette(tmp_path / "a.yaml", mode=Mode.ALL):
        pass


def test_a_file_that_is_no_cassette_is_named(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("origin: google\nexchanges: []\napi_version: v26\n")

    wrong = pytest.raises(ConfigError, match=r"a\.yaml is not a cassette")
    with wrong, use_cassette(path):
        pass
