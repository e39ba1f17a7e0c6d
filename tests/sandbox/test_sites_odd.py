"""Sites with something wrong show it in their reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.sandbox import Clock, serve
from convbridge.sandbox.sites_big import big_site
from convbridge.sandbox.sites_odd import (
    days_ago,
    with_all_refunded,
    with_event_doubled,
    with_event_renamed,
    with_event_stopped,
    with_users_lost,
)
from convbridge.sandbox.world import World
from sandbox.ga4_client import NOW, ask, body, post, served, where

if TYPE_CHECKING:
    from convbridge.sandbox import Google

ORDER = [{"dimension": {"dimensionName": "date"}}]


def per_day(google: Google, event: str) -> dict[str, int]:
    only = where("eventName", stringFilter={"value": event})
    return {
        date: int(count)
        for date, count in ask(google, "date", dimensionFilter=only, orderBys=ORDER)
    }


def plain(event: str) -> dict[str, int]:
    with served() as google:
        return per_day(google, event)


def test_a_stopped_tag_counts_nothing_from_that_day() -> None:
    with served(
        lambda site, clock: with_event_stopped(
            site, "scroll", since=days_ago(site, clock, 10)
        )
    ) as google:
        found = per_day(google, "scroll")

    assert max(found) == "20261111"
    assert found == {
        day: count for day, count in plain("scroll").items() if day < "20261112"
    }


def test_a_doubled_tag_counts_twice_from_that_day() -> None:
    with served(
        lambda site, clock: with_event_doubled(
            site, "add_to_cart", since=days_ago(site, clock, 10)
        )
    ) as google:
        found = per_day(google, "add_to_cart")

    assert found == {
        day: count * (2 if day >= "20261112" else 1)
        for day, count in plain("add_to_cart").items()
    }


def test_a_renamed_event_goes_on_under_its_new_name() -> None:
    with served(
        lambda site, clock: with_event_renamed(
            site, "sign_up", to="signup", since=days_ago(site, clock, 10)
        )
    ) as google:
        before, after = per_day(google, "sign_up"), per_day(google, "signup")

    assert max(before) < "20261112" <= min(after)
    assert before | after == plain("sign_up")


def test_lost_users_are_as_many_as_sessions() -> None:
    with served(
        lambda site, clock: with_users_lost(site, since=days_ago(site, clock, 200))
    ) as google:
        [(users, sessions)] = ask(google, "", "totalUsers sessions")

    assert users == sessions


def test_a_day_of_refunds_has_negative_revenue() -> None:
    with served(
        lambda site, clock: with_all_refunded(site, on=days_ago(site, clock, 3))
    ) as google:
        found = dict(ask(google, "date", "totalRevenue"))

    assert float(found["20261119"]) < 0


def test_a_big_site_has_the_rows_it_says_and_pages_of_them() -> None:
    clock = Clock(NOW)
    site = big_site(clock=clock, rows=20_000)
    order = [
        {"dimension": {"dimensionName": name}}
        for name in ("date", "eventName", "sessionGoogleAdsCampaignId")
    ]
    sent = body(
        "date eventName sessionGoogleAdsCampaignId",
        "eventCount eventValue",
        dateRanges=[{"startDate": "100daysAgo", "endDate": "yesterday"}],
        orderBys=order,
        limit=7_000,
    )
    with serve(World([site], clock=clock)) as google:
        path = "properties/333333333:runReport"
        pages = [
            post(google, sent | {"offset": offset}, path=path)[1]
            for offset in (0, 7_000, 14_000)
        ]

    rows = [
        tuple(cell["value"] for cell in row["dimensionValues"])
        for page in pages
        for row in page["rows"]
    ]
    assert {page["rowCount"] for page in pages} == {20_000}
    assert len(set(rows)) == len(rows) == 20_000
    assert rows == sorted(rows)
