"""A client that counts from GA4's BigQuery export."""

from __future__ import annotations

from datetime import UTC

import pytest

from convbridge.errors import ConfigError, DataError
from convbridge.model.funnels import Evidence
from convbridge.sandbox.clicks import click_id
from deliver.kit import make_action
from warehouse.export_files import rows_of, write_days

SHOP = "siam-coffee"


@pytest.fixture
def export(google, tmp_path):
    """The export of the shop, beside the configuration."""
    folder = tmp_path / "export"
    folder.mkdir()
    now = google.clock.now().astimezone(UTC)
    write_days(folder, rows_of(google.world.site(SHOP), now, click_id=click_id))
    return folder


def test_values_come_from_the_export_without_a_report_of_ga4(
    opened, say, google, export
):
    by_reports = opened().fetch_counts()
    before = len(list(google.calls))
    say("warehouse: {path: export}")

    bridge = opened()
    valuation = bridge.value()
    plan = bridge.plan(valuation)

    counts, funnels = bridge.fetch_counts(), bridge.fetch_funnels()
    asked = {c.method for c in list(google.calls)[before:]}
    assert counts.counts() == by_reports.counts()
    assert counts.key_events == by_reports.key_events
    assert {f.evidence for f in funnels} == {Evidence.EVENTS}
    assert valuation["add_to_cart"].value > 0
    assert "add_to_cart" in {(c.info or {}).get("event") for c in plan.changes}
    assert asked.isdisjoint({"runReport", "batchRunReports", "runFunnelReport"})


def test_an_empty_export_is_named(opened, say, tmp_path):
    (tmp_path / "export").mkdir()
    say("warehouse: {path: export}")

    with pytest.raises(DataError, match="no events_YYYYMMDD files"):
        opened().fetch_counts()


def test_conversions_of_the_export_are_delivered_once(opened, say, google, export):
    action = make_action(google, "CRM sale")
    say(f"delivery: {{actions: {{purchase: {action}}}}}")
    say("warehouse: {path: export}")
    before = len(google.data_manager.received_events())

    bridge = opened()
    reports = [bridge.deliver(bridge.fetch_conversions(days=n)) for n in (20, 30)]

    site = google.world.site(SHOP)
    events = [e.event for e in google.data_manager.received_events()[before:]]
    bought = {
        f"cb-{order}" for order in map(str, site.seen(google.clock.now()).transaction)
    }
    assert sum(report.sent for report in reports) == len(events) > 10
    assert reports[1].duplicate == reports[0].sent > 0
    assert len({event["transaction_id"] for event in events}) == len(events)
    assert {event["transaction_id"] for event in events} <= bought
    assert {event["currency"] for event in events} == {"THB"}


def test_without_an_export_nothing_is_delivered_from_it(opened, say):
    say("delivery: {actions: {purchase: 5012}}")

    with pytest.raises(ConfigError, match="has no warehouse section"):
        opened().fetch_conversions()
