"""Conversions to UploadClickConversions, for projects still admitted to it."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any
from zlib import crc32

from google.api_core import exceptions as core

from convbridge.adapters.ads_failures import (
    AdsError,
    Failure,
    read_partial_failure,
)
from convbridge.adapters.calls import DEFAULT_POLICY, guard
from convbridge.adapters.error_details import is_too_large, redact
from convbridge.adapters.google_ads.upload_codes import (
    NOT_ALLOWLISTED_HINT,
    STOP_CODES,
    UPLOADS,
    verdict,
)
from convbridge.adapters.google_ads.upload_rows import write_rows
from convbridge.adapters.vendor_errors import ads_failure
from convbridge.errors import OutcomeUnknownError, RejectedError
from convbridge.model.conversion_columns import Conversions
from convbridge.model.conversions import RowState, SinkAnswer, Verdict
from convbridge.model.outbox import RequestResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from convbridge.adapters.calls import Call, RetryPolicy
    from convbridge.model.conversions import Part
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
    max_actions = _MAX_ROWS

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

    def joins(self, action: str) -> bool:  # noqa: ARG002 - as for all
        """Tell that rows of any actions share a request: each names its own."""
        return True

    def encode(self, parts: Sequence[Part]) -> Any:
        """Build the request, of parts with different actions; no network."""
        request = self._new("UploadClickConversionsRequest")
        request.customer_id = self._customer
        request.partial_failure = True
        first, *others = (Conversions.of(part.conversions) for part in parts)
        ids = chain(*(rows.column("transaction_id") for rows in (first, *others)))
        request.job_id = job_id(ids)
        write_rows(request, first, self._resource(parts[0]))
        for part, rows in zip(parts[1:], others, strict=True):
            more = type(request)()
            write_rows(more, rows, self._resource(part))
            request.conversions.extend(more.conversions)
        return request

    def send(self, request: Any) -> SinkAnswer:
        """Send a request made by `encode`; safe to call from several threads."""
        try:
            answer = guard(
                lambda: self._call(_METHOD, request),
                vendor=_VENDOR,
                operation=_METHOD,
                idempotent=False,
                policy=self._policy,
            )
        except RejectedError as exc:
            return _spoilt_answer(exc)
        rows = len(request.conversions)
        verdicts = answer_verdicts(answer, UPLOADS, rows=rows, method=_METHOD, at=_ROW)
        job = str(answer.job_id or request.job_id)
        return SinkAnswer(request_id=job, verdicts=verdicts, rest=_ACCEPTED)

    def fetch_results(
        self,
        request_id: str,  # noqa: ARG002 - as for all
        actions: Sequence[str],
    ) -> dict[str, RequestResult]:
        """Return nothing new: every row was answered when it was sent."""
        return dict.fromkeys(actions, RequestResult(is_finished=True))

    def _resource(self, part: Part) -> str:
        return f"customers/{self._customer}/conversionActions/{part.action}"


def _spoilt_answer(refusal: RejectedError) -> SinkAnswer:
    """
    Return what the refusal of a whole request, with which nothing was done, blames.

    Partial failure mode does not save a request that Google cannot even read, and
    then one row costs all others: named, it is left out; unnamed, it is looked for.

    Raises:
        RejectedError: The request as a whole is to blame.
    """
    failure = ads_failure(refusal)
    if failure is None or not failure.errors:
        cause = refusal.__cause__ or refusal
        if isinstance(cause, core.InvalidArgument) or is_too_large(cause):
            return SinkAnswer(message=refusal.message)
        raise refusal
    by_row, about_none = _by_row(failure, _ROW)
    verdicts = {index: verdict(errors, UPLOADS) for index, errors in by_row.items()}
    is_rows = all(found.state is not RowState.PENDING for found in verdicts.values())
    if about_none or not is_rows:
        raise refusal
    return SinkAnswer(verdicts=verdicts, message=refusal.message)


def answer_verdicts(
    answer: Any,
    codes: Mapping[str, Verdict],
    *,
    rows: int,
    method: str,
    at: re.Pattern[str],
) -> dict[int, Verdict]:
    """
    Return a verdict for each row that an answer in partial failure mode refuses.

    An error that names no row is that of the rows whose result is empty while others
    have one, or of the only row that no other error names.

    Raises:
        OutcomeUnknownError: Not every row has a result.
        RejectedError: The errors are about the request, not about rows.
    """
    if len(answer.results) != rows:
        raise OutcomeUnknownError(
            f"{rows} rows were sent and {len(answer.results)} answered",
            vendor=_VENDOR,
            operation=method,
        )
    status = answer.partial_failure_error
    if not status.code:
        return {}
    failure = read_partial_failure(status)
    if failure is None or not failure.errors:
        failure = Failure(errors=(_unread(status),))
    by_row, about_none = _by_row(failure, at)
    stops = [e for e in failure.errors if e.code in STOP_CODES]
    if stops and (set(stops) & set(about_none) or len(stops) >= rows == len(by_row)):
        raise _refused(failure, stops[0], method)
    if about_none:
        blamed = _nameless(answer.results, by_row)
        if not blamed:
            raise _refused(failure, about_none[0], method)
        by_row |= dict.fromkeys(blamed, about_none)
    return {index: verdict(errors, codes) for index, errors in by_row.items()}


def _unread(status: Any) -> AdsError:
    """Return the error of a failure whose details are absent, or broken."""
    message = redact(status.message)
    return AdsError(category="", code="PARTIAL_FAILURE", message=message)


def _by_row(
    failure: Failure, at: re.Pattern[str]
) -> tuple[dict[int, list[AdsError]], list[AdsError]]:
    """Return the errors by the row they name, and those that name none."""
    by_row: dict[int, list[AdsError]] = {}
    about_none: list[AdsError] = []
    for error in failure.errors:
        found = at.search(error.field_path)
        own = by_row.setdefault(int(found[1]), []) if found else about_none
        own.append(error)
    return by_row, about_none


def _nameless(results: Any, by_row: Mapping[int, Any]) -> list[int]:
    """Return the rows that an error without a row can only be about."""
    empty = [i for i, row in enumerate(results) if not row.ByteSize()]
    left = [i for i in empty if i not in by_row]
    some_passed = len(empty) < len(results)
    return left if some_passed or (by_row and len(left) == 1) else []


def job_id(transaction_ids: Iterable[str]) -> int:
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
