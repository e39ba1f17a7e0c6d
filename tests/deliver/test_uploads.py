"""UploadClickConversions: each row's own answer, however many it has."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from google.ads.googleads.v26.enums.types.consent_status import ConsentStatusEnum
from google.ads.googleads.v26.errors.types.conversion_adjustment_upload_error import (
    ConversionAdjustmentUploadErrorEnum,
)
from google.ads.googleads.v26.errors.types.conversion_upload_error import (
    ConversionUploadErrorEnum,
)

from convbridge.adapters.google_ads.upload_codes import ADJUSTMENTS, STOP_CODES, UPLOADS
from convbridge.model.conversions import RowState
from deliver.kit import HEADER, counts, write_csv


def rows_of(clicks):
    return [
        ["sale", (c.time + timedelta(hours=2)).isoformat(), c.id, "9.5", f"O{i}"]
        for i, c in enumerate(clicks)
    ]


def test_rows_are_accepted_one_by_one(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, ads_sink, clicks, action
):
    rows = rows_of(clicks[:3])

    report = run(write_csv(tmp_path / "a.csv", rows), sink=ads_sink)

    first, *_ = google.ads.received_conversions()
    assert counts(report) == {"read": 3, "accepted": 3, "sent": 3}
    assert first.conversion_action == f"customers/1234567890/conversionActions/{action}"
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00", first.conversion_date_time
    )
    assert (first.order_id, first.conversion_value, first.currency_code) == (
        "O0",
        9.5,
        "THB",
    )


@pytest.mark.parametrize(
    "bad", [{0}, {4}, {9}, {0, 1, 2}, set(range(10))], ids=["0", "4", "9", "3", "all"]
)
def test_partial_failure_hits_the_rows_it_names(bad, tmp_path, run, ads_sink, clicks):
    rows = rows_of(clicks[:10])
    for index in bad:
        rows[index][2] = "!"  # cannot be decoded

    report = run(write_csv(tmp_path / "a.csv", rows), sink=ads_sink)

    expected = {"read": 10, "accepted": 10, "sent": 10 - len(bad), "rejected": len(bad)}
    assert counts(report) == {name: n for name, n in expected.items() if n}
    assert {e.line for e in report.errors} == {index + 2 for index in bad}


def test_rejected_row_does_not_pull_down_one_with_the_same_click(
    tmp_path, run, ads_sink, clicks
):
    rows = rows_of([clicks[0], clicks[0]])
    rows[1][1] = (clicks[0].time - timedelta(hours=2)).isoformat()

    report = run(write_csv(tmp_path / "a.csv", rows), sink=ads_sink)

    assert counts(report) == {"read": 2, "accepted": 2, "sent": 1, "rejected": 1}
    assert [e.line for e in report.errors] == [3]


def test_several_errors_on_one_row_are_one_rejection(tmp_path, run, ads_sink, clicks):
    rows = [[*row, "THB", ""] for row in rows_of(clicks[:2])]
    rows[1][2] = "!"
    rows[1][5] = "XTS"

    report = run(
        write_csv(tmp_path / "a.csv", rows, [*HEADER, "currency", "email"]),
        sink=ads_sink,
        policy={"currencies": frozenset({"XTS"})},
    )

    assert counts(report) == {"read": 2, "accepted": 2, "sent": 1, "rejected": 1}
    assert len(report.errors) == 1


def test_order_id_that_google_has_is_a_duplicate(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, ads_sink, clicks, database
):
    google.faults.add(service="google_ads", method="UploadClickConversions", kind="cut")

    report = run(write_csv(tmp_path / "a.csv", rows_of(clicks[:4])), sink=ads_sink)

    assert counts(report) == {"read": 4, "accepted": 4, "duplicate": 4}
    assert len(google.ads.received_conversions()) == 8


def test_click_too_recent_waits(tmp_path, run, google, ads_sink, action):
    google.clock.advance(hours=-1)
    young = {action: google.clock.now()}
    google.clock.advance(hours=1)
    time = google.clock.now() - timedelta(days=1)
    path = write_csv(tmp_path / "a.csv", [["sale", time.isoformat(), "g", "1", "O1"]])

    report = run(path, sink=ads_sink, policy={"actions_created": young})

    assert counts(report) == {"read": 1, "accepted": 1, "pending": 1}


def test_project_that_is_not_admitted_is_shown_the_way(  # noqa: PLR0917 - fixtures
    tmp_path, run, google, ads_sink, clicks, received
):
    google.ads.uploads_allowed = False
    path = write_csv(tmp_path / "a.csv", rows_of(clicks[:3]))

    stopped = run(path, sink=ads_sink)
    moved = run(None)

    assert counts(stopped) == {"read": 3, "accepted": 3, "pending": 3}
    assert stopped.stopped.code == "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
    assert "set delivery.sink to data_manager" in stopped.stopped.hint
    assert counts(moved) == {"sent": 3}
    assert sorted(received()) == ["O0", "O1", "O2"]


def test_every_code_in_the_tables_exists():
    uploads = set(ConversionUploadErrorEnum.ConversionUploadError.__members__)
    adjustments = set(
        ConversionAdjustmentUploadErrorEnum.ConversionAdjustmentUploadError.__members__
    )
    others = {
        "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE",
        "PARTIAL_FAILURE_MODE_REQUIRED",
    }

    assert set(UPLOADS) - uploads - others == set()
    assert set(ADJUSTMENTS) - adjustments - others == set()
    assert uploads | adjustments | others >= STOP_CODES
    assert ConsentStatusEnum.ConsentStatus.GRANTED == 2


def test_each_upload_code_has_the_state_the_facts_give_it():
    waits = {"TOO_RECENT_CONVERSION_ACTION", "TOO_RECENT_CALL", "TOO_RECENT_EVENT"}
    done = {"ORDER_ID_ALREADY_IN_USE", "CLICK_CONVERSION_ALREADY_EXISTS"}
    benign = {"CLICK_NOT_FOUND", "EVENT_NOT_FOUND", "EXPIRED_EVENT"}

    assert {UPLOADS[code].state for code in waits} == {RowState.PENDING}
    assert {UPLOADS[code].state for code in done} == {RowState.DUPLICATE}
    assert {UPLOADS[code].state for code in benign} == {RowState.SKIPPED}
