"""Destinations of a Data Manager request: which account, which action or property."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ads_messages import name_of, number
from .ads_store import UPLOAD_WAIT, resource_name
from .data_manager_errors import Violation, denied

if TYPE_CHECKING:
    from .ads_messages import Message
    from .ads_service import GoogleAds
    from .ads_store import Account

_KINDS = frozenset({"UPLOAD_CLICKS", "WEBPAGE"})
_MAX_DESTINATIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One destination, found: an account with an action, or a GA4 property."""

    reference: str
    destination: dict[str, Any]
    account: Account | None = None
    action: Message = None
    property_id: str = ""

    @property
    def product_id(self) -> str:
        """The conversion action's id, or the stream's measurement id."""
        return str(self.destination.get("product_destination_id", ""))

    @property
    def is_analytics(self) -> bool:
        """Say whether it is a Google Analytics property."""
        return bool(self.property_id)

    @property
    def is_webpage(self) -> bool:
        """Say whether it adds data to conversions that a tag records."""
        return self.action is not None and _type(self.action) == "WEBPAGE"


def find_targets(
    ads: GoogleAds, destinations: list[dict[str, Any]]
) -> tuple[list[Target], list[Violation]]:
    """Return the destinations that are good, and what is wrong with the others."""
    violations = _check_list(destinations)
    targets: list[Target] = []
    for index, destination in enumerate(destinations[:_MAX_DESTINATIONS]):
        target, violation = _find(ads, destination, f"destinations[{index}]")
        if target is not None:
            targets.append(target)
        if violation is not None:
            violations.append(violation)
    return targets, violations


def _check_list(destinations: list[dict[str, Any]]) -> list[Violation]:
    if not destinations:
        return [Violation(reason="REQUIRED_FIELD_MISSING", field="destinations")]
    if len(destinations) > _MAX_DESTINATIONS:
        return [Violation(reason="TOO_MANY_DESTINATIONS", field="destinations")]
    # A reference may be missing, but not be there twice.
    references = [each["reference"] for each in destinations if each.get("reference")]
    if len(set(references)) < len(references):
        reason = "DUPLICATE_DESTINATION_REFERENCE"
        return [Violation(reason=reason, field="destinations")]
    return []


def _find(
    ads: GoogleAds, destination: dict[str, Any], path: str
) -> tuple[Target | None, Violation | None]:
    operating = destination.get("operating_account", {})
    account_id = operating.get("account_id", "")
    if not account_id:
        at = f"{path}.operating_account.account_id"
        return None, Violation(reason="REQUIRED_FIELD_MISSING", field=at)
    match operating.get("account_type", operating.get("product", "")):
        case "GOOGLE_ADS":
            return _find_action(ads, destination, account_id, path)
        case "GOOGLE_ANALYTICS_PROPERTY":
            return _find_property(ads, destination, account_id, path)
        case _:
            at = f"{path}.operating_account.account_type"
            return None, Violation(reason="INVALID_DESTINATION", field=at)


def _find_action(
    ads: GoogleAds, destination: dict[str, Any], account_id: str, path: str
) -> tuple[Target | None, Violation | None]:
    account = ads.store.accounts.get(account_id)
    login = destination.get("login_account", {}).get("account_id", account_id)
    if account is None or account.status != "ENABLED":
        raise denied()
    if login not in ads.store.ancestors(account_id):
        raise denied()
    ads.seeder.refresh(account_id)
    key = destination.get("product_destination_id", "")
    name = resource_name("conversion_action", account_id, key)
    action = ads.store.get("conversion_action", name)
    reason = _wrong_action(ads, action)
    if reason:
        at = f"{path}.product_destination_id"
        return None, Violation(reason=reason, field=at)
    reference = destination.get("reference", "")
    target = Target(
        reference=reference, destination=destination, account=account, action=action
    )
    return target, None


def _wrong_action(ads: GoogleAds, action: Message | None) -> str:
    enabled = number("ConversionActionStatus", "ENABLED")
    if action is None or action.status != enabled:
        return "INVALID_CONVERSION_ACTION_ID"
    if _type(action) not in _KINDS:
        return "INVALID_CONVERSION_ACTION_TYPE"
    created = ads.store.created(action.resource_name)
    if ads.store.clock.now() < created + UPLOAD_WAIT:
        return "CONVERSION_ACTION_TOO_RECENTLY_CREATED"
    return ""


def _type(action: Message) -> str:
    return name_of("ConversionActionType", action.type_)


def _find_property(
    ads: GoogleAds, destination: dict[str, Any], property_id: str, path: str
) -> tuple[Target | None, Violation | None]:
    site = ads.world.site_of_property(property_id)
    if site is None:
        raise denied()
    if destination.get("product_destination_id", "") != f"G-{property_id}":
        at = f"{path}.product_destination_id"
        return None, Violation(reason="INVALID_DESTINATION", field=at)
    reference = destination.get("reference", "")
    target = Target(
        reference=reference, destination=destination, property_id=property_id
    )
    return target, None
