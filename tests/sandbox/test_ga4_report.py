"""runReport: the numbers are those of the events, the wire is Google's."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from google.analytics.data_v1beta import types

from convbridge.sandbox.sites_odd import with_money_in, without_events
from sandbox.ga4_client import (
    COFFEE,
    DENTAL,
    NOW,
    ask,
    body,
    data_client,
    post,
    refused,
    served,
    where,
)

if TYPE_CHECKING:
    from convbridge.sandbox import Google
    from convbridge.sandbox.events import Events


def last_90(google: Google, key: str = "siam-coffee") -> Events:
    site = google.world.site(key)
    events = site.seen(google.clock.now())
    return events.where((events.day >= 60) & (events.day < 150))


def test_the_real_client_reads_a_report(google: Google) -> None:
    request = types.RunReportRequest(
        property=COFFEE,
        dimensions=[types.Dimension(name="eventName")],
        metrics=[types.Metric(name="eventCount"), types.Metric(name="totalUsers")],
        date_ranges=[types.DateRange(start_date="90daysAgo", end_date="yesterday")],
        return_property_quota=True,
    )
    events = last_90(google)

    report = data_client(google).run_report(request)

    counted = {
        row.dimension_values[0].value: [value.value for value in row.metric_values]
        for row in report.rows
    }
    assert counted == {
        name: [
            str(events.named(name).sum()),
            str(len(np.unique(events.user[events.named(name)]))),
        ]
        for name in events.names
        if events.named(name).any()
    }
    assert report.row_count == len(counted)
    assert [(each.name, each.type_.name) for each in report.metric_headers] == [
        ("eventCount", "TYPE_INTEGER"),
        ("totalUsers", "TYPE_INTEGER"),
    ]
    assert (report.metadata.currency_code, report.metadata.time_zone) == (
        "THB",
        "Asia/Bangkok",
    )
    quota = report.property_quota
    assert quota.tokens_per_day.consumed + quota.tokens_per_day.remaining == 200_000
    assert report.kind == "analyticsData#runReport"


def test_a_report_by_many_dimensions_adds_up_to_the_events(google: Google) -> None:
    site = google.world.site("siam-coffee")
    events = last_90(google)
    sessions = site.recording.sessions
    wanted: Counter[tuple[str, ...]] = Counter()
    for day, name, session in zip(
        events.day.tolist(), events.name.tolist(), events.session.tolist(), strict=True
    ):
        campaign = int(sessions.campaign[session])
        wanted[
            f"{site.date_of(day):%Y%m%d}",
            events.names[name],
            site.recording.channels[int(sessions.channel[session])],
            str(site.campaigns[campaign].id) if campaign >= 0 else "(not set)",
            site.recording.devices[int(sessions.device[session])],
        ] += 1

    found = ask(
        google,
        "date eventName sessionDefaultChannelGroup sessionGoogleAdsCampaignId "
        "deviceCategory",
        limit=100_000,
    )

    assert {row[:-1]: int(row[-1]) for row in found} == wanted


def test_revenue_orders_and_buyers_are_those_of_the_purchases(google: Google) -> None:
    events = last_90(google)
    bought, sent_back = events.named("purchase"), events.named("refund")
    gross, refunded = events.value[bought].sum(), events.value[sent_back].sum()

    found = ask(
        google,
        "",
        "purchaseRevenue grossPurchaseRevenue refundAmount transactions "
        "ecommercePurchases totalPurchasers eventValue",
    )

    assert [float(value) for value in found[0]] == [
        gross - refunded,
        gross,
        refunded,
        bought.sum(),
        bought.sum(),
        len(np.unique(events.user[bought])),
        np.nansum(events.value),
    ]


def test_users_of_a_total_are_counted_once(google: Google) -> None:
    sent = body("date", "eventCount totalUsers", metricAggregations=["TOTAL"])
    users = len(np.unique(last_90(google).user))

    _, answer = post(google, sent)

    totals = answer["totals"][0]
    assert totals["dimensionValues"] == [{"value": "RESERVED_TOTAL"}]
    assert totals["metricValues"][1] == {"value": str(users)}
    assert users < sum(int(row["metricValues"][1]["value"]) for row in answer["rows"])


def test_minimum_and_maximum_are_those_of_the_rows(google: Google) -> None:
    sent = body("eventName", metricAggregations=["MINIMUM", "MAXIMUM"])

    _, answer = post(google, sent)

    counts = [int(row["metricValues"][0]["value"]) for row in answer["rows"]]
    assert answer["minimums"] == [
        {
            "dimensionValues": [{"value": "RESERVED_MIN"}],
            "metricValues": [{"value": str(min(counts))}],
        }
    ]
    assert answer["maximums"][0]["metricValues"] == [{"value": str(max(counts))}]


def test_two_ranges_add_a_dimension_and_rows_of_zeros(google: Google) -> None:
    ranges = [
        {"startDate": "5daysAgo", "endDate": "yesterday"},
        {"startDate": "40daysAgo", "endDate": "36daysAgo", "name": "before"},
    ]

    _, answer = post(google, body("date eventName", dateRanges=ranges))

    assert [each["name"] for each in answer["dimensionHeaders"]] == [
        "date",
        "eventName",
        "dateRange",
    ]
    by_key: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in answer["rows"]:
        date, event, name = (cell["value"] for cell in row["dimensionValues"])
        by_key[date, event][name] = int(row["metricValues"][0]["value"])
    assert {frozenset(found) for found in by_key.values()} == {
        frozenset({"date_range_0", "before"})
    }
    assert all(min(found.values()) == 0 for found in by_key.values())
    assert answer["rowCount"] == len(answer["rows"])


def test_an_empty_report_has_no_rows_headers_or_count() -> None:
    with served(lambda site, _: without_events(site)) as google:
        status, answer = post(google, body("eventName", returnPropertyQuota=True))

    assert status == 200
    assert set(answer) == {"metadata", "propertyQuota", "kind"}


def test_today_is_partial_and_grows_with_the_clock(google: Google) -> None:
    today = [{"startDate": "today", "endDate": "today"}]
    early = int(ask(google, "", dateRanges=today)[0][0])

    google.clock.advance(hours=3)
    late = int(ask(google, "", dateRanges=today)[0][0])

    assert 0 < early < late


def test_late_events_appear_days_later_and_old_days_stay() -> None:
    with served(late_share=0.1) as google:
        dates = {"startDate": "2026-11-15", "endDate": "2026-11-21"}
        first = dict(ask(google, "date", dateRanges=[dates]))
        google.clock.advance(days=3)
        later = dict(ask(google, "date", dateRanges=[dates]))

    grown = {date for date, count in first.items() if int(later[date]) > int(count)}
    assert {"20261120", "20261121"} <= grown <= {"20261119", "20261120", "20261121"}


def test_campaigns_settle_within_twelve_days_and_counts_stay() -> None:
    dates = [{"startDate": "2026-10-01", "endDate": "2026-11-21"}]
    asked = "date sessionGoogleAdsCampaignId", "eventCount"
    with served(unsettled_share=0.3) as google:
        early = {row[:2]: row[2] for row in ask(google, *asked, dateRanges=dates)}
        total = ask(google, "", dateRanges=dates)
        google.clock.advance(days=13)
        late = {row[:2]: row[2] for row in ask(google, *asked, dateRanges=dates)}
        same = ask(google, "", dateRanges=dates)
    with served() as google:
        settled = {row[:2]: row[2] for row in ask(google, *asked, dateRanges=dates)}

    moved = {
        date
        for date, campaign in late
        if early.get((date, campaign)) != late[date, campaign]
    }
    assert late == settled
    assert total == same
    assert min(moved) > "20261108"
    assert "20261121" in moved


def test_days_are_those_of_the_propertys_zone(google: Google) -> None:
    # 19:30 UTC is past midnight in Bangkok, and still the same day in Warsaw.
    google.clock.advance(hours=15.5)
    today = [{"startDate": "today", "endDate": "today"}]

    _, bangkok = post(google, body("date", dateRanges=today))
    _, warsaw = post(google, body("date", dateRanges=today), path=f"{DENTAL}:runReport")

    assert bangkok["rows"][0]["dimensionValues"] == [{"value": "20261123"}]
    assert warsaw["rows"][0]["dimensionValues"] == [{"value": "20261122"}]


@pytest.mark.parametrize(
    ("single", "kept"),
    [
        pytest.param(
            {"stringFilter": {"value": "LINE.me"}},
            {"line.me"},
            id="exact is the default and ignores case",
        ),
        pytest.param(
            {"stringFilter": {"value": "LINE.me", "caseSensitive": True}},
            set(),
            id="exact with case",
        ),
        pytest.param(
            {"stringFilter": {"matchType": "BEGINS_WITH", "value": "li"}},
            {"line.me", "lin.ee"},
            id="begins with",
        ),
        pytest.param(
            {"stringFilter": {"matchType": "ENDS_WITH", "value": ".com"}},
            {"facebook.com", "instagram.com"},
            id="ends with",
        ),
        pytest.param(
            {"stringFilter": {"matchType": 4, "value": "gram"}},
            {"instagram.com"},
            id="contains, by number",
        ),
        pytest.param(
            {"stringFilter": {"matchType": "FULL_REGEXP", "value": r"lin.*"}},
            {"line.me", "lin.ee"},
            id="full regular expression",
        ),
        pytest.param(
            {"stringFilter": {"matchType": "FULL_REGEXP", "value": "lin"}},
            set(),
            id="full regular expression needs the whole value",
        ),
        pytest.param(
            {"stringFilter": {"matchType": "PARTIAL_REGEXP", "value": "^lin"}},
            {"line.me", "lin.ee"},
            id="partial regular expression",
        ),
        pytest.param(
            {"inListFilter": {"values": ["LINE.ME", "m.me"]}},
            {"line.me", "m.me"},
            id="in list ignores case",
        ),
        pytest.param(
            {"inListFilter": {"values": ["LINE.ME", "m.me"], "caseSensitive": True}},
            {"m.me"},
            id="in list with case",
        ),
        pytest.param({"emptyFilter": {}}, {""}, id="empty"),
    ],
)
def test_dimension_filters(google: Google, single: Any, kept: set[str]) -> None:
    found = ask(google, "linkDomain", dimensionFilter=where("linkDomain", **single))

    assert {row[0] for row in found} == kept


def test_filters_combine_and_need_not_be_in_the_report(google: Google) -> None:
    events = last_90(google)
    line = {"inListFilter": {"values": ["line.me", "lin.ee"]}}
    click = {"stringFilter": {"value": "click"}}
    row_codes = [
        code
        for code, row in enumerate(events.param_rows)
        if row.get("linkDomain") in {"line.me", "lin.ee"}
    ]
    wanted = int((events.named("click") & np.isin(events.params, row_codes)).sum())

    both = {"expressions": [where("linkDomain", **line), where("eventName", **click)]}
    found = ask(google, "", dimensionFilter={"andGroup": both})
    either = ask(google, "", dimensionFilter={"orGroup": both})
    neither = ask(google, "", dimensionFilter={"notExpression": {"orGroup": both}})

    assert found == [(str(wanted),)]
    assert int(either[0][0]) == events.named("click").sum()
    assert int(neither[0][0]) + int(either[0][0]) == len(events)


def test_metric_filters_apply_to_rows(google: Google) -> None:
    several = {
        "numericFilter": {"operation": "GREATER_THAN", "value": {"int64Value": "1000"}}
    }
    between = {
        "betweenFilter": {
            "fromValue": {"int64Value": "100"},
            "toValue": {"doubleValue": 200},
        }
    }

    large = ask(google, "eventName", metricFilter=where("eventCount", **several))
    medium = ask(google, "eventName", metricFilter=where("eventCount", **between))
    everything = ask(google, "eventName")

    assert large == [row for row in everything if int(row[1]) > 1000]
    assert medium == [row for row in everything if 100 <= int(row[1]) <= 200]
    assert large
    assert medium


def test_pages_in_a_given_order_are_the_whole_report(google: Google) -> None:
    order = [{"dimension": {"dimensionName": name}} for name in ("date", "eventName")]
    whole = ask(google, "date eventName", orderBys=order)

    pages = [
        row
        for offset in range(0, len(whole), 500)
        for row in ask(
            google, "date eventName", orderBys=order, limit=500, offset=str(offset)
        )
    ]

    assert pages == whole == sorted(whole)


def test_pages_without_an_order_repeat_rows_and_miss_others(google: Google) -> None:
    whole = {row[:2] for row in ask(google, "date eventName")}

    pages = [
        row[:2]
        for offset in range(0, len(whole), 500)
        for row in ask(google, "date eventName", limit=500, offset=offset)
    ]

    assert len(pages) == len(whole)
    assert set(pages) < whole


@pytest.mark.parametrize(
    ("order", "names"),
    [
        pytest.param(
            {"metric": {"metricName": "eventCount"}},
            lambda rows: sorted(rows, key=lambda row: int(row[1])),
            id="metric ascending",
        ),
        pytest.param(
            {"dimension": {"dimensionName": "eventName"}, "desc": True},
            lambda rows: sorted(rows, reverse=True),
            id="dimension descending",
        ),
    ],
)
def test_orders(google: Google, order: Any, names: Any) -> None:
    found = ask(google, "eventName", orderBys=[order])

    assert found == names(found)


def test_numeric_order_goes_by_number(google: Google) -> None:
    order = {"dimension": {"dimensionName": "hour", "orderType": "NUMERIC"}}

    found = ask(google, "hour", orderBys=[order])

    assert [int(row[0]) for row in found] == list(range(24))


def test_ad_cost_by_campaign_is_what_the_ads_cost(google: Google) -> None:
    site = google.world.site("siam-coffee")
    spend = site.recording.spend

    found = ask(
        google,
        "sessionGoogleAdsCampaignId",
        "advertiserAdCost advertiserAdClicks sessions",
    )

    by_campaign = {row[0]: row[1:] for row in found}
    for number, campaign in enumerate(site.campaigns):
        cost, clicks, sessions = by_campaign[str(campaign.id)]
        assert float(cost) == pytest.approx(spend.cost[60:150, number].sum())
        assert int(clicks) == spend.clicks[60:150, number].sum() >= int(sessions)
    assert by_campaign["(not set)"][:2] == ("0", "0")


def test_sessions_without_a_campaign_are_called_after_their_channel(
    google: Google,
) -> None:
    names = {row[0] for row in ask(google, "sessionCampaignName")}
    ids = {row[0] for row in ask(google, "sessionCampaignId")}
    campaigns = google.world.site("siam-coffee").campaigns

    assert names == {each.name for each in campaigns} | {
        "(organic)",
        "(direct)",
        "(referral)",
        "(not set)",
    }
    assert ids == {str(each.id) for each in campaigns} | {"(not set)"}


def test_a_key_event_counts_from_when_it_was_marked(google: Google) -> None:
    site = google.world.site("siam-coffee")
    since = NOW - timedelta(days=10)
    mark = next(iter(site.ga4.key_events.values()))
    site.ga4.key_events[mark.id] = type(mark)(
        id=mark.id, event_name="add_to_cart", created_at=since
    )
    events = last_90(google)
    marked = events.named("add_to_cart") & (events.time >= since.timestamp() * 1e6)

    found = ask(google, "isKeyEvent", "eventCount keyEvents keyEvents:add_to_cart")

    assert {row[0]: row[1:] for row in found} == {
        "true": (str(marked.sum()),) * 3,
        "false": (str((~marked).sum()), "0", "0"),
    }


def test_counting_once_per_session_counts_less(google: Google) -> None:
    site = google.world.site("siam-coffee")
    mark = next(iter(site.ga4.key_events.values()))
    site.ga4.key_events[mark.id] = type(mark)(
        id=mark.id,
        event_name="page_view",
        created_at=mark.created_at,
        counting_method="ONCE_PER_SESSION",
    )

    [(count, key_events, sessions)] = ask(google, "", "eventCount keyEvents sessions")

    assert int(key_events) <= int(sessions) < int(count)


def test_old_names_are_still_answered(google: Google) -> None:
    _, answer = post(google, body("isConversionEvent", "conversions"))

    assert answer["dimensionHeaders"] == [{"name": "isConversionEvent"}]
    assert answer["metricHeaders"] == [{"name": "conversions", "type": "TYPE_FLOAT"}]


def test_expressions_are_computed(google: Google) -> None:
    asked = [
        {"name": "eventCount"},
        {"name": "totalUsers"},
        {"name": "share", "expression": "eventCount/totalUsers"},
        {"name": "hidden", "expression": "eventCount", "invisible": True},
    ]
    sent = body("eventName") | {"metrics": asked}

    _, answer = post(google, sent)

    for row in answer["rows"]:
        count, users, share = (float(cell["value"]) for cell in row["metricValues"])
        assert share == pytest.approx(count / users)


def test_mixed_currencies_are_converted_in_revenue_but_not_in_event_value() -> None:
    purchases = {
        "dimensionFilter": where("eventName", stringFilter={"value": "purchase"})
    }
    metrics = "grossPurchaseRevenue eventValue"
    with served() as google:
        [(revenue, value)] = ask(google, "", metrics, **purchases)
    with served(lambda site, _: with_money_in(site, "USD", every=1)) as google:
        [(converted, same)] = ask(google, "", metrics, **purchases)
        currencies = {row[0] for row in ask(google, "currencyCode", **purchases)}

    assert same == value == revenue
    assert float(converted) > 20 * float(revenue)
    assert currencies == {"USD"}


def test_money_comes_in_the_currency_asked_for(google: Google) -> None:
    baht = post(google, body("", "purchaseRevenue"))[1]
    dollars = post(google, body("", "purchaseRevenue", currencyCode="USD"))[1]

    amounts = [
        float(answer["rows"][0]["metricValues"][0]["value"])
        for answer in (baht, dollars)
    ]
    assert amounts[0] / amounts[1] == pytest.approx(38.5 / 1.08)
    assert dollars["metadata"]["currencyCode"] == "USD"


@pytest.mark.parametrize(
    ("switches", "metadata"),
    [
        pytest.param(
            {"thresholded": True}, {"subjectToThresholding": True}, id="thresholded"
        ),
        pytest.param(
            {"sampled": (500, 1000)},
            {
                "samplingMetadatas": [
                    {"samplesReadCount": "500", "samplingSpaceSize": "1000"}
                ]
            },
            id="sampled",
        ),
        pytest.param({"other_over": 4}, {"dataLossFromOtherRow": True}, id="other"),
        pytest.param(
            {"restricted": ("REVENUE_DATA",)},
            {
                "schemaRestrictionResponse": {
                    "activeMetricRestrictions": [
                        {
                            "metricName": "purchaseRevenue",
                            "restrictedMetricTypes": ["REVENUE_DATA"],
                        }
                    ]
                }
            },
            id="restricted",
        ),
        pytest.param(
            {"truncation": ({"dataTruncationType": "DATE_RANGE"},)},
            {"dataTruncationReasons": [{"dataTruncationType": "DATE_RANGE"}]},
            id="truncated",
        ),
    ],
)
def test_quality_flags(switches: dict[str, Any], metadata: dict[str, Any]) -> None:
    with served(**switches) as google:
        _, answer = post(google, body("eventName", "eventCount purchaseRevenue"))

    assert answer["metadata"] == {
        "currencyCode": "THB",
        "timeZone": "Asia/Bangkok",
        **metadata,
    }


def test_a_restricted_metric_is_zero_and_not_an_error() -> None:
    with served(restricted=("REVENUE_DATA",)) as google:
        found = ask(google, "", "eventCount purchaseRevenue")
        limit = {"numericFilter": {"operation": 4, "value": {"int64Value": "1"}}}
        told = refused(
            google,
            body("", "purchaseRevenue", metricFilter=where("purchaseRevenue", **limit)),
        )

    assert found[0][1] == "0"
    assert "purchaseRevenue" in told


def test_other_takes_the_rare_values() -> None:
    with served(other_over=4) as google:
        found = ask(google, "eventName")
        whole = ask(google, "")

    assert [row[0] for row in found].count("(other)") == 1
    assert len(found) == 5
    assert sum(int(row[1]) for row in found) == int(whole[0][0])


def test_noisy_users_stay_near_and_counts_stay_exact() -> None:
    with served() as google:
        exact = {
            row[0]: row[1:] for row in ask(google, "eventName", "eventCount totalUsers")
        }
    with served(user_noise=0.02) as google:
        first, second = (
            ask(google, "eventName", "eventCount totalUsers") for _ in range(2)
        )

    assert first == second
    off = [int(users) / int(exact[name][1]) - 1 for name, _, users in first]
    assert [row[1] for row in first] == [exact[row[0]][0] for row in first]
    assert 0 < max(map(abs, off)) < 0.1
