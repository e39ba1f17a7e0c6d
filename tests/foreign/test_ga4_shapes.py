"""The same reports in every form that REST allows: counts must not depend on it."""

from __future__ import annotations

import json
import random
from datetime import date

import pytest
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.ga4 import open_ga4
from convbridge.adapters.ga4.discovery import find_properties
from convbridge.errors import DataError, RejectedError
from convbridge.model.access import GoogleAccess
from convbridge.model.dates import DateWindow
from convbridge.model.ids import PropertyId
from convbridge.model.rules import EventRule
from convbridge.testing import FixedClock
from foreign.conftest import NOW
from foreign.servers import Answer, answering, scripted

COFFEE = PropertyId("111111111")
DAYS = DateWindow(start=date(2026, 11, 13), end=date(2026, 11, 14))
HEADERS, VALUES = (
    ("dimensionHeaders", "metricHeaders"),
    ("dimensionValues", "metricValues"),
)
CART, PURCHASE = EventRule(event="add_to_cart"), EventRule(event="purchase")


def relay(google, twist):
    """Answer as the sandbox does, each JSON value passed through `twist`."""
    server = google.server("ga4")

    def reply(request):
        found = server.answer(request)
        data = json.loads(b"".join(found.parts()))
        if found.status == 200:
            data = twist(request, data)
        return Answer(found.status, data, found.headers)

    return reply


def each_report(change):
    """Return a twist of every report, alone or in a batch."""

    def twist(request, data):
        asked = json.loads(request.body or b"{}")
        if "reports" in data:
            pairs = zip(asked["requests"], data["reports"], strict=True)
            return {"reports": [change(body, report) for body, report in pairs]}
        return change(asked, data) if request.path.endswith(":runReport") else data

    return twist


def as_it_is(_request, data):
    return data


def from_the_future(_request, data):
    """Add fields that this year's libraries do not know."""

    def grown(value):
        if isinstance(value, dict):
            known = {name: grown(held) for name, held in value.items()}
            return {**known, "newIn2027": {"kind": ["NEW", 1, None]}}
        return [grown(v) for v in value] if isinstance(value, list) else value

    return grown(data)


def without_defaults(_request, data):
    """Leave out what is empty, zero or false, as proto3's JSON does."""

    def lean(value):
        if isinstance(value, dict):
            inner = {name: lean(held) for name, held in value.items()}
            return {k: v for k, v in inner.items() if v not in (0, "", False, [], {})}
        return [lean(v) for v in value] if isinstance(value, list) else value

    return data if ":runFunnel" in _request.path else lean(data)


def every_default(_asked, report):
    """Say everything that might have been left out."""
    said = {
        "dataLossFromOtherRow": False,
        "subjectToThresholding": False,
        "samplingMetadatas": [],
        "emptyReason": "",
        "schemaRestrictionResponse": {},
        "dataTruncationReasons": [],
    }
    empty = {"totals": [], "maximums": [], "minimums": [], "rows": []}
    return {**empty, **report, "metadata": {**report["metadata"], **said}}


def bare(_asked, report):
    """Leave out quota, kind and the types of metrics."""
    names = [{"name": h["name"]} for h in report.get("metricHeaders", ())]
    kept = {k: v for k, v in report.items() if k not in {"propertyQuota", "kind"}}
    return {**kept, "metricHeaders": names} if names else kept


def small_pages(asked, report):
    """Give 60 rows, whatever was asked for, and the total once."""
    kept = {**report, "rows": report.get("rows", [])[:60]}
    return {k: v for k, v in kept.items() if k != "rowCount" or not asked.get("offset")}


def texts(_asked, report):
    """Write numbers as strings and enums as numbers that are new."""
    headers = [{**h, "type": 99} for h in report.get("metricHeaders", ())]
    count = {"rowCount": str(report["rowCount"])} if "rowCount" in report else {}
    return {**report, **count, "metricHeaders": headers}


def mirrored(_asked, report):
    """Give columns in another order than they were asked for."""
    turned = {h: report[h][::-1] for h in HEADERS if h in report}
    rows = [
        {values: row.get(values, [])[::-1] for values in VALUES}
        for row in report.get("rows", [])
    ]
    return {**report, **turned, "rows": rows}


def exponents(_asked, report):
    """Write numbers as Java's doubles: 1.2E1."""
    for row in report.get("rows", []):
        for held in row["metricValues"]:
            held["value"] = f"{float(held['value']):.12E}"
    return {name: held for name, held in report.items() if name != "metadata"}


def shuffled(_asked, report):
    rows = report.get("rows", [])
    return {**report, "rows": random.Random(7).sample(rows, len(rows))}


def cut_short(_request, data):
    """Answer one report less than a batch has."""
    return {"reports": data["reports"][:-1]} if "reports" in data else data


SHAPES = {
    "chunks": (as_it_is, "chunked"),
    "gzip": (as_it_is, "gzip"),
    "HTTP/1.0, closing": (as_it_is, "closing"),
    "unknown fields": (from_the_future, "plain"),
    "defaults left out": (without_defaults, "plain"),
    "defaults said": (each_report(every_default), "plain"),
    "no quota, no types": (each_report(bare), "plain"),
    "small pages": (each_report(small_pages), "plain"),
    "numbers as strings": (each_report(texts), "plain"),
    "rows in no order": (each_report(shuffled), "plain"),
    "columns in another order": (each_report(mirrored), "plain"),
    "doubles, no metadata": (each_report(exponents), "plain"),
    "a batch with a report missing": (cut_short, "plain"),
}


def open_source(endpoint, clock):
    return open_ga4(
        GoogleAccess(ga4_endpoint=endpoint),
        AnonymousCredentials(),
        property_id=COFFEE,
        clock=clock,
    )


def everything(endpoint, google):
    """Return what a source says, tables sorted."""
    source = open_source(endpoint, google.clock)
    counts = source.fetch_counts(DAYS)
    funnels = source.fetch_funnels(
        counts, events=[CART], primaries=[PURCHASE], horizon_days=1
    )
    found = {
        "property": source.fetch_property(fresh=True),
        "flags": counts.flags,
        "key events": counts.key_events,
        "funnels": funnels.rows(),
        "tables": [
            sorted(map(str, table.to_pylist()))
            for table in (counts.events, counts.users, counts.revenue, counts.costs)
        ],
    }
    source.close()
    return found


@pytest.fixture(scope="module")
def expected(upstream):
    return everything(upstream.ga4_endpoint, upstream)


@pytest.mark.parametrize(("twist", "style"), SHAPES.values(), ids=SHAPES)
def test_counts_do_not_depend_on_the_form_of_the_answer(
    twist, style, upstream, expected
):
    upstream._quotas.clear()

    with answering(relay(upstream, twist), style=style) as served:
        assert everything(served.endpoint, upstream) == expected


def pages_of(*pages):
    """Answer with these pages of a list, whatever is asked; the last is repeated."""
    return scripted(*(Answer(body=page) for page in pages))


def key_event(name):
    return {"name": f"properties/1/keyEvents/{name}", "eventName": name}


def test_a_list_is_read_over_pages_of_any_size():
    pages = [
        {"keyEvents": [key_event("a")], "nextPageToken": "2"},
        {"nextPageToken": "3"},  # an empty page is no last page (AIP-158)
        {"keyEvents": [key_event("b"), key_event("c")], "nextPageToken": ""},
    ]

    with pages_of(*pages) as served:
        source = open_source(served.endpoint, FixedClock(NOW))
        assert source.fetch_key_events() == ("a", "b", "c")

    assert ["pageToken=2" in r.query for r in served.requests] == [False, True, False]


def test_a_list_whose_pages_go_round_ends():
    with pages_of({"keyEvents": [key_event("a")], "nextPageToken": "x"}) as served:
        found = open_source(served.endpoint, FixedClock(NOW)).fetch_key_events()

    assert (found.message, len(served.requests)) == ("the list repeats a page", 2)


def test_the_accounts_of_a_login_are_read_to_the_end_or_not_at_all():
    with pages_of({"accountSummaries": [], "nextPageToken": "x"}) as served:
        access = GoogleAccess(ga4_endpoint=served.endpoint)
        with pytest.raises(RejectedError, match="repeats a page"):
            find_properties(access, AnonymousCredentials(), clock=FixedClock(NOW))

    assert len(served.requests) == 2


def test_a_sampled_funnel_says_how_much_of_it_was_read(upstream):
    def sampled(request, data):
        table = data.get("funnelTable")
        if table:
            sample = {"samplesReadCount": "500", "samplingSpaceSize": "2000"}
            table["metadata"] = {"samplingMetadatas": [sample]}
        return data

    upstream._quotas.clear()
    with answering(relay(upstream, sampled)) as served:
        source = open_source(served.endpoint, upstream.clock)
        found = source.fetch_funnels(
            source.fetch_counts(DAYS),
            events=[CART],
            primaries=[PURCHASE],
            horizon_days=1,
        )

    assert {funnel.sampled for funnel in found} == {0.25}


def test_a_funnel_without_a_number_is_an_error(upstream):
    def odd(request, data):
        for row in data.get("funnelTable", {}).get("rows", ()):
            row["metricValues"][0]["value"] = "(not set)"
        return data

    with answering(relay(upstream, odd)) as served:
        source = open_source(served.endpoint, upstream.clock)
        counts = source.fetch_counts(DAYS)
        with pytest.raises(DataError, match=r"\(not set\)"):
            source.fetch_funnels(
                counts, events=[CART], primaries=[PURCHASE], horizon_days=1
            )


def test_a_property_in_the_trash_is_named_as_such(upstream):
    def trashed(request, data):
        gone = {"deleteTime": "2026-11-20T08:00:00Z"}
        return data | gone if request.path.endswith(COFFEE) else data

    with answering(relay(upstream, trashed)) as served:
        source = open_source(served.endpoint, upstream.clock)
        with pytest.raises(DataError, match="in GA4's trash since 2026-11-20"):
            source.fetch_property()


def test_a_time_zone_that_is_not_known_here_is_named(upstream):
    def elsewhere(_asked, report):
        zone = {"timeZone": "Moon/Tranquility"}
        return {**report, "metadata": report["metadata"] | zone}

    with answering(relay(upstream, each_report(elsewhere))) as served:
        source = open_source(served.endpoint, upstream.clock)
        with pytest.raises(DataError, match="'Moon/Tranquility' is not known here"):
            source.fetch_counts(DAYS)


def test_rows_of_no_day_are_left_out_and_told(upstream, expected):
    """The (other) row of GA4's own tables lumps days together as well."""

    def lumped(_asked, report):
        names = [h["name"] for h in report.get("dimensionHeaders", ())]
        if "date" not in names:
            return report
        row = {
            "dimensionValues": [{"value": "(other)"} for _ in names],
            "metricValues": [{"value": "5"} for _ in report["metricHeaders"]],
        }
        more = {"rows": [*report["rows"], row], "rowCount": report["rowCount"] + 1}
        return {**report, **more}

    with answering(relay(upstream, each_report(lumped))) as served:
        found = everything(served.endpoint, upstream)

    assert {flag.code for flag in found.pop("flags")} == {"other_row"}
    assert found == {name: held for name, held in expected.items() if name != "flags"}
