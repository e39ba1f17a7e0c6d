"""The report's data: what needs a person, the funnel, files and plots."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from convbridge.bridge import Bridge
from convbridge.errors import AuthError, ConvbridgeError
from convbridge.model.changes import Outcome, OutcomeKind
from convbridge.model.conversions import RowState
from convbridge.model.delivery_status import DayStatus, DeliveryStatus
from convbridge.model.quality import Effect, QualityFlag
from convbridge.plan import Breach
from convbridge.report import (
    PortfolioReport,
    PortfolioRow,
    file_names,
    render_client,
    render_portfolio,
)
from convbridge.report.needs import find_needs


def test_a_report_is_json(reports):
    found = reports["siam-coffee"].to_dict()

    again = json.loads(json.dumps(found, allow_nan=False))
    assert again["state"] == "changed"
    assert again["needs"][0] == {
        "level": "soon",
        "text": "15 planned changes wait for your approval.",
        "detail": "",
        "command": "convbridge apply --client siam-coffee",
    }
    assert len(again["plan"]["changes"]) == 15


def test_an_applied_plan_leaves_nothing_to_do(reports):
    report = reports["krakow-dental"]

    assert report.state == "unchanged"
    assert report.plan.is_empty
    assert {entry.kind for entry in report.last_run.entries} == {OutcomeKind.APPLIED}
    assert "There is nothing to change now." in render_client(report)


def test_what_a_plan_warns_of_needs_a_person_with_and_without_changes(reports):
    """A break leaves nothing to change, and days to exclude by hand."""
    warning = "purchase: its value is frozen: exclude those days"
    plan = replace(reports["krakow-dental"].plan, warnings=(warning,))

    found = find_needs(
        "c",
        plan=plan,
        flags=(),
        findings=(),
        readiness=(),
        last_run=None,
        deliveries=None,
    )

    assert plan.is_empty
    assert [need.text for need in found] == [warning]


def test_the_funnel_follows_the_path_and_ends_at_the_primary(reports):
    steps = reports["siam-coffee"].funnel

    stages = [step.stage for step in steps]
    assert stages == sorted(stages)
    assert [step.event for step in steps if step.is_primary] == ["purchase"]
    assert steps[-1].is_primary
    assert all(0 < step.share <= 1 for step in steps)


def test_what_is_wrong_comes_before_what_waits(reports):
    report = reports["krakow-dental"]
    entry = report.last_run.entries[0]
    refused = replace(
        entry, outcome=Outcome(change=entry.change, kind=OutcomeKind.REJECTED)
    )
    stopped = QualityFlag(
        code="tag_stopped", effect=Effect.FREEZE, reason="check its tag", event="a"
    )
    plan = reports["siam-coffee"].plan

    found = find_needs(
        "c",
        plan=replace(plan, limits=(Breach(limit="unlinked", message="not linked"),)),
        flags=[stopped],
        findings=[],
        readiness=(),
        last_run=replace(report.last_run, entries=(refused,)),
        deliveries=DeliveryStatus(client="c", alerts=("rows were rejected",)),
    )

    texts = [(str(need.level), need.to_dict()["text"]) for need in found]
    assert texts[:5] == [
        ("now", "The value of a stands still until somebody looks."),
        ("now", "Google refused 1 change of the last run."),
        ("now", "The plan goes past the limit unlinked."),
        ("now", "rows were rejected"),
        ("soon", "15 planned changes wait for your approval."),
    ]


def test_deliveries_have_a_table(reports):
    day = DayStatus(
        action="Lead <sent>",
        day="2026-11-20",
        states={RowState.ACCEPTED: 12, RowState.REJECTED: 1},
        attributed=3.0,
    )
    status = DeliveryStatus(client="siam-coffee", days=(day,))

    page = render_client(replace(reports["siam-coffee"], deliveries=status))

    assert '<th scope="row">Lead &lt;sent&gt;</th><td>2026-11-20</td>' in page


def test_a_client_without_google_ads_has_a_report(config, google):
    text = config.read_text()
    ads = text.index("    google_ads:"), text.index("    events:")
    goals = text.index("    goals:"), text.index("  krakow-dental:")
    config.write_text(text[: ads[0]] + text[ads[1] : goals[0]] + text[goals[1] :])

    with Bridge.open(config, client="siam-coffee") as bridge:
        report = bridge.report()

    assert (report.plan, report.readiness, report.account) == (None, (), None)
    assert "No campaign of a Google Ads account is known." in render_client(report)


def test_portfolio_rows_tell_states_apart(reports):
    error = AuthError("may not read", vendor="ga4", operation="runReport", hint="ask")
    rows = (
        *(PortfolioRow.of(r, file=f"{c}.html") for c, r in reports.items()),
        PortfolioRow.failed("<broken>", error),
    )
    report = PortfolioReport(made_at=datetime(2026, 11, 22, tzinfo=UTC), rows=rows)

    page = render_portfolio(report)

    assert report.counts == {
        "failed": 1,
        "needs_attention": 0,
        "changed": 1,
        "unchanged": 1,
    }
    assert "&lt;broken&gt;" in page
    assert "may not read<br>ask" in page
    assert json.dumps(report.to_dict())


def test_files_are_safe_and_no_two_the_same():
    names = ["a/../b", "A-b", "a-b", "index", "ไทย", "..", "siam.coffee"]

    assert list(file_names(names).values()) == [
        "a-..-b.html",
        "A-b.html",
        "a-b-2.html",
        "index-2.html",
        "client.html",
        "client-2.html",
        "siam.coffee.html",
    ]


@pytest.mark.parametrize("what", ["valuation", "plan", "channels", "campaigns"])
def test_plots_are_charts_that_users_can_change(reports, what):
    chart = getattr(reports["siam-coffee"], what).plot()

    changed = chart.properties(width=100).to_dict()
    assert changed["width"] == 100
    assert _rows(changed)


def test_counts_plot_has_a_row_per_event(google, config):
    with Bridge.open(config, client="siam-coffee") as bridge:
        chart = bridge.fetch_counts().plot().to_dict()

    events = {row["event"] for row in _rows(chart)}
    assert len(events) == 8
    assert len(_rows(chart)) == 8 * 90


def test_without_the_extra_a_plot_says_what_to_install(reports, monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)

    with pytest.raises(ConvbridgeError, match=r'pip install "convbridge\[report\]"'):
        reports["siam-coffee"].plan.plot()


def _rows(chart):
    return chart["datasets"][chart["data"]["name"]]
