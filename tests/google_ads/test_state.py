from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from convbridge.adapters.google_ads import messages, queries
from convbridge.adapters.google_ads.connection import VERSIONS, Connection
from convbridge.adapters.google_ads.reading import FIELDS, INFO
from convbridge.errors import AuthError, ConfigError
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId
from convbridge.model.policy import GoalMode
from convbridge.model.resources import ResourceType
from google_ads.conftest import LOGIN
from sandbox.ads_client import fresh_google

WINDOW = DateWindow(start=date(2026, 1, 1), end=date(2026, 12, 31))


@pytest.fixture(params=VERSIONS)
def new(request):
    connection = Connection(
        credentials=None, version=request.param, endpoint="http://127.0.0.1:9"
    )
    yield connection.new
    connection.close()


def test_every_field_that_is_asked_for_exists_in_every_version(new):
    row = new("GoogleAdsRow")
    texts = [
        queries.account(row),
        queries.conversions(WINDOW),
        queries.costs(WINDOW),
        queries.hierarchy(),
        queries.uploads(),
        queries.campaigns_alone(),
        queries.portfolios_alone(),
        *map(queries.resources, queries._KEPT),
    ]
    fields = [f for text in texts for f in text[7:].split(" FROM ")[0].split(", ")]

    absent = [f for f in fields if not messages.has_path(row.DESCRIPTOR, f)]

    assert (len(fields) > 80, absent) == (True, [])


def test_every_field_that_is_read_is_asked_for():
    for kind in queries._KEPT.keys() & FIELDS.keys():
        asked = set(queries.resources(kind)[7:].split(" FROM ")[0].split(", "))
        read = {f"{kind}.{path}" for path in (*FIELDS[kind], *INFO[kind])}
        assert read <= asked


@pytest.mark.parametrize("version", VERSIONS)
def test_the_account_and_state_read_the_same_in_every_version(
    google, open_target, version
):
    target = open_target(google.google_ads_endpoint, version=version)

    assert target.fetch_account().to_dict() == {
        "customer_id": "123-456-7890",
        "name": "Siam Coffee",
        "currency": "THB",
        "time_zone": "Asia/Bangkok",
        "status": "ENABLED",
        "is_manager": False,
        "conversion_customer": "123-456-7890",
    }
    assert {str(r.type) for r in target.fetch_state()} >= {
        "conversion_action",
        "campaign",
        "conversion_goal_campaign_config",
        "customer_conversion_goal",
        "campaign_conversion_goal",
    }


def test_a_ga4_import_carries_what_it_is_joined_on(target):
    action = target.fetch_state().get("customers/1234567890/conversionActions/5001")

    assert action.fields["primary_for_goal"] is True
    assert action.fields["value_settings.default_value"] == Decimal(0)
    assert action.info["google_analytics_4_settings.event_name"] == "purchase"
    assert action.info["google_analytics_4_settings.property_id"] == "111111111"


SEARCHES = [
    pytest.param(GoalMode.CUSTOM, 4, id="custom"),
    pytest.param(GoalMode.ACCOUNT, 4, id="account"),
    pytest.param(GoalMode.NONE, 4, id="none"),
    pytest.param(GoalMode.CAMPAIGN, 5, id="campaign"),
    pytest.param(None, 7, id="every-mode"),
]


@pytest.mark.parametrize(("mode", "searches"), SEARCHES)
def test_a_new_clients_whole_state_is_read_in_few_searches(open_target, mode, searches):
    with fresh_google() as running:
        target = open_target(running.google_ads_endpoint, goal_mode=mode)

        target.fetch_account()
        state = target.fetch_state()
        calls = [c.method for c in running.calls if c.service == "google_ads"]

    assert calls == ["Search"] * searches
    assert target.operations == searches
    kinds = {r.type for r in state}
    assert {ResourceType.CAMPAIGN, ResourceType.CONVERSION_ACTION} <= kinds
    assert ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG in kinds


def test_only_the_types_asked_for_are_read(target):
    state = target.fetch_state([ResourceType.CUSTOMER_CONVERSION_GOAL])

    assert {r.type for r in state} == {ResourceType.CUSTOMER_CONVERSION_GOAL}


def test_a_manager_is_refused_where_a_client_is_needed(google, open_target):
    target = open_target(google.google_ads_endpoint, customer_id=LOGIN)

    with pytest.raises(ConfigError) as caught:
        target.fetch_state()

    assert "is a manager account" in caught.value.message


@pytest.mark.parametrize(
    ("customer", "login", "code"),
    [
        ("1234567890", None, "USER_PERMISSION_DENIED"),
        ("5555555555", "9999999999", "CUSTOMER_NOT_FOUND"),
    ],
    ids=["not-through-the-manager", "no-such-customer"],
)
def test_a_customer_out_of_reach_is_an_auth_error(
    google, open_target, customer, login, code
):
    target = open_target(
        google.google_ads_endpoint,
        customer_id=CustomerId(customer),
        login_customer_id=CustomerId(login) if login else None,
    )

    with pytest.raises(AuthError) as caught:
        target.fetch_account()

    assert caught.value.code == code


def test_the_hierarchy_lists_the_manager_and_its_clients(google, open_target):
    target = open_target(google.google_ads_endpoint, customer_id=LOGIN)

    found = [
        (c.level, c.customer_id.dashed, c.currency) for c in target.fetch_hierarchy()
    ]

    assert found[1:] == [(1, "123-456-7890", "THB"), (1, "234-567-8901", "PLN")]


def test_conversions_and_costs_come_by_campaign_and_day(google, open_target):
    target = open_target(google.google_ads_endpoint)

    found = target.fetch_campaign_metrics(WINDOW)

    names = {c.campaign_id: c.campaign for c in found.costs}
    assert names["7000002"] == "Generic - Coffee Beans"
    assert sum(c.conversions for c in found.conversions) > 0
    assert all(c.value >= 0 and c.day in WINDOW for c in found.conversions)
    assert {c.action_name for c in found.conversions} == {"Siam Coffee (web) purchase"}


def test_an_unknown_version_is_a_config_error(open_target):
    with pytest.raises(ConfigError, match="v22"):
        open_target("http://127.0.0.1:9", version="v22")


@pytest.mark.parametrize(
    ("double", "decimal"),
    [
        (0.1 + 0.2, "0.3"),
        (100.0, "100"),
        (0.0, "0"),
        (52.349999999999994, "52.35"),
        (1e16, "10000000000000000"),
        (0.000001, "0.000001"),
    ],
)
def test_a_double_becomes_the_decimal_it_stands_for(double, decimal):
    assert f"{messages.to_decimal(double):f}" == decimal
