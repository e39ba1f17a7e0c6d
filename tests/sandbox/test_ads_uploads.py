"""Click uploads and adjustments through the real client, row by row."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from convbridge.sandbox.ads_messages import message_class
from convbridge.sandbox.clicks import clicks_between, email
from sandbox.ads_client import CUSTOMER, NOW, codes, fresh_google, open_ads, refusal

FORMAT = "%Y-%m-%d %H:%M:%S+00:00"
UPLOAD = "conversion_upload_error"
ADJUST = "conversion_adjustment_upload_error"


@pytest.fixture
def ads():
    """A project that may upload, with an action old enough to take uploads."""
    with open_ads() as running:
        running.google.ads.uploads_allowed = True
        running.action = running.create_action("CRM sale")
        running.google.clock.advance(hours=6)
        yield running


def site_of(ads):
    return ads.google.world.site_of_customer(CUSTOMER)


def click(ads, kind="gclid", *, at=0, days=10):
    found = clicks_between(site_of(ads), NOW - timedelta(days=days), NOW)
    return [each for each in found if each.kind == kind][at]


def row(ads, **fields):
    found = click(ads)
    moment = found.time + timedelta(hours=2)
    return {
        "gclid": found.id,
        "conversion_action": ads.action,
        "conversion_date_time": moment.strftime(FORMAT),
        "conversion_value": 5.0,
        "currency_code": "THB",
        "order_id": "A-1",
        **fields,
    }


def upload(ads, *rows, **flags):
    kind = ads.types("services", "UploadClickConversionsRequest")
    flags = {"partial_failure": True, **flags}
    request = kind(customer_id=CUSTOMER, conversions=rows, **flags)
    return ads.service("ConversionUploadService").upload_click_conversions(request)


def adjust(ads, *rows, **flags):
    kind = ads.types("services", "UploadConversionAdjustmentsRequest")
    flags = {"partial_failure": True, **flags}
    request = kind(customer_id=CUSTOMER, conversion_adjustments=rows, **flags)
    service = ads.service("ConversionAdjustmentUploadService")
    return service.upload_conversion_adjustments(request)


def adjustment(ads, **fields):
    return {
        "order_id": "A-1",
        "conversion_action": ads.action,
        "adjustment_type": "RETRACTION",
        "adjustment_date_time": NOW.strftime(FORMAT),
        **fields,
    }


def partial(ads, response):
    failure = message_class("errors.GoogleAdsFailure")()
    for detail in response.partial_failure_error.details:
        failure.MergeFromString(detail.value)
    return codes(ads.types("errors", "GoogleAdsFailure").wrap(failure))


def kept(ads):
    found = ads.google.ads.book.recorded()
    return [(each.order_id, each.value, each.is_retracted) for each in found]


def test_a_good_row_is_echoed_kept_and_counted(ads):
    response = upload(ads, row(ads), job_id=7)

    rows = ads.rows(
        "SELECT segments.conversion_action, metrics.all_conversions, "
        "metrics.all_conversions_value, metrics.conversions FROM customer "
        "WHERE segments.date DURING LAST_14_DAYS"
    )
    counted = {
        r.segments.conversion_action: (
            r.metrics.all_conversions,
            r.metrics.all_conversions_value,
            r.metrics.conversions,
        )
        for r in rows
    }
    assert response.results[0].gclid == click(ads).id
    assert (response.job_id, partial(ads, response)) == (7, [])
    assert kept(ads) == [("A-1", 5.0, False)]
    assert counted[ads.action] == (1.0, 5.0, 1.0)


def test_a_project_that_is_not_allow_listed_gets_no_row_in():
    with open_ads() as ads:
        ads.action = ads.create_action()
        ads.google.clock.advance(hours=6)

        response = upload(ads, row(ads))

        code = "not_allowlisted_error.CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
        assert partial(ads, response) == [(code, "conversions[0]")]
        assert [r.gclid for r in response.results] == [""]
        assert kept(ads) == []


@pytest.mark.parametrize(
    ("flags", "error", "place"),
    [
        pytest.param(
            {"partial_failure": False},
            "partial_failure_error.PARTIAL_FAILURE_MODE_REQUIRED",
            "",
            id="no-partial-failure",
        ),
        pytest.param({"job_id": 0}, f"{UPLOAD}.INVALID_JOB_ID", "job_id", id="job-id"),
    ],
)
def test_a_whole_request_is_refused(ads, flags, error, place):
    assert refusal(lambda: upload(ads, row(ads), **flags)) == [(error, place)]


def test_two_thousand_and_one_rows_are_too_many(ads):
    rows = [row(ads)] * 2_001

    actual = refusal(lambda: upload(ads, *rows))

    assert actual == [(f"{UPLOAD}.TOO_MANY_CONVERSIONS_IN_REQUEST", "")]


@pytest.mark.parametrize(
    ("fields", "error", "place"),
    [
        pytest.param(
            {"gclid": "abc"}, f"{UPLOAD}.UNPARSEABLE_GCLID", "gclid", id="gclid"
        ),
        pytest.param(
            {"gclid": "", "gbraid": "abc"},
            f"{UPLOAD}.UNPARSEABLE_GBRAID",
            "gbraid",
            id="gbraid",
        ),
        pytest.param({"gclid": ""}, "field_error.REQUIRED", "gclid", id="no-click"),
        pytest.param(
            {"conversion_action": f"customers/{CUSTOMER}/conversionActions/1"},
            f"{UPLOAD}.NO_CONVERSION_ACTION_FOUND",
            "conversion_action",
            id="no-such-action",
        ),
        pytest.param(
            {"conversion_action": f"customers/{CUSTOMER}/conversionActions/5001"},
            f"{UPLOAD}.INVALID_CONVERSION_ACTION_TYPE",
            "conversion_action",
            id="ga4-action",
        ),
        pytest.param(
            {"conversion_date_time": "2026-11-20 10:00:00"},
            "date_error.INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET",
            "conversion_date_time",
            id="no-zone",
        ),
        pytest.param(
            {"conversion_date_time": "2026-12-20 10:00:00+00:00"},
            "date_error.LATER_THAN_MAXIMUM_DATE",
            "conversion_date_time",
            id="future",
        ),
        pytest.param(
            {"conversion_date_time": "2026-11-01 10:00:00+07:00"},
            f"{UPLOAD}.CONVERSION_PRECEDES_EVENT",
            "conversion_date_time",
            id="before-click",
        ),
        pytest.param(
            {"conversion_value": -1.0},
            "range_error.TOO_LOW",
            "conversion_value",
            id="negative",
        ),
        pytest.param(
            {"currency_code": "BTC"},
            "currency_code_error.UNSUPPORTED",
            "currency_code",
            id="currency",
        ),
        pytest.param(
            {"order_id": "someone@example.com"},
            f"{UPLOAD}.ORDER_ID_CONTAINS_PII",
            "order_id",
            id="personal-order-id",
        ),
        pytest.param(
            {"user_identifiers": [{"hashed_email": "someone@example.com"}]},
            f"{UPLOAD}.INVALID_USER_IDENTIFIER",
            "user_identifiers",
            id="not-hashed",
        ),
        pytest.param(
            {"user_identifiers": [{"mobile_id": "m"}]},
            f"{UPLOAD}.UNSUPPORTED_USER_IDENTIFIER",
            "user_identifiers",
            id="mobile-id",
        ),
        pytest.param(
            {"user_ip_address": "127.0.0.1"},
            "not_allowlisted_error.CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE",
            "",
            id="ip-address",
        ),
        pytest.param(
            {
                "external_attribution_data": {
                    "external_attribution_credit": 0.3,
                    "external_attribution_model": "x",
                }
            },
            f"{UPLOAD}.EXTERNAL_ATTRIBUTION_DATA_SET_FOR_NON_EXTERNALLY_ATTRIBUTED_"
            "CONVERSION_ACTION",
            "",
            id="external-data",
        ),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_kept(ads, fields, error, place):
    good = row(ads, order_id="A-0")

    response = upload(ads, good, row(ads, **fields))

    where = f"conversions[1].{place}" if place else "conversions[1]"
    assert partial(ads, response) == [(error, where)]
    assert [bool(r.conversion_action) for r in response.results] == [True, False]
    assert kept(ads) == [("A-0", 5.0, False)]


def test_one_row_may_have_several_errors(ads):
    response = upload(ads, row(ads, gclid="abc", conversion_value=-1.0))

    assert partial(ads, response) == [
        ("range_error.TOO_LOW", "conversions[0].conversion_value"),
        (f"{UPLOAD}.UNPARSEABLE_GCLID", "conversions[0].gclid"),
    ]


def test_both_braids_are_one_too_many(ads):
    found = click(ads, "gbraid", days=60)
    moment = (found.time + timedelta(hours=2)).strftime(FORMAT)
    fields = {"gclid": "", "gbraid": found.id, "conversion_date_time": moment}

    good = upload(ads, row(ads, **fields))
    bad = upload(ads, row(ads, **fields, wbraid="x", order_id="A-2"))

    assert partial(ads, good) == []
    code = f"{UPLOAD}.GBRAID_WBRAID_BOTH_SET"
    assert partial(ads, bad) == [(code, "conversions[0]")]


def test_one_per_click_takes_no_braid(ads):
    found = click(ads, "gbraid", days=60)
    moment = (found.time + timedelta(hours=2)).strftime(FORMAT)
    ads.update_action(ads.action, "counting_type", counting_type="ONE_PER_CLICK")

    response = upload(
        ads, row(ads, gclid="", gbraid=found.id, conversion_date_time=moment)
    )

    code = f"{UPLOAD}.ONE_PER_CLICK_CONVERSION_ACTION_NOT_PERMITTED_WITH_BRAID"
    assert partial(ads, response) == [(code, "conversions[0]")]


def test_a_new_action_and_a_new_click_wait_six_hours(ads):
    fresh = ads.create_action("fresh")
    found = clicks_between(site_of(ads), NOW, NOW + timedelta(hours=6))
    recent = [each for each in found if each.kind == "gclid"][-1]
    moment = ads.google.clock.now().strftime(FORMAT)

    response = upload(
        ads,
        row(ads, conversion_action=fresh),
        row(ads, gclid=recent.id, conversion_date_time=moment, order_id="A-2"),
    )

    place = "conversions[0].conversion_action"
    assert partial(ads, response) == [
        (f"{UPLOAD}.TOO_RECENT_CONVERSION_ACTION", place),
        (f"{UPLOAD}.TOO_RECENT_EVENT", "conversions[1]"),
    ]


def test_a_click_outside_the_window_has_expired(ads):
    found = click(ads, days=60)
    late = (found.time + timedelta(days=31)).strftime(FORMAT)

    response = upload(ads, row(ads, gclid=found.id, conversion_date_time=late))

    place = "conversions[0].conversion_date_time"
    assert partial(ads, response) == [(f"{UPLOAD}.EXPIRED_EVENT", place)]


def test_an_order_id_counts_once(ads):
    upload(ads, row(ads))

    again = upload(ads, row(ads))
    twins = upload(ads, row(ads, order_id="B"), row(ads, order_id="B"))

    used, twice = f"{UPLOAD}.ORDER_ID_ALREADY_IN_USE", f"{UPLOAD}.DUPLICATE_ORDER_ID"
    assert partial(ads, again) == [(used, "conversions[0].order_id")]
    assert partial(ads, twins) == [
        (twice, "conversions[0].order_id"),
        (twice, "conversions[1].order_id"),
    ]
    assert kept(ads) == [("A-1", 5.0, False)]


def test_without_an_order_id_click_and_time_count_once(ads):
    upload(ads, row(ads, order_id=""))

    again = upload(ads, row(ads, order_id=""))
    later = row(ads, order_id="", conversion_date_time=NOW.strftime(FORMAT))
    twins = upload(ads, later, later)

    exists = f"{UPLOAD}.CLICK_CONVERSION_ALREADY_EXISTS"
    twice = f"{UPLOAD}.DUPLICATE_CLICK_CONVERSION_IN_REQUEST"
    assert partial(ads, again) == [(exists, "conversions[0]")]
    assert partial(ads, twins) == [(twice, f"conversions[{at}]") for at in (0, 1)]


def test_a_hashed_address_finds_the_visitors_click(ads):
    found = click(ads)
    address = email(site_of(ads), found.user)
    known = {"hashed_email": hashlib.sha256(address.encode()).hexdigest()}
    unknown = {"hashed_email": hashlib.sha256(b"nobody@example.com").hexdigest()}

    response = upload(
        ads,
        row(ads, gclid="", user_identifiers=[known]),
        row(ads, gclid="", user_identifiers=[unknown], order_id="A-2"),
    )

    [recorded] = ads.google.ads.book.recorded()
    assert recorded.click.user == found.user
    code = f"{UPLOAD}.CLICK_NOT_FOUND"
    assert partial(ads, response) == [(code, "conversions[1]")]


def test_terms_and_leads_setting_are_needed_for_user_data(ads):
    account = ads.google.ads.account(CUSTOMER)
    account.accepted_customer_data_terms = False
    account.enhanced_conversions_for_leads = False

    response = upload(ads, row(ads, user_identifiers=[{"hashed_email": "a" * 64}]))

    leads = "CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS"
    assert partial(ads, response) == [
        (f"{UPLOAD}.CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", "conversions[0]"),
        (f"{UPLOAD}.{leads}", "conversions[0]"),
    ]


def test_validate_only_keeps_nothing(ads):
    response = upload(
        ads, row(ads), row(ads, gclid="x", order_id="2"), validate_only=True
    )

    code = f"{UPLOAD}.UNPARSEABLE_GCLID"
    assert partial(ads, response) == [(code, "conversions[1].gclid")]
    assert (list(response.results), kept(ads)) == ([], [])
    assert ads.google.ads.received_conversions() == ()


def test_a_value_is_the_rows_own_or_the_actions(ads):
    settings = {"default_value": 3.0}
    ads.update_action(
        ads.action, "value_settings.default_value", value_settings=settings
    )
    without = {k: v for k, v in row(ads).items() if k != "conversion_value"}

    upload(ads, row(ads, conversion_value=0.0), {**without, "order_id": "A-2"})

    assert kept(ads) == [("A-1", 0.0, False), ("A-2", 3.0, False)]


def test_the_summaries_tell_what_became_of_the_rows(ads):
    upload(ads, row(ads), row(ads, gclid="x", order_id="2"), job_id=9)
    name = "offline_conversion_upload_client_summary"
    query = (
        f"SELECT {name}.client, {name}.status, {name}.total_event_count, "
        f"{name}.successful_event_count, {name}.pending_event_count, "
        f"{name}.success_rate, {name}.job_summaries, {name}.alerts FROM {name}"
    )

    [pending] = ads.rows(query)
    ads.google.clock.advance(hours=3)
    [done] = ads.rows(query)

    before, after = (getattr(each, name) for each in (pending, done))
    assert (before.pending_event_count, before.successful_event_count) == (1, 0)
    assert (after.pending_event_count, after.successful_event_count) == (0, 1)
    assert (after.client.name, after.status.name) == (
        "GOOGLE_ADS_API",
        "NEEDS_ATTENTION",
    )
    [job], [alert] = after.job_summaries, after.alerts
    assert (job.job_id, job.successful_count, job.failed_count) == (9, 1, 1)
    assert alert.error.conversion_upload_error.name == "UNPARSEABLE_GCLID"
    assert alert.error_percentage == 0.5


def test_what_came_in_can_be_read(ads):
    upload(ads, row(ads), row(ads, gclid="x", order_id="2"))

    received = ads.google.ads.received_conversions()

    assert [each.order_id for each in received] == ["A-1", "2"]


def test_a_retraction_takes_the_conversion_out(ads):
    upload(ads, row(ads))

    response = adjust(ads, adjustment(ads))
    again = adjust(ads, adjustment(ads))

    assert partial(ads, response) == []
    code = f"{ADJUST}.CONVERSION_ALREADY_RETRACTED"
    assert partial(ads, again) == [(code, "conversion_adjustments[0]")]
    assert kept(ads) == [("A-1", 5.0, True)]


def test_a_restatement_sets_the_value(ads):
    upload(ads, row(ads))

    adjust(
        ads,
        adjustment(
            ads,
            adjustment_type="RESTATEMENT",
            restatement_value={"adjusted_value": 0.0},
        ),
    )

    assert kept(ads) == [("A-1", 0.0, False)]


@pytest.mark.parametrize(
    ("fields", "error", "place"),
    [
        pytest.param(
            {"order_id": "Z"}, f"{ADJUST}.CONVERSION_NOT_FOUND", "", id="unknown"
        ),
        pytest.param(
            {"gclid_date_time_pair": {"gclid": "x"}},
            f"{ADJUST}.GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET",
            "",
            id="both-ids",
        ),
        pytest.param({"order_id": ""}, "field_error.REQUIRED", ".order_id", id="no-id"),
        pytest.param(
            {"adjustment_type": 0},
            "field_error.REQUIRED",
            ".adjustment_type",
            id="no-type",
        ),
        pytest.param(
            {"adjustment_type": "ENHANCEMENT"},
            f"{ADJUST}.INVALID_CONVERSION_ACTION_TYPE",
            ".conversion_action",
            id="enhancement-of-an-upload",
        ),
        pytest.param(
            {"conversion_action": f"customers/{CUSTOMER}/conversionActions/5001"},
            f"{ADJUST}.INVALID_CONVERSION_ACTION_TYPE",
            ".conversion_action",
            id="ga4-action",
        ),
        pytest.param(
            {"adjustment_date_time": "2026-10-01 00:00:00+00:00"},
            f"{ADJUST}.ADJUSTMENT_PRECEDES_CONVERSION",
            ".adjustment_date_time",
            id="before-conversion",
        ),
        pytest.param(
            {"adjustment_type": "RESTATEMENT"},
            "field_error.REQUIRED",
            ".restatement_value.adjusted_value",
            id="no-value",
        ),
    ],
)
def test_an_adjustment_is_refused(ads, fields, error, place):
    upload(ads, row(ads))

    response = adjust(ads, adjustment(ads, **fields))

    assert partial(ads, response) == [(error, f"conversion_adjustments[0]{place}")]


def test_adjustments_come_in_order_of_their_time(ads):
    upload(ads, row(ads))
    restated = adjustment(
        ads, adjustment_type="RESTATEMENT", restatement_value={"adjusted_value": 9.0}
    )
    earlier = (NOW - timedelta(hours=1)).strftime(FORMAT)
    adjust(ads, restated)

    same = adjust(ads, restated)
    older = adjust(ads, {**restated, "adjustment_date_time": earlier})
    twins = adjust(ads, restated, restated)

    place = "conversion_adjustments[0].adjustment_date_time"
    assert partial(ads, same) == [(f"{ADJUST}.RESTATEMENT_ALREADY_EXISTS", place)]
    assert partial(ads, older) == [(f"{ADJUST}.MORE_RECENT_RESTATEMENT_FOUND", place)]
    twice = f"{ADJUST}.DUPLICATE_ADJUSTMENT_IN_REQUEST"
    assert partial(ads, twins) == [
        (twice, f"conversion_adjustments[{at}]") for at in (0, 1)
    ]


def test_after_fifty_four_days_a_conversion_is_final(ads):
    upload(ads, row(ads))
    ads.google.clock.advance(days=54)

    response = adjust(ads, adjustment(ads))

    code = f"{ADJUST}.CONVERSION_EXPIRED"
    assert partial(ads, response) == [(code, "conversion_adjustments[0]")]


def test_a_sink_counts_rows_without_looking():
    with open_ads(google=fresh_google()) as ads:
        ads.action = "x"
        ads.google.ads.is_sink = True

        response = upload(ads, row(ads), row(ads), row(ads, order_id="B"))

        assert len(response.results) == 3
        assert ads.google.ads.received_count == 3
        assert len(ads.google.ads.unique_ids) == 2


def test_any_error_can_be_asked_for_by_order_id(ads):
    account = f"{UPLOAD}.CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS"
    ads.google.ads.row_errors["A-1"] = (account, f"{UPLOAD}.CALL_NOT_FOUND")

    response = upload(ads, row(ads), row(ads, order_id="A-2"))

    assert partial(ads, response) == [
        (account, "conversions[0]"),
        (f"{UPLOAD}.CALL_NOT_FOUND", "conversions[0]"),
    ]
    assert kept(ads) == [("A-2", 5.0, False)]


def test_without_an_order_id_click_and_time_name_the_conversion(ads):
    upload(ads, row(ads, order_id=""))
    first = row(ads)
    pair = {
        "gclid": first["gclid"],
        "conversion_date_time": first["conversion_date_time"],
    }

    vague = adjust(
        ads, adjustment(ads, order_id="", gclid_date_time_pair={"gclid": "x"})
    )
    response = adjust(ads, adjustment(ads, order_id="", gclid_date_time_pair=pair))

    place = "gclid_date_time_pair.conversion_date_time"
    expected = ("field_error.REQUIRED", f"conversion_adjustments[0].{place}")
    assert partial(ads, vague) == [expected]
    assert response.results[0].gclid_date_time_pair.gclid == first["gclid"]
    assert kept(ads) == [("", 5.0, True)]


def test_a_fixed_value_cannot_be_restated(ads):
    upload(ads, row(ads))
    settings = {"always_use_default_value": True}
    path = "value_settings.always_use_default_value"
    ads.update_action(ads.action, path, value_settings=settings)

    response = adjust(
        ads,
        adjustment(
            ads, adjustment_type="RESTATEMENT", restatement_value={"adjusted_value": 1}
        ),
    )

    code = "CANNOT_RESTATE_CONVERSION_ACTION_THAT_ALWAYS_USES_DEFAULT_CONVERSION_VALUE"
    assert partial(ads, response) == [(f"{ADJUST}.{code}", "conversion_adjustments[0]")]


def test_an_enhancement_is_for_tags_and_needs_their_order_id(ads):
    tag = ads.create_action("Tag", type_="WEBPAGE")
    early = adjust(
        ads, adjustment(ads, conversion_action=tag, adjustment_type="ENHANCEMENT")
    )
    ads.google.clock.advance(hours=6)
    fields = {"conversion_action": tag, "adjustment_type": "ENHANCEMENT"}

    good = adjust(ads, adjustment(ads, **fields))
    nameless = adjust(ads, adjustment(ads, **fields, order_id=""))

    place = "conversion_adjustments[0]"
    assert partial(ads, early) == [(f"{ADJUST}.TOO_RECENT_CONVERSION_ACTION", place)]
    assert partial(ads, good) == []
    code = f"{ADJUST}.MISSING_ORDER_ID_FOR_WEBPAGE"
    assert partial(ads, nameless) == [(code, f"{place}.order_id")]


def test_external_attribution_needs_its_data_and_nothing_else(ads):
    ads.update_action(
        ads.action,
        "attribution_model_settings.attribution_model",
        attribution_model_settings={"attribution_model": "EXTERNAL"},
    )
    identifiers = [{"hashed_email": "a" * 64}]

    response = upload(ads, row(ads, user_identifiers=identifiers))

    external = "EXTERNALLY_ATTRIBUTED_CONVERSION_ACTION"
    assert {code for code, _ in partial(ads, response)} == {
        f"{UPLOAD}.{external}_NOT_PERMITTED_WITH_USER_IDENTIFIER",
        f"{UPLOAD}.EXTERNAL_ATTRIBUTION_DATA_NOT_SET_FOR_{external}",
        f"{UPLOAD}.ORDER_ID_NOT_PERMITTED_FOR_{external}",
    }


@pytest.mark.parametrize(
    ("fields", "error", "place"),
    [
        pytest.param(
            {"conversion_action": ""},
            "field_error.REQUIRED",
            "conversion_action",
            id="no-action",
        ),
        pytest.param(
            {"conversion_date_time": ""},
            "field_error.REQUIRED",
            "conversion_date_time",
            id="no-time",
        ),
        pytest.param(
            {"conversion_date_time": "2026-13-45 10:00:00+00:00"},
            "date_error.INVALID_FIELD_VALUES_IN_DATE_TIME",
            "conversion_date_time",
            id="no-such-day",
        ),
        pytest.param(
            {"order_id": "x" * 65},
            "string_length_error.TOO_LONG",
            "order_id",
            id="long-order-id",
        ),
        pytest.param(
            {"user_identifiers": [{"hashed_email": "a" * 64}] * 6},
            "collection_size_error.TOO_MANY",
            "user_identifiers",
            id="six-identifiers",
        ),
        pytest.param(
            {"gbraid": "x"}, "field_error.VALUE_MUST_BE_UNSET", "gclid", id="two-ids"
        ),
    ],
)
def test_a_row_must_be_complete_and_in_bounds(ads, fields, error, place):
    response = upload(ads, row(ads, **fields))

    assert partial(ads, response) == [(error, f"conversions[0].{place}")]
