"""Errors: what they print, what they carry, and that they travel."""

from __future__ import annotations

import pickle

import pytest

from convbridge import errors
from convbridge.errors import ConfigError, Fault, QuotaError, RejectedError

QUOTA = QuotaError(
    "Exhausted property tokens per hour.",
    vendor="ga4",
    operation="runReport",
    request_id="r-1",
    code="RESOURCE_EXHAUSTED",
    retry_after=1800,
    hint="resume in half an hour",
)
CONFIG = ConfigError(
    "convbridge.yaml has 1 fault",
    faults=[Fault(where="convbridge.yaml:3:5", message="no", hint="yes")],
    hint="mend it",
)


def test_a_vendor_error_names_operation_and_request():
    assert str(QUOTA) == (
        "ga4 runReport, request r-1: Exhausted property tokens per hour.\n"
        "Hint: resume in half an hour"
    )


def test_reasons_stand_on_lines_of_their_own():
    error = RejectedError(
        "2 errors",
        vendor="google_ads",
        operation="MutateConversionActions",
        reasons=["DUPLICATE_NAME: taken", "IMMUTABLE_FIELD: type"],
    )

    assert str(error).splitlines()[1:] == [
        "  DUPLICATE_NAME: taken",
        "  IMMUTABLE_FIELD: type",
    ]


def test_a_config_error_lists_every_fault():
    assert str(CONFIG) == (
        "convbridge.yaml has 1 fault\n  convbridge.yaml:3:5: no (yes)\nHint: mend it"
    )


@pytest.mark.parametrize("error", [QUOTA, CONFIG], ids=["vendor", "config"])
def test_errors_cross_process_borders_whole(error):
    copy = pickle.loads(pickle.dumps(error))

    assert (type(copy), str(copy), copy.__dict__) == (
        type(error),
        str(error),
        error.__dict__,
    )


def test_every_error_has_an_exit_code_of_its_family():
    codes = {
        name: cls.exit_code
        for name, cls in vars(errors).items()
        if isinstance(cls, type) and issubclass(cls, errors.ConvbridgeError)
    }

    assert codes == {
        "ConvbridgeError": 1,
        "ConfigError": 3,
        "DataError": 4,
        "PlanError": 5,
        "UnsafePlanError": 5,
        "StalePlanError": 6,
        "VendorError": 7,
        "AuthError": 7,
        "QuotaError": 7,
        "UnavailableError": 7,
        "RejectedError": 7,
        "OutcomeUnknownError": 7,
        "LedgerError": 8,
        "BusyError": 8,
    }


def test_errors_are_json_ready():
    assert QUOTA.to_dict() == {
        "type": "QuotaError",
        "message": "Exhausted property tokens per hour.",
        "hint": "resume in half an hour",
        "vendor": "ga4",
        "operation": "runReport",
        "request_id": "r-1",
        "code": "RESOURCE_EXHAUSTED",
        "reasons": [],
        "retry_after": 1800,
    }
