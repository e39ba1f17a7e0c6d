"""GA4 and the Data Manager replayed over HTTP, with no server anywhere."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from convbridge.adapters.auth import credentials
from convbridge.adapters.data_manager import open_data_manager
from convbridge.adapters.ga4 import open_ga4
from convbridge.errors import RejectedError
from convbridge.model.access import CredentialsKind, GoogleAccess
from convbridge.model.conversions import Conversion, Part
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId, PropertyId
from convbridge.testing import FixedClock, Mode, Origin, Scrubber, http_cassettes
from convbridge.testing.allowed import allowed

CASSETTES = Path(__file__).parent.parent / "cassettes"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def replayed(record_mode):
    """Give an endpoint that answers from a cassette; record it first if asked."""

    @contextmanager
    def replay(vendor, scenario):
        tapes = http_cassettes(
            CASSETTES, vendor=vendor, mode=record_mode, origin=Origin.SANDBOX
        )
        with _sandbox(record_mode, vendor) as endpoint:
            with tapes.use_cassette(f"{scenario}.yaml") as tape:
                yield endpoint
            assert tape.all_played or record_mode is not Mode.NONE

    return replay


@contextmanager
def _sandbox(mode, vendor):
    if mode is Mode.NONE:
        yield NOBODY
        return
    from convbridge.sandbox import serve

    with serve(now=NOW) as google:
        yield getattr(google, f"{vendor}_endpoint")


def ga4(endpoint):
    access = GoogleAccess(credentials=CredentialsKind.ANONYMOUS, ga4_endpoint=endpoint)
    return open_ga4(
        access,
        credentials(access, []),
        property_id=PropertyId("111111111"),
        clock=FixedClock(NOW),
        concurrency=1,
        sleep=lambda _: None,
    )


def test_counts_of_a_day(replayed):
    day = DateWindow(start=date(2026, 11, 2), end=date(2026, 11, 2))
    with replayed("ga4", "counts") as endpoint:
        counts = ga4(endpoint).fetch_counts(day)

    assert (counts.currency, counts.time_zone) == ("THB", "Asia/Bangkok")
    assert counts.count("purchase") > 0
    assert counts.counts()["page_view"] > counts.count("purchase")


def test_a_property(replayed):
    with replayed("ga4", "property") as endpoint:
        found = ga4(endpoint).fetch_property()

    assert (found.currency, found.google_ads_links[0].dashed) == ("THB", "123-456-7890")


def data_manager(endpoint):
    access = GoogleAccess(
        credentials=CredentialsKind.ANONYMOUS, data_manager_endpoint=endpoint
    )
    return open_data_manager(
        access,
        credentials(access, []),
        operating_customer=CustomerId("1234567890"),
        login_customer=CustomerId("9999999999"),
    )


def test_a_conversion_for_an_action_that_takes_no_uploads(replayed):
    conversion = Conversion(
        line=2,
        event="crm_sale",
        action="5001",
        transaction_id="order-1",
        time=int(NOW.timestamp() * 1_000_000),
        value="250",
        currency="THB",
        gclid="EAIaIQobChMI-a-click",
    )
    with replayed("data_manager", "refused_action") as endpoint:
        sink = data_manager(endpoint)
        with pytest.raises(RejectedError) as caught:
            sink.send(sink.encode([Part("5001", [conversion])]))

    assert caught.value.request_id == "sandbox-dm-00000001"
    assert caught.value.reasons == (
        (
            "INVALID_CONVERSION_ACTION_TYPE at destinations[0].product_destination_id: "
            "invalid conversion action type"
        ),
    )


def test_no_click_and_no_person_is_in_a_cassette():
    scrub = Scrubber(allowed("http"), keep=True)
    event = {
        "transactionId": "order-1",
        "adIdentifiers": {"gclid": "EAIaIQobChMI-a-click"},
        "userData": {"userIdentifiers": [{"emailAddress": "a" * 64}]},
    }

    assert scrub({"events": [event]}) == {"events": [{"transactionId": "order-1"}]}


HTTP_FILES = sorted((CASSETTES / "ga4").glob("*.yaml")) + sorted(
    (CASSETTES / "data_manager").glob("*.yaml")
)


@pytest.mark.parametrize("path", HTTP_FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_an_http_cassette_holds_allowed_fields_and_one_header_only(path):
    scrub = Scrubber(allowed("http"), keep=True)

    for exchange in yaml.safe_load(path.read_text())["interactions"]:
        request, response = exchange["request"], exchange["response"]
        bodies = [request["body"], response["body"]["string"]]
        for body in filter(None, bodies):
            assert scrub(json.loads(body)) == json.loads(body)
        headers = {*request["headers"], *response["headers"]}
        assert {h.lower() for h in headers} <= {"content-type"}
