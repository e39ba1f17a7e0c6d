"""Conversion actions through the real client: created, changed, refused."""

from __future__ import annotations

import pytest

from sandbox.ads_client import (
    CUSTOMER,
    MANAGER,
    action,
    fresh_google,
    open_ads,
    refusal,
    update,
)

WINDOW = "click_through_lookback_window_days"
VALUE = "value_settings.default_value"


@pytest.fixture
def ads():
    with open_ads() as running:
        yield running


def read(ads, name, *fields):
    selected = ", ".join(f"conversion_action.{field}" for field in fields)
    [row] = ads.rows(
        f"SELECT {selected} FROM conversion_action "
        f"WHERE conversion_action.resource_name = '{name}'"
    )
    return row.conversion_action


def ga4_action(ads):
    [row] = ads.rows(
        "SELECT conversion_action.resource_name FROM conversion_action "
        "WHERE conversion_action.type = 'GOOGLE_ANALYTICS_4_PURCHASE'"
    )
    return row.conversion_action.resource_name


def test_a_new_action_gets_googles_defaults(ads):
    name = ads.create_action("CRM sale")

    found = read(
        ads,
        name,
        "name",
        "status",
        "category",
        "origin",
        "counting_type",
        "primary_for_goal",
        WINDOW,
        VALUE,
        "value_settings.default_currency_code",
        "attribution_model_settings.attribution_model",
        "owner_customer",
    )
    assert type(found).to_dict(
        found, use_integers_for_enums=False, always_print_fields_with_no_presence=False
    ) == {
        "resource_name": name,
        "name": "CRM sale",
        "status": "ENABLED",
        "category": "PURCHASE",
        "origin": "WEBSITE",
        "counting_type": "MANY_PER_CLICK",
        "primary_for_goal": True,
        WINDOW: "30",
        "value_settings": {"default_value": 0.0, "default_currency_code": "THB"},
        "attribution_model_settings": {
            "attribution_model": "GOOGLE_SEARCH_ATTRIBUTION_DATA_DRIVEN"
        },
        "owner_customer": f"customers/{CUSTOMER}",
    }


@pytest.mark.parametrize(
    ("fields", "error", "place"),
    [
        pytest.param({"name": ""}, "field_error.REQUIRED", "create.name", id="no-name"),
        pytest.param(
            {"name": "x" * 101},
            "string_length_error.TOO_LONG",
            "create.name",
            id="long-name",
        ),
        pytest.param(
            {"name": "Shop (web) purchase"},
            "conversion_action_error.DUPLICATE_NAME",
            "create.name",
            id="name-taken",
        ),
        pytest.param(
            {"type_": "GOOGLE_ANALYTICS_4_PURCHASE"},
            "conversion_action_error.CREATION_NOT_SUPPORTED",
            "create.type",
            id="ga4-type",
        ),
        pytest.param({"type_": 0}, "field_error.REQUIRED", "create.type", id="no-type"),
        pytest.param(
            {"id": 5}, "field_error.IMMUTABLE_FIELD", "create.id", id="output-only"
        ),
        pytest.param(
            {"status": "REMOVED"},
            "operation_access_denied_error.CREATE_AS_REMOVED_NOT_PERMITTED",
            "create.status",
            id="removed",
        ),
        pytest.param(
            {"value_settings": {"default_value": -1.0}},
            "range_error.TOO_LOW",
            f"create.{VALUE}",
            id="negative-value",
        ),
        pytest.param(
            {"value_settings": {"default_value": float("nan")}},
            "field_error.INVALID_VALUE",
            f"create.{VALUE}",
            id="value-not-a-number",
        ),
        pytest.param(
            {"value_settings": {"default_currency_code": "XXX"}},
            "currency_code_error.UNSUPPORTED",
            "create.value_settings.default_currency_code",
            id="currency",
        ),
        pytest.param(
            {WINDOW: 91}, "range_error.TOO_HIGH", f"create.{WINDOW}", id="window"
        ),
        pytest.param(
            {"view_through_lookback_window_days": 0},
            "range_error.TOO_LOW",
            "create.view_through_lookback_window_days",
            id="view-window",
        ),
        pytest.param(
            {
                "attribution_model_settings": {
                    "attribution_model": "GOOGLE_SEARCH_ATTRIBUTION_LINEAR"
                }
            },
            "conversion_action_error.CANNOT_SET_RULE_BASED_ATTRIBUTION_MODELS",
            "create.attribution_model_settings.attribution_model",
            id="rule-based",
        ),
        pytest.param(
            {"resource_name": f"customers/{CUSTOMER}/conversionActions/77"},
            "new_resource_creation_error.CANNOT_SET_ID_FOR_CREATE",
            "create.resource_name",
            id="own-id",
        ),
    ],
)
def test_creation_is_refused(ads, fields, error, place):
    operation = {"create": {**action("CRM sale"), **fields}}

    actual = refusal(lambda: ads.actions([operation]))

    assert actual == [(error, f"operations[0].{place}")]


def test_several_faults_of_one_action_are_told_together(ads):
    operation = {"create": action("", value_settings={"default_value": -1.0})}

    actual = refusal(lambda: ads.actions([operation]))

    assert actual == [
        ("field_error.REQUIRED", "operations[0].create.name"),
        ("range_error.TOO_LOW", f"operations[0].create.{VALUE}"),
    ]


def test_zero_and_false_arrive_through_an_explicit_mask(ads):
    name = ads.create_action(value_settings={"default_value": 12.0})

    ads.update_action(
        name,
        "primary_for_goal",
        VALUE,
        primary_for_goal=False,
        value_settings={"default_value": 0.0},
    )

    found = read(ads, name, "primary_for_goal", VALUE)
    assert (found.primary_for_goal, found.value_settings.default_value) == (False, 0.0)


def test_a_field_outside_the_mask_is_ignored(ads):
    name = ads.create_action(value_settings={"default_value": 12.0})

    ads.update_action(
        name, "name", name="Renamed", value_settings={"default_value": 99.0}
    )

    found = read(ads, name, "name", VALUE)
    assert (found.name, found.value_settings.default_value) == ("Renamed", 12.0)


def test_a_masked_field_without_a_value_is_reset(ads):
    name = ads.create_action(
        primary_for_goal=False, value_settings={"default_value": 12.0}
    )

    ads.update_action(name, "primary_for_goal", VALUE)

    found = read(ads, name, "primary_for_goal", VALUE)
    assert (found.primary_for_goal, found.value_settings.default_value) == (True, 0.0)


@pytest.mark.parametrize(
    ("paths", "fields", "error", "place"),
    [
        pytest.param(
            (), {}, "field_mask_error.FIELD_MASK_MISSING", "update_mask", id="no-mask"
        ),
        pytest.param(
            ("value",),
            {},
            "field_mask_error.FIELD_NOT_FOUND",
            "update_mask",
            id="unknown",
        ),
        pytest.param(
            ("value_settings",),
            {},
            "field_mask_error.FIELD_HAS_SUBFIELDS",
            "update_mask",
            id="parent",
        ),
        pytest.param(
            ("type",),
            {"type_": "WEBPAGE"},
            "field_error.IMMUTABLE_FIELD",
            "update.type",
            id="type",
        ),
        pytest.param(
            ("origin",),
            {},
            "mutate_error.RESOURCE_READ_ONLY",
            "update.origin",
            id="read-only",
        ),
        pytest.param(
            ("category",),
            {"category": 1},
            "request_error.INVALID_ENUM_VALUE",
            "update.category",
            id="unknown-category",
        ),
    ],
)
def test_an_update_is_refused(ads, paths, fields, error, place):
    name = ads.create_action()

    actual = refusal(lambda: ads.update_action(name, *paths, **fields))

    assert actual == [(error, f"operations[0].{place}")]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        pytest.param("", "request_error.RESOURCE_NAME_MISSING", id="missing"),
        pytest.param("x/1", "request_error.RESOURCE_NAME_MALFORMED", id="malformed"),
        pytest.param(
            f"customers/{CUSTOMER}/conversionActions/1",
            "mutate_error.RESOURCE_NOT_FOUND",
            id="unknown",
        ),
        pytest.param(
            f"customers/{MANAGER}/conversionActions/1",
            "operation_access_denied_error.MUTATE_NOT_PERMITTED_FOR_CUSTOMER",
            id="another-customers",
        ),
    ],
)
def test_an_update_needs_a_resource_of_the_customer(ads, name, error):
    actual = refusal(lambda: ads.update_action(name, "name", name="x"))

    assert actual == [(error, "operations[0].update.resource_name")]


def test_removed_is_for_good(ads):
    name = ads.create_action()
    ads.actions([{"remove": name}])

    actual = refusal(lambda: ads.update_action(name, "status", status="ENABLED"))

    assert read(ads, name, "status").status.name == "REMOVED"
    code = "context_error.OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE"
    assert actual == [(code, "operations[0].update.resource_name")]


def test_the_name_of_a_removed_action_is_free(ads):
    ads.actions([{"remove": ads.create_action("CRM sale")}])

    assert ads.create_action("CRM sale")


def test_a_ga4_action_takes_status_value_and_category(ads):
    name = ga4_action(ads)

    ads.update_action(
        name,
        "primary_for_goal",
        "category",
        VALUE,
        primary_for_goal=False,
        category="DEFAULT",
        value_settings={"default_value": 3.5},
    )

    found = read(ads, name, "primary_for_goal", "category", VALUE)
    assert (
        found.primary_for_goal,
        found.category.name,
        found.value_settings.default_value,
    ) == (False, "DEFAULT", 3.5)


@pytest.mark.parametrize(
    ("path", "fields", "error"),
    [
        pytest.param(
            "counting_type",
            {"counting_type": "ONE_PER_CLICK"},
            "conversion_action_error.UPDATE_NOT_SUPPORTED",
            id="counting",
        ),
        pytest.param(
            WINDOW, {WINDOW: 60}, "mutate_error.MUTATE_NOT_ALLOWED", id="window"
        ),
    ],
)
def test_a_ga4_action_refuses_what_ga4_decides(ads, path, fields, error):
    actual = refusal(lambda: ads.update_action(ga4_action(ads), path, **fields))

    assert actual == [(error, f"operations[0].update.{path}")]


def test_what_a_ga4_action_refuses_can_be_switched(ads):
    refused = ads.google.ads.account(CUSTOMER).ga4_refused_fields
    refused.clear()
    refused[VALUE] = "mutate_error.MUTATE_NOT_ALLOWED"
    name = ga4_action(ads)

    ads.update_action(name, "counting_type", counting_type="ONE_PER_CLICK")
    actual = refusal(lambda: ads.update_action(name, VALUE))

    assert actual == [
        ("mutate_error.MUTATE_NOT_ALLOWED", f"operations[0].update.{VALUE}")
    ]


def test_the_limit_of_enabled_actions_comes_with_its_numbers(ads):
    from google.ads.googleads.errors import GoogleAdsException

    ads.google.ads.account(CUSTOMER).enabled_action_limit = 2
    ads.create_action("second")

    with pytest.raises(GoogleAdsException) as caught:
        ads.create_action("third")

    [error] = caught.value.failure.errors
    details = error.details.resource_count_details
    assert error.error_code.resource_count_limit_exceeded_error.name == "RESOURCE_LIMIT"
    assert (details.limit, details.existing_count, details.enclosing_id) == (
        2,
        2,
        CUSTOMER,
    )
    assert details.limit_type.name == "CONVERSION_ACTIONS_PER_CUSTOMER"


def test_actions_belong_to_the_conversion_customer():
    google = fresh_google(conversion_customer_id=MANAGER)
    with open_ads(google=google) as ads:
        actual = refusal(ads.create_action)
        name = ads.create_action(customer=MANAGER)

    code = "operation_access_denied_error.MUTATE_NOT_PERMITTED_FOR_CUSTOMER"
    assert actual == [(code, "operations[0]")]
    assert name.startswith(f"customers/{MANAGER}/")


def test_the_changed_resource_comes_back_when_asked_for(ads):
    name = ads.create_action()

    response = ads.actions(
        [update(name, "name", name="Renamed")], response_content_type="MUTABLE_RESOURCE"
    )

    assert response.results[0].conversion_action.name == "Renamed"
