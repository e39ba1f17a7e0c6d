"""What the configuration says arrives where it takes effect."""

from __future__ import annotations

import pytest

from convbridge.errors import QuotaError
from convbridge.model.resources import ResourceType
from deliver.kit import connect

CUSTOMER = "1234567890"


def make_value_rule(google):
    connection = connect(google)
    request = connection.new("MutateConversionValueRulesRequest")
    request.customer_id = CUSTOMER
    rule = request.operations.add().create
    rule.action.operation, rule.action.value = 3, 1.5  # MULTIPLY
    rule.device_condition.device_types.append(2)  # MOBILE
    connection("ConversionValueRuleService.MutateConversionValueRules", request)
    connection.close()


def test_audiences_are_made_once(opened, say):
    say("audiences: {Cart without purchase: {did: add_to_cart, did_not: purchase}}")
    bridge = opened()

    bridge.apply(bridge.plan())

    made = opened().fetch_state().of(ResourceType.AUDIENCE)
    again = opened().plan()
    assert [a.name for a in made] == ["Cart without purchase"]
    assert [c for c in again.changes if c.type is ResourceType.AUDIENCE] == []


def test_value_rules_are_noted_in_the_plan(opened, google):
    make_value_rule(google)

    notes = opened().plan().notes

    assert [n for n in notes if n.startswith("value rule")] == [
        (
            "value rule 'MULTIPLY 1.5' multiplies by 1.5 for devices MOBILE: reported "
            "and bid on; what convbridge sets is metrics.original_conversion_value"
        )
    ]


def test_quota_that_the_client_keeps_is_not_used(opened, say, config, google):
    text = config.read_text(encoding="utf-8")
    kept = text.replace('"111111111"}', '"111111111", quota_floor: 0.5}')
    config.write_text(kept, encoding="utf-8")
    google.quota("111111111").set_remaining("tokens_per_day", 80_000)

    with pytest.raises(QuotaError, match="50% stays for other tools"):
        opened().fetch_counts()


def test_a_run_is_rolled_back_after_the_mode_has_changed(opened, config):
    run = opened().apply(opened().plan()).run
    text = config.read_text(encoding="utf-8")
    mode = 'goals: {mode: custom, campaigns: ["Generic*"]}'
    config.write_text(text.replace(mode, "goals: {mode: none}"), encoding="utf-8")

    opened().apply(opened().rollback(run), undoes=run)

    goals = opened().connections.google_ads.fetch_state(
        [ResourceType.CUSTOM_CONVERSION_GOAL]
    )
    assert [g.name for g in goals if g.fields["status"] == "ENABLED"] == []
