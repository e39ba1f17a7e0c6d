"""Conversions to UploadClickConversions, for projects still admitted to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from zlib import crc32

from convbridge.adapters.ads_failures import read_partial_failure
from convbridge.adapters.calls import DEFAULT_POLICY, guard
from convbridge.adapters.error_details import redact
from convbridge.adapters.google_ads.upload_codes import (
    NOT_ALLOWLISTED_HINT,
    STOP_CODES,
    UPLOADS,
    verdict,
)
from convbridge.adapters.google_ads.upload_rows import write_rows
from convbridge.errors import OutcomeUnknownError, RejectedError
from convbridge.model.conversion_columns import Conversions
from convbridge.model.conversions import RowState, SinkAnswer, Verdict
from convbridge.model.outbox import RequestResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from convbridge.adapters.ads_failures import AdsError, Failure
    from convbridge.adapters.calls import Call, RetryPolicy
    from convbridge.model.conversions import Conversion
    from convbridge.model.ids import CustomerId

_VENDOR = "google_ads"
_METHOD = "ConversionUploadService.UploadClickConversions"
_MAX_ROWS = 2_000  # ConversionUploadError.TOO_MANY_CONVERSIONS_IN_REQUEST
_ACCEPTED = Verdict(state=RowState.ACCEPTED)
_ROW = re.compile(r"conversions\[(\d+)\]")


class GoogleAdsSink:
    """
    Sends conversions with the Google Ads API, in partial failure mode.

    Args:
        call: The connection, or a recording of one.
        new: Makes raw messages by their short names: `connection.new`.
        customer_id: The conversion customer, which owns the actions.
    """

    name = _VENDOR
    max_rows = _MAX_ROWS
    names_rows = True

    def __init__(
        self,
        call: Call,
        new: Callable[[str], Any],
        *,
        customer_id: CustomerId,
        policy: RetryPolicy = DEFAULT_POLICY,
    ) -> None:
        self._call = call
        self._new = new
        self._customer = customer_id
        self._policy = policy

    def drops_repetitions(self, action: str) -> bool:  # noqa: ARG002 - as for all
        """Tell that an order id that came before is refused: so it is, always."""
        return True

    def encode(self, action: str, conversions: Sequence[Conversion]) -> Any:
        """Build the request; no network."""
        request = self._new("UploadClickConversionsRequest")
        request.customer_id = self._customer
        request.partial_failure = True
        rows = Conversions.of(conversions)
        request.job_id = job_id(rows.column("transaction_id"))
        resource = f"customers/{self._customer}/conversionActions/{action}"
        write_rows(request, rows, resource)
        return request

    def send(self, request: Any) -> SinkAnswer:
        """Send a request made by `encode`; safe to call from several threads."""
        answer = guard(
            lambda: self._call(_METHOD, request),
            vendor=_VENDOR,
            operation=_METHOD,
            idempotent=False,
            policy=self._policy,
        )
        rows = len(request.conversions)
        if len(answer.results) != rows:
            raise OutcomeUnknownError(
                f"{rows} rows were sent and {len(answer.results)} answered",
                vendor=_VENDOR,
                operation=_METHOD,
            )
        verdicts = answer_verdicts(answer, UPLOADS, method=_METHOD, at=_ROW)
        job = str(answer.job_id or request.job_id)
        return SinkAnswer(request_id=job, verdicts=verdicts, rest=_ACCEPTED)

    def fetch_result(self, request_id: str) -> RequestResult:  # noqa: ARG002 - as for all
        """Return nothing new: every row was answered when it was sent."""
        return RequestResult(is_finished=True)


def answer_verdicts(
    answer: Any, codes: Mapping[str, Verdict], *, method: str, at: re.Pattern[str]
) -> dict[int, Verdict]:
    """
    Return a verdict for each row that an answer in partial failure mode refuses.

    Where the failure cannot be read, the refused rows are those whose result is
    empty; if that is all of them, none is to blame.

    Raises:
        RejectedError: The errors are about the request, not about rows.
    """
    status = answer.partial_failure_error
    failure = read_partial_failure(status)
    if not status.code or (failure is not None and failure.errors):
        return row_verdicts(
            failure, codes, rows=len(answer.results), method=method, at=at
        )
    empty = [i for i, row in enumerate(answer.results) if not row.ByteSize()]
    if len(empty) in {0, len(answer.results)}:
        raise RejectedError(
            redact(status.message),
            vendor=_VENDOR,
            operation=method,
            code="PARTIAL_FAILURE",
        )
    refused = Verdict(
        state=RowState.REJECTED, code="PARTIAL_FAILURE", reason=redact(status.message)
    )
    return dict.fromkeys(empty, refused)


def row_verdicts(
    failure: Failure | None,
    codes: Mapping[str, Verdict],
    *,
    rows: int,
    method: str,
    at: re.Pattern[str],
) -> dict[int, Verdict]:
    """
    Return a verdict for each row with errors; one row may have several.

    Raises:
        RejectedError: The errors are about the request, not about rows.
    """
    if failure is None:
        return {}
    by_row: dict[int, list[AdsError]] = {}
    for error in failure.errors:
        found = at.match(error.field_path)
        if found is None:
            raise _refused(failure, error, method)
        by_row.setdefault(int(found[1]), []).append(error)
    stops = [e for e in failure.errors if e.code in STOP_CODES]
    if len(by_row) == rows and len(stops) >= rows:
        raise _refused(failure, stops[0], method)
    return {index: verdict(errors, codes) for index, errors in by_row.items()}


def job_id(transaction_ids: Sequence[str]) -> int:
    """Return a number in [1, 2^31) that the same rows always get."""
    return crc32("\n".join(transaction_ids).encode()) % (2**31 - 1) + 1


def _refused(failure: Failure, error: AdsError, method: str) -> RejectedError:
    is_closed = error.code == "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE"
    return RejectedError(
        error.message,
        vendor=_VENDOR,
        operation=method,
        request_id=failure.request_id,
        code=error.code,
        reasons=sorted({f"{e.code}: {e.message}" for e in failure.errors}),
        hint=NOT_ALLOWLISTED_HINT if is_closed else None,
    )
