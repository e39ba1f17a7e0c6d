"""Searches through the real client: pages, batches, hierarchy, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from convbridge.sandbox.property import KeyEvent
from sandbox.ads_client import CUSTOMER, MANAGER, fresh_google, open_ads, refusal

if TYPE_CHECKING:
    from convbridge.sandbox.server import Google


@pytest.fixture
def ads():
    with open_ads() as running:
        yield running


ACTIONS = """
    SELECT conversion_action.name, conversion_action.status, conversion_action.type,
      conversion_action.origin, conversion_action.primary_for_goal,
      conversion_action.include_in_conversions_metric,
      conversion_action.google_analytics_4_settings.event_name,
      conversion_action.google_analytics_4_settings.property_id
    FROM conversion_action ORDER BY conversion_action.name
"""


def mark(google: Google, event: str) -> None:
    site = google.world.site_of_customer(CUSTOMER)
    key = site.ga4.next_id()
    site.ga4.key_events[key] = KeyEvent(
        id=key, event_name=event, created_at=google.clock.now()
    )


def test_key_events_of_a_linked_property_are_hidden_actions(ads):
    mark(ads.google, "generate_lead")

    actual = [
        (
            row.conversion_action.name,
            row.conversion_action.type_.name,
            row.conversion_action.status.name,
            row.conversion_action.origin.name,
            row.conversion_action.primary_for_goal,
            row.conversion_action.include_in_conversions_metric,
            row.conversion_action.google_analytics_4_settings.event_name,
            row.conversion_action.google_analytics_4_settings.property_id,
        )
        for row in ads.rows(ACTIONS)
    ]

    lead, sale = "GOOGLE_ANALYTICS_4_GENERATE_LEAD", "GOOGLE_ANALYTICS_4_PURCHASE"
    assert actual == [
        (
            "Shop (web) generate_lead",
            lead,
            "HIDDEN",
            "WEBSITE",
            False,
            False,
            "generate_lead",
            111,
        ),
        (
            "Shop (web) purchase",
            sale,
            "ENABLED",
            "WEBSITE",
            True,
            True,
            "purchase",
            111,
        ),
    ]


def test_a_new_key_event_shows_up_after_the_import_delay(ads):
    from datetime import timedelta

    ads.google.ads.seeder.ga4_delay = timedelta(hours=12)
    mark(ads.google, "add_to_cart")
    before = len(ads.rows(ACTIONS))

    ads.google.clock.advance(hours=12)

    assert (before, len(ads.rows(ACTIONS))) == (1, 2)


def test_an_action_that_was_never_imported_goes_with_its_key_event(ads):
    mark(ads.google, "add_to_cart")
    before = len(ads.rows(ACTIONS))
    key_events = ads.google.world.site_of_customer(CUSTOMER).ga4.key_events
    for key in [k for k, v in key_events.items() if v.event_name == "add_to_cart"]:
        del key_events[key]
    without = len(ads.rows(ACTIONS))
    mark(ads.google, "add_to_cart")

    assert (before, without, len(ads.rows(ACTIONS))) == (2, 1, 2)


def test_a_property_that_is_not_linked_shows_nothing(ads):
    ads.google.world.site_of_customer(CUSTOMER).ga4.ads_links.clear()

    assert ads.rows(ACTIONS) == []


def test_pages_follow_each_other_to_the_end(ads):
    ads.google.ads.page_size = 2
    service = ads.service("GoogleAdsService")

    pager = service.search(
        customer_id=CUSTOMER, query="SELECT campaign.id FROM campaign"
    )

    sizes = [len(page.results) for page in pager.pages]
    assert sizes == [2, 2, 1]


def test_a_batch_has_its_mask_and_request_id(ads):
    ads.google.ads.page_size = 3
    service = ads.service("GoogleAdsService")

    batches = list(
        service.search_stream(
            customer_id=CUSTOMER,
            query="SELECT campaign.id, campaign.name FROM campaign",
        )
    )

    assert [len(batch.results) for batch in batches] == [3, 2]
    assert list(batches[0].field_mask.paths) == ["campaign.id", "campaign.name"]
    assert all(batch.request_id for batch in batches)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        pytest.param(
            {"page_size": 10},
            ("request_error.PAGE_SIZE_NOT_SUPPORTED", "page_size"),
            id="size",
        ),
        pytest.param(
            {"page_token": "made-up"},
            ("request_error.INVALID_PAGE_TOKEN", "page_token"),
            id="token",
        ),
    ],
)
def test_paging_is_googles_business(ads, fields, error):
    kind = ads.types("services", "SearchGoogleAdsRequest")
    request = kind(
        customer_id=CUSTOMER, query="SELECT campaign.id FROM campaign", **fields
    )

    actual = refusal(lambda: ads.service("GoogleAdsService").search(request))

    assert actual == [error]


def test_the_hierarchy_is_under_the_manager(ads):
    rows = ads.rows(
        "SELECT customer_client.id, customer_client.level, customer_client.manager, "
        "customer_client.currency_code FROM customer_client",
        MANAGER,
    )

    clients = [row.customer_client for row in rows]
    actual = [(c.id, c.level, c.manager, c.currency_code) for c in clients]
    assert actual == [
        (int(MANAGER), 0, True, "USD"),
        (int(CUSTOMER), 1, False, "THB"),
    ]


def test_accessible_customers_are_those_without_a_manager(ads):
    response = ads.service("CustomerService").list_accessible_customers()

    assert list(response.resource_names) == [f"customers/{MANAGER}"]


def test_the_conversion_customer_may_be_the_manager():
    google = fresh_google(conversion_customer_id=MANAGER)
    with open_ads(google=google) as ads:
        [row] = ads.rows(
            "SELECT customer.conversion_tracking_setting.conversion_tracking_status, "
            "customer.conversion_tracking_setting.google_ads_conversion_customer "
            "FROM customer"
        )
        [action] = ads.rows(
            "SELECT conversion_action.owner_customer FROM conversion_action"
        )

    setting = row.customer.conversion_tracking_setting
    assert setting.google_ads_conversion_customer == f"customers/{MANAGER}"
    assert setting.conversion_tracking_status.name == (
        "CONVERSION_TRACKING_MANAGED_BY_THIS_MANAGER"
    )
    assert action.conversion_action.owner_customer == f"customers/{MANAGER}"


def test_an_older_version_still_has_the_field_v26_dropped():
    with open_ads(version="v25") as ads:
        [row] = ads.rows(
            "SELECT customer.currency_code, customer.conversion_tracking_setting."
            "enhanced_conversions_for_leads_enabled FROM customer"
        )
        failure = refusal(lambda: ads.rows("SELECT campaign.x FROM campaign"))

    assert row.customer.currency_code == "THB"
    setting = row.customer.conversion_tracking_setting
    assert setting.enhanced_conversions_for_leads_enabled is True
    assert failure == [("query_error.UNRECOGNIZED_FIELD", "")]


def test_an_edit_in_the_ui_is_seen_by_the_next_search(ads):
    base = f"customers/{CUSTOMER}"
    ads.google.ads.edit(
        "conversion_action",
        f"{base}/conversionActions/5001",
        name="Renamed in the UI",
        value_settings={"default_value": 9.0},
    )
    ads.google.ads.edit(
        "customer_conversion_goal",
        f"{base}/customerConversionGoals/PURCHASE~WEBSITE",
        biddable=False,
    )

    [action] = ads.rows(
        "SELECT conversion_action.name, conversion_action.value_settings.default_value,"
        " conversion_action.value_settings.default_currency_code FROM conversion_action"
    )
    [goal] = ads.rows(
        "SELECT customer_conversion_goal.biddable FROM customer_conversion_goal"
    )

    found = action.conversion_action
    settings = found.value_settings
    assert found.name == "Renamed in the UI"
    assert (settings.default_value, settings.default_currency_code) == (9.0, "THB")
    assert goal.customer_conversion_goal.biddable is False


def test_resources_are_read_past_the_wire(ads):
    campaigns = ads.google.ads.resources("campaign", CUSTOMER)

    assert [campaign.id for campaign in campaigns] == [
        7000001,
        7000002,
        7000003,
        7000004,
        7000005,
    ]


@pytest.mark.parametrize(
    ("where", "names"),
    [
        pytest.param(
            "WHERE name = 'metrics.conversions'", ["metrics.conversions"], id="one"
        ),
        pytest.param(
            "WHERE name LIKE 'customer_conversion_goal.%' AND category = 'ATTRIBUTE'",
            [
                "customer_conversion_goal.resource_name",
                "customer_conversion_goal.category",
                "customer_conversion_goal.origin",
                "customer_conversion_goal.biddable",
            ],
            id="of-a-resource",
        ),
        pytest.param(
            "WHERE name LIKE '%enhanced_conversions_for_leads_enabled'",
            [],
            id="gone-in-v26",
        ),
    ],
)
def test_the_catalogue_knows_the_fields_of_the_version(ads, where, names):
    service = ads.service("GoogleAdsFieldService")

    response = service.search_google_ads_fields(
        query=f"SELECT name, category, selectable {where}"
    )

    assert [field.name for field in response] == names
