"""What a right file becomes, and what the environment lays over it."""

from __future__ import annotations

import gc
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest

from convbridge import settings
from convbridge.classify.taxonomy import load_taxonomy
from convbridge.errors import ConfigError
from convbridge.model.classes import EventClass, EventGroup
from convbridge.model.ids import CustomerId
from convbridge.model.policy import (
    ActionPolicy,
    Anchor,
    AudiencePolicy,
    BiddingPolicy,
    GoalMode,
    GoalPolicy,
    Limits,
    OnDrift,
    PublishPolicy,
    ReadinessPolicy,
    Scheme,
    ValuePolicy,
)
from convbridge.model.rules import Condition, EventRule, Match, RuleSet
from convbridge.settings.starter import TEMPLATES
from settings.conftest import BASE, FULL, GA4, faults, one, read

CLICK = Condition(
    dimension="linkDomain", match=Match.IN_LIST, values=("line.me", "lin.ee")
)


def test_client_becomes_the_nouns_of_the_core():
    client = read(FULL).client("siam-coffee")

    assert client.name == "siam-coffee"
    assert client.rule_set() == RuleSet(
        template="ecommerce",
        rules={
            "purchase": EventRule(event="purchase", event_class=EventClass.PRIMARY),
            "add_to_cart": EventRule(event="add_to_cart", event_class=EventClass.MICRO),
            "line_click": EventRule(
                event="line_click",
                event_class=EventClass.MICRO,
                source_event="click",
                where=(CLICK,),
            ),
            "page_404": EventRule(event="page_404", event_class=EventClass.ANTI),
        },
    )
    assert client.value_policy() == ValuePolicy()
    assert client.goal_policy() == GoalPolicy(
        mode=GoalMode.CUSTOM, campaigns=("7000001", "Brand *")
    )
    assert client.bidding_policy() == BiddingPolicy(
        strategy="maximize_conversion_value", target_roas="keep"
    )
    assert client.limits() == Limits(max_changes=50, max_value_ratio=3.0)
    assert client.delivery.actions == {"crm_sale": "5012"}
    assert client.google_ads.customer_id == CustomerId("1234567890")
    assert client.google_ads.login_customer_id == CustomerId("9999999999")


def test_every_key_of_an_event_reaches_its_rule():
    text = one(
        GA4,
        "events:",
        "  chat:",
        "    {class: primary, from: click, where: {method: line}, value: 400.10,",
        "     close_rate: 0.25, group: lead, stage: 3, category: CONTACT,",
        "     weight: 0.5, action: 5012, counting_method: ONCE_PER_EVENT,",
        "     action_settings: {counting_type: ONE_PER_CLICK,",
        "       click_through_lookback_window_days: 60,",
        "       view_through_lookback_window_days: 7,",
        "       attribution_model: GOOGLE_ADS_LAST_CLICK}}",
    )

    rule = read(text).client().rule_set().rules["chat"]

    assert rule == EventRule(
        event="chat",
        event_class=EventClass.PRIMARY,
        group=EventGroup.LEAD,
        stage=3,
        category="CONTACT",
        source_event="click",
        where=(Condition(dimension="method", match=Match.EXACT, values=("line",)),),
        value=Decimal("400.1"),
        close_rate=0.25,
        weight=0.5,
        action="5012",
        action_settings=ActionPolicy(
            counting_type="ONE_PER_CLICK",
            click_through_lookback_window_days=60,
            view_through_lookback_window_days=7,
            attribution_model="GOOGLE_ADS_LAST_CLICK",
        ),
        counting_method="ONCE_PER_EVENT",
    )


def test_an_events_action_settings_stand_before_the_clients():
    rules = (
        read(
            one(
                GA4,
                "action_settings: {counting_type: MANY_PER_CLICK,",
                "  click_through_lookback_window_days: 60}",
                "events: {a: {action_settings: {counting_type: ONE_PER_CLICK}}, b: {}}",
            )
        )
        .client()
        .rule_set()
    )

    assert {name: rules.settings_of(name).counting_type for name in "abc"} == {
        "a": "ONE_PER_CLICK",
        "b": "MANY_PER_CLICK",
        "c": "MANY_PER_CLICK",
    }
    assert rules.settings_of("a").click_through_lookback_window_days == 60


def test_audiences_reach_the_policy():
    text = one(
        GA4,
        "audiences:",
        "  Cart without purchase: {did: add_to_cart, did_not: purchase, days: 14}",
        "  Readers: {did: scroll}",
    )

    assert read(text).client().audience_policies() == (
        AudiencePolicy(
            name="Cart without purchase",
            did="add_to_cart",
            did_not="purchase",
            days=14,
        ),
        AudiencePolicy(name="Readers", did="scroll", did_not=None, days=30),
    )


def test_quota_floor_is_a_share():
    assert read(one(GA4)).client().ga4.quota_floor == 0.1
    text = one("ga4: {property_id: 1, quota_floor: 0.5}")
    assert read(text).client().ga4.quota_floor == 0.5
    assert faults(one("ga4: {property_id: 1, quota_floor: 20}")) == [
        "convbridge.yaml:5:40: quota_floor: expected at most 1, found 20"
    ]


def test_every_key_of_values_reaches_the_policy():
    text = one(
        GA4,
        "events: {a: {class: micro, weight: 0.25}, b: {class: micro}}",
        "values:",
        "  scheme: weights",
        "  anchor: total",
        "  window_days: 60",
        "  horizon_days: 7",
        "  publish: {ewma: 1, dead_band: 0, step_cap: 0.5, min_age_days: 0}",
        "  readiness: {search_30_days: 1, other_45_days: 2, recommended_30_days: 3}",
    )

    assert read(text).client().value_policy() == ValuePolicy(
        scheme=Scheme.WEIGHTS,
        anchor=Anchor.TOTAL,
        window_days=60,
        horizon_days=7,
        weights={"a": 0.25},
        publish=PublishPolicy(ewma=1, dead_band=0, step_cap=0.5, min_age_days=0),
        readiness=ReadinessPolicy(
            search_30_days=1, other_45_days=2, recommended_30_days=3
        ),
    )


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param("{a: b}", {"match": Match.EXACT, "values": ("b",)}, id="text"),
        pytest.param("{a: 3}", {"match": Match.EXACT, "values": ("3",)}, id="number"),
        pytest.param(
            "{a: true}", {"match": Match.EXACT, "values": ("true",)}, id="boolean"
        ),
        pytest.param(
            "{a: [b, 2]}", {"match": Match.IN_LIST, "values": ("b", "2")}, id="list"
        ),
        pytest.param(
            "{a: {contains: b}}",
            {"match": Match.CONTAINS, "values": ("b",)},
            id="contains",
        ),
        pytest.param(
            "{a: {begins_with: [b, c]}}",
            {"match": Match.BEGINS_WITH, "values": ("b", "c")},
            id="begins with any",
        ),
        pytest.param(
            "{a: {ends_with: b, not: true}}",
            {"match": Match.ENDS_WITH, "values": ("b",), "negate": True},
            id="not",
        ),
        pytest.param(
            "{a: {full_regexp: b+, case_sensitive: true}}",
            {"match": Match.FULL_REGEXP, "values": ("b+",), "case_sensitive": True},
            id="case matters",
        ),
        pytest.param(
            "{a: {partial_regexp: b}}",
            {"match": Match.PARTIAL_REGEXP, "values": ("b",)},
            id="expression",
        ),
    ],
)
def test_where_takes_short_and_long_forms(where, expected):
    text = one(GA4, f"events: {{x: {{from: click, where: {where}}}}}")

    rule = read(text).client().rule_set().rules["x"]

    assert rule.where == (Condition(dimension="a", **expected),)


def test_where_as_a_list_tests_one_dimension_twice():
    where = "[{pagePath: {contains: a}}, {pagePath: {contains: b, not: true}}]"
    text = one(GA4, f"events: {{x: {{from: click, where: {where}}}}}")

    rule = read(text).client().rule_set().rules["x"]

    assert [(c.values, c.negate) for c in rule.where] == [
        (("a",), False),
        (("b",), True),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "1234567890",
        "'1234567890'",
        "123-456-7890",
        "'123-456-7890'",
        '" 123-456-7890 "',
    ],
)
def test_customer_id_is_taken_with_and_without_dashes_and_quotes(written):
    client = read(one(GA4, f"google_ads: {{customer_id: {written}}}")).client()

    assert client.google_ads.customer_id == CustomerId("1234567890")


@pytest.mark.parametrize("written", ["7", "'7'", "properties/7"])
def test_property_id_is_taken_in_every_form(written):
    client = read(one(f"ga4: {{property_id: {written}}}")).client()

    assert client.ga4.property_id == "7"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(hours=24)),
        ("3 d", timedelta(days=3)),
    ],
)
def test_hold_is_a_duration(written, expected):
    client = read(one(GA4, f"delivery: {{hold: {written}}}")).client()

    assert client.delivery.hold == expected


@pytest.mark.parametrize(
    ("written", "expected"), [("rescale", "rescale"), ("3.5", 3.5), ("'2'", 2.0)]
)
def test_target_roas_is_a_word_or_a_ratio(written, expected):
    client = read(one(GA4, f"bidding: {{target_roas: {written}}}")).client()

    assert client.bidding_policy() == BiddingPolicy(target_roas=expected)


def test_defaults_lie_under_every_client_and_the_clients_own_word_wins():
    text = """\
version: 1
defaults:
  template: ecommerce
  on_drift: restore
  tags: [a, b]
  limits: {max_changes: 10, max_value_ratio: 2}
  events: {purchase: {class: primary}, scroll: {class: noise}}
  bidding: {strategy: maximize_conversion_value}
clients:
  one: {ga4: {property_id: 1}}
  two:
    ga4: {property_id: 2}
    template: service
    tags: [c]
    limits: {max_changes: 99}
    events: {purchase: {value: 5}, scroll: }
    bidding:
"""

    loaded = read(text)

    one, two = loaded.client("one"), loaded.client("two")
    assert (one.template, one.tags, one.on_drift) == (
        "ecommerce",
        ("a", "b"),
        OnDrift.RESTORE,
    )
    assert one.limits() == Limits(max_changes=10, max_value_ratio=2)
    assert list(one.events) == ["purchase", "scroll"]
    assert (two.template, two.tags) == ("service", ("c",))
    assert two.limits() == Limits(max_changes=99, max_value_ratio=2)
    assert two.rule_set().rules == {
        "purchase": EventRule(
            event="purchase", event_class=EventClass.PRIMARY, value=Decimal(5)
        )
    }
    assert two.bidding_policy() == BiddingPolicy()


def test_section_with_nothing_behind_it_is_left_out():
    text = "google:\ndefaults:\nledger:\n" + one(GA4, "limits:", "events:")

    assert read(text).client().limits() == Limits()


def test_name_that_is_almost_ga4s_is_a_warning():
    text = one(GA4, "events: {add_to_crat: {class: micro}, line_add: {class: micro}}")

    warnings = [str(warning) for warning in read(text).warnings]

    assert warnings == [
        (
            "convbridge.yaml:6:14: 'add_to_crat' is not among the events that GA4 "
            "knows (did you mean 'add_to_cart'?)"
        )
    ]


def test_time_zone_is_a_name_of_the_zone_database():
    client = read(one(GA4, "delivery: {time_zone: Asia/Bangkok}")).client()

    assert client.delivery.time_zone == "Asia/Bangkok"


def test_garbage_collector_is_left_as_it_was():
    gc.disable()
    try:
        read(FULL)

        assert not gc.isenabled()
    finally:
        gc.enable()


def test_ledger_is_beside_the_file_when_left_out():
    assert read(FULL).ledger == f"sqlite:///{BASE}/convbridge.db"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("sqlite:///state/my.db", f"sqlite:///{BASE}/state/my.db"),
        ("sqlite:////var/lib/my.db", "sqlite:////var/lib/my.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
    ],
)
def test_relative_ledger_starts_at_the_file(written, expected):
    assert read(f"ledger: '{written}'\n{FULL}").ledger == expected


def test_environment_stands_above_the_file():
    text = "ledger: sqlite:///a.db\ngoogle: {ga4_endpoint: 'http://[::1]:1'}\n" + FULL

    loaded = read(
        text,
        CONVBRIDGE_LEDGER="sqlite:///b.db",
        CONVBRIDGE_GA4_ENDPOINT="http://127.0.0.1:2/",
        CONVBRIDGE_GOOGLE_ADS_ENDPOINT="https://ads.example.com",
        CONVBRIDGE_DATA_MANAGER_ENDPOINT="http://localhost:3",
        CONVBRIDGE_TOKEN_ENDPOINT="https://tokens.example.com",
    )

    assert loaded.ledger == "sqlite:///b.db"
    assert loaded.google.ga4_endpoint == "http://127.0.0.1:2"
    assert loaded.google.google_ads_endpoint == "https://ads.example.com"
    assert loaded.google.data_manager_endpoint == "http://localhost:3"
    assert loaded.google.token_endpoint == "https://tokens.example.com"


def test_fault_of_a_variable_names_the_variable():
    found = faults(FULL, CONVBRIDGE_GA4_ENDPOINT="ftp://x", CONVBRIDGE_LEDGER="x")

    assert found == [
        (
            "CONVBRIDGE_GA4_ENDPOINT: 'ftp://x' is not an endpoint "
            "(write https://host, or http://127.0.0.1:port for a sandbox)"
        ),
        (
            "CONVBRIDGE_LEDGER: ledger: expected a database URL, found text "
            "(write sqlite:///convbridge.db, or postgresql+psycopg://...)"
        ),
    ]


def test_variable_does_not_hide_a_section_that_is_wrong():
    found = faults(f"google: 3\n{FULL}", CONVBRIDGE_GA4_ENDPOINT="http://localhost:1")

    assert found == [
        (
            "convbridge.yaml:1:9: google: expected a mapping of keys and values, "
            "found a number"
        )
    ]


def test_file_is_named_by_argument_or_variable_or_default(tmp_path, monkeypatch):
    file = tmp_path / "convbridge.yaml"
    file.write_text(FULL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    by_argument = settings.load(file, env={})
    by_variable = settings.load(env={"CONVBRIDGE_CONFIG": str(file)})
    by_default = settings.load(env={})

    assert by_argument.base == by_variable.base == by_default.base == tmp_path
    assert by_default.source == "convbridge.yaml"


def test_process_environment_is_the_default(tmp_path, monkeypatch):
    (tmp_path / "other.yaml").write_text(FULL, encoding="utf-8")
    monkeypatch.setenv("CONVBRIDGE_CONFIG", str(tmp_path / "other.yaml"))

    assert list(settings.load().clients) == ["siam-coffee", "krakow-dental"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            None,
            (
                "convbridge.yaml has 2 clients\n"
                "Hint: name one of siam-coffee, krakow-dental"
            ),
        ),
        (
            "siam-cofee",
            (
                "convbridge.yaml has no client 'siam-cofee'\n"
                "Hint: did you mean 'siam-coffee'?"
            ),
        ),
        (
            "zzz",
            (
                "convbridge.yaml has no client 'zzz'\n"
                "Hint: there are siam-coffee, krakow-dental"
            ),
        ),
    ],
)
def test_unknown_client_is_told(name, message):
    with pytest.raises(ConfigError) as caught:
        read(FULL).client(name)

    assert str(caught.value) == message


def test_many_clients_are_not_all_listed():
    clients = "".join(
        f"  c{i}: {{template: service, ga4: {{property_id: {i}}}}}\n"
        for i in range(1, 12)
    )

    with pytest.raises(ConfigError) as caught:
        read(f"version: 1\nclients:\n{clients}").client()

    assert caught.value.hint == "name one of c1, c2, c3, c4, c5, c6, c7, c8 and 3 more"


def test_clients_are_chosen_by_name_and_tag():
    text = FULL.replace(
        "  krakow-dental:", "  krakow-dental:\n    tags: [poland, clinic]"
    )
    loaded = read(text)

    def names(*args, **kwargs):
        return [client.name for client in loaded.select(*args, **kwargs)]

    assert names() == ["siam-coffee", "krakow-dental"]
    assert names(["krakow-dental", "krakow-dental"]) == ["krakow-dental"]
    assert names(tags=["clinic", "shop"]) == ["krakow-dental"]
    with pytest.raises(ConfigError, match="no client has the tag shop"):
        names(tags=["shop"])


def test_templates_are_those_of_the_taxonomy():
    assert sorted(TEMPLATES) == sorted(load_taxonomy().templates)


MANY = """
import sys, time
from pathlib import Path
from convbridge.settings import parse
text = sys.stdin.read()
start = time.process_time()
loaded = parse(text, base=Path("/etc"), env={})
print(len(loaded.clients), time.process_time() - start)
"""


def test_four_thousand_clients_load_in_three_seconds():
    body = FULL.split("  siam-coffee:\n")[1].split("  krakow-dental:")[0]
    clients = "".join(
        f"  client-{i}:\n{body}".replace("123-456-7890", str(10**9 + i))
        for i in range(4000)
    )
    text = f"version: 1\ndefaults: {{template: ecommerce}}\nclients:\n{clients}"

    done = subprocess.run(
        [sys.executable, "-c", MANY],  # a process of its own: coverage is slow
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )

    count, seconds = done.stdout.split()
    assert int(count) == 4000
    assert float(seconds) < 3
