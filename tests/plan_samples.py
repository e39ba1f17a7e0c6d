"""One small client, and a Google in memory that refuses what Google refuses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from convbridge.errors import RejectedError
from convbridge.model.accounts import Account, PropertyInfo
from convbridge.model.changes import Action, Outcome, OutcomeKind
from convbridge.model.classes import Classification, ClassifiedEvent, EventClass
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId, PropertyId
from convbridge.model.journal import Verb
from convbridge.model.policy import Anchor, BiddingPolicy, GoalPolicy, Scheme
from convbridge.model.resources import Resource, ResourceType, State, System
from convbridge.model.rules import RuleSet
from convbridge.model.values import Valuation, ValuedEvent, ValueStatus
from convbridge.plan import apply_to, build_desired, make_plan
from translated import assert_translated

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CUSTOMER = "1234567890"
MANAGER = "9999999999"
WINDOW = DateWindow(start=date(2026, 8, 24), end=date(2026, 11, 21))
VALUE = "value_settings.default_value"
CURRENCY = "value_settings.default_currency_code"
ALWAYS = "value_settings.always_use_default_value"


def account(**changes):
    given = {
        "customer_id": CustomerId(CUSTOMER),
        "name": "Acme",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "conversion_customer": CustomerId(CUSTOMER),
    }
    return Account(**{**given, **changes})


def property_info(**changes):
    given = {
        "property_id": PropertyId("111"),
        "name": "Acme web",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "google_ads_links": (CustomerId(CUSTOMER),),
    }
    return PropertyInfo(**{**given, **changes})


def valued(event, value=None, **changes):
    given = {
        "event": event,
        "event_class": EventClass.MICRO,
        "group": None,
        "stage": None,
        "category": None,
        "value": None if value is None else Decimal(value),
        "low": None,
        "high": None,
        "status": ValueStatus.OK,
        "count": 100,
        "users": 80,
        "reason": "100 events in 90 d",
    }
    return ValuedEvent(**{**given, **changes})


PURCHASE = valued(
    "purchase",
    "52.50",
    event_class=EventClass.PRIMARY,
    status=ValueStatus.REVENUE,
    category="PURCHASE",
)
CART = valued("add_to_cart", "5.25", category="ADD_TO_CART")


def valuation(*events, **changes):
    given = {
        "client": "acme",
        "currency": "EUR",
        "window": WINDOW,
        "horizon_days": 30,
        "scheme": Scheme.BLEND,
        "anchor": Anchor.PRIMARY,
        "events": events or (PURCHASE, CART),
        "revenue": Decimal(1000),
        "inflation": 1.5,
        "troas_multiplier": 1.5,
    }
    return Valuation(**{**given, **changes})


def classified(*events):
    found = tuple(
        ClassifiedEvent(
            event=e.event,
            event_class=e.event_class,
            category=e.category,
            rule="test",
            reason="test",
        )
        for e in events
    )
    return Classification(client="acme", template="ecommerce", events=found)


def action(number, event=None, **fields):
    given = {
        "name": f"Acme (web) {event or number}",
        "status": "HIDDEN",
        "category": "DEFAULT",
        "primary_for_goal": False,
        "counting_type": "MANY_PER_CLICK",
        VALUE: Decimal(1),
        CURRENCY: "EUR",
        ALWAYS: False,
    }
    given.update({name.replace("__", "."): value for name, value in fields.items()})
    info = {"type": "WEBPAGE", "origin": "WEBSITE"}
    if event:
        info = {
            "type": "GOOGLE_ANALYTICS_4_CUSTOM",
            "origin": "WEBSITE",
            "google_analytics_4_settings.property_id": "111",
            "google_analytics_4_settings.event_name": event,
        }
    return Resource(
        type=ResourceType.CONVERSION_ACTION,
        key=f"customers/{CUSTOMER}/conversionActions/{number}",
        owner=CUSTOMER,
        name=given["name"],
        fields=given,
        info=info,
    )


def resource(kind, path, title="", /, *, owner=CUSTOMER, info=None, **fields):
    given = {key.replace("__", "."): value for key, value in fields.items()}
    root = f"customers/{owner}/" if kind.system is System.GOOGLE_ADS else f"{owner}/"
    return Resource(
        type=kind,
        key=root + path,
        owner=owner,
        name=title or path,
        fields=given,
        info=info or {},
    )


def campaign(number, name, *, strategy="MAXIMIZE_CONVERSION_VALUE", target=None, **kw):
    fields = {
        "maximize_conversion_value.target_roas": target,
        "target_roas.target_roas": None,
        "bidding_strategy": None,
        **kw,
    }
    return replace(
        resource(ResourceType.CAMPAIGN, f"campaigns/{number}", name),
        fields=fields,
        info={"id": str(number), "bidding_strategy_type": strategy},
    )


def config(number, name, *, level="CUSTOMER", goal=None):
    return resource(
        ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG,
        f"conversionGoalCampaignConfigs/{number}",
        name,
        info={"campaign": f"customers/{CUSTOMER}/campaigns/{number}"},
        goal_config_level=level,
        custom_conversion_goal=goal,
    )


def custom_goal(number, name, *actions, status="ENABLED"):
    return resource(
        ResourceType.CUSTOM_CONVERSION_GOAL,
        f"customConversionGoals/{number}",
        name,
        name=name,
        conversion_actions=tuple(
            f"customers/{CUSTOMER}/conversionActions/{a}" for a in actions
        ),
        status=status,
    )


def key_event(event, number=1, **fields):
    return resource(
        ResourceType.KEY_EVENT,
        f"keyEvents/{number}",
        event,
        owner="properties/111",
        info={"custom": True},
        **{"event_name": event, "counting_method": "ONCE_PER_EVENT", **fields},
    )


def world(*extra):
    """Return the account as it is before convbridge: purchase in, cart hidden."""
    return State(
        resources=(
            key_event("purchase", 1),
            key_event("add_to_cart", 2),
            action(
                1,
                "purchase",
                status="ENABLED",
                category="PURCHASE",
                primary_for_goal=True,
            ),
            action(2, "add_to_cart"),
            campaign(7, "Brand search"),
            campaign(8, "Generic"),
            config(7, "Brand search"),
            config(8, "Generic"),
            *extra,
        )
    )


def wishes(actual, *events, **changes):
    given = {
        "account": account(),
        "property_info": property_info(),
        "rules": RuleSet(template="ecommerce"),
        "goals": GoalPolicy(campaigns=("Brand*",)),
        "bidding": BiddingPolicy(),
    }
    values = changes.pop("valuation", None) or valuation(*events)
    found = build_desired(
        values, classified(*values.events), actual=actual, **{**given, **changes}
    )
    limits = (breach.message for breach in found.breaches)
    reasons = (wish.reason for wish in found)
    assert_translated([*found.notes, *found.warnings, *limits, *reasons])
    return found


def plan(actual, *events, made_at=NOW, **changes):
    found = wishes(actual, *events, **changes)
    who = changes.get("account", account())
    return make_plan(
        found,
        actual=actual,
        client="acme",
        account=who,
        made_at=made_at,
        window=WINDOW,
    )


def shared(found):
    """Return the plan as if a manager account owned the actions and the goal."""
    of_client = ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG
    changes = (
        c
        if c.type is of_client or c.system is System.GA4
        else replace(c, owner=MANAGER)
        for c in found.changes
    )
    return replace(found, changes=tuple(changes))


def begin(ledger, *, client="acme", at=NOW, **changes):
    given = {
        "client": client,
        "account": CUSTOMER,
        "verb": Verb.APPLY,
        "plan_digest": "7f3a91c2e5d4",
        "actor": "ann@host",
        "at": at,
    }
    return ledger.begin_run(**{**given, **changes})


@dataclass
class Ticking:
    """A clock that moves one second with each look."""

    at: datetime = NOW

    def now(self):
        self.at += timedelta(seconds=1)
        return self.at


class Killed(BaseException):
    """The process stops here."""


@dataclass
class FakeGoogle:
    """
    One system of Google in memory, behind the `Target` protocol.

    It keeps what it is told, gives names to what is created, and refuses what
    `refuse` says. `on_call` sees each call before and after it is made.
    """

    state: State
    system: System
    refuse: object = None
    on_call: object = None
    calls: list = field(default_factory=list)
    created: int = 0

    def fetch_state(self):
        self.calls.append("fetch")
        return State(resources=tuple(r for r in self.state if r.system is self.system))

    def validate(self, changes, *, names):
        self.calls.append(("validate", tuple(c.key for c in changes)))
        known, lost, found = set(names), set(), []
        for change in changes:
            outcome = self._checked(change, known, lost)
            lost |= set() if outcome.kind is OutcomeKind.APPLIED else {change.key}
            known |= {change.key} - lost
            found.append(outcome)
        return tuple(found)

    def apply(self, changes, *, names):
        self._tell("before", changes)
        before, known, lost, found = self.state, dict(names), set(), []
        try:
            for change in changes:
                outcome = self._made(change.named(known), known, lost)
                lost |= set() if outcome.kind is OutcomeKind.APPLIED else {change.key}
                if outcome.resource_name:
                    known[change.key] = outcome.resource_name
                found.append(outcome)
        except RejectedError:
            self.state = before
            raise
        self.calls.append(("apply", tuple(c.key for c in changes)))
        self._tell("after", changes)
        return tuple(found)

    def _tell(self, when, changes):
        if self.on_call:
            self.on_call(when, changes)

    def _checked(self, change, known, lost):
        code = self.refuse(change) if self.refuse else None
        if isinstance(code, Exception):
            raise code
        given = {"change": change, "code": code, "request_id": "req-1"}
        if code == "CONVERSION_ACTION_NOT_ENABLED" and change.after:
            return Outcome(**given, kind=OutcomeKind.SKIPPED, error="not before it")
        if code:
            error = f"Google says {code}"
            return Outcome(**given, kind=OutcomeKind.REJECTED, error=error)
        named = [n for f in change.fields for n in keys_in(f.after)]
        waits = [n for n in named if n.startswith("new:") and n not in known]
        is_lost = bool(waits or lost & set(change.after))
        kind = OutcomeKind.SKIPPED if is_lost else OutcomeKind.APPLIED
        return Outcome(**given, kind=kind)

    def _made(self, change, known, lost):
        checked = self._checked(change, known, lost)
        if checked.kind is not OutcomeKind.APPLIED:
            return checked
        if change.action is Action.CREATE:
            change = replace(change, key=self._new_name(change))
        if change.action is Action.UPDATE:
            assert self.state.get(change.key), f"{change.key} does not exist"
        self._refuse_linked_goal(change)
        self.state = apply_to(self.state, [change])
        return replace(checked, resource_name=change.key)

    def _new_name(self, change):
        self.created += 1
        plural = {
            ResourceType.CONVERSION_ACTION: "conversionActions",
            ResourceType.CUSTOM_CONVERSION_GOAL: "customConversionGoals",
            ResourceType.KEY_EVENT: "keyEvents",
            ResourceType.EVENT_CREATE_RULE: "eventCreateRules",
        }[change.type]
        is_ads = change.type.system is System.GOOGLE_ADS
        owner = f"customers/{change.owner}" if is_ads else change.owner
        return f"{owner}/{plural}/{900 + self.created}"

    def _refuse_linked_goal(self, change):
        users = [
            r.name
            for r in self.state
            if r.fields.get("custom_conversion_goal") == change.key
        ]
        if change.action is Action.REMOVE and users:
            raise RejectedError(
                "the goal is in use",
                vendor="google_ads",
                operation="MutateCustomConversionGoals",
                code="CANNOT_REMOVE_LINKED_CUSTOM_CONVERSION_GOAL",
            )


def keys_in(value):
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) else ()


def google(state):
    """Return both systems over one state each, as `apply_plan` wants them."""
    return {
        system: FakeGoogle(
            state=State(resources=tuple(r for r in state if r.system is system)),
            system=system,
        )
        for system in System
    }


def state_of(targets):
    found = State()
    for target in targets.values():
        found |= target.state
    return found
