"""The whole way for one client, over real sockets with the unmodified clients."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from convbridge.bridge import Bridge
from convbridge.errors import (
    AuthError,
    ConfigError,
    DataError,
    PlanError,
    StalePlanError,
    UnsafePlanError,
)
from convbridge.model.changes import OutcomeKind
from convbridge.model.dates import DateWindow
from convbridge.model.resources import ResourceType

SHOP, CLINIC = "siam-coffee", "krakow-dental"


def actions(bridge):
    state = bridge.fetch_state()
    return {
        a.info["google_analytics_4_settings.event_name"]: a.fields
        for a in state.of(ResourceType.CONVERSION_ACTION)
    }


def test_values_reach_google_ads_as_secondary_actions(opened):
    bridge = opened()
    valuation = bridge.value()

    report = bridge.apply(bridge.plan(valuation))

    assert report.is_complete
    found = actions(opened())["add_to_cart"]
    assert found["value_settings.default_value"] == valuation["add_to_cart"].value
    assert {
        name: found[name]
        for name in (
            "status",
            "primary_for_goal",
            "category",
            "value_settings.default_currency_code",
            "value_settings.always_use_default_value",
        )
    } == {
        "status": "ENABLED",
        "primary_for_goal": False,
        "category": "ADD_TO_CART",
        "value_settings.default_currency_code": "THB",
        "value_settings.always_use_default_value": True,
    }


def test_counts_without_events_are_classified_as_they_are(opened):
    bridge = opened()
    before = DateWindow(start=date(2019, 1, 1), end=date(2019, 1, 7))

    found = bridge.classify(bridge.fetch_counts(before))

    assert list(found) == []


def test_only_the_named_campaigns_bid_on_micro_conversions(opened, google):
    bridge = opened()
    bridge.apply(bridge.plan())

    configs = bridge.fetch_state().of(ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG)

    attached = {c.name for c in configs if c.fields["custom_conversion_goal"]}
    assert attached == {"Generic - Coffee Beans", "Generic - Coffee Machines"}


@pytest.mark.parametrize("client", [SHOP, CLINIC])
def test_syncing_again_finds_nothing_to_do(opened, client):
    for _ in range(3):  # what GA4 is told first, Google Ads shows a run later
        opened(client).sync(yes=True)

    again = opened(client).sync(yes=True)

    assert again.plan.changes == ()
    assert again.report is None
    assert again.operations == 4


def test_an_unchanged_sync_writes_nothing_to_google(opened, google):
    for _ in range(3):
        opened().sync(yes=True)
    before = len(list(google.calls))

    opened().sync(yes=True)

    later = list(google.calls)[before:]
    assert [c.method for c in later if "utate" in c.method] == []


def test_sync_without_yes_changes_nothing(opened):
    before = opened().fetch_state()

    result = opened().sync()

    assert result.report is None
    assert result.plan.changes
    assert opened().fetch_state() == before


def test_rollback_restores_what_was_there(opened):
    before = actions(opened())
    report = opened().apply(opened().plan())
    with pytest.raises(PlanError, match="no run ''"):
        opened().rollback("")  # not all runs, then
    undo = opened().rollback(report.run)

    opened().apply(undo, undoes=report.run)

    # Google keeps showing hidden actions of key events that are gone again.
    assert {e: actions(opened())[e] for e in before} == before
    nothing = opened().apply(opened().rollback(report.run), undoes=report.run)
    assert opened().rollback(nothing.run).is_empty


def test_a_plan_is_refused_when_the_account_moved(opened):
    plan = opened().plan()
    opened().sync(yes=True)

    with pytest.raises(StalePlanError):
        opened().apply(plan)


def test_a_plan_of_another_client_is_refused(opened):
    plan = opened(CLINIC).plan()

    with pytest.raises(PlanError, match="krakow-dental"):
        opened(SHOP).apply(plan)


def test_an_unknown_run_cannot_be_rolled_back(opened):
    with pytest.raises(PlanError, match="no run 'nope'"):
        opened().rollback("nope")


def test_an_unreadable_property_is_an_auth_error(opened, google):
    google.world.site(SHOP).ga4.switches.unreadable = True

    with pytest.raises(AuthError):
        opened().fetch_counts()


def test_hidden_revenue_is_never_valued_as_zero(opened, google):
    google.world.site(SHOP).ga4.switches.restricted = ("REVENUE_DATA",)

    bridge = opened()

    assert {e.value for e in bridge.value()} == {None}
    with pytest.raises(DataError, match="nothing is planned for siam-coffee"):
        bridge.plan()


def test_an_unlinked_property_is_not_applied_unless_allowed(opened, google):
    google.world.site(SHOP).ga4.ads_links.clear()
    bridge = opened()
    plan = bridge.plan()

    with pytest.raises(UnsafePlanError, match="--allow-unlinked"):
        bridge.apply(plan)


def test_a_customer_outside_the_login_customer_is_refused(config, google):
    text = config.read_text().replace("999-999-9999", "888-888-8888")
    config.write_text(text)

    with Bridge.open(config, client=SHOP) as bridge, pytest.raises(AuthError):
        bridge.fetch_account()


def test_an_unknown_client_is_named_with_a_suggestion(config):
    with pytest.raises(ConfigError, match="did you mean 'siam-coffee'"):
        Bridge.open(config, client="siam-cofee")


def test_different_currencies_are_refused(opened, google):
    google.ads.account("1234567890").currency_code = "USD"

    with pytest.raises(DataError, match="USD"):
        opened().plan()


def test_history_says_who_changed_what_from_what_to_what_and_why(opened):
    opened().apply(opened().plan())

    rows = [row for entry in opened().history() for row in entry.rows()]

    found = next(
        r for r in rows if r["name"].endswith("add_to_cart") and r["field"] == "status"
    )
    assert (found["before"], found["after"]) == ("HIDDEN", "ENABLED")
    assert found["outcome"] == OutcomeKind.APPLIED
    assert "@" in found["actor"]
    assert found["reason"].startswith("micro: ")


def test_published_values_are_remembered(opened):
    bridge = opened()
    valuation = bridge.value()
    bridge.apply(bridge.plan(valuation))

    published = opened().connections.ledger.read_published(SHOP)

    assert published["add_to_cart"].value == valuation["add_to_cart"].value
    assert isinstance(published["add_to_cart"].value, Decimal)


def test_every_step_shows_itself(opened):
    bridge = opened()
    counts = bridge.fetch_counts()
    classification = bridge.classify(counts)
    valuation = bridge.value(classification)
    plan = bridge.plan(valuation)
    report = bridge.apply(plan)

    funnels = bridge.fetch_funnels()
    for step in (counts, classification, funnels, valuation, plan, report):
        assert "\n" not in repr(step)
        assert len(repr(step)) < 200
        assert "<table" in step._repr_html_()
        assert step.rows()
