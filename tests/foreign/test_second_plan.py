"""After a plan is applied the next one is empty, whoever wrote the server."""

from __future__ import annotations

import struct
from contextlib import contextmanager

import pytest

from convbridge.bridge import Bridge
from convbridge.model.resources import ResourceType
from convbridge.sandbox import serve
from foreign.conftest import NOW
from foreign.google_ads import CLIENT, Account, refusal, serving

OWN = f"customers/{CLIENT}"
CATEGORIES = ("PURCHASE", "PAGE_VIEW", "ADD_TO_CART", "BEGIN_CHECKOUT", "SIGNUP")
CAMPAIGNS = {71: "Generic - Beans", 72: "Generic - Mills", 73: "Brand"}
EVENTS = ("purchase", "view_item", "add_to_cart", "begin_checkout", "sign_up")
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


def shop():
    """Return an account as it may be on the first day: imports hidden, one sale."""
    account = Account()
    account.put(
        "customer",
        OWN,
        id=int(CLIENT),
        descriptive_name="Siam Coffee",
        currency_code="THB",
        time_zone="Asia/Bangkok",
        status="ENABLED",
        conversion_tracking_setting__google_ads_conversion_customer=OWN,
        conversion_tracking_setting__conversion_tracking_status=(
            "CONVERSION_TRACKING_MANAGED_BY_SELF"
        ),
    )
    for number, event in enumerate(EVENTS, 5001):
        is_sale = event == "purchase"
        account.put(
            "conversion_action",
            f"{OWN}/conversionActions/{number}",
            id=number,
            name=f"Siam Coffee (web) {event}",
            status="ENABLED" if is_sale else "HIDDEN",
            type=f"GOOGLE_ANALYTICS_4_{'PURCHASE' if is_sale else 'CUSTOM'}",
            category="PURCHASE" if is_sale else "DEFAULT",
            origin="WEBSITE",
            primary_for_goal=is_sale,
            owner_customer=OWN,
            google_analytics_4_settings__event_name=event,
            google_analytics_4_settings__property_id=111111111,
        )
    for number, name in CAMPAIGNS.items():
        account.put(
            "campaign",
            f"{OWN}/campaigns/{number}",
            id=number,
            name=name,
            status="ENABLED",
            bidding_strategy_type="MAXIMIZE_CONVERSION_VALUE",
            maximize_conversion_value__target_roas=4.0,
        )
        account.put(
            "conversion_goal_campaign_config",
            f"{OWN}/conversionGoalCampaignConfigs/{number}",
            campaign=f"{OWN}/campaigns/{number}",
            goal_config_level="CUSTOMER",
        )
    return account


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


def as_it_is(_account):
    """Differ in nothing."""


def noisy(account):
    """Keep numbers as floats, and lists as sets."""

    def shown(row):
        values, bidding = row.conversion_action.value_settings, row.campaign
        if values.HasField("default_value"):
            values.default_value = as_float(values.default_value)
        if bidding.maximize_conversion_value.target_roas:
            target = as_float(bidding.maximize_conversion_value.target_roas)
            bidding.maximize_conversion_value.target_roas = target
        listed = row.custom_conversion_goal.conversion_actions
        listed[:] = sorted(listed, key=lambda name: name[::-1])

    account.shown = shown


def as_float(number):
    return struct.unpack("f", struct.pack("f", number))[0]


def primary_by_itself(account):
    """Make what is imported primary, unless the import says otherwise."""

    def rule(account, kind, verb, found, _at):
        if kind == "conversion_action" and verb == "update" and found.update.status:
            account.get(found.update.resource_name).primary_for_goal = True

    account.rules.append(rule)


def without_joins(account):
    """Refuse attributed resources in queries."""
    account.joins = {}


def forgetful(account):
    """Take attributed resources in queries, and leave them out of the rows."""

    def shown(row):
        if row.HasField("conversion_goal_campaign_config"):
            row.ClearField("campaign")

    account.shown = shown


def lazy(account):
    """Have goal configs for the campaigns only whose config was ever changed."""
    names = [name for name in account.rows if "conversionGoalCampaignConfigs" in name]
    account.hidden = {name: account.rows.pop(name) for name in names}


def moved_to_a_manager(account):
    """Have the conversion actions under a manager, and take calls for one owner."""
    manager = "customers/8888888888"
    setting = account.get(OWN).conversion_tracking_setting
    setting.google_ads_conversion_customer = manager
    for name in [name for name in account.rows if "/conversionActions/" in name]:
        row = account.rows.pop(name)
        action = row.conversion_action
        action.resource_name = name.replace(OWN, manager)
        action.owner_customer = manager
        account.rows[action.resource_name] = row


def looking_back(account):
    """Check a goal's actions as they were before the request."""

    def rule(account, kind, verb, found, at):
        if kind != "custom_conversion_goal" or verb == "remove":
            return
        for name in getattr(found, verb).conversion_actions:
            if account.asked[name].conversion_action.status != 2:  # ENABLED
                code = "CONVERSION_ACTION_NOT_ENABLED"
                path = f"{verb}.conversion_actions"
                raise refusal("custom_conversion_goal_error", code, path, at)

    account.rules.append(rule)


def with_goals(account):
    """Have a goal for each category, of the account and of each campaign."""
    for category in CATEGORIES:
        both = {"category": category, "origin": "WEBSITE", "biddable": True}
        name = f"{category}~WEBSITE"
        account.put(
            "customer_conversion_goal", f"{OWN}/customerConversionGoals/{name}", **both
        )
        for number in CAMPAIGNS:
            account.put(
                "campaign_conversion_goal",
                f"{OWN}/campaignConversionGoals/{number}~{name}",
                campaign=f"{OWN}/campaigns/{number}",
                **both,
            )

    def rule(account, kind, _verb, found, _at):
        if kind == "campaign_conversion_goal":
            number = found.update.resource_name.split("/")[-1].split("~")[0]
            config = account.get(f"{OWN}/conversionGoalCampaignConfigs/{number}")
            config.goal_config_level = 3  # CAMPAIGN

    account.rules.append(rule)


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

    made = {
        name: row.conversion_action.primary_for_goal
        for name, row in account.rows.items()
        if row.HasField("conversion_action")
    }
    assert [name for name, primary in made.items() if primary] == [
        f"{OWN}/conversionActions/5001"
    ]


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
