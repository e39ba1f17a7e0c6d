"""What both upload services ask of a request and of a time."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from .ads_errors import fail

if TYPE_CHECKING:
    from .ads_messages import Message

MAX_ROWS = 2_000
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d")


def check_request(request: Message, rows: int, category: str, noun: str) -> None:
    """Refuse a whole upload request: too many rows, no partial failure, bad job id."""
    if rows > MAX_ROWS:
        raise fail(category, f"TOO_MANY_{noun}_IN_REQUEST")
    if not rows:
        raise fail("request_error", "REQUIRED_FIELD_MISSING")
    if not request.partial_failure:
        raise fail("partial_failure_error", "PARTIAL_FAILURE_MODE_REQUIRED")
    if request.HasField("job_id") and request.job_id < 1:
        raise fail(category, "INVALID_JOB_ID", at="job_id")


def parse_time(text: str, now: datetime) -> datetime | tuple[str, str]:
    """Return the moment of `yyyy-mm-dd hh:mm:ss+|-hh:mm`, or the error it makes."""
    if not text:
        return "field_error", "REQUIRED"
    if not _TIME.fullmatch(text):
        return "date_error", "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return "date_error", "INVALID_FIELD_VALUES_IN_DATE_TIME"
    if moment > now:
        return "date_error", "LATER_THAN_MAXIMUM_DATE"
    return moment
