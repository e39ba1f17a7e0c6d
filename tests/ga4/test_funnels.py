"""Funnels: what is asked, what odd answers mean, and what replaces them."""

from __future__ import annotations

import pytest
from google.analytics.data_v1alpha.types import RunFunnelReportResponse

from convbridge.adapters.ga4.funnels import StepUsers, read_steps
from convbridge.errors import QuotaError
from convbridge.model.funnels import Evidence
from convbridge.model.rules import Condition, EventRule, Match
from ga4.conftest import COFFEE, SHORT, WINDOW

PURCHASE = EventRule(event="purchase")
CART = EventRule(event="add_to_cart")
LINE = EventRule(
    event="line_click",
    source_event="click",
    where=(
        Condition(
            dimension="linkDomain", match=Match.IN_LIST, values=("line.me", "lin.ee")
        ),
    ),
)


def answer(rows, *, dimensions=("funnelStepName",), metrics=("activeUsers",)):
    """Build a funnel answer as GA4 writes it."""
    body = {
        "funnelTable": {
            "dimensionHeaders": [{"name": name} for name in dimensions],
            "metricHeaders": [
                {"name": name, "type": "TYPE_INTEGER"} for name in metrics
            ],
            "rows": [
                {
                    "dimensionValues": [{"value": v} for v in names],
                    "metricValues": [{"value": v} for v in values],
                }
                for names, values in rows
            ],
        }
    }
    message = RunFunnelReportResponse(body_to_snake(body))
    return RunFunnelReportResponse.pb(message)


def body_to_snake(body):
    table = body["funnelTable"]
    return {
        "funnel_table": {
            "dimension_headers": table["dimensionHeaders"],
            "metric_headers": [{"name": h["name"]} for h in table["metricHeaders"]],
            "rows": [
                {
                    "dimension_values": row["dimensionValues"],
                    "metric_values": row["metricValues"],
                }
                for row in table["rows"]
            ],
        }
    }


FOUR = (
    "activeUsers",
    "funnelStepCompletionRate",
    "funnelStepAbandonments",
    "funnelStepAbandonmentRate",
)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        pytest.param(
            answer(
                [
                    (["1. event"], ["7", "0.28", "5", "0.71"]),
                    (["2. primary"], ["2", "0", "0", "0"]),
                ],
                metrics=FOUR * 2,
            ),
            [StepUsers(segment=None, first=7, then=2)],
            id="headers twice, as recorded",
        ),
        pytest.param(
            answer([(["1. event"], ["7", "0", "7", "1"])], metrics=FOUR),
            [StepUsers(segment=None, first=7, then=0)],
            id="nobody reached the second step",
        ),
        pytest.param(answer([]), None, id="no rows"),
        pytest.param(
            answer([(["event"], ["7"]), (["primary"], ["3"])]),
            [StepUsers(segment=None, first=7, then=3)],
            id="no numbers before the names",
        ),
        pytest.param(
            answer([(["1. event"], []), (["2. primary"], ["3"])]),
            [StepUsers(segment=None, first=0, then=3)],
            id="a row without values",
        ),
        pytest.param(
            answer([(["1. event"], ["7.0"]), (["2. primary"], ["3.0"])]),
            [StepUsers(segment=None, first=7, then=3)],
            id="whole numbers as fractions",
        ),
        pytest.param(
            answer(
                [
                    (["1. event", "RESERVED_TOTAL"], ["9"]),
                    (["1. event", "mobile"], ["6"]),
                    (["1. event", "desktop"], ["3"]),
                    (["2. primary", "RESERVED_TOTAL"], ["2"]),
                    (["2. primary", "mobile"], ["2"]),
                ],
                dimensions=("funnelStepName", "deviceCategory"),
            ),
            [
                StepUsers(segment=None, first=9, then=2),
                StepUsers(segment="desktop", first=3, then=0),
                StepUsers(segment="mobile", first=6, then=2),
            ],
            id="breakdown",
        ),
    ],
)
def test_odd_answers_are_read_right(response, expected):
    assert read_steps(response, breakdown="deviceCategory") == expected


def fetch(desk, window, *, events=(CART,), horizon_days=14, **options):
    source = desk.source()
    counts = source.fetch_counts(window, derived=[LINE])
    return counts, source.fetch_funnels(
        counts,
        events=events,
        primaries=[PURCHASE],
        horizon_days=horizon_days,
        **options,
    )


def test_rates_are_those_of_the_visitors(desk):
    _, funnels = fetch(desk, WINDOW, horizon_days=30)

    found = funnels.whole("add_to_cart")
    truth = desk.google.world.truth(desk.site, horizon_days=30).events["add_to_cart"]
    assert found.mature
    assert found.converted / found.users == pytest.approx(truth.rate, abs=0.06)


def test_the_window_of_the_first_step_ends_a_horizon_early(desk):
    counts, funnels = fetch(desk, WINDOW, horizon_days=30)

    found = funnels.whole("add_to_cart")
    assert (found.window.start, (counts.window.end - found.window.end).days) == (
        WINDOW.start,
        30,
    )


def without_days(request):
    """Return a funnel request as a server reads it that ignores filters on days."""
    for step in request["funnel"]["steps"]:
        parts = step["filter_expression"].get("and_group", {}).get("expressions", [])
        if any("funnel_field_filter" in part for part in parts):
            step["filter_expression"] = parts[0]
    return request


def test_a_server_that_ignores_the_days_of_a_step_is_found_out(desk):
    source = desk.source()
    ask = source._api.run_funnel_report
    source._api.run_funnel_report = lambda request: ask(without_days(request))
    counts = source.fetch_counts(WINDOW)

    funnels = source.fetch_funnels(
        counts, events=[CART], primaries=[PURCHASE], horizon_days=30
    )

    assert not funnels.whole("add_to_cart").mature


def test_a_short_history_is_not_mature_and_says_so(desk):
    _, funnels = fetch(desk, SHORT, horizon_days=30)

    assert not funnels.whole("add_to_cart").mature
    assert funnels.notes == (
        (
            "entrants of the last 30 days had less than the horizon to convert: "
            "rates are low by that much"
        ),
    )


def test_a_derived_event_has_its_own_funnel(desk):
    counts, funnels = fetch(desk, SHORT, events=(LINE, CART))

    found = funnels.whole("line_click")
    assert 0 < found.users <= counts.users_of("line_click")


def test_segments_add_up_about_to_the_whole(desk):
    _, funnels = fetch(desk, WINDOW, breakdowns=["deviceCategory"])

    segments = funnels.segments("add_to_cart", "deviceCategory")
    assert {s.segment for s in segments} == {"desktop", "mobile", "tablet"}
    assert sum(s.users for s in segments) >= funnels.whole("add_to_cart").users


def test_the_lag_curve_never_falls(desk):
    _, funnels = fetch(desk, WINDOW, lag_days=[0.5, 1, 3, 7])

    points = [point.converted for point in funnels.lag]
    assert [point.days for point in funnels.lag] == [0.5, 1, 3, 7]
    assert points == sorted(points)
    assert points[-1] <= funnels.whole("add_to_cart").converted


def test_baselines_come_with_the_funnels(desk):
    counts, funnels = fetch(desk, SHORT)

    assert (funnels.total_users, funnels.primary_users) == (
        counts.total_users,
        counts.users_of("purchase"),
    )


def test_several_primaries_are_one_step(desk):
    source = desk.source()
    counts = source.fetch_counts(SHORT)
    either = source.fetch_funnels(
        counts,
        events=[CART],
        primaries=[PURCHASE, EventRule(event="sign_up")],
        horizon_days=7,
    )
    alone = source.fetch_funnels(
        counts, events=[CART], primaries=[PURCHASE], horizon_days=7
    )

    assert either.whole("add_to_cart").primary == "purchase or sign_up"
    assert either.whole("add_to_cart").converted >= alone.whole("add_to_cart").converted


def test_an_event_that_never_happened_is_not_asked_for(desk):
    _, funnels = fetch(desk, SHORT, events=(CART, EventRule(event="levitate")))

    assert [funnel.event for funnel in funnels] == ["add_to_cart"]


@pytest.mark.parametrize(
    "status", [pytest.param(s, id=str(s)) for s in (400, 403, 404, 501)]
)
def test_where_funnels_are_refused_bounds_come_instead(desk, status):
    desk.google.faults.add(
        service="ga4", method="runFunnelReport", status=status, times=100
    )

    counts, funnels = fetch(desk, SHORT)

    found = funnels.whole("add_to_cart")
    users, buyers = counts.users_of("add_to_cart"), counts.users_of("purchase")
    assert found.evidence is Evidence.BOUNDS
    assert (found.low_converted, found.high_converted) == (
        max(0, users + buyers - counts.total_users),
        min(users, buyers),
    )
    assert funnels.notes[0].startswith("GA4 refused funnels")


def test_a_funnel_that_is_refused_alone_leaves_the_others(desk):
    desk.google.faults.add(
        service="ga4", method="runFunnelReport", status=400, after=1, times=2
    )  # one of the two may strike the baseline, which the counts replace
    events = (CART, EventRule(event="view_item"), EventRule(event="begin_checkout"))

    _, funnels = fetch(desk, SHORT, events=events)

    assert {f.event for f in funnels} == {event.event for event in events}
    assert {f.evidence for f in funnels} == {Evidence.FUNNEL, Evidence.BOUNDS}
    assert funnels.notes[-1].startswith("GA4 refused the funnels of ")


def test_an_empty_funnel_quota_is_no_reason_for_bounds(desk):
    desk.google.quota(COFFEE).set_remaining("tokens_per_hour", 0, "funnel")

    with pytest.raises(QuotaError):
        fetch(desk, SHORT)


def test_progress_is_told_of_every_funnel(desk):
    told = []
    source = desk.source(progress=lambda *step: told.append(step))
    counts = source.fetch_counts(SHORT)

    source.fetch_funnels(
        counts, events=[CART, PURCHASE], primaries=[PURCHASE], horizon_days=7
    )

    assert [step for step in told if step[0] == "funnels"][-1] == ("funnels", 3, 3)
