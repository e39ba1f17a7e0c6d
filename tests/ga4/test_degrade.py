"""Parts of GA4 that are missing or closed: what still works, and what is said."""

from __future__ import annotations

import pytest

from convbridge.errors import AuthError, UnavailableError
from convbridge.model.quality import Effect
from ga4.conftest import COFFEE, SHORT


def refuse(desk, status, *, service="ga4_admin", method="*"):
    desk.google.faults.add(service=service, method=method, status=status, times=1000)


@pytest.mark.parametrize("status", [403, 404, 501])
def test_without_the_admin_api_settings_come_from_a_report(desk, status):
    refuse(desk, status)

    info = desk.source().fetch_property()

    assert (info.name, info.currency, info.time_zone) == (
        f"properties/{COFFEE}",
        "THB",
        "Asia/Bangkok",
    )


@pytest.mark.parametrize("status", [403, 404, 501])
def test_without_the_admin_api_counts_are_the_same(desk, status):
    whole = desk.source().fetch_counts(SHORT)
    refuse(desk, status)

    counts = desk.source().fetch_counts(SHORT)

    assert (counts.counts(), counts.key_events) == (whole.counts(), ())
    assert "key_events_unknown" in {flag.code for flag in counts.flags}


def test_an_outage_of_the_admin_api_is_no_missing_permission(desk):
    refuse(desk, 503)

    with pytest.raises(UnavailableError):
        desk.source().fetch_property()


@pytest.mark.parametrize("status", [400, 404, 501])
def test_without_batches_reports_come_one_by_one(desk, status):
    whole = desk.source().fetch_counts(SHORT)
    refuse(desk, status, service="ga4", method="batchRunReports")

    counts = desk.source().fetch_counts(SHORT)

    assert counts == whole


def test_refused_costs_are_left_out_with_a_note(desk, monkeypatch):
    from convbridge.adapters.ga4 import reports, source
    from convbridge.adapters.ga4.paging import ReportSpec

    spec = reports.COSTS_REPORT
    bad = ReportSpec(
        name="costs",
        dimensions=("date", "eventName"),
        metrics=spec.metrics,
        schema=spec.schema,
    )
    # The sandbox refuses what Google refuses: costs do not go with events.
    monkeypatch.setattr(source.reports, "COSTS_REPORT", bad)

    counts = desk.source().fetch_counts(SHORT)

    assert counts.costs.num_rows == 0
    assert [f.effect for f in counts.flags if f.code == "no_costs"] == [Effect.NOTE]


def test_hidden_revenue_refuses_values_instead_of_being_zero(desk):
    desk.site.ga4.switches.restricted = ("REVENUE_DATA",)

    counts = desk.source().fetch_counts(SHORT)

    found = [f for f in counts.flags if f.code == "restricted_revenue"]
    assert [f.effect for f in found] == [Effect.REFUSE]


def test_hidden_costs_are_left_out(desk):
    desk.site.ga4.switches.restricted = ("COST_DATA",)

    counts = desk.source().fetch_counts(SHORT)

    assert counts.costs.num_rows == 0
    assert [f.effect for f in counts.flags if f.code == "restricted_cost"] == [
        Effect.NOTE
    ]


@pytest.mark.parametrize(
    ("switch", "value", "code"),
    [
        pytest.param("thresholded", True, "thresholding", id="thresholding"),
        pytest.param("other_over", 15, "other_row", id="other row"),
        pytest.param("sampled", (250_000, 1_000_000), "sampling", id="sampling"),
        pytest.param(
            "truncation",
            (
                {
                    "dataTruncationType": "DATA_TRUNCATION_TYPE_DATE_RANGE",
                    "dataTruncationMessage": "Data before 2026-01-01 is gone.",
                },
            ),
            "truncation",
            id="truncation",
        ),
    ],
)
def test_what_ga4_says_about_a_report_widens_the_values(desk, switch, value, code):
    setattr(desk.site.ga4.switches, switch, value)

    counts = desk.source().fetch_counts(SHORT)

    found = [f for f in counts.flags if f.code == code]
    assert [f.effect for f in found] == [Effect.WIDEN]
    assert 0 < found[0].factor < 1


def test_an_unreadable_property_is_an_auth_error_for_settings_too(desk):
    desk.site.ga4.switches.unreadable = True

    with pytest.raises(AuthError):
        desk.source().fetch_property()


def test_events_come_with_fewer_dimensions_where_ga4_refuses_some(desk):
    whole = desk.source().fetch_counts(SHORT)
    desk.google.faults.add(
        service="ga4", method="runReport", status=400, times=1, message="No such field."
    )
    source = desk.source(concurrency=1)

    counts = read_events_first(source)

    assert counts == whole.counts()


def read_events_first(source):
    from convbridge.adapters.ga4.counts import CountsReader

    spec, report = CountsReader(source._api, SHORT)._events()
    assert spec.dimensions == ("date", "eventName", "sessionDefaultChannelGroup")
    assert set(report.table["device"].to_pylist()) == {"(not set)"}
    found = report.table.group_by("event").aggregate([("count", "sum")]).to_pylist()
    return dict(
        sorted(
            ((row["event"], row["count_sum"]) for row in found),
            key=lambda item: (-item[1], item[0]),
        )
    )


def test_a_funnel_of_one_step_may_be_refused(desk):
    from convbridge.adapters.ga4.funnels import FunnelReader
    from convbridge.model.rules import EventRule

    source = desk.source(concurrency=1)
    counts = source.fetch_counts(SHORT)
    # The baseline is the first call; it alone is refused.
    desk.google.faults.add(service="ga4", method="runFunnelReport", status=400)

    funnels = FunnelReader(source._api).fetch(
        counts,
        events=[EventRule(event="add_to_cart")],
        primaries=[EventRule(event="purchase")],
        horizon_days=14,
    )

    assert funnels.primary_users == counts.users_of("purchase")
    assert funnels.whole("add_to_cart").users > 0
