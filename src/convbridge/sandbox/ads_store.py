"""What Google Ads holds: accounts, resources with their history, one lock."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .ads_messages import new, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ads_messages import Message
    from .clock import Clock

# Google's wait before a new conversion action takes uploads, and before a click does.
UPLOAD_WAIT = timedelta(hours=6)
LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)

COLLECTIONS = {
    "bidding_data_exclusion": "biddingDataExclusions",
    "bidding_seasonality_adjustment": "biddingSeasonalityAdjustments",
    "bidding_strategy": "biddingStrategies",
    "campaign": "campaigns",
    "campaign_conversion_goal": "campaignConversionGoals",
    "conversion_action": "conversionActions",
    "conversion_goal_campaign_config": "conversionGoalCampaignConfigs",
    "conversion_value_rule": "conversionValueRules",
    "conversion_value_rule_set": "conversionValueRuleSets",
    "custom_conversion_goal": "customConversionGoals",
    "customer_conversion_goal": "customerConversionGoals",
    "product_link": "productLinks",
}


@dataclass(slots=True, kw_only=True)
class Account:
    """One customer, with the switches that change how Google answers for it."""

    customer_id: str
    name: str
    currency_code: str = "USD"
    time_zone: str = "UTC"
    is_manager: bool = False
    is_test: bool = False
    status: str = "ENABLED"
    manager: str | None = None
    conversion_customer: str = ""
    accepted_customer_data_terms: bool = True
    enhanced_conversions_for_leads: bool = True
    eu_declaration_missing: bool = False
    read_only: bool = False
    enabled_action_limit: int | None = None
    ga4_refused_fields: dict[str, str] = field(
        default_factory=lambda: {
            "counting_type": "conversion_action_error.UPDATE_NOT_SUPPORTED",
            "click_through_lookback_window_days": "mutate_error.MUTATE_NOT_ALLOWED",
            "view_through_lookback_window_days": "mutate_error.MUTATE_NOT_ALLOWED",
            "attribution_model_settings.attribution_model": (
                "conversion_action_error.UPDATE_NOT_SUPPORTED"
            ),
        }
    )

    def __post_init__(self) -> None:
        self.conversion_customer = self.conversion_customer or self.customer_id

    @property
    def zone(self) -> ZoneInfo:
        """Return the account's time zone."""
        return ZoneInfo(self.time_zone)


def resource_name(kind: str, customer_id: str, key: object) -> str:
    """Return `customers/{customer_id}/{collection}/{key}`."""
    return f"customers/{customer_id}/{COLLECTIONS[kind]}/{key}"


def customer_of(name: str) -> str:
    """Return the customer id of a resource name, or an empty string."""
    parts = name.split("/")
    return parts[1] if len(parts) > 1 and parts[0] == "customers" else ""


class AdsStore:
    """
    The resources of all customers.

    A message in the store is never changed in place: a write puts a new one, so
    readers may keep what they got, history is free and undo is a list of old ones.
    """

    def __init__(self, clock: Clock) -> None:
        """Start empty, on a clock."""
        self.clock = clock
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self._tables: dict[tuple[str, str], dict[str, Message]] = defaultdict(dict)
        self._history: dict[str, list[tuple[datetime, Message | None]]] = {}
        self._undo: list[tuple[str, str, Message | None]] = []
        self._next_id = 5000

    def add_account(self, account: Account) -> Account:
        """Add or replace a customer."""
        self.accounts[account.customer_id] = account
        return account

    def take_id(self) -> int:
        """Return an id nobody has."""
        self._next_id += 1
        return self._next_id

    def table(self, kind: str, customer_id: str) -> dict[str, Message]:
        """Return the live resources of one kind of one customer, by name."""
        return self._tables[kind, customer_id]

    def get(self, kind: str, name: str) -> Message | None:
        """Return one resource, or None."""
        return self._tables[kind, customer_of(name)].get(name)

    def put(
        self, kind: str, message: Message, *, since: datetime | None = None
    ) -> None:
        """Write one resource; `since` back-dates what was there before the run."""
        name = message.resource_name
        table = self.table(kind, customer_of(name))
        self._undo.append((kind, name, table.get(name)))
        table[name] = message
        moment = since or self.clock.now()
        self._history.setdefault(name, []).append((moment, message))

    def remove(self, kind: str, name: str) -> None:
        """Take one resource away."""
        old = self.table(kind, customer_of(name)).pop(name)
        self._undo.append((kind, name, old))
        self._history[name].append((self.clock.now(), None))

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """Undo what is written inside when it fails, or when `keep` is false."""
        mark = len(self._undo)
        try:
            yield
        except BaseException:
            self._roll_back(mark)
            raise
        if not keep:
            self._roll_back(mark)

    def created(self, name: str) -> datetime:
        """Return when a resource first was."""
        return self._history[name][0][0]

    def at(self, name: str, moment: datetime) -> Message | None:
        """Return a resource as it was at a moment."""
        versions = self._history.get(name, [])
        index = bisect_right(versions, moment, key=lambda version: version[0])
        return versions[index - 1][1] if index else None

    def changes(self, name: str) -> list[datetime]:
        """Return the moments a resource changed."""
        return [moment for moment, _ in self._history.get(name, [])]

    def owners_of(self, conversion_customer: str) -> list[Account]:
        """Return the accounts whose conversions one customer owns, itself included."""
        return [
            account
            for account in self.accounts.values()
            if conversion_customer in (account.conversion_customer, account.customer_id)
        ]

    def ancestors(self, customer_id: str) -> list[str]:
        """Return a customer and the managers above it, nearest first."""
        found: list[str] = []
        current: str | None = customer_id
        while current is not None and current in self.accounts:
            found.append(current)
            current = self.accounts[current].manager
        return found

    def _roll_back(self, mark: int) -> None:
        while len(self._undo) > mark:
            kind, name, old = self._undo.pop()
            table = self.table(kind, customer_of(name))
            versions = self._history[name]
            versions.pop()
            if old is None:
                table.pop(name, None)
            else:
                table[name] = old
            if not versions:
                del self._history[name]


def add_campaign(
    store: AdsStore, customer_id: str, *, campaign_id: int, name: str, channel: str
) -> Message:
    """Seed a campaign on Maximize Conversion Value, with its goal config."""
    key = resource_name("campaign", customer_id, campaign_id)
    campaign = new(
        "resources.Campaign",
        resource_name=key,
        id=campaign_id,
        name=name,
        status=number("CampaignStatus", "ENABLED"),
        advertising_channel_type=number("AdvertisingChannelType", channel),
        bidding_strategy_type=number(
            "BiddingStrategyType", "MAXIMIZE_CONVERSION_VALUE"
        ),
        bidding_strategy_system_status=number("BiddingStrategySystemStatus", "ENABLED"),
        maximize_conversion_value={"target_roas": 0.0},
    )
    store.put("campaign", campaign, since=LONG_AGO)
    config = new(
        "resources.ConversionGoalCampaignConfig",
        resource_name=resource_name(
            "conversion_goal_campaign_config", customer_id, campaign_id
        ),
        campaign=key,
        goal_config_level=number("GoalConfigLevel", "CUSTOMER"),
    )
    store.put("conversion_goal_campaign_config", config, since=LONG_AGO)
    return campaign
