"""The control plane against Google on loopback, through the unmodified clients."""

from __future__ import annotations

from decimal import Decimal

import pytest

from convbridge.adapters.auth import credentials
from convbridge.adapters.calls import RetryPolicy
from convbridge.adapters.clock import SystemClock
from convbridge.adapters.ga4 import open_ga4, open_ga4_target
from convbridge.adapters.google_ads import open_google_ads
from convbridge.adapters.ledger import open_ledger
from convbridge.apply import apply_plan, resolve_unknown
from convbridge.errors import OutcomeUnknownError
from convbridge.model.access import CredentialsKind, GoogleAccess
from convbridge.model.accounts import PropertyInfo
from convbridge.model.changes import OutcomeKind
from convbridge.model.classes import EventClass
from convbridge.model.ids import CustomerId, PropertyId
from convbridge.model.policy import AudiencePolicy, BiddingPolicy, GoalMode, GoalPolicy
from convbridge.model.resources import ResourceType, State, System
from convbridge.model.rules import Condition, EventRule, Match, RuleSet
from convbridge.model.values import ValueStatus
from convbridge.plan import build_desired, make_plan, remember, rollback
from plan_samples import Ticking, classified, valuation, valued
from sandbox.ads_client import fresh_google

CUSTOMER = CustomerId("1234567890")
EVENTS = ("purchase", "add_to_cart", "begin_checkout")
RULES = RuleSet(template="ecommerce", rules={e: EventRule(event=e) for e in EVENTS})
VALUES = valuation(
    valued(
        "purchase",
        "1000",
        event_class=EventClass.PRIMARY,
        status=ValueStatus.REVENUE,
        category="PURCHASE",
    ),
    valued("add_to_cart", "100", category="ADD_TO_CART"),
    valued("begin_checkout", "270", category="BEGIN_CHECKOUT"),
    client="siam-coffee",
    currency="THB",
)
PROPERTY = PropertyInfo(
    property_id=PropertyId("111111111"),
    name="Siam Coffee",
    currency="THB",
    time_zone="Asia/Bangkok",
    google_ads_links=(CUSTOMER,),
)


class Client:
    """One client's two targets and ledger, and the verbs over them."""

    def __init__(self, google, ledger, goal_mode=None):
        self.google, self.ledger, self.clock = google, ledger, Ticking()
        access = GoogleAccess(
            credentials=CredentialsKind.ANONYMOUS,
            google_ads_endpoint=google.google_ads_endpoint,
            ga4_endpoint=google.ga4_endpoint,
        )
        known = credentials(access, [])
        self.ads = open_google_ads(
            access,
            known,
            customer_id=CUSTOMER,
            login_customer_id=CustomerId("9999999999"),
            goal_mode=goal_mode,
            policy=RetryPolicy(attempts=2, timeout=5),
            sleep=lambda _: None,
        )
        ga4 = open_ga4_target(
            access,
            known,
            property_id=PROPERTY.property_id,
            clock=SystemClock(),
            sleep=lambda _: None,
        )
        self.source = open_ga4(
            access, known, property_id=PROPERTY.property_id, clock=SystemClock()
        )
        self.targets = {System.GA4: ga4, System.GOOGLE_ADS: self.ads}

    def close(self):
        self.ads.close()
        self.targets[System.GA4].close()

    def state(self):
        found = State()
        for target in self.targets.values():
            found |= target.fetch_state()
        return found

    def plan(self, **changes):
        actual = self.state()
        resolve_unknown(self.ledger, "siam-coffee", actual, clock=self.clock)
        memory = remember(self.ledger.read_entries("siam-coffee"))
        given = {
            "goals": GoalPolicy(campaigns=("Generic*",)),
            "bidding": BiddingPolicy(),
            "property_info": PROPERTY,
            "rules": RULES,
            **changes,
        }
        values = given.pop("values", VALUES)
        wishes = build_desired(
            values,
            classified(*values.events),
            actual=actual,
            account=self.ads.fetch_account(),
            managed=memory.managed,
            refused=memory.refused,
            **given,
        )
        return self._made(wishes, actual)

    def undo(self, run):
        actual = self.state()
        entries = self.ledger.read_entries("siam-coffee", run=run)
        return self._made(rollback(entries, actual), actual)

    def apply(self, plan, **changes):
        return apply_plan(
            plan,
            targets=self.targets,
            ledger=self.ledger,
            clock=self.clock,
            **changes,
        )

    def settle(self, **changes):
        """Apply until nothing is left; return how many runs that took."""
        for number in range(5):
            found = self.plan(**changes)
            if found.is_empty:
                return number
            assert self.apply(found).is_complete
        pytest.fail(f"five runs and still {found}")

    def _made(self, wishes, actual):
        return make_plan(
            wishes,
            actual=actual,
            client="siam-coffee",
            account=self.ads.fetch_account(),
            made_at=self.clock.now(),
        )


@pytest.fixture
def client():
    with shop() as google, open_ledger("sqlite://") as ledger:
        found = Client(google, ledger)
        yield found
        found.close()


def shop(**changes):
    """Return a sandbox with one small coffee shop."""
    return fresh_google(property_id=str(PROPERTY.property_id), **changes)


def action_fields(client, event):
    name = "google_analytics_4_settings.event_name"
    found = client.state().of(ResourceType.CONVERSION_ACTION)
    return next(a.fields for a in found if a.info[name] == event)


def test_key_events_are_made_then_imported_then_nothing_is_left(client):
    first = client.plan()
    client.apply(first)

    assert {c.type for c in first.changes} == {ResourceType.KEY_EVENT}
    assert client.settle() == 1
    found = action_fields(client, "add_to_cart")
    assert (found["status"], found["primary_for_goal"]) == ("ENABLED", False)
    assert found["value_settings.default_value"] == Decimal(100)
    configs = client.state().of(ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG)
    attached = {c.name for c in configs if c.fields["custom_conversion_goal"]}
    assert attached == {"Generic - Coffee Beans", "Generic - Coffee Machines"}


def test_a_run_rolled_back_leaves_the_account_as_it_was(client):
    client.apply(client.plan())
    before = {r.key: dict(r.fields) for r in client.state()}
    report = client.apply(client.plan())

    undone = client.apply(client.undo(report.run), undoes=report.run)

    assert undone.is_complete
    after = {r.key: dict(r.fields) for r in client.state()}
    # Goals by category that Google made by itself cannot be removed.
    assert {key: after[key] for key in before} == before
    assert {k.split("/")[2] for k in after.keys() - before.keys()} <= {
        "campaignConversionGoals",
        "customerConversionGoals",
    }
    assert client.undo(report.run).is_empty


def test_what_a_manager_owns_goes_in_a_call_of_its_own_and_comes_back():
    manager = "9999999999"
    shared = shop(conversion_customer_id=manager)
    with shared as google, open_ledger("sqlite://") as ledger:
        client = Client(google, ledger)
        client.apply(client.plan())
        before = {r.key: dict(r.fields) for r in client.state()}

        report = client.apply(client.plan())
        writes = [c.ids["customer_id"] for c in calls_of(client, "Mutate")]
        undone = client.apply(client.undo(report.run), undoes=report.run)
        after = {r.key: dict(r.fields) for r in client.state()}
        client.close()

    assert report.is_complete
    # Checked: the manager's; the client's campaigns need the goal that is not there.
    assert writes == [manager, manager, str(CUSTOMER)]
    assert undone.is_complete
    assert {key: after[key] for key in before} == before


def test_an_answer_that_was_cut_off_is_read_back(client):
    client.apply(client.plan())
    client.google.faults.add(service="google_ads", method="Mutate", kind="cut", after=1)

    report = client.apply(client.plan())

    kinds = {o.kind for o in report.outcomes if o.change.system is System.GOOGLE_ADS}
    assert kinds == {OutcomeKind.UNKNOWN}
    assert isinstance(report.error, OutcomeUnknownError)
    assert client.plan().is_empty
    assert client.ledger.read_unknown("siam-coffee") == ()
    goals = client.state().of(ResourceType.CUSTOM_CONVERSION_GOAL)
    assert len([g for g in goals if g.fields["status"] == "ENABLED"]) == 1


def refuse_values(client):
    refused = client.google.ads.account(CUSTOMER).ga4_refused_fields
    refused["value_settings.default_value"] = "mutate_error.MUTATE_NOT_ALLOWED"


def test_an_import_whose_value_is_refused_is_made_in_one_run(client):
    client.apply(client.plan())
    refuse_values(client)

    report = client.apply(client.plan())

    assert action_fields(client, "add_to_cart")["status"] == "ENABLED"
    rejected = [o for o in report.outcomes if o.kind is not OutcomeKind.APPLIED]
    assert [(o.kind, sorted(o.change.mask)) for o in rejected] == [
        (
            OutcomeKind.REJECTED,
            [
                "value_settings.always_use_default_value",
                "value_settings.default_value",
            ],
        )
    ] * 2
    assert all(
        "Next: set value_settings.default_value in GA4: Admin > Data display > "
        f"Key events > {o.change.info['event']} > Set default key event value"
        in o.error
        for o in rejected
    )
    configs = client.state().of(ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG)
    assert len([c for c in configs if c.fields["custom_conversion_goal"]]) == 2
    assert {c.system for c in client.plan().changes} == {System.GA4}


def test_values_google_ads_refuses_are_carried_by_ga4(client):
    client.apply(client.plan())
    refuse_values(client)

    client.apply(client.plan())
    runs = client.settle()

    assert runs == 1
    keys = {
        k.name: k.fields["default_value.numeric_value"]
        for k in client.state().of(ResourceType.KEY_EVENT)
    }
    assert keys["add_to_cart"] == Decimal(100)
    assert action_fields(client, "add_to_cart")["status"] == "ENABLED"


def calls_of(client, method):
    found = (c for c in client.google.calls if c.service == "google_ads")
    return [c for c in found if c.method.startswith(method)]


def test_an_apply_is_one_check_and_one_write_with_its_request_id(client):
    client.apply(client.plan())

    report = client.apply(client.plan())

    check, write = calls_of(client, "Mutate")
    assert len(report.outcomes) == 5
    assert {o.request_id for o in report.outcomes} == {write.ids["request_id"]}
    entries = client.ledger.read_entries("siam-coffee", run=report.run)
    rows = [row for e in entries for row in e.rows()]
    assert {row["request_id"] for row in rows} == {write.ids["request_id"]}
    assert check.ids["request_id"] != write.ids["request_id"]


MODES = [
    pytest.param(
        GoalPolicy(mode=GoalMode.CUSTOM, campaigns=("Generic*",)), id="custom"
    ),
    pytest.param(GoalPolicy(mode=GoalMode.ACCOUNT), id="account"),
    pytest.param(
        GoalPolicy(mode=GoalMode.CAMPAIGN, campaigns=("Generic*",)), id="campaign"
    ),
    pytest.param(GoalPolicy(mode=GoalMode.NONE), id="none"),
]


@pytest.mark.parametrize("goals", MODES)
def test_every_mode_comes_to_rest(goals, client):
    known = Client(client.google, client.ledger, goal_mode=goals.mode)

    assert 1 <= known.settle(goals=goals) <= 3
    known.ads.close()

    is_primary = goals.mode in {GoalMode.ACCOUNT, GoalMode.CAMPAIGN}
    found = action_fields(client, "add_to_cart")
    assert (found["status"], found["primary_for_goal"]) == ("ENABLED", is_primary)


def test_campaign_mode_bids_in_the_named_campaigns_only(client):
    client.settle(goals=GoalPolicy(mode=GoalMode.CAMPAIGN, campaigns=("Generic*",)))

    state = client.state()
    biddable = {
        r.name
        for r in state.of(ResourceType.CAMPAIGN_CONVERSION_GOAL)
        if r.fields["biddable"] and "ADD_TO_CART" in r.key
    }
    account = next(
        r.fields["biddable"]
        for r in state.of(ResourceType.CUSTOMER_CONVERSION_GOAL)
        if "ADD_TO_CART" in r.key
    )
    assert account is False
    assert {name.split(":")[0] for name in biddable} >= {
        "Generic - Coffee Beans",
        "Generic - Coffee Machines",
    }


def test_bidding_is_switched_and_comes_to_rest(client):
    bidding = BiddingPolicy(strategy="maximize_conversion_value", target_roas="keep")

    client.settle(bidding=bidding)

    found = {
        c.name: c.fields["maximize_conversion_value.target_roas"]
        for c in client.state().of(ResourceType.CAMPAIGN)
    }
    assert found["Generic - Coffee Beans"] == 3.0
    assert found["Generic - Coffee Machines"] == 0.0
    assert found["Brand - Siam Coffee"] is None


def test_an_audience_is_made_once_and_archived_by_a_rollback(client):
    left = AudiencePolicy(name="Left", did="add_to_cart", did_not="purchase")
    report = client.apply(client.plan(audiences=[left]))

    again = client.plan(audiences=[left])
    names = [a.name for a in client.state().of(ResourceType.AUDIENCE)]
    undone = client.apply(client.undo(report.run), undoes=report.run)

    assert "Left" in names
    assert not [c for c in again.changes if c.type is ResourceType.AUDIENCE]
    assert undone.is_complete
    assert "Left" not in [a.name for a in client.state().of(ResourceType.AUDIENCE)]


def test_a_derived_event_is_made_in_ga4_then_imported(client):
    where = (Condition(dimension="linkDomain", match=Match.EXACT, values=("x.com",)),)
    rule = EventRule(event="x_click", source_event="click", where=where)
    given = {
        "rules": RuleSet(template="ecommerce", rules={"x_click": rule}),
        "property_info": client.source.fetch_property(),
        "values": valuation(
            *VALUES.events,
            valued("x_click", "3", category="CONTACT"),
            client="siam-coffee",
            currency="THB",
        ),
    }

    first = client.plan(**given)
    report = client.apply(first)

    assert [c.type for c in first.changes] == [
        ResourceType.EVENT_CREATE_RULE,
        ResourceType.KEY_EVENT,
    ]
    assert report.is_complete
    assert client.settle(**given) <= 2
    assert action_fields(client, "x_click")["status"] == "ENABLED"


def test_a_campaign_that_is_no_longer_named_is_let_go(client):
    client.settle()

    client.settle(goals=GoalPolicy(campaigns=("Generic - Coffee Beans",)))

    configs = client.state().of(ResourceType.CONVERSION_GOAL_CAMPAIGN_CONFIG)
    levels = {c.name: c.fields["goal_config_level"] for c in configs}
    assert [name for name, level in levels.items() if level == "CAMPAIGN"] == [
        "Generic - Coffee Beans"
    ]


def test_an_unchanged_client_costs_few_operations(client):
    client.settle()
    before = client.ads.operations

    client.plan()

    assert client.ads.operations - before == 6  # every type is read here
