from __future__ import annotations

from datetime import timedelta
from shutil import copyfile

import pytest

from convbridge.adapters.data_manager import GoogleHasher
from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.outbox import SqlOutbox
from convbridge.deliver import deliver
from convbridge.model.conversions import DeliveryPolicy
from convbridge.sandbox import serve
from convbridge.sandbox.clicks import clicks_between
from convbridge.sandbox.clock import Clock
from convbridge.sandbox.sites import default_world
from deliver.kit import (
    CLIENT,
    CUSTOMER,
    NOW,
    google_sleep,
    make_action,
    open_sink,
    open_way,
)


@pytest.fixture(scope="session")
def world():
    """Simulated once: its visitors do not change, only what is sent about them."""
    return default_world(seed=7, clock=Clock(NOW))


@pytest.fixture
def google(world):
    world.clock._added = timedelta()
    with serve(world) as served:
        yield served


@pytest.fixture
def action(google):
    """An UPLOAD_CLICKS action old enough to be used."""
    return make_action(google, "CRM sale")


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory):
    """A ledger nobody wrote to; its migrations take longer than most tests."""
    path = tmp_path_factory.mktemp("ledger") / "empty.db"
    open_ledger(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def database(tmp_path, empty_ledger):
    copyfile(empty_ledger, tmp_path / "ledger.db")
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    yield ledger.database
    ledger.close()


@pytest.fixture
def outbox(database):
    return SqlOutbox(database)


@pytest.fixture
def sink(google):
    found = open_sink(google.data_manager_endpoint)
    yield found
    found.close()


@pytest.fixture
def ads_sink(google):
    google.ads.uploads_allowed = True
    found = open_way("google_ads", google).sink
    yield found
    found.close()


@pytest.fixture(params=["rest", "grpc", "google_ads"])
def way(request, google):
    """Each way to Google: the Data Manager API over REST or gRPC, and Google Ads."""
    google.ads.uploads_allowed = True
    found = open_way(request.param, google)
    yield found
    found.sink.close()


@pytest.fixture
def run(google, action, outbox, sink):
    """Deliver a source with everything else as usual."""

    def deliver_it(source, **changes):
        policy = {"actions": {"sale": action}, "time_zone": "Asia/Bangkok"}
        policy |= {"currency": "THB"} | changes.pop("policy", {})
        usual = {
            "client": CLIENT,
            "sink": sink,
            "outbox": outbox,
            "policy": DeliveryPolicy(**policy),
            "hasher": GoogleHasher(),
            "clock": google.clock,
            "sleep": google_sleep(google),
        }
        return deliver(source, **usual | changes)

    return deliver_it


@pytest.fixture
def received(google):
    """Transaction ids of the events the sandbox took, in the order they came."""
    return lambda: [
        found.event["transaction_id"] for found in google.data_manager.received_events()
    ]


@pytest.fixture
def clicks(google):
    """Real clicks of the sandbox's shop, from a month to a week ago."""
    site = google.world.site_of_customer(CUSTOMER)
    found = clicks_between(site, NOW - timedelta(days=30), NOW - timedelta(days=7))
    return [click for click in found if click.kind == "gclid"]
