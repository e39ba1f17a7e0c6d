"""After a plan is applied the next one is empty, whoever wrote the server."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from convbridge.bridge import Bridge
from convbridge.model.resources import ResourceType
from convbridge.sandbox import serve
from foreign.accounts import (
    EVENTS,
    OWN,
    as_it_is,
    forgetful,
    lazy,
    looking_back,
    making_goals,
    moved_to_a_manager,
    noisy,
    primaries,
    primary_by_itself,
    shop,
    with_goals,
    without_joins,
)
from foreign.conftest import NOW
from foreign.google_ads import CLIENT, refusal, serving

CONFIG = """\
version: 1
ledger: sqlite:///{ledger}
google:
  credentials: anonymous
  ga4_endpoint: {ga4}
  google_ads_endpoint: {ads}
clients:
  siam-coffee:
    template: ecommerce
    ga4: {{property_id: "111111111"}}
    google_ads: {{customer_id: "{client}", login_customer_id: "999-999-9999"}}
    {wish}
"""
CUSTOM = "goals: {mode: custom, campaigns: ['Generic*']}"


@pytest.fixture(scope="module")
def analytics():
    """GA4's part, which no test here changes."""
    with serve(now=NOW, seed=7) as google:
        for event in EVENTS:
            google.world.mark_key_event("siam-coffee", event)
        yield google


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where GA4's final days are kept, read once for all tests."""
    return tmp_path_factory.mktemp("shop")


@pytest.fixture
def opened(analytics, folder, tmp_path):
    """Serve an account, and open its bridge with what the configuration wishes."""

    @contextmanager
    def open_bridge(account, wish=CUSTOM):
        analytics._quotas.clear()
        path = folder / "convbridge.yaml"
        with serving(account) as endpoint:
            text = CONFIG.format(
                ledger=tmp_path / "ledger.db",
                ga4=analytics.ga4_endpoint,
                ads=endpoint,
                client=CLIENT,
                wish=wish,
            )
            path.write_text(text, encoding="utf-8")
            with Bridge.open(path, clock=analytics.clock) as bridge:
                yield bridge

    return open_bridge


BIDDING = f"{CUSTOM}\n    bidding: {{strategy: maximize_conversion_value, "
SERVERS = {
    "as Google's messages say": (as_it_is, CUSTOM),
    "floats and sets": (noisy, BIDDING + "target_roas: 3.3}"),
    "primary by itself": (primary_by_itself, CUSTOM),
    "no joins": (without_joins, CUSTOM),
    "joins without rows": (forgetful, CUSTOM),
    "configs made late": (lazy, CUSTOM),
    "actions under a manager": (moved_to_a_manager, CUSTOM),
    "goals checked as things were": (looking_back, CUSTOM),
    "goals by category": (with_goals, "goals: {mode: account}"),
    "goals of campaigns": (
        with_goals,
        "goals: {mode: campaign, campaigns: ['Generic*']}",
    ),
}
LIFTED = frozenset({"max_changes", "primary_loss", "max_value_ratio", "unmanaged"})


@pytest.mark.parametrize(("differ", "wish"), SERVERS.values(), ids=SERVERS)
def test_a_plan_is_made_once(differ, wish, opened):
    account = shop()
    differ(account)

    with opened(account, wish) as bridge:
        report = bridge.apply(bridge.plan(), lifted=LIFTED)
        again = bridge.plan()

    assert report.is_complete
    assert report.outcomes
    assert again.is_empty


def test_goals_that_google_makes_itself_are_set_by_the_next_run(opened):
    account = shop()
    making_goals(account)
    wish = "goals: {mode: campaign, campaigns: ['Generic*']}"

    with opened(account, wish) as bridge:
        first = bridge.apply(bridge.plan(), lifted=LIFTED)
        between = primaries(account)
        second = bridge.apply(bridge.plan(), lifted=LIFTED)
        again = bridge.plan()

    # No micro action is primary while its category is biddable in the account.
    assert between == [f"{OWN}/conversionActions/5001"]
    assert len(primaries(account)) == len(EVENTS)
    assert (first.is_complete, second.is_complete, again.is_empty) == (True,) * 3


def test_actions_that_moved_to_a_manager_are_found_there(opened):
    account = shop()
    with opened(account) as bridge:
        bridge.apply(bridge.plan())  # the account's settings are kept from here on
    moved_to_a_manager(account)

    with opened(account) as bridge:
        plan = bridge.plan()

    assert {change.owner for change in plan.changes} == {CLIENT, "8888888888"}


def test_an_import_is_secondary_from_its_first_moment(opened):
    account = shop()
    primary_by_itself(account)

    with opened(account) as bridge:
        bridge.apply(bridge.plan())

    assert primaries(account) == [f"{OWN}/conversionActions/5001"]


def test_campaigns_are_seen_whose_config_is_not_listed(opened):
    account = shop()
    lazy(account)

    with opened(account) as bridge:
        bridge.apply(bridge.plan())
        state = bridge.fetch_state()

    configs = state.of(ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG)
    assert {c.name: c.fields["goal_config_level"] for c in configs} == {
        "Generic - Beans": "CAMPAIGN",
        "Generic - Mills": "CAMPAIGN",
        "Brand": "CUSTOMER",
    }
    assert len(state.of(ResourceType.CAMPAIGN)) == 3


@pytest.mark.parametrize(
    ("category", "code", "fate"),
    [
        pytest.param("range_error", "TOO_HIGH", ["rejected"], id="the whole change"),
        pytest.param(
            "conversion_action_error",
            "UPDATE_NOT_SUPPORTED",
            ["applied", "rejected"],
            id="some of its fields",
        ),
    ],
)
def test_what_is_refused_without_a_name_keeps_no_other_change_back(
    category, code, fate, opened
):
    cart = f"{OWN}/conversionActions/5003"
    account = shop()

    def rule(_account, kind, verb, found, _at):
        is_it = (kind, verb) == ("conversion_action", "update") and (
            found.update.resource_name == cart
        )
        if is_it and any("value" in path for path in found.update_mask.paths):
            raise refusal(category, code)

    account.rules.append(rule)

    with opened(account) as bridge:
        report = bridge.apply(bridge.plan())

    fates = {}
    for outcome in report.outcomes:
        fates.setdefault(outcome.change.key, []).append(str(outcome.kind))
    assert fates.pop(cart) == fate
    assert {kind for kinds in fates.values() for kind in kinds} <= {
        "applied",
        "skipped",
    }
    assert ["applied"] in fates.values()


def test_a_removed_campaigns_config_is_left_alone(opened):
    account = shop()
    account.joins = {}

    with opened(account) as bridge:
        bridge.apply(bridge.plan())
        account.get(f"{OWN}/campaigns/72").status = 4  # REMOVED
        plan = bridge.plan()

    assert plan.is_empty


def test_a_status_goes_without_what_google_ads_does_not_tell(opened):
    with opened(shop()) as bridge:
        status = bridge.delivery_status()

    (alert,) = status.alerts
    assert alert.startswith("Google Ads does not tell what was attributed: PROHIBITED")
