"""Conversions to the Data Manager API: raw protobuf in, counts of rows out."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from google.ads import datamanager_v1
from google.api_core import exceptions as core

from convbridge.adapters.calls import DEFAULT_POLICY, guard
from convbridge.adapters.data_manager.codes import HINTS, processing_verdict
from convbridge.adapters.data_manager.events import write_events
from convbridge.adapters.data_manager.refusals import read_refusal, words
from convbridge.adapters.error_details import is_too_large
from convbridge.adapters.vendor_errors import translate
from convbridge.errors import ConfigError, RejectedError
from convbridge.model.conversion_columns import Conversions
from convbridge.model.conversions import RowState, SinkAnswer, Verdict
from convbridge.model.outbox import ReasonCount, RequestResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convbridge.adapters.calls import RetryPolicy
    from convbridge.model.conversions import Conversion
    from convbridge.model.ids import CustomerId, PropertyId

_VENDOR = "data_manager"
_MAX_ROWS = 2_000  # datamanager_v1/types/ingestion_service.py, November 2026
_MEASUREMENT_ID = re.compile(r"G-[A-Z0-9]+")
_SENT = Verdict(state=RowState.SENT)
_Request = datamanager_v1.IngestEventsRequest.pb()
_ACCOUNTS = datamanager_v1.ProductAccount.AccountType
_STATUS = datamanager_v1.RequestStatusPerDestination.RequestStatus
_FINISHED = frozenset({_STATUS.SUCCESS, _STATUS.FAILED, _STATUS.PARTIAL_SUCCESS})


class DataManagerSink:
    """
    Sends conversions with `events:ingest`.

    One request has one destination, so that a faulty conversion action spoils
    no other's rows.

    Args:
        client: google-ads-datamanager's own, unmodified.
        operating_customer: The Google Ads account that owns the actions.
        login_customer: The manager through which it is reached.
        property_id: For actions that are measurement ids of Google Analytics.
    """

    name = _VENDOR
    max_rows = _MAX_ROWS

    def __init__(
        self,
        client: Any,  # no types published
        *,
        operating_customer: CustomerId,
        login_customer: CustomerId | None = None,
        property_id: PropertyId | None = None,
        policy: RetryPolicy = DEFAULT_POLICY,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._operating = operating_customer
        self._login = login_customer
        self._property = property_id
        self._policy = policy
        self._sleep = sleep

    def drops_repetitions(self, action: str) -> bool:
        """
        Tell whether a transaction id that came before is not counted again.

        Google Ads drops it (DUPLICATE_TRANSACTION_ID); Google Analytics promises
        that for purchases of web streams only, so for none here.
        """
        return not _MEASUREMENT_ID.fullmatch(action)

    def encode(self, action: str, conversions: Sequence[Conversion]) -> Any:
        """Build the request; no network."""
        request = _Request()
        self._add_destination(request, action)
        request.encoding = datamanager_v1.Encoding.HEX
        rows = Conversions.of(conversions)
        is_analytics = bool(_MEASUREMENT_ID.fullmatch(action))
        write_events(request, rows, is_analytics=is_analytics)
        return datamanager_v1.IngestEventsRequest.wrap(request)

    def send(self, request: Any) -> SinkAnswer:
        """Send a request made by `encode`; safe to call from several threads."""
        return guard(
            lambda: self._send(request),
            vendor=_VENDOR,
            operation="events:ingest",
            idempotent=False,
            policy=self._policy,
            sleep=self._sleep,
        )

    def fetch_result(self, request_id: str) -> RequestResult:
        """Return what became of a request that was taken."""
        request = datamanager_v1.RetrieveRequestStatusRequest(request_id=request_id)
        answer = guard(
            lambda: self._client.retrieve_request_status(
                request, retry=None, timeout=self._policy.timeout
            ),
            vendor=_VENDOR,
            operation="requestStatus:retrieve",
            idempotent=True,
            policy=self._policy,
            sleep=self._sleep,
        )
        return _read_status(type(answer).pb(answer))

    def close(self) -> None:
        """Close the connections."""
        self._client.transport.close()

    def _send(self, request: Any) -> SinkAnswer:
        try:
            answer = self._client.ingest_events(
                request, retry=None, timeout=self._policy.timeout
            )
        except core.BadRequest as exc:
            found = read_refusal(exc.details, exc.message)
            if found is None:
                raise _rejected(exc) from exc
            return found
        except core.GoogleAPICallError as exc:
            if not is_too_large(exc):
                raise
            return SinkAnswer(message=words(exc.message))  # goes by halves
        return SinkAnswer(request_id=answer.request_id, rest=_SENT)

    def _add_destination(self, request: Any, action: str) -> None:
        found = request.destinations.add(product_destination_id=action)
        account = found.operating_account
        if not _MEASUREMENT_ID.fullmatch(action):
            account.account_type = _ACCOUNTS.GOOGLE_ADS
            account.account_id = self._operating
            if self._login is not None:
                found.login_account.account_type = _ACCOUNTS.GOOGLE_ADS
                found.login_account.account_id = self._login
            return
        if self._property is None:
            raise ConfigError(
                f"{action} is a Google Analytics stream, and no property is set",
                hint="set ga4.property_id, or name a conversion action",
            )
        account.account_type = _ACCOUNTS.GOOGLE_ANALYTICS_PROPERTY
        account.account_id = self._property


def _read_status(answer: Any) -> RequestResult:
    """
    Return the sum over destinations; a request of ours has one.

    Read from the raw message: proto-plus warns of each status and reason that is
    newer than the library.
    """
    found = answer.request_status_per_destination
    if not found or any(d.request_status not in _FINISHED for d in found):
        return RequestResult(is_finished=False)
    errors: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    for destination in found:
        for count in destination.error_info.error_counts:
            errors[_name(count)] += count.record_count
        for count in destination.warning_info.warning_counts:
            warnings[_name(count)] += count.record_count
    states = {d.request_status for d in found}
    if states == {_STATUS.PARTIAL_SUCCESS} and not errors.total():
        return RequestResult(is_finished=False)  # how many failed is not told yet
    return RequestResult(
        is_finished=True,
        errors=tuple(
            ReasonCount(rows=rows, verdict=processing_verdict(reason))
            for reason, rows in errors.items()
        ),
        warnings=warnings,
        rest=RowState.REJECTED if states == {_STATUS.FAILED} else RowState.ACCEPTED,
    )


def _name(count: Any) -> str:
    """Return a reason's name; a number that is newer than the library as it is."""
    known = count.DESCRIPTOR.fields_by_name["reason"].enum_type.values_by_number
    return str(known[count.reason].name if count.reason in known else count.reason)


def _rejected(exc: Any) -> RejectedError:
    """Return a refusal that no row is to blame for, with what to do about it."""
    found = translate(exc, vendor=_VENDOR, operation="events:ingest", idempotent=False)
    hints = [hint for code, hint in HINTS.items() if code in str(found)]
    return RejectedError(
        words(found.message),
        vendor=_VENDOR,
        operation=found.operation,
        request_id=found.request_id,
        code=found.code,
        reasons=found.reasons,
        hint=hints[0] if hints else found.hint,
    )
