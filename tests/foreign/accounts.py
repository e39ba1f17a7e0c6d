"""One shop's Google Ads account, on servers that differ from each other."""

from __future__ import annotations

import struct

from foreign.google_ads import CLIENT, Account, refusal

OWN = f"customers/{CLIENT}"
CATEGORIES = ("PURCHASE", "PAGE_VIEW", "ADD_TO_CART", "BEGIN_CHECKOUT", "SIGNUP")
CAMPAIGNS = {71: "Generic - Beans", 72: "Generic - Mills", 73: "Brand"}
EVENTS = ("purchase", "view_item", "add_to_cart", "begin_checkout", "sign_up")


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


def put_goals(account, category):
    """Make a category's goals, of the account and of each campaign."""
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


def with_goals(account):
    """Have a goal for each category, of the account and of each campaign."""
    for category in CATEGORIES:
        put_goals(account, category)

    def rule(account, kind, _verb, found, _at):
        if kind == "campaign_conversion_goal":
            number = found.update.resource_name.split("/")[-1].split("~")[0]
            config = account.get(f"{OWN}/conversionGoalCampaignConfigs/{number}")
            config.goal_config_level = 3  # CAMPAIGN

    account.rules.append(rule)


def making_goals(account):
    """Make a category's goals, biddable at first, with its first action."""
    put_goals(account, "PURCHASE")

    def rule(account, kind, verb, found, _at):
        if (kind, verb) == ("conversion_action", "update") and found.update.category:
            described = found.update.DESCRIPTOR.fields_by_name["category"].enum_type
            put_goals(account, described.values_by_number[found.update.category].name)

    account.rules.append(rule)


def primaries(account):
    """Return the names of the primary actions."""
    return [
        name
        for name, row in account.rows.items()
        if row.conversion_action.primary_for_goal
    ]
