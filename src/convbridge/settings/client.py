"""One client's settings, and the core's nouns made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, PrivateAttr

from convbridge.model.policy import (
    ActionPolicy,
    AudiencePolicy,
    BiddingPolicy,
    GoalPolicy,
    Limits,
    OnDrift,
    PublishPolicy,
    ReadinessPolicy,
    ValuePolicy,
)
from convbridge.model.rules import EventRule, RuleSet
from convbridge.settings.event import ActionSettings, EventSettings
from convbridge.settings.fields import AudienceName, EventName
from convbridge.settings.google import GoogleSettings
from convbridge.settings.models import (
    AudienceSettings,
    BiddingSettings,
    DeliverySettings,
    Ga4Settings,
    GoalsSettings,
    GoogleAdsSettings,
    LimitsSettings,
    Section,
    ValuesSettings,
    WarehouseSettings,
)

if TYPE_CHECKING:
    from convbridge.model.ids import CustomerId

Template = Literal["ecommerce", "lead_gen", "service"]


class ClientSettings(Section):
    """What the file says about one client."""

    template: Template
    """The kind of business; decides what an event is where nothing else does."""
    ga4: Ga4Settings
    """The GA4 property."""
    warehouse: WarehouseSettings | None = None
    """GA4's BigQuery export, to count from; GA4's reports when left out."""
    google_ads: GoogleAdsSettings | None = None
    """The Google Ads account; without it values stay in GA4."""
    events: dict[EventName, EventSettings] = Field(default_factory=dict)
    """The user's word on events, by GA4's event name or a derived event's."""
    action_settings: ActionSettings = ActionSettings()
    """Settings of every event's conversion action, where the event says none."""
    values: ValuesSettings = ValuesSettings()
    """How values are computed."""
    goals: GoalsSettings = GoalsSettings()
    """Where micro conversions become biddable."""
    bidding: BiddingSettings = BiddingSettings()
    """What is done with the campaigns' bidding; nothing when left out."""
    limits_section: LimitsSettings = Field(default=LimitsSettings(), alias="limits")
    """Absolute caps; a plan beyond them is refused."""
    delivery: DeliverySettings = DeliverySettings()
    """How conversions with click ids or user data are sent."""
    audiences: dict[AudienceName, AudienceSettings] = Field(default_factory=dict)
    """Audiences to make in GA4, by name, which it shares with Google Ads."""
    on_drift: OnDrift = OnDrift.REPORT
    """Which side wins when somebody changed a managed value in the UI."""
    tags: tuple[str, ...] = ()
    """Words to choose clients by."""
    google: GoogleSettings | None = None
    """How Google is reached for this client, where it differs from the rest."""

    _name: str = PrivateAttr(default="")

    @property
    def name(self) -> str:
        """The client's key in the file."""
        return self._name

    def named(self, name: str, *, login_customer_id: CustomerId | None) -> Self:
        """
        Return the client with its name.

        Args:
            name: The client's key in the file.
            login_customer_id: Taken where the client says none.
        """
        client, ads = self.model_copy(), self.google_ads
        if ads and login_customer_id and ads.login_customer_id is None:
            found = ads.model_copy(update={"login_customer_id": login_customer_id})
            client = self.model_copy(update={"google_ads": found})
        client._name = name  # noqa: SLF001 - its own class, on a copy
        return client

    def rule_set(self) -> RuleSet:
        """Return the template and the user's rules, for `classify`."""
        rules = {name: _rule(name, said) for name, said in self.events.items()}
        settings = ActionPolicy(**self.action_settings.model_dump())
        return RuleSet(template=self.template, rules=rules, action_settings=settings)

    def value_policy(self) -> ValuePolicy:
        """Return how values are computed, for `value`."""
        said = self.values
        weights = {
            name: event.weight
            for name, event in self.events.items()
            if event.weight is not None
        }
        return ValuePolicy(
            scheme=said.scheme,
            anchor=said.anchor,
            window_days=said.window_days,
            horizon_days=said.horizon_days,
            weights=weights,
            publish=PublishPolicy(**said.publish.model_dump()),
            readiness=ReadinessPolicy(**said.readiness.model_dump()),
        )

    def goal_policy(self) -> GoalPolicy:
        """Return where micro conversions become biddable, for `plan`."""
        return GoalPolicy(mode=self.goals.mode, campaigns=self.goals.campaigns)

    def bidding_policy(self) -> BiddingPolicy:
        """Return what is done with bidding, for `plan`."""
        return BiddingPolicy(
            strategy=self.bidding.strategy, target_roas=self.bidding.target_roas
        )

    def audience_policies(self) -> tuple[AudiencePolicy, ...]:
        """Return the people to win back, for `plan`."""
        return tuple(
            AudiencePolicy(name=name, **said.model_dump())
            for name, said in self.audiences.items()
        )

    def limits(self) -> Limits:
        """Return the caps of a plan."""
        return Limits(**self.limits_section.model_dump())


def _rule(name: str, said: EventSettings) -> EventRule:
    return EventRule(
        event=name,
        event_class=said.class_,
        group=said.group,
        stage=said.stage,
        category=said.category,
        source_event=said.from_,
        where=said.where or (),
        value=said.value,
        close_rate=said.close_rate,
        weight=said.weight,
        action=said.action,
        action_settings=ActionPolicy(**said.action_settings.model_dump()),
        counting_method=said.counting_method,
    )
