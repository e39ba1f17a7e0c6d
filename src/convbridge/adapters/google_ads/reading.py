"""Rows of Google Ads as the plan's resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convbridge.adapters.google_ads.messages import get_field, has_path
from convbridge.model.accounts import Account
from convbridge.model.ids import CustomerId
from convbridge.model.resources import Resource, ResourceType
from convbridge.plan.value_rules import CONDITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from convbridge.model.resources import Scalar

# Writable fields and read-only facts of each type; both by field-mask path.
FIELDS: dict[ResourceType, tuple[str, ...]] = {
    ResourceType.CONVERSION_ACTION: (
        "name",
        "category",
        "status",
        "primary_for_goal",
        "value_settings.default_value",
        "value_settings.default_currency_code",
        "value_settings.always_use_default_value",
        "counting_type",
        "click_through_lookback_window_days",
        "view_through_lookback_window_days",
        "attribution_model_settings.attribution_model",
    ),
    ResourceType.CUSTOMER_CONVERSION_GOAL: ("biddable",),
    ResourceType.CAMPAIGN_CONVERSION_GOAL: ("biddable",),
    ResourceType.CUSTOM_CONVERSION_GOAL: ("name", "conversion_actions", "status"),
    ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG: (
        "goal_config_level",
        "custom_conversion_goal",
    ),
    ResourceType.CONVERSION_VALUE_RULE: ("action.operation", "action.value", "status"),
}
INFO: dict[ResourceType, tuple[str, ...]] = {
    ResourceType.CONVERSION_ACTION: (
        "id",
        "type",
        "origin",
        "owner_customer",
        "google_analytics_4_settings.event_name",
        "google_analytics_4_settings.property_id",
        "google_analytics_4_settings.property_name",
    ),
    ResourceType.CUSTOMER_CONVERSION_GOAL: ("category", "origin"),
    ResourceType.CAMPAIGN_CONVERSION_GOAL: ("campaign", "category", "origin"),
    ResourceType.CUSTOM_CONVERSION_GOAL: ("id",),
    ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG: ("campaign",),
    ResourceType.CAMPAIGN: (
        "id",
        "status",
        "advertising_channel_type",
        "bidding_strategy_type",
        "bidding_strategy_system_status",
    ),
    ResourceType.BIDDING_STRATEGY: ("id", "type"),
    ResourceType.CONVERSION_VALUE_RULE: ("id", "owner_customer", *CONDITIONS),
}
_ALWAYS = "value_settings.always_use_default_value"
# The strategy that a campaign or portfolio has, and where its target stands.
_TARGETS = {
    "MAXIMIZE_CONVERSION_VALUE": "maximize_conversion_value.target_roas",
    "TARGET_ROAS": "target_roas.target_roas",
}


def to_account(row: Any) -> Account:
    """Return the account of a row of `customer`."""
    found = row.customer
    setting = found.conversion_tracking_setting
    own = CustomerId(found.id)
    owner = setting.google_ads_conversion_customer.removeprefix("customers/")
    return Account(
        customer_id=own,
        name=found.descriptive_name,
        currency=found.currency_code,
        time_zone=found.time_zone,
        status=_text(found, "status"),
        is_manager=found.manager,
        is_test=found.test_account,
        conversion_customer=CustomerId(owner) if owner else own,
        conversion_tracking_status=_text(
            found, "conversion_tracking_setting.conversion_tracking_status"
        ),
        accepted_customer_data_terms=setting.accepted_customer_data_terms,
        enhanced_conversions_for_leads=_matches_leads(setting),
    )


def to_resources(kind: ResourceType, rows: Iterable[Any]) -> Iterator[Resource]:
    """Return the resources of one type; campaigns bring their portfolios along."""
    if kind is ResourceType.CAMPAIGN:
        yield from _campaigns(list(rows))
        return
    for row in rows:
        yield _resource(kind, getattr(row, kind.value))


def named_by_campaign(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Give what belongs to a campaign the campaign's name, for people."""
    found = tuple(resources)
    names = {r.key: r.name for r in found if r.type is ResourceType.CAMPAIGN}
    return tuple(_renamed(r, names) for r in found)


def _matches_leads(setting: Any) -> bool | None:
    """Read what v26 says as an enum and earlier versions as a bool."""
    if has_path(setting.DESCRIPTOR, "effective_enablement_setting"):
        found = get_field(setting, "effective_enablement_setting")
        return {"ON": True, "OFF": False}.get(str(found))
    return bool(setting.enhanced_conversions_for_leads_enabled)


def _resource(kind: ResourceType, message: Any) -> Resource:
    fields = {path: get_field(message, path) for path in FIELDS[kind]}
    return Resource(
        type=kind,
        key=message.resource_name,
        owner=_owner(message.resource_name),
        name=_NAMES[kind](message),
        fields=_FIXES.get(kind, dict)(fields),
        info={path: _info(message, path) for path in INFO[kind]},
    )


def _campaigns(rows: list[Any]) -> Iterator[Resource]:
    portfolios: dict[str, Resource] = {}
    for row in rows:
        if row.campaign.resource_name:
            yield _bidder(ResourceType.CAMPAIGN, row.campaign, "bidding_strategy_type")
        portfolio = row.bidding_strategy
        if portfolio.resource_name:
            portfolios[portfolio.resource_name] = _bidder(
                ResourceType.BIDDING_STRATEGY, portfolio, "type"
            )
    yield from portfolios.values()


def _bidder(kind: ResourceType, message: Any, strategy_path: str) -> Resource:
    """
    Return a campaign or portfolio with the target of the strategy it has.

    A campaign on a portfolio has no target of its own. A strategy without a
    target reads as 0, which is also what sets it so.
    """
    fields: dict[str, Scalar] = {"name": message.name}
    portfolio = ""
    if kind is ResourceType.CAMPAIGN:
        fields = {}
        portfolio = message.bidding_strategy
        fields["bidding_strategy"] = portfolio or None
    strategy = get_field(message, strategy_path)
    for name, path in _TARGETS.items():
        has_it = strategy == name and not portfolio
        fields[path] = float(get_field(message, path) or 0) if has_it else None  # type: ignore[arg-type]  # a double by its descriptor
    return Resource(
        type=kind,
        key=message.resource_name,
        owner=_owner(message.resource_name),
        name=message.name,
        fields=fields,
        info={path: _info(message, path) for path in INFO[kind]},
    )


def _action_fields(fields: dict[str, Scalar]) -> dict[str, Scalar]:
    # "Default value is true when unset" (conversion_action.proto).
    if fields["primary_for_goal"] is None:
        fields["primary_for_goal"] = True
    if fields[_ALWAYS] is None:
        fields[_ALWAYS] = False  # the proto's default, without which no plan settles
    return fields


def _goal_config_fields(fields: dict[str, Scalar]) -> dict[str, Scalar]:
    return {key: value or None for key, value in fields.items()}


def _custom_goal_fields(fields: dict[str, Scalar]) -> dict[str, Scalar]:
    actions = fields["conversion_actions"]
    assert isinstance(actions, tuple)
    return {**fields, "conversion_actions": tuple(sorted(actions))}


def _category_and_origin(message: Any) -> str:
    return f"{get_field(message, 'category')}~{get_field(message, 'origin')}"


def _rule_name(message: Any) -> str:
    return f"{get_field(message, 'action.operation')} {message.action.value:g}"


_NAMES: dict[ResourceType, Callable[[Any], str]] = {
    ResourceType.CONVERSION_ACTION: lambda m: str(m.name),
    ResourceType.CUSTOMER_CONVERSION_GOAL: _category_and_origin,
    ResourceType.CAMPAIGN_CONVERSION_GOAL: _category_and_origin,
    ResourceType.CUSTOM_CONVERSION_GOAL: lambda m: str(m.name),
    ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG: lambda m: str(m.campaign),
    ResourceType.CONVERSION_VALUE_RULE: _rule_name,
}
_FIXES: dict[ResourceType, Callable[[dict[str, Scalar]], dict[str, Scalar]]] = {
    ResourceType.CONVERSION_ACTION: _action_fields,
    ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG: _goal_config_fields,
    ResourceType.CUSTOM_CONVERSION_GOAL: _custom_goal_fields,
}


def _renamed(resource: Resource, names: dict[str, str]) -> Resource:
    campaign = names.get(str(resource.info.get("campaign")))
    if campaign is None:
        return resource
    is_goal = resource.type is ResourceType.CAMPAIGN_CONVERSION_GOAL
    return Resource(
        type=resource.type,
        key=resource.key,
        owner=resource.owner,
        name=f"{campaign}: {resource.name}" if is_goal else campaign,
        fields=resource.fields,
        info=resource.info,
    )


def _owner(resource_name: str) -> str:
    return resource_name.split("/")[1]


def _info(message: Any, path: str) -> Scalar:
    """Return a fact; ids and empty texts as people write them."""
    found = get_field(message, path)
    if path.endswith(("id", "_id")) and isinstance(found, int):
        return str(found) if found else None
    return None if found == "" else found


def _text(message: Any, path: str) -> str:
    return str(get_field(message, path) or "UNSPECIFIED")
