"""What the API versions have of what a plan reads and writes, and what differs."""

from __future__ import annotations

import pytest

from convbridge.adapters.google_ads import queries
from convbridge.adapters.google_ads.connection import VERSIONS
from convbridge.adapters.google_ads.messages import has_path
from convbridge.adapters.google_ads.reading import FIELDS, INFO
from convbridge.model.categories import CATEGORIES
from convbridge.plan.statuses import STATUSES
from convbridge.testing.messages import message_factory

SELECTED = (
    *queries.ACCOUNT,
    *queries.CONVERSION_ACTION,
    *queries.CUSTOMER_GOAL,
    *queries.CAMPAIGN_GOAL,
    *queries.CUSTOM_GOAL,
    *queries.GOAL_CONFIG,
    *queries.CAMPAIGN,
    *queries.PORTFOLIO,
    *queries.VALUE_RULE,
)
LACKING = {
    "v23": {"IN_APP_AD_REVENUE", "MESSAGE_LEAD"},
    "v24": {"IN_APP_AD_REVENUE", "MESSAGE_LEAD"},
    "v25": {"MESSAGE_LEAD"},
    "v26": set(),
}
"""Categories that a version does not know yet."""


def row(version):
    return message_factory(version)("GoogleAdsRow").DESCRIPTOR


def enum_names(version, path):
    descriptor = row(version)
    for name in path.split("."):
        found = descriptor.fields_by_name[name]
        descriptor = found.message_type
    return {value.name for value in found.enum_type.values}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_has_every_field(version):
    read = [f"{kind}.{path}" for kind, paths in FIELDS.items() for path in paths]
    read += [f"{kind}.{path}" for kind, paths in INFO.items() for path in paths]

    assert [p for p in (*SELECTED, *read) if not has_path(row(version), p)] == []


ENABLEMENT, OLD_FLAG = queries.ENHANCED_CONVERSIONS
HAD = [
    pytest.param("v23", [OLD_FLAG], id="v23"),
    pytest.param("v24", [OLD_FLAG], id="v24"),
    pytest.param("v25", [OLD_FLAG], id="v25"),
    pytest.param("v26", [ENABLEMENT], id="v26"),
]


@pytest.mark.parametrize(("version", "had"), HAD)
def test_only_the_field_of_enhanced_conversions_differs(version, had):
    found = [p for p in queries.ENHANCED_CONVERSIONS if has_path(row(version), p)]

    assert found == had


@pytest.mark.parametrize("version", VERSIONS)
def test_older_versions_lack_the_newest_categories(version):
    known = enum_names(version, "conversion_action.category")

    assert set(CATEGORIES) - known == LACKING[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_has_the_same_bidding_statuses(version):
    known = enum_names(version, "campaign.bidding_strategy_system_status")

    assert known - {"UNSPECIFIED", "UNKNOWN"} == set(STATUSES)
