"""The accounts of a world in Google Ads: campaigns, and actions linked from GA4."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .ads_actions import fill_defaults
from .ads_goals import seed_action
from .ads_messages import clone, new, number
from .ads_store import LONG_AGO, Account, add_campaign, resource_name

if TYPE_CHECKING:
    from datetime import datetime

    from .ads_messages import Message
    from .ads_store import AdsStore
    from .property import KeyEvent
    from .site import Site
    from .story import Campaign
    from .world import World

# GA4 event -> type and category of the action that the link makes.
_GA4_ACTIONS = {
    "purchase": ("GOOGLE_ANALYTICS_4_PURCHASE", "PURCHASE"),
    "generate_lead": ("GOOGLE_ANALYTICS_4_GENERATE_LEAD", "SUBMIT_LEAD_FORM"),
    "qualify_lead": ("GOOGLE_ANALYTICS_4_QUALIFY_LEAD", "QUALIFIED_LEAD"),
    "close_convert_lead": ("GOOGLE_ANALYTICS_4_CLOSE_CONVERT_LEAD", "CONVERTED_LEAD"),
    "add_to_cart": ("GOOGLE_ANALYTICS_4_CUSTOM", "ADD_TO_CART"),
    "begin_checkout": ("GOOGLE_ANALYTICS_4_CUSTOM", "BEGIN_CHECKOUT"),
    "sign_up": ("GOOGLE_ANALYTICS_4_CUSTOM", "SIGNUP"),
}
_OTHER = ("GOOGLE_ANALYTICS_4_CUSTOM", "DEFAULT")


class Seeder:
    """
    Fills the store from the world, one account when it is first asked for.

    A key event marked in GA4 shows up as a HIDDEN action after `ga4_delay`; the
    site's primary event was imported long ago, as in an account that bids already.
    """

    def __init__(self, store: AdsStore, world: World) -> None:
        """Add the accounts of every site and manager."""
        self._store = store
        self._world = world
        self._seeded: set[str] = set()
        self._linked: dict[tuple[str, str, str], str] = {}
        self.ga4_delay = timedelta(0)
        for manager in world.managers():
            store.add_account(
                Account(customer_id=manager, name=f"Manager {manager}", is_manager=True)
            )
        for site in world.sites.values():
            store.add_account(_account(site))

    def refresh(self, customer_id: str) -> None:
        """Bring the sites of one account (or below a manager) up to date."""
        sites = self._sites_of(customer_id)
        for site in sites:
            self._seed(site)
        for site in sites:
            self._link(site)

    def _sites_of(self, customer_id: str) -> tuple[Site, ...]:
        account = self._store.accounts.get(customer_id)
        if account is not None and account.is_manager:
            sites = self._world.managers().get(customer_id, ())
            return tuple(s for s in sites if s.conversion_customer_id == customer_id)
        site = self._world.site_of_customer(customer_id)
        return (site,) if site is not None else ()

    def _seed(self, site: Site) -> None:
        if site.customer_id in self._seeded:
            return
        self._seeded.add(site.customer_id)
        for campaign in site.campaigns:
            message = add_campaign(
                self._store,
                site.customer_id,
                campaign_id=campaign.id,
                name=campaign.name,
                channel=campaign.channel_type,
            )
            self._store.put("campaign", _bidding(message, campaign), since=LONG_AGO)

    def _link(self, site: Site) -> None:
        store, now = self._store, self._store.clock.now()
        due = [each for each in site.key_events if self._is_due(each, now)]
        for link in tuple(site.ga4.ads_links.values()):
            linked = store.accounts.get(link.customer_id)
            if linked is None:
                continue
            owner = store.accounts[linked.conversion_customer]
            for key_event in due:
                key = (owner.customer_id, site.property_id, key_event.event_name)
                if key not in self._linked:
                    action = self._action(site, owner, key_event)
                    self._linked[key] = action.resource_name
                    seed_action(store, owner, action)
        self._unlink(site)

    def _unlink(self, site: Site) -> None:
        """Take away what was never imported and is a key event no more."""
        known = {each.event_name for each in site.key_events}
        hidden = number("ConversionActionStatus", "HIDDEN")
        for key, name in tuple(self._linked.items()):
            if key[1] != site.property_id or key[2] in known:
                continue
            action = self._store.get("conversion_action", name)
            if action is not None and action.status == hidden:
                self._store.remove("conversion_action", name)
                del self._linked[key]

    def _is_due(self, key_event: KeyEvent, now: datetime) -> bool:
        return key_event.created_at + self.ga4_delay <= now

    def _action(self, site: Site, owner: Account, key_event: KeyEvent) -> Message:
        event = key_event.event_name
        kind, category = _GA4_ACTIONS.get(event, _OTHER)
        is_imported = event == site.primary
        action_id = self._store.take_id()
        action = new(
            "resources.ConversionAction",
            resource_name=resource_name(
                "conversion_action", owner.customer_id, action_id
            ),
            id=action_id,
            name=f"{site.name} (web) {event}",
            type_=number("ConversionActionType", kind),
            category=number("ConversionActionCategory", category),
            origin=number("ConversionOrigin", "WEBSITE"),
            status=number(
                "ConversionActionStatus", "ENABLED" if is_imported else "HIDDEN"
            ),
            primary_for_goal=is_imported,
            owner_customer=f"customers/{owner.customer_id}",
            google_analytics_4_settings={
                "event_name": event,
                "property_name": site.name,
                "property_id": int(site.property_id),
            },
        )
        fill_defaults(action, owner)
        return action


def _account(site: Site) -> Account:
    return Account(
        customer_id=site.customer_id,
        name=site.name,
        currency_code=site.currency,
        time_zone=site.time_zone,
        manager=site.manager_customer_id,
        conversion_customer=site.conversion_customer_id,
    )


def _bidding(message: Message, campaign: Campaign) -> Message:
    seeded = clone(message)
    scheme = campaign.bidding_strategy.lower()
    getattr(seeded, scheme).SetInParent()
    if campaign.target_roas is not None:
        getattr(seeded, scheme).target_roas = campaign.target_roas
    seeded.bidding_strategy_type = number(
        "BiddingStrategyType", campaign.bidding_strategy
    )
    return seeded
