"""
The recorded scenarios: replayed with no server anywhere, and read for hygiene.

`--record=all` records them again from the sandbox, or with `--record-live` from a
Google test account; docs/reference/cassettes.md says how.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.auth import credentials
from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.google_ads import Connection, GoogleAdsTarget
from convbridge.adapters.scopes import Scope
from convbridge.errors import AuthError, ConfigError, OutcomeUnknownError, QuotaError
from convbridge.model.access import GoogleAccess
from convbridge.model.changes import Action
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId
from convbridge.model.policy import GoalMode
from convbridge.model.resources import ResourceType
from convbridge.testing import (
    Mode,
    Origin,
    ReplayError,
    Scrubber,
    load_cassette,
    use_cassette,
)
from convbridge.testing.allowed import allowed
from google_ads.wishes import PURCHASE, change, create_action, update

CASSETTES = Path(__file__).parent.parent / "cassettes"
FILES = sorted(CASSETTES.rglob("*.yaml"))
CUSTOMER, LOGIN = CustomerId("1234567890"), CustomerId("9999999999")
CONFIG = f"customers/{CUSTOMER}/conversionGoalCampaignConfigs/7000001"


@pytest.fixture
def replayed(record_mode, live_ids):
    """Give a target over a cassette; record it first where that is asked for."""

    @contextmanager
    def replay(scenario, **kwargs):
        opened = []

        def live():
            opened.append(_connection(live_ids))
            return opened[-1][0]

        true = dict(zip(live_ids, (CUSTOMER, LOGIN), strict=False))
        with use_cassette(
            CASSETTES / "google_ads" / f"{scenario}.yaml",
            mode=record_mode,
            live=live,
            origin=Origin.RECORDED if live_ids else Origin.SANDBOX,
            aliases=true,
        ) as call:
            recording = bool(opened and live_ids)
            yield GoogleAdsTarget(
                call,
                call.new,
                customer_id=CustomerId(live_ids[0]) if recording else CUSTOMER,
                policy=RetryPolicy(attempts=2),
                sleep=lambda _: None,
                **kwargs,
            )
        for connection, close in opened:
            connection.close()
            close()

    return replay


def _connection(live_ids):
    if live_ids:
        access = GoogleAccess()
        login = CustomerId(live_ids[1]) if len(live_ids) > 1 else None
        found = credentials(access, [Scope.GOOGLE_ADS])
        return Connection(credentials=found, login_customer_id=login), lambda: None
    from convbridge.sandbox import serve

    google = serve()
    endpoint = google.__enter__().google_ads_endpoint
    connection = Connection(
        credentials=AnonymousCredentials(), endpoint=endpoint, login_customer_id=LOGIN
    )
    return connection, google.close


def test_read_state(replayed):
    with replayed("read_state") as target:
        account = target.fetch_account()
        state = target.fetch_state()

    assert (account.currency, account.conversion_customer) == ("THB", CUSTOMER)
    purchase = state.get(PURCHASE)
    assert purchase.info["google_analytics_4_settings.event_name"] == "purchase"
    assert purchase.fields["value_settings.always_use_default_value"] is False


def test_value_a_micro_and_bid_on_it(replayed):
    with replayed("value_a_micro", goal_mode=GoalMode.CUSTOM) as target:
        goal = change(
            Action.CREATE,
            ResourceType.CUSTOM_CONVERSION_GOAL,
            "new:goal",
            {"name": "goal", "conversion_actions": ("new:cart", PURCHASE)},
        )
        attach = {"custom_conversion_goal": "new:goal", "goal_config_level": "CAMPAIGN"}
        kind = ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG
        outcomes = target.apply(
            [create_action("cart"), goal, update(kind, CONFIG, attach)], names={}
        )
        made, named, _ = [o.resource_name for o in outcomes]
        zero = {"value_settings.default_value": Decimal(0)}
        target.apply([update(ResourceType.CONVERSION_ACTION, made, zero)], names={})
        state = target.fetch_state()

    assert len({o.request_id for o in outcomes}) == 1
    assert state.get(made).fields["value_settings.default_value"] == Decimal(0)
    assert state.get(made).fields["primary_for_goal"] is False
    assert state.get(CONFIG).fields == {**attach, "custom_conversion_goal": named}


def test_a_refused_operation_among_good_ones(replayed):
    bad = create_action("bad", type="GOOGLE_ANALYTICS_4_CUSTOM")
    with replayed("refused_operation") as target:
        outcomes = target.validate([create_action("a"), bad], names={})

    assert [o.code for o in outcomes] == [None, "CREATION_NOT_SUPPORTED"]
    assert outcomes[1].error.startswith(
        "CREATION_NOT_SUPPORTED at mutate_operations[1].conversion_action_operation"
    )


def test_conversions_and_costs(replayed):
    window = DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 7))
    with replayed("campaign_metrics") as target:
        found = target.fetch_campaign_metrics(window)

    assert {c.day.month for c in found.costs} == {11}


def test_the_day_is_used_up(replayed):
    with replayed("day_used_up") as target, pytest.raises(QuotaError) as caught:
        target.fetch_account()

    assert (caught.value.retry_after, caught.value.request_id) == (3600, "composed-1")


def test_no_permission(replayed):
    with replayed("no_permission") as target, pytest.raises(AuthError) as caught:
        target.fetch_account()

    assert caught.value.code == "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION"


def test_a_write_that_got_no_answer(replayed):
    with replayed("no_answer") as target, pytest.raises(OutcomeUnknownError):
        target.apply([create_action("cart")], names={})


def test_eu_political_advertising(replayed):
    zero = {"value_settings.default_value": Decimal(0)}
    with replayed("eu_political_advertising") as target:
        outcome = target.apply(
            [update(ResourceType.CONVERSION_ACTION, PURCHASE, zero)], names={}
        )[0]

    assert outcome.code == "EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED"
    assert "declare for every campaign" in outcome.error


@pytest.fixture
def one_exchange(tmp_path):
    path = tmp_path / "cassette.yaml"
    source = CASSETTES / "google_ads" / "refused_operation.yaml"
    path.write_text(source.read_text())
    return path


def test_a_miss_shows_the_nearest_request_and_the_first_difference(one_exchange):
    other = create_action("b", category="CONTACT")
    missed = pytest.raises(ReplayError)
    with missed as caught, use_cassette(one_exchange) as call:
        target = GoogleAdsTarget(call, call.new, customer_id=CUSTOMER)
        target.validate([create_action("a"), other], names={})

    assert str(caught.value) == (
        "no recorded GoogleAdsService.Mutate is like this one; the nearest differs at "
        "request.mutateOperations[1].conversionActionOperation.create.category: "
        "recorded 'ADD_TO_CART', asked 'CONTACT'"
    )


def test_an_exchange_that_nobody_asked_for_fails(one_exchange):
    unused = pytest.raises(ReplayError, match="2 recorded exchanges unused")
    with unused, use_cassette(one_exchange):
        pass


def test_a_missing_cassette_says_how_to_record_it(tmp_path):
    absent = pytest.raises(ConfigError, match=r"docs/reference/cassettes\.md")
    with absent, use_cassette(tmp_path / "absent.yaml"):
        pass


def test_a_composed_cassette_is_never_recorded_over(tmp_path):
    source = CASSETTES / "google_ads" / "day_used_up.yaml"
    path = tmp_path / "cassette.yaml"
    path.write_text(source.read_text())

    unused = pytest.raises(ReplayError)
    with unused, use_cassette(path, mode=Mode.ALL, live=lambda: None):
        pass

    assert path.read_text() == source.read_text()


def test_scrubbing_drops_what_is_not_allowed_and_renames_what_is_true():
    scrub = Scrubber(allowed("google_ads"), aliases={"4445556666": "1234567890"})
    data = {
        "customerId": "4445556666",
        "developerToken": "secret",
        "operations": [
            {
                "update": {
                    "resourceName": "customers/4445556666/conversionActions/987654321",
                    "name": "Acme checkout",
                },
                "trigger": {"stringValue": "jane@example.com"},
            }
        ],
        "message": "jane@example.com has no access to customers/7778889999",
    }

    assert scrub(data) == {
        "customerId": "1234567890",
        "operations": [
            {
                "update": {
                    "resourceName": "customers/1234567890/conversionActions/1001",
                    "name": "Name 1",
                }
            }
        ],
        "message": "[scrubbed] has no access to customers/1000000001",
    }


FALSE_ACCOUNTS = {"1234567890", "2345678901", "9999999999"}
FORBIDDEN = re.compile(
    r"ya29\.|1//0|GOCSPX-|Bearer |developer-token|[\w.+-]+@(?!example\.com)[\w-]+\.\w"
    r"|\b[0-9a-f]{64}\b|\b(?:authorization|cookie|set-cookie)['\"]?:|BEGIN PRIVATE",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_a_cassette_holds_nothing_but_what_is_allowed(path):
    text = path.read_text()
    data = yaml.safe_load(text)

    assert data["origin"] in set(Origin)
    assert not FORBIDDEN.search(text)
    accounts = set(re.findall(r"customers/(\d+)", text))
    assert {a for a in accounts if not a.startswith("10000000")} <= FALSE_ACCOUNTS
    if path.parent.name == "google_ads":
        assert set(data) <= {"origin", "note", "api_version", "exchanges"}
        for exchange in load_cassette(path).exchanges:
            for side in (exchange.request, exchange.response, exchange.error):
                assert set(_keys(side)) - allowed("google_ads") - _REFUSAL == set()


_REFUSAL = {"status", "message", "request_id", "failure"}


def _keys(data, parent=""):
    if isinstance(data, dict):
        for key, value in data.items():
            if parent != "errorCode":
                yield key
            yield from _keys(value, key)
    elif isinstance(data, list):
        for item in data:
            yield from _keys(item, parent)


def test_every_google_ads_cassette_is_used():
    used = set(re.findall(r'replayed\(\s*"(\w+)"', Path(__file__).read_text()))

    assert {p.stem for p in FILES if p.parent.name == "google_ads"} == used


def test_composed_cassettes_say_after_what():
    composed = [p for p in FILES if "origin: composed" in p.read_text()]

    assert composed
    assert all(yaml.safe_load(p.read_text()).get("note") for p in composed)


def test_the_documented_example_runs(monkeypatch):
    page = CASSETTES.parent / "docs" / "reference" / "cassettes.md"
    example = page.read_text().split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(CASSETTES.parent)

    exec(compile(example, str(page), "exec"), {})
