"""How mutates behave whatever they change: atomic, partial, checked only, many."""

from __future__ import annotations

import pytest

from convbridge.sandbox.ads_messages import message_class
from sandbox.ads_client import CUSTOMER, action, codes, open_ads, refusal, update

BASE = f"customers/{CUSTOMER}"


@pytest.fixture
def ads():
    with open_ads() as running:
        yield running


def names(ads):
    rows = ads.rows(
        "SELECT conversion_action.name FROM conversion_action "
        "WHERE conversion_action.type = 'UPLOAD_CLICKS'"
    )
    return [row.conversion_action.name for row in rows]


def mutate(ads, *operations, **flags):
    kind = ads.types("services", "MutateGoogleAdsRequest")
    request = kind(customer_id=CUSTOMER, mutate_operations=operations, **flags)
    return ads.service("GoogleAdsService").mutate(request)


def partial(response):
    [detail] = response.partial_failure_error.details
    failure = message_class("errors.GoogleAdsFailure").FromString(detail.value)
    return response.partial_failure_error.code, failure


def test_one_bad_operation_undoes_all(ads):
    operations = [{"create": action("one")}, {"create": action("")}]

    actual = refusal(lambda: ads.actions(operations))

    assert actual == [("field_error.REQUIRED", "operations[1].create.name")]
    assert names(ads) == []


def test_with_partial_failure_the_good_ones_stay(ads):
    operations = [{"create": action("")}, {"create": action("two")}]

    response = ads.actions(operations, partial_failure=True)

    code, failure = partial(response)
    kind = ads.types("errors", "GoogleAdsFailure")
    assert code == 3
    assert codes(kind.wrap(failure)) == [
        ("field_error.REQUIRED", "operations[0].create.name")
    ]
    assert [bool(result.resource_name) for result in response.results] == [False, True]
    assert names(ads) == ["two"]


def test_validate_only_checks_all_and_changes_nothing(ads):
    good = ads.actions([{"create": action("one")}], validate_only=True)
    actual = refusal(lambda: ads.actions([{"create": action("")}], validate_only=True))

    assert list(good.results) == []
    assert actual == [("field_error.REQUIRED", "operations[0].create.name")]
    assert names(ads) == []


def test_one_resource_cannot_be_changed_twice_in_a_request(ads):
    name = ads.create_action()
    twice = [update(name, "name", name="a"), update(name, "name", name="b")]

    actual = refusal(lambda: ads.actions(twice))

    assert actual == [("mutate_error.ID_EXISTS_IN_MULTIPLE_MUTATES", "operations[1]")]


def test_a_request_needs_an_operation(ads):
    actual = refusal(lambda: ads.actions([]))

    assert actual == [("request_error.REQUIRED_FIELD_MISSING", "operations")]


def test_an_operation_needs_something_to_do(ads):
    actual = refusal(lambda: ads.actions([{}]))

    assert actual == [("request_error.OPERATION_REQUIRED", "operations[0]")]


def test_too_many_operations_are_refused(ads):
    actual = refusal(lambda: ads.actions([{"remove": "x"}] * 10_001))

    assert actual == [("request_error.TOO_MANY_MUTATE_OPERATIONS", "")]


def test_one_request_creates_what_another_operation_of_it_needs(ads):
    ads.rows("SELECT campaign.id FROM campaign")
    temporary, goal = f"{BASE}/conversionActions/-1", f"{BASE}/customConversionGoals/-2"
    config = f"{BASE}/conversionGoalCampaignConfigs/7000001"

    response = mutate(
        ads,
        {
            "conversion_action_operation": {
                "create": action("Micro", resource_name=temporary)
            }
        },
        {
            "custom_conversion_goal_operation": {
                "create": {
                    "resource_name": goal,
                    "name": "Micro goal",
                    "conversion_actions": [temporary],
                }
            }
        },
        {
            "conversion_goal_campaign_config_operation": update(
                config, "custom_conversion_goal", custom_conversion_goal=goal
            )
        },
    )

    made = [
        result.conversion_action_result.resource_name
        or result.custom_conversion_goal_result.resource_name
        or result.conversion_goal_campaign_config_result.resource_name
        for result in response.mutate_operation_responses
    ]
    [row] = ads.rows(
        "SELECT custom_conversion_goal.conversion_actions FROM custom_conversion_goal"
    )
    assert list(row.custom_conversion_goal.conversion_actions) == made[:1]
    assert made[2] == config


def test_what_failed_cannot_be_referred_to(ads):
    temporary = f"{BASE}/conversionActions/-1"

    actual = refusal(
        lambda: mutate(
            ads,
            {
                "conversion_action_operation": {
                    "create": action("", resource_name=temporary)
                }
            },
            {"conversion_action_operation": update(temporary, "name", name="x")},
        )
    )

    place = "conversion_action_operation"
    assert actual == [
        ("field_error.REQUIRED", f"mutate_operations[0].{place}.create.name"),
        (
            "new_resource_creation_error.TEMP_ID_RESOURCE_HAD_ERRORS",
            f"mutate_operations[1].{place}.update.resource_name",
        ),
    ]


ACTION = f"{BASE}/conversionActions/-1"
GOAL = f"{BASE}/customConversionGoals/-2"


def making(name=ACTION, **fields):
    wanted = action("Micro", resource_name=name, **fields)
    return {"conversion_action_operation": {"create": wanted}}


def listing(*actions, name=GOAL):
    goal = {"resource_name": name, "name": "G", "conversion_actions": actions}
    return {"custom_conversion_goal_operation": {"create": goal}}


LISTED = "mutate_operations[{}].custom_conversion_goal_operation.create"
UNKNOWN_NAMES = [
    pytest.param(
        [listing(ACTION), making()],
        [("mutate_error.RESOURCE_NOT_FOUND", LISTED + ".conversion_actions[0]")],
        id="used-before-it-is-made",
    ),
    pytest.param(
        [listing(f"{BASE}/conversionActions/-9")],
        [("mutate_error.RESOURCE_NOT_FOUND", LISTED + ".conversion_actions[0]")],
        id="never-made",
    ),
    pytest.param(
        [making(), listing(ACTION, name=f"{BASE}/customConversionGoals/-1")],
        [
            (
                "new_resource_creation_error.DUPLICATE_TEMP_IDS",
                LISTED + ".resource_name",
            )
        ],
        id="one-number-for-two-types",
    ),
    pytest.param(
        [listing(ACTION, name=f"{BASE}/conversionActions/-2")],
        [("request_error.RESOURCE_NAME_MALFORMED", LISTED + ".resource_name")],
        id="name-of-another-type",
    ),
    pytest.param(
        [listing(ACTION, name=f"{BASE}/customConversionGoals/77")],
        [
            (
                "new_resource_creation_error.CANNOT_SET_ID_FOR_CREATE",
                LISTED + ".resource_name",
            )
        ],
        id="not-negative",
    ),
]


@pytest.mark.parametrize(("operations", "errors"), UNKNOWN_NAMES)
def test_a_temporary_name_has_its_rules(ads, operations, errors):
    actual = refusal(lambda: mutate(ads, *operations))

    last = next(i for i, o in enumerate(operations) if "custom_con" in next(iter(o)))
    assert actual == [(code, place.format(last)) for code, place in errors]
    assert names(ads) == []


def test_what_failed_cannot_be_listed_either(ads):
    actual = refusal(lambda: mutate(ads, making(category="UNKNOWN"), listing(ACTION)))

    assert actual[-1] == (
        "new_resource_creation_error.TEMP_ID_RESOURCE_HAD_ERRORS",
        LISTED.format(1) + ".conversion_actions[0]",
    )


def test_temporary_names_work_in_a_check(ads):
    response = mutate(ads, making(), listing(ACTION), validate_only=True)

    assert list(response.mutate_operation_responses) == []
    assert names(ads) == []


def test_temporary_names_are_not_remembered(ads):
    mutate(ads, making())

    actual = refusal(lambda: mutate(ads, listing(ACTION)))

    place = LISTED.format(0) + ".conversion_actions[0]"
    assert actual == [("mutate_error.RESOURCE_NOT_FOUND", place)]


def test_a_service_of_one_type_takes_no_temporary_names(ads):
    wanted = {"create": action("Micro", resource_name=ACTION)}

    actual = refusal(lambda: ads.actions([wanted]))

    code = "new_resource_creation_error.CANNOT_SET_ID_FOR_CREATE"
    assert actual == [(code, "operations[0].create.resource_name")]


def test_goals_know_no_partial_failure(ads):
    name = f"{BASE}/customerConversionGoals/PURCHASE~WEBSITE"
    operation = {
        "customer_conversion_goal_operation": update(name, "biddable", biddable=False)
    }

    actual = refusal(lambda: mutate(ads, operation, partial_failure=True))

    code = "mutate_error.OPERATION_DOES_NOT_SUPPORT_PARTIAL_FAILURE"
    place = "mutate_operations[0].customer_conversion_goal_operation"
    assert actual == [(code, place)]


@pytest.mark.parametrize(
    ("switch", "error"),
    [
        pytest.param(
            "eu_declaration_missing",
            "mutate_error.EU_POLITICAL_ADVERTISING_DECLARATION_REQUIRED",
            id="eu-declaration",
        ),
        pytest.param(
            "read_only", "authorization_error.ACTION_NOT_PERMITTED", id="read-only"
        ),
    ],
)
def test_an_account_can_refuse_every_change(ads, switch, error):
    setattr(ads.google.ads.account(CUSTOMER), switch, True)

    assert refusal(ads.create_action) == [(error, "")]
