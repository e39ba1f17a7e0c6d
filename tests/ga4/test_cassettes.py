"""
GA4's documented answers, each in a cassette composed from the documentation.

The sandbox cannot answer wrongly; these can: they hold what Google has been
seen to send, or says it sends.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials

from convbridge.adapters.ga4 import admin, open_ga4, open_ga4_target, reports
from convbridge.adapters.ga4.funnels import StepUsers, funnel_request, read_steps
from convbridge.adapters.ga4.paging import read_report
from convbridge.adapters.ga4.suggestions import explain_rejection
from convbridge.errors import AuthError, QuotaError, RejectedError
from convbridge.model.access import GoogleAccess
from convbridge.model.dates import DateWindow
from convbridge.model.ids import PropertyId
from convbridge.testing import FixedClock, Origin, http_cassettes

CASSETTES = Path(__file__).parent.parent.parent / "cassettes"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = DateWindow(start=date(2026, 11, 2), end=date(2026, 11, 2))
PROPERTY = PropertyId("123456789")


def api(endpoint, **options):
    return open_ga4(
        GoogleAccess(ga4_endpoint=endpoint),
        AnonymousCredentials(),
        property_id=PROPERTY,
        clock=FixedClock(NOW),
        sleep=lambda _: None,
        **options,
    )._api


def read(endpoint, spec=reports.EVENTS_REPORT, **options):
    return read_report(api(endpoint, **options), spec, DAY)


def funnel(endpoint):
    steps = [
        {"funnel_event_filter": {"event_name": name}}
        for name in ("add_to_cart", "purchase")
    ]
    request = funnel_request(steps, DAY, within_days=30)
    return read_steps(api(endpoint).run_funnel_report(request))


def failure(endpoint, kind, spec=reports.EVENTS_REPORT):
    with pytest.raises(kind) as caught:
        read(endpoint, spec)
    return caught.value


def misspelt(endpoint):
    asked = api(endpoint)
    spec = reports.ReportSpec(
        name="misspelt",
        dimensions=("customEvent:plam",),
        metrics=("eventCount",),
        schema=reports.EVENTS_REPORT.schema,
    )
    with pytest.raises(RejectedError) as caught:
        read_report(asked, spec, DAY)
    return explain_rejection(asked, caught.value)


def key_events(endpoint):
    target = open_ga4_target(
        GoogleAccess(ga4_endpoint=endpoint),
        AnonymousCredentials(),
        property_id=PROPERTY,
        clock=FixedClock(NOW),
    )
    return target.fetch_state()


@pytest.fixture
def tape():
    made = http_cassettes(CASSETTES, vendor="ga4", origin=Origin.COMPOSED)

    def use(name):
        return made.use_cassette(f"{name}.yaml")

    return use


NOBODY = "http://127.0.0.1:9"


def test_a_report_with_quota_and_metadata(tape):
    with tape("report"):
        report = read(NOBODY)

    assert report.table.select(["event", "campaign_id", "count"]).to_pylist() == [
        {"event": "add_to_cart", "campaign_id": "7000001", "count": 12},
        {"event": "purchase", "campaign_id": "(not set)", "count": 3},
    ]
    assert (report.info.currency, report.info.flags("events")) == ("THB", ())


def test_two_pages(tape):
    with tape("two_pages"):
        report = read(NOBODY, page_size=1)

    assert report.table["count"].to_pylist() == [12, 3]


def test_an_empty_report_has_no_headers(tape):
    with tape("empty_report"):
        report = read(NOBODY)

    assert (report.table.num_rows, report.info.time_zone) == (0, "Asia/Bangkok")


def test_thresholds_sampling_and_other(tape):
    with tape("flagged_report"):
        report = read(NOBODY)

    assert [(f.code, f.factor) for f in report.info.flags("events")] == [
        ("thresholding", 0.9),
        ("other_row", 0.9),
        ("sampling", 0.25),
    ]


def test_truncated_data(tape):
    with tape("truncated_report"):
        report = read(NOBODY)

    (flag,) = report.info.flags("events")
    assert flag.reason == (
        "report events is truncated: GOOGLE_ADS Google Ads data older than 36 months "
        "is not available."
    )


def test_fields_from_the_future_are_ignored(tape):
    with tape("unknown_fields"):
        report = read(NOBODY)

    assert report.table["count"].to_pylist() == [12]


def test_hidden_revenue(tape):
    with tape("restricted_revenue"):
        report = read(NOBODY, reports.REVENUE_REPORT)

    assert [f.code for f in report.info.flags("revenue")] == ["restricted_revenue"]


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        pytest.param("exhausted_day", 86_400, id="day"),
        pytest.param("exhausted_project_hour", 1800, id="project hour"),
        pytest.param("exhausted_server_errors", 3600, id="server errors"),
    ],
)
def test_exhausted_quota(tape, name, seconds):
    with tape(name):
        error = failure(NOBODY, QuotaError)

    assert error.retry_after == seconds


def test_incompatible_fields(tape):
    with tape("incompatible_fields"):
        error = failure(NOBODY, RejectedError)

    assert "dimensions & metrics are incompatible" in error.message


def test_no_permission(tape):
    with tape("no_permission"):
        error = failure(NOBODY, AuthError)

    assert error.message == (
        "property 123456789: "
        "User does not have sufficient permissions for this property."
    )


def test_a_misspelt_field_is_met_with_the_propertys_own_names(tape):
    with tape("unknown_dimension"):
        error = misspelt(NOBODY)

    assert error.hint == "did you mean customEvent:plan?"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "funnel_repeated_headers",
            [StepUsers(segment=None, first=7, then=2)],
            id="headers twice",
        ),
        pytest.param(
            "funnel_missing_step",
            [StepUsers(segment=None, first=7, then=0)],
            id="nobody went on",
        ),
        pytest.param("funnel_empty", None, id="nobody came"),
    ],
)
def test_funnels(tape, name, expected):
    with tape(name):
        found = funnel(NOBODY)

    assert found == expected


def test_key_events_with_a_default_value(tape):
    with tape("key_events"):
        state = key_events(NOBODY)

    assert {r.name: r.fields["default_value.numeric_value"] for r in state} == {
        "purchase": None,
        "sign_up": Decimal("49.5"),
    }


def test_ads_links_with_and_without_dashes(tape):
    with tape("ads_links"):
        links = admin.fetch_ads_links(api(NOBODY))

    assert [link.dashed for link in links] == ["123-456-7890", "234-567-8901"]
