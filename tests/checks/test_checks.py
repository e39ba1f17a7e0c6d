"""Checks: what is found, how bad it is, what to do next."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from convbridge.checking import check_client
from convbridge.checks import (
    Check,
    CheckReport,
    CheckStatus,
    check_account,
    check_classes,
    check_counts,
    check_goals,
    check_pair,
    check_property,
)
from convbridge.errors import AuthError, LedgerError
from convbridge.model.accounts import Account, PropertyInfo
from convbridge.model.classes import Classification, ClassifiedEvent, EventClass
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.ids import CustomerId, PropertyId
from convbridge.model.policy import GoalMode, ReadinessPolicy
from convbridge.model.quality import Effect, QualityFlag
from convbridge.model.resources import Resource, ResourceType, State
from convbridge.settings import parse

CUSTOMER, MANAGER = CustomerId("1234567890"), CustomerId("9999999999")
WINDOW = DateWindow(start=date(2026, 10, 1), end=date(2026, 10, 31))
INFO = PropertyInfo(
    property_id=PropertyId("111111111"),
    name="Siam Coffee",
    currency="THB",
    time_zone="Asia/Bangkok",
    google_ads_links=(CUSTOMER,),
    event_retention_months=14,
)
ACCOUNT = Account(
    customer_id=CUSTOMER,
    name="Siam Coffee",
    currency="THB",
    time_zone="Asia/Bangkok",
    conversion_customer=CUSTOMER,
)


def counts_of(purchases: int, *, on: date = WINDOW.end, **about) -> EventCounts:
    events = [{"date": on, "event": "purchase", "count": purchases}]
    return EventCounts.build(
        property_id="111111111",
        window=WINDOW,
        time_zone="Asia/Bangkok",
        currency="THB",
        events=events if purchases else [],
        **{"key_events": ("purchase",), **about},
    )


def classes_of(**events: EventClass) -> Classification:
    found = tuple(
        ClassifiedEvent(event=name, event_class=cls, rule="r", reason="r")
        for name, cls in events.items()
    )
    return Classification(client="siam-coffee", template="ecommerce", events=found)


CLASSES = classes_of(purchase=EventClass.PRIMARY, scroll=EventClass.MICRO)


def told(checks) -> list[tuple[str, str, str]]:
    return [(c.name, str(c.status), c.found) for c in checks]


def test_property_that_keeps_events_long_enough():
    assert told(check_property(INFO, window_days=90)) == [
        ("property", "ok", "Siam Coffee, THB, Asia/Bangkok can be read")
    ]


def test_property_that_forgets_events_before_the_window_ends():
    short = replace(INFO, event_retention_months=2)

    _, check = check_property(short, window_days=90)

    assert check == Check(
        name="data retention",
        status=CheckStatus.WARN,
        found="GA4 keeps events for 2 months, funnels over 90 days need more",
        next_step="GA4: Admin > Data collection and modification > Data retention",
    )


@pytest.mark.parametrize(
    ("account", "status", "found"),
    [
        pytest.param(
            ACCOUNT, "ok", "Siam Coffee, 123-456-7890, THB can be read", id="enabled"
        ),
        pytest.param(
            replace(ACCOUNT, is_manager=True),
            "fail",
            "Siam Coffee, 123-456-7890, THB is a manager account, which has no "
            "campaigns",
            id="manager",
        ),
        pytest.param(
            replace(ACCOUNT, status="CANCELED"),
            "fail",
            "Siam Coffee, 123-456-7890, THB is CANCELED",
            id="cancelled",
        ),
    ],
)
def test_account(account, status, found):
    first, owner = check_account(account, sends_user_data=False)

    assert told([first]) == [("account", status, found)]
    assert owner.found == "the account owns its conversion actions"


def test_account_whose_manager_owns_the_actions():
    owned = replace(ACCOUNT, conversion_customer=MANAGER)

    _, owner = check_account(owned, sends_user_data=False)

    assert owner.found == (
        "conversion actions belong to 999-999-9999; what is changed there is shared "
        "with its other accounts"
    )


def test_terms_matter_when_user_data_is_sent():
    accepted = replace(ACCOUNT, accepted_customer_data_terms=True)

    missing = list(check_account(ACCOUNT, sends_user_data=True))[-1]

    assert told([missing]) == [
        (
            "customer data terms",
            "warn",
            "not accepted: e-mail addresses and phone numbers will be refused",
        )
    ]
    assert len(list(check_account(accepted, sends_user_data=True))) == 2


@pytest.mark.parametrize(
    ("links", "status", "found"),
    [
        pytest.param(
            (CUSTOMER,), "ok", "the property is linked to the account", id="account"
        ),
        pytest.param(
            (MANAGER,),
            "ok",
            "the property is linked to the account's manager",
            id="manager",
        ),
        pytest.param(
            (CustomerId("5555555555"),),
            "fail",
            "the property is linked to 555-555-5555, not to 123-456-7890",
            id="another",
        ),
        pytest.param(
            (),
            "fail",
            "the property is linked to no account, not to 123-456-7890",
            id="none",
        ),
    ],
)
def test_link(links, status, found):
    info = replace(INFO, google_ads_links=links)

    checks = list(check_pair(info, ACCOUNT, login=MANAGER))

    assert told(checks) == [
        ("link", status, found),
        ("currency", "ok", "both count in THB"),
    ]


def test_links_that_cannot_be_read_are_not_called_missing():
    info = replace(INFO, google_ads_links=(), links_known=False)

    (link, *_) = check_pair(info, ACCOUNT, login=None)

    assert (link.status, link.found) == (
        "fail",
        "the login may not read which accounts the property is linked to",
    )


def test_currencies_and_zones_that_differ():
    other = replace(ACCOUNT, currency="EUR", time_zone="Europe/Berlin")

    _, currency, zone = check_pair(INFO, other, login=None)

    assert told([currency, zone]) == [
        ("currency", "fail", "the property counts in THB, the account in EUR"),
        (
            "time zone",
            "warn",
            "the property's day is Asia/Bangkok, the account's Europe/Berlin",
        ),
    ]


def flag(effect: Effect, factor: float = 1.0) -> QualityFlag:
    return QualityFlag(code="x", effect=effect, reason=str(effect), factor=factor)


def test_no_event_at_all_fails():
    assert told(check_counts(counts_of(0))) == [
        ("data", "fail", "no event in 2026-10-01 to 2026-10-31 (31 d)")
    ]


def test_events_that_stop_before_the_end_are_a_warning():
    (check,) = check_counts(counts_of(5, on=date(2026, 10, 28)))

    assert told([check]) == [
        (
            "freshness",
            "warn",
            "the last event is of 2026-10-28, 3 days before 2026-10-31",
        )
    ]


def test_trust_follows_the_effect_of_each_flag():
    flags = [
        flag(Effect.REFUSE),
        flag(Effect.FREEZE),
        flag(Effect.IMMATURE),
        flag(Effect.WIDEN, 0.5),
        flag(Effect.WIDEN, 0.98),
        flag(Effect.NOTE),
    ]

    first, *rest = check_counts(counts_of(5, flags=flags))

    assert told([first]) == [("freshness", "ok", "events up to 2026-10-31, 31 days")]
    assert [str(c.status) for c in rest] == ["fail", "warn", "warn", "warn", "ok", "ok"]


@pytest.mark.parametrize(
    ("purchases", "status", "found"),
    [
        (14, "warn", "14 primary conversions in the last 30 days; Google advises 15 "),
        (15, "ok", "15 primary conversions in the last 30 days; enough to begin, 50 "),
        (50, "ok", "50 primary conversions in the last 30 days; enough for value "),
    ],
)
def test_readiness_begins_at_googles_numbers(purchases, status, found):
    counts = counts_of(purchases)

    *_, last = check_classes(counts, CLASSES, policy=ReadinessPolicy())

    assert (last.name, str(last.status)) == ("bid readiness", status)
    assert last.found.startswith(found)


def test_primary_that_is_no_key_event_is_a_warning():
    counts = counts_of(99, key_events=())
    classes = replace(CLASSES, warnings=("line_click never happened",))

    checks = list(check_classes(counts, classes, policy=ReadinessPolicy()))

    assert told(checks)[:3] == [
        ("events", "ok", "primary purchase; 1 micro events"),
        ("events", "warn", "line_click never happened"),
        (
            "key events",
            "warn",
            "purchase is no key event in GA4, so Google Ads cannot import it",
        ),
    ]


def test_no_primary_fails():
    classes = replace(classes_of(scroll=EventClass.MICRO), warnings=("none seen",))

    checks = list(check_classes(counts_of(1), classes, policy=ReadinessPolicy()))

    assert told(checks) == [("primary", "fail", "no primary event: none seen")]


def action(**fields) -> Resource:
    return Resource(
        type=ResourceType.CONVERSION_ACTION,
        key="customers/1/conversionActions/2",
        owner="1",
        name="Scroll",
        fields={"status": "ENABLED", "category": "ENGAGEMENT", **fields},
        info={
            "google_analytics_4_settings.event_name": "scroll",
            "origin": "WEBSITE",
        },
    )


def goal(*, biddable: bool) -> Resource:
    return Resource(
        type=ResourceType.CUSTOMER_CONVERSION_GOAL,
        key="g",
        owner="1",
        name="g",
        fields={"biddable": biddable},
        info={"category": "ENGAGEMENT", "origin": "WEBSITE"},
    )


@pytest.mark.parametrize(
    ("resources", "mode", "status"),
    [
        pytest.param([action()], GoalMode.CUSTOM, "warn", id="primary when unsaid"),
        pytest.param(
            [action(primary_for_goal=True), goal(biddable=True)],
            GoalMode.CUSTOM,
            "warn",
            id="primary in a goal that is bid on",
        ),
        pytest.param(
            [action(primary_for_goal=True), goal(biddable=False)],
            GoalMode.CUSTOM,
            "ok",
            id="goal that nobody bids on",
        ),
        pytest.param(
            [action(primary_for_goal=False)], GoalMode.CUSTOM, "ok", id="secondary"
        ),
        pytest.param(
            [action(status="HIDDEN")], GoalMode.CUSTOM, "ok", id="not imported"
        ),
        pytest.param([action()], GoalMode.ACCOUNT, "ok", id="asked for"),
    ],
)
def test_micro_that_is_primary_by_accident(resources, mode, status):
    (check,) = check_goals(State(resources=tuple(resources)), CLASSES, mode=mode)

    assert (check.name, str(check.status)) == ("goals", status)


SETTINGS = """\
version: 1
clients:
  siam-coffee:
    template: ecommerce
    ga4: {property_id: 111111111}
    google_ads: {customer_id: 123-456-7890}
"""


class Client:
    """A client whose reads return what they are given, or raise it."""

    def __init__(self, text=SETTINGS, **reads):
        self.settings = parse(text, base=Path("/etc"), env={}).client()
        self.reads = {
            "fetch_property": INFO,
            "fetch_account": ACCOUNT,
            "fetch_counts": counts_of(99),
            "fetch_state": State(resources=(action(primary_for_goal=False),)),
            **reads,
        }

    def read(self, name):
        found = self.reads[name]
        if isinstance(found, Exception):
            raise found
        return found

    def fetch_property(self):
        return self.read("fetch_property")

    def fetch_account(self):
        return self.read("fetch_account")

    def fetch_counts(self):
        return self.read("fetch_counts")

    def fetch_state(self):
        return self.read("fetch_state")

    def classify(self, counts):
        return CLASSES


DENIED = AuthError(
    "no access", vendor="ga4", operation="get", hint="add the user in GA4"
)
ALL = [
    "ledger",
    "property",
    "account",
    "conversion customer",
    "link",
    "currency",
    "freshness",
    "events",
    "bid readiness",
    "goals",
]


@pytest.mark.parametrize(
    ("client", "names", "is_ready"),
    [
        pytest.param(Client(), ALL, True, id="all well"),
        pytest.param(
            Client(SETTINGS.split("    google_ads", maxsplit=1)[0]),
            ["ledger", "property", "freshness", "events", "bid readiness"],
            True,
            id="without google ads",
        ),
        pytest.param(
            Client(fetch_property=DENIED),
            ["ledger", "property", "account", "conversion customer"],
            False,
            id="property cannot be read",
        ),
        pytest.param(
            Client(fetch_account=DENIED),
            ["ledger", "property", "account", "freshness", "events", "bid readiness"],
            False,
            id="account cannot be read",
        ),
        pytest.param(
            Client(fetch_counts=DENIED), [*ALL[:6], "data"], False, id="no reports"
        ),
        pytest.param(
            Client(fetch_counts=counts_of(0)), [*ALL[:6], "data"], False, id="no events"
        ),
        pytest.param(Client(fetch_state=DENIED), ALL, False, id="no state"),
    ],
)
def test_what_depends_on_a_failure_is_left_out(client, names, is_ready):
    report = check_client(client, open_ledger=object)

    assert [c.name for c in report.checks] == names
    assert report.is_ready is is_ready


def test_failure_names_the_next_step():
    report = check_client(Client(fetch_property=DENIED), open_ledger=object)

    assert report.checks[1].to_dict() == {
        "check": "property",
        "status": "fail",
        "found": "no access",
        "next": "add the user in GA4",
    }


def test_ledger_that_cannot_be_written_fails():
    def broken():
        raise LedgerError("read-only", hint="chmod")

    report = check_client(Client(), open_ledger=broken)

    assert told(report.checks[:1]) == [("ledger", "fail", "read-only")]


def test_report_shows_itself():
    report = CheckReport(
        client="a<b",
        checks=(
            Check(name="link", status=CheckStatus.OK, found="<linked>"),
            Check(name="x", status=CheckStatus.FAIL, found="y", next_step="z"),
        ),
    )

    assert repr(report) == "<CheckReport a<b: 1 ok, 0 warn, 1 fail>"
    assert "<td>&lt;linked&gt;</td>" in report._repr_html_()
    assert report.to_dict() == {
        "client": "a<b",
        "ready": False,
        "checks": report.rows(),
    }
