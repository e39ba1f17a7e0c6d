"""runFunnelReport: users walked through the events by hand, the wire with its traps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from google.analytics.data_v1alpha import types

from sandbox.ga4_client import (
    COFFEE,
    DENTAL,
    LAST_90,
    alpha_client,
    ask,
    post,
    refused,
    rows,
    served,
)

if TYPE_CHECKING:
    from convbridge.sandbox import Google

PATH = f"{COFFEE}:runFunnelReport"
DAY = 86_400_000_000
METRICS = [
    "activeUsers",
    "funnelStepCompletionRate",
    "funnelStepAbandonments",
    "funnelStepAbandonmentRate",
]


def step(event: str, **more: Any) -> dict[str, Any]:
    return {
        "name": event,
        "filterExpression": {"funnelEventFilter": {"eventName": event}},
        **more,
    }


def funnel(*steps: dict[str, Any], is_open: bool = False, **more: Any) -> Any:
    made = {"steps": list(steps), "isOpenFunnel": is_open}
    return {"dateRanges": [LAST_90], "funnel": made, **more}


def table(google: Google, sent: Any, path: str = PATH) -> list[tuple[str, ...]]:
    status, answer = post(google, sent, path=path)
    assert status == 200, answer
    return rows(answer["funnelTable"])


def times_by_user(google: Google, *events: str) -> dict[int, list[tuple[int, str]]]:
    """Return each user's chosen events in order, for the last 90 days."""
    seen = google.world.site("siam-coffee").seen(google.clock.now())
    found: dict[int, list[tuple[int, str]]] = {}
    for user, time, day, name in zip(
        seen.user.tolist(),
        seen.time.tolist(),
        seen.day.tolist(),
        seen.name.tolist(),
        strict=True,
    ):
        if 60 <= day < 150 and seen.names[name] in events:
            found.setdefault(user, []).append((time, seen.names[name]))
    return found


def walked(
    google: Google, first: str, second: str, within: int = 10**18
) -> tuple[int, int]:
    """Count users who did the first event, and the second after it in time."""
    started = finished = 0
    for events in times_by_user(google, first, second).values():
        begun = [time for time, name in events if name == first]
        ended = [time for time, name in events if name == second]
        started += bool(begun)
        finished += any(0 < end - start <= within for start in begun for end in ended)
    return started, finished


@pytest.mark.parametrize(
    ("micro", "duration", "within"),
    [
        ("add_to_cart", None, 10**18),
        ("view_item", None, 10**18),
        ("sign_up", None, 10**18),
        ("view_item", "3600s", DAY // 24),
        ("view_item", "86400s", DAY),
        ("view_item", "604800s", 7 * DAY),
    ],
)
def test_a_closed_funnel_counts_the_users_who_walked_it(
    google: Google, micro: str, duration: str | None, within: int
) -> None:
    limit = {"withinDurationFromPriorStep": duration} if duration else {}
    started, finished = walked(google, micro, "purchase", within)

    found = table(google, funnel(step(micro), step("purchase", **limit)))

    assert [(row[0], int(row[1])) for row in found] == [
        (f"1. {micro}", started),
        ("2. purchase", finished),
    ]
    assert float(found[0][2]) == finished / started
    assert int(found[0][3]) == started - finished


def test_an_open_funnel_lets_users_in_at_any_step(google: Google) -> None:
    steps = (step("sign_up"), step("purchase"))

    closed = table(google, funnel(*steps))
    opened = table(google, funnel(*steps, is_open=True))

    buyers = ask(
        google,
        "",
        "totalPurchasers",
    )[0][0]
    assert opened[1][1] == buyers
    assert int(closed[1][1]) < int(buyers)
    assert opened[0][2] == closed[0][2]


def test_directly_followed_means_nothing_in_between(google: Google) -> None:
    loose = table(google, funnel(step("add_payment_info"), step("purchase")))
    tight = table(
        google,
        funnel(step("add_payment_info"), step("purchase", isDirectlyFollowedBy=True)),
    )

    # A page view of the thank-you page always comes before the purchase.
    assert [row[0] for row in tight] == ["1. add_payment_info"]
    assert len(loose) == 2


def test_the_metric_headers_come_twice_and_all_are_integers(google: Google) -> None:
    _, answer = post(google, funnel(step("view_item"), step("purchase")), path=PATH)

    headers = answer["funnelTable"]["metricHeaders"]
    first = answer["funnelTable"]["rows"][0]["metricValues"]
    assert [each["name"] for each in headers] == METRICS * 2
    assert {each["type"] for each in headers} == {"TYPE_INTEGER"}
    assert len(first) == 4
    assert "." in first[1]["value"]


def test_a_step_nobody_reached_is_left_out(google: Google) -> None:
    found = table(google, funnel(step("sign_up"), step("no_such_event")))

    assert [row[0] for row in found] == ["1. sign_up"]
    assert found[0][2:] == ("0", found[0][1], "1")


def test_a_funnel_nobody_began_has_no_rows_and_no_headers(google: Google) -> None:
    _, answer = post(google, funnel(step("no_such_event")), path=PATH)

    assert answer == {
        "funnelTable": {"metadata": {}},
        "funnelVisualization": {"metadata": {}},
        "kind": "analyticsData#runFunnelReport",
    }


def test_parameters_can_be_filtered_without_being_registered(google: Google) -> None:
    line = {
        "funnelEventFilter": {
            "eventName": "click",
            "funnelParameterFilterExpression": {
                "funnelParameterFilter": {
                    "eventParameterName": "link_domain",
                    "inListFilter": {"values": ["line.me", "lin.ee"]},
                }
            },
        }
    }
    domains = ["line.me", "lin.ee"]
    kept = {"filter": {"fieldName": "linkDomain", "inListFilter": {"values": domains}}}
    users = ask(google, "", "totalUsers", dimensionFilter=kept)[0][0]

    found = table(google, funnel({"name": "line", "filterExpression": line}))

    assert found[0][:2] == ("1. line", users)


def test_a_page_can_be_a_step(google: Google) -> None:
    page = {
        "funnelEventFilter": {
            "eventName": "page_view",
            "funnelParameterFilterExpression": {
                "funnelParameterFilter": {
                    "eventParameterName": "page_location",
                    "stringFilter": {"matchType": "ENDS_WITH", "value": "/cennik"},
                }
            },
        }
    }
    field = {"fieldName": "pagePath", "stringFilter": {"value": "/cennik"}}

    found = table(
        google,
        funnel(
            {"name": "prices", "filterExpression": page},
            {"name": "same", "filterExpression": {"funnelFieldFilter": field}},
        ),
        f"{DENTAL}:runFunnelReport",
    )

    assert int(found[0][1]) > int(found[1][1]) > 0


def test_a_breakdown_has_a_total_and_its_commonest_values(google: Google) -> None:
    sent = funnel(
        step("view_item"),
        step("purchase"),
        funnelBreakdown={
            "breakdownDimension": {"name": "sessionDefaultChannelGroup"},
            "limit": "3",
        },
    )

    found = table(google, sent)

    first = [row for row in found if row[0] == "1. view_item"]
    users = [int(row[2]) for row in first]
    assert next(row[1] for row in first) == "RESERVED_TOTAL"
    assert len(first) == 4
    assert users[1:] == sorted(users[1:], reverse=True)
    assert sum(users[1:]) < users[0]


def test_a_breakdown_of_everything_adds_up_to_the_total(google: Google) -> None:
    sent = funnel(
        step("view_item"),
        funnelBreakdown={"breakdownDimension": {"name": "deviceCategory"}, "limit": 15},
    )

    found = table(google, sent)

    assert int(found[0][2]) == sum(int(row[2]) for row in found[1:])


def test_old_events_are_out_of_reach_of_funnels(google: Google) -> None:
    steps = (step("view_item"), step("purchase"))
    whole = table(google, funnel(*steps))

    google.world.site("siam-coffee").ga4.event_retention = "TWO_MONTHS"
    short = table(google, funnel(*steps))

    assert 0.5 < int(short[0][1]) / int(whole[0][1]) < 0.8


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"funnelVisualizationType": "TRENDED_FUNNEL"}, id="trended"),
        pytest.param(
            {"funnelNextAction": {"nextActionDimension": {"name": "eventName"}}},
            id="next action",
        ),
        pytest.param({"segments": [{"name": "all"}]}, id="segments"),
    ],
)
def test_what_the_sandbox_has_not_is_refused_not_ignored(
    google: Google, more: Any
) -> None:
    status, answer = post(google, funnel(step("purchase"), **more), path=PATH)

    assert (status, answer["error"]["status"]) == (501, "UNIMPLEMENTED")


def test_a_property_can_refuse_funnels() -> None:
    with served(funnels_refused=True) as google:
        assert post(google, funnel(step("purchase")), path=PATH)[0] == 403


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        pytest.param(funnel(), "A funnel needs 1 to 10 steps, not 0.", id="no steps"),
        pytest.param(
            funnel(
                step("purchase"),
                funnelBreakdown={
                    "breakdownDimension": {"name": "country"},
                    "limit": "16",
                },
            ),
            "The breakdown limit must be 1 to 15, not 16.",
            id="breakdown too long",
        ),
        pytest.param(
            funnel(step("purchase"), metrics=[]),
            'Invalid JSON payload received. Unknown name "metrics": Cannot find field.',
            id="funnels have no metrics",
        ),
        pytest.param(
            funnel({"name": "empty"}),
            "A FilterExpression must have one of its fields set.",
            id="step without a filter",
        ),
    ],
)
def test_a_bad_funnel_is_refused(google: Google, sent: Any, message: str) -> None:
    assert refused(google, sent, path=PATH) == message


def test_two_ranges_are_told_apart(google: Google) -> None:
    ranges = [LAST_90, {"startDate": "30daysAgo", "endDate": "today", "name": "new"}]

    found = table(google, funnel(step("view_item")) | {"dateRanges": ranges})

    assert [row[:2] for row in found] == [
        ("1. view_item", "date_range_0"),
        ("1. view_item", "new"),
    ]


def test_the_real_client_reads_a_funnel(google: Google) -> None:
    def filtered(event: str) -> types.FunnelFilterExpression:
        return types.FunnelFilterExpression(
            funnel_event_filter=types.FunnelEventFilter(event_name=event)
        )

    request = types.RunFunnelReportRequest(
        property=COFFEE,
        date_ranges=[types.DateRange(start_date="90daysAgo", end_date="yesterday")],
        funnel=types.Funnel(
            steps=[
                types.FunnelStep(
                    name="cart", filter_expression=filtered("add_to_cart")
                ),
                types.FunnelStep(
                    name="order",
                    filter_expression=filtered("purchase"),
                    within_duration_from_prior_step="86400s",
                ),
            ]
        ),
        return_property_quota=True,
    )

    found = alpha_client(google).run_funnel_report(request)

    users = [int(row.metric_values[0].value) for row in found.funnel_table.rows]
    assert tuple(users) == walked(google, "add_to_cart", "purchase", DAY)
    assert [
        int(row.metric_values[0].value) for row in found.funnel_visualization.rows
    ] == users
    assert found.property_quota.tokens_per_day.consumed > 0
