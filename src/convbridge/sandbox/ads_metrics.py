"""Conversions as Google Ads counts them, from the events and uploads of a world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .ads_actions import is_ga4
from .ads_goals import CAMPAIGN_GOAL, CONFIG, CUSTOMER_GOAL, goal_key
from .ads_messages import number
from .ads_store import resource_name
from .site import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from .ads_messages import Message
    from .ads_store import Account, AdsStore
    from .site import Site
    from .world import World

    Floats = NDArray[np.floating[Any]]
    Ints = NDArray[np.integer[Any]]

# What is summed: all and biddable ones, each by day of the click and of the event.
MEASURES = (
    "all_conversions",
    "all_conversions_value",
    "conversions",
    "conversions_value",
    "all_conversions_by_conversion_date",
    "all_conversions_value_by_conversion_date",
    "conversions_by_conversion_date",
    "conversions_value_by_conversion_date",
)
Tally = dict[str, "Floats"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """One accepted conversion that reached a click."""

    action: str
    customer_id: str
    campaign_id: int
    click_time: datetime
    time: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What an account's conversions are computed from."""

    store: AdsStore
    world: World
    account: Account
    site: Site
    received: Mapping[str, datetime]  # when an action last had an upload

    @property
    def campaigns(self) -> tuple[str, ...]:
        """Return the campaigns' resource names, in the site's order."""
        cid = self.account.customer_id
        return tuple(resource_name("campaign", cid, c.id) for c in self.site.campaigns)

    @property
    def days(self) -> int:
        """Return how many days the site's recording covers."""
        return len(self.site.recording.day_starts) - 1


def tallies(ledger: Ledger, uploads: Iterable[Uploaded]) -> dict[str, Tally]:
    """Return, per conversion action, arrays of campaigns by days."""
    rules = _Rules(ledger)
    found: dict[str, Tally] = {}
    owner = ledger.account.conversion_customer
    for action in tuple(ledger.store.table("conversion_action", owner).values()):
        is_counted = is_ga4(action) and _is_of(action, ledger.site)
        found[action.resource_name] = (
            _ga4_tally(ledger, rules, action) if is_counted else _empty(ledger)
        )
    for upload in uploads:
        if upload.customer_id == ledger.account.customer_id:
            _add_upload(ledger, rules, found[upload.action], upload)
    return found


def delivery(ledger: Ledger) -> dict[str, Floats]:
    """Return impressions, clicks and cost, arrays of campaigns by days until now."""
    spend = ledger.site.recording.spend
    today = ledger.site.day_of(ledger.site.today(ledger.store.clock.now()))
    shape = (len(ledger.site.campaigns), ledger.days)
    found: dict[str, Floats] = {}
    for name, values in (
        ("impressions", spend.impressions),
        ("clicks", spend.clicks),
        ("cost_micros", np.round(spend.cost, 2) * 1e6),
    ):
        full = np.zeros(shape)
        kept = min(today + 1, len(values))
        full[:, :kept] = values[:kept].T
        found[name] = full
    return found


def _is_of(action: Message, site: Site) -> bool:
    return str(action.google_analytics_4_settings.property_id) == site.property_id


def _empty(ledger: Ledger) -> Tally:
    shape = (len(ledger.site.campaigns), ledger.days)
    return {measure: np.zeros(shape) for measure in MEASURES}


class _Rules:
    """Whether an action counts and bids in a campaign, at each time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        moments = {m for name in self._names() for m in ledger.store.changes(name)}
        self._moments = sorted(moments)
        self.edges = np.array([microseconds(m) for m in self._moments], dtype=np.int64)

    def _names(self) -> list[str]:
        store, account = self._ledger.store, self._ledger.account
        own, shared = account.customer_id, account.conversion_customer
        kinds = (
            ("conversion_action", shared),
            ("custom_conversion_goal", shared),
            (CUSTOMER_GOAL, own),
            (CAMPAIGN_GOAL, own),
            (CONFIG, own),
        )
        return [name for kind, cid in kinds for name in tuple(store.table(kind, cid))]

    def action(self, name: str, span: int) -> Message | None:
        """Return the action as it was in a span, when it was ENABLED."""
        if span < 0:
            return None
        action = self._ledger.store.at(name, self._moments[span])
        status = number("ConversionActionStatus", "ENABLED")
        return action if action is not None and action.status == status else None

    def bids(self, action: Message, campaign: str, span: int) -> bool:
        """Say whether a campaign bids on the action in a span (goals, rule 3)."""
        store, when = self._ledger.store, self._moments[span]
        cid = self._ledger.account.customer_id
        campaign_id = campaign.rsplit("/", 1)[-1]
        config = store.at(resource_name(CONFIG, cid, campaign_id), when)
        key = goal_key(action.category, action.origin)
        if config is None:
            return False
        is_own = config.goal_config_level == number("GoalConfigLevel", "CAMPAIGN")
        if is_own and config.custom_conversion_goal:
            custom = store.at(config.custom_conversion_goal, when)
            if custom is not None and action.resource_name in custom.conversion_actions:
                return True
        kind, name = (
            (CAMPAIGN_GOAL, f"{campaign_id}~{key}") if is_own else (CUSTOMER_GOAL, key)
        )
        goal = store.at(resource_name(kind, cid, name), when)
        return bool(goal is not None and goal.biddable and action.primary_for_goal)


def _ga4_tally(ledger: Ledger, rules: _Rules, action: Message) -> Tally:
    tally = _empty(ledger)
    fallback = _key_event_value(ledger, action)
    event = action.google_analytics_4_settings.event_name
    credit = ledger.world.conversions(
        ledger.site, event, lookback_days=action.click_through_lookback_window_days
    )
    spans = np.searchsorted(rules.edges, credit.time, side="right") - 1
    for span in np.unique(spans).tolist():
        then = rules.action(action.resource_name, int(span))
        if then is None:
            continue
        chosen = np.flatnonzero(spans == span)
        if then.counting_type == number(
            "ConversionActionCountingType", "ONE_PER_CLICK"
        ):
            chosen = chosen[
                np.unique(credit.click_session[chosen], return_index=True)[1]
            ]
        values = _values(then, credit.value[chosen], fallback)
        bids = np.array([rules.bids(then, name, span) for name in ledger.campaigns])
        _add(
            tally,
            campaign=credit.campaign[chosen],
            days=(credit.click_day[chosen], credit.day[chosen]),
            value=values,
            bids=bids[credit.campaign[chosen]],
        )
    return tally


def _key_event_value(ledger: Ledger, action: Message) -> float | None:
    """Return the default value that the key event has in GA4, if it has one."""
    event = action.google_analytics_4_settings.event_name
    for key_event in ledger.site.key_events:
        if key_event.event_name == event and key_event.default_value is not None:
            return key_event.default_value[0]
    return None


def _values(action: Message, values: Floats, fallback: float | None) -> Floats:
    settings = action.value_settings
    if settings.always_use_default_value:
        return np.full(len(values), settings.default_value)
    # GA4 fills in the key event's value before the event reaches Google Ads.
    default = settings.default_value if fallback is None else fallback
    return np.where(np.isnan(values), default, values)


def _add_upload(ledger: Ledger, rules: _Rules, tally: Tally, upload: Uploaded) -> None:
    campaign = resource_name("campaign", upload.customer_id, upload.campaign_id)
    span = (
        int(np.searchsorted(rules.edges, microseconds(upload.time), side="right")) - 1
    )
    action = rules.action(upload.action, span) or ledger.store.get(
        "conversion_action", upload.action
    )
    bids = span >= 0 and rules.bids(action, campaign, span)
    site = ledger.site
    days = [site.day_of(t.astimezone(site.zone).date()) for t in _times(upload)]
    if not all(0 <= day < ledger.days for day in days):
        return
    _add(
        tally,
        campaign=np.array([ledger.campaigns.index(campaign)]),
        days=(np.array(days[:1]), np.array(days[1:])),
        value=np.array([upload.value]),
        bids=np.array([bids]),
    )


def _times(upload: Uploaded) -> tuple[datetime, datetime]:
    return upload.click_time, upload.time


def _add(
    tally: Tally,
    *,
    campaign: Ints,
    days: tuple[Ints, Ints],
    value: Floats,
    bids: NDArray[np.bool_],
) -> None:
    ones = np.ones(len(value))
    for suffix, day in zip(("", "_by_conversion_date"), days, strict=True):
        at = (campaign, day)
        np.add.at(tally[f"all_conversions{suffix}"], at, ones)
        np.add.at(tally[f"all_conversions_value{suffix}"], at, value)
        np.add.at(tally[f"conversions{suffix}"], at, ones * bids)
        np.add.at(tally[f"conversions_value{suffix}"], at, value * bids)


def last_times(ledger: Ledger, action: str, tally: Tally) -> dict[str, str]:
    """Return the metrics that say when an action last had anything."""
    received = ledger.received.get(action)
    zone = ledger.account.zone
    return {
        "conversion_last_conversion_date": _last_day(ledger, tally),
        "conversion_last_received_request_date_time": (
            received.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if received else ""
        ),
    }


def _last_day(ledger: Ledger, tally: Tally) -> str:
    by_day = tally["all_conversions_by_conversion_date"].sum(axis=0)
    days = np.flatnonzero(by_day)
    return ledger.site.date_of(int(days[-1])).isoformat() if len(days) else ""
