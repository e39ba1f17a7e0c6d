"""Value rules, data exclusions and seasonality through the real client."""

from __future__ import annotations

import pytest

from sandbox.ads_client import CUSTOMER, open_ads, refusal, update


@pytest.fixture
def ads():
    with open_ads() as running:
        yield running


def run(ads, name, operation):
    service = f"{name}Service"
    plural = f"Mutate{name}s"
    return ads.mutate(service, plural, [operation]).results[0].resource_name


def create_rule(ads, **fields):
    rule = {"action": {"operation": "MULTIPLY", "value": 1.5}, **fields}
    return run(ads, "ConversionValueRule", {"create": rule})


def create_set(ads, *rules):
    rule_set = {
        "conversion_value_rules": rules,
        "dimensions": ["DEVICE"],
        "attachment_type": "CUSTOMER",
    }
    return run(ads, "ConversionValueRuleSet", {"create": rule_set})


def test_a_rule_in_a_set_is_read_and_stays_while_it_is_used(ads):
    rule = create_rule(ads, device_condition={"device_types": ["MOBILE"]})
    rule_set = create_set(ads, rule)

    actual = refusal(lambda: run(ads, "ConversionValueRule", {"remove": rule}))
    [row] = ads.rows(
        "SELECT conversion_value_rule_set.conversion_value_rules, "
        "conversion_value_rule_set.status FROM conversion_value_rule_set"
    )
    run(ads, "ConversionValueRuleSet", {"remove": rule_set})
    run(ads, "ConversionValueRule", {"remove": rule})

    code = "CANNOT_REMOVE_IF_INCLUDED_IN_VALUE_RULE_SET"
    assert actual == [(f"conversion_value_rule_error.{code}", "operations[0].remove")]
    assert list(row.conversion_value_rule_set.conversion_value_rules) == [rule]
    assert row.conversion_value_rule_set.status.name == "ENABLED"


def test_a_set_takes_known_rules_and_only_more_dimensions(ads):
    rule_set = create_set(ads, create_rule(ads))
    unknown = f"customers/{CUSTOMER}/conversionValueRules/1"

    stranger = refusal(lambda: create_set(ads, unknown))
    fewer = refusal(
        lambda: run(ads, "ConversionValueRuleSet", update(rule_set, "dimensions"))
    )
    more = ["DEVICE", "GEO_LOCATION"]
    run(
        ads,
        "ConversionValueRuleSet",
        update(rule_set, "dimensions", dimensions=more),
    )

    place = "operations[0].create.conversion_value_rules"
    error = "conversion_value_rule_set_error"
    assert stranger == [(f"{error}.INVALID_VALUE_RULE", place)]
    assert fewer == [
        (
            f"{error}.DIMENSIONS_UPDATE_ONLY_ALLOW_APPEND",
            "operations[0].update.dimensions",
        )
    ]


@pytest.mark.parametrize(
    ("fields", "error", "place"),
    [
        pytest.param(
            {"action": {"value": 1.0}},
            "field_error.REQUIRED",
            "create.action.operation",
            id="no-operation",
        ),
        pytest.param(
            {"action": {"operation": "SET", "value": -1.0}},
            "range_error.TOO_LOW",
            "create.action.value",
            id="negative",
        ),
        pytest.param(
            {"status": "REMOVED"},
            "conversion_value_rule_error.CANNOT_ADD_RULE_WITH_STATUS_REMOVED",
            "create.status",
            id="removed",
        ),
    ],
)
def test_a_rule_is_refused(ads, fields, error, place):
    actual = refusal(lambda: create_rule(ads, **fields))

    assert actual == [(error, f"operations[0].{place}")]


def period(start, end, **fields):
    return {
        "name": "x",
        "scope": "CHANNEL",
        "advertising_channel_types": ["SEARCH"],
        "start_date_time": start,
        "end_date_time": end,
        **fields,
    }


PAST = ("2026-11-01 00:00:00", "2026-11-03 00:00:00")
FUTURE = ("2026-12-01 00:00:00", "2026-12-03 00:00:00")


def test_an_exclusion_is_of_the_past_and_a_season_of_the_future(ads):
    exclusion, season = "BiddingDataExclusion", "BiddingSeasonalityAdjustment"
    modifier = {"conversion_rate_modifier": 1.3}
    run(ads, exclusion, {"create": period(*PAST)})
    run(ads, season, {"create": period(*FUTURE, **modifier)})

    late = refusal(lambda: run(ads, exclusion, {"create": period(*FUTURE)}))
    early = refusal(lambda: run(ads, season, {"create": period(*PAST, **modifier)}))
    wild = refusal(lambda: run(ads, season, {"create": period(*FUTURE)}))
    long = refusal(lambda: run(ads, exclusion, {"create": period(PAST[0], FUTURE[1])}))
    vague = refusal(
        lambda: run(ads, exclusion, {"create": period("yesterday", PAST[1])})
    )

    start, end = "create.start_date_time", "create.end_date_time"
    assert [late, early, wild, long, vague] == [
        [("range_error.TOO_HIGH", f"operations[0].{start}")],
        [("range_error.TOO_LOW", f"operations[0].{start}")],
        [("range_error.TOO_LOW", "operations[0].create.conversion_rate_modifier")],
        [("range_error.TOO_HIGH", f"operations[0].{end}")],
        [("date_error.INVALID_STRING_DATE_TIME_SECONDS", f"operations[0].{start}")],
    ]
    for kind in ("bidding_data_exclusion", "bidding_seasonality_adjustment"):
        assert len(ads.rows(f"SELECT {kind}.name FROM {kind}")) == 1
