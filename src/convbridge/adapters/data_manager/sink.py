"""Conversions to the Data Manager API, several actions in a request."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from google.ads import datamanager_v1
from google.api_core import exceptions as core

from convbridge.adapters.calls import DEFAULT_POLICY, guard
from convbridge.adapters.data_manager.codes import HINTS
from convbridge.adapters.data_manager.events import write_events
from convbridge.adapters.data_manager.refusals import read_refusal, words
from convbridge.adapters.data_manager.statuses import read_statuses, reference_of
from convbridge.adapters.error_details import is_too_large
from convbridge.adapters.vendor_errors import translate
from convbridge.errors import ConfigError, RejectedError
from convbridge.model.conversion_columns import Conversions
from convbridge.model.conversions import RowState, SinkAnswer, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convbridge.adapters.calls import RetryPolicy
    from convbridge.model.conversions import Part
    from convbridge.model.ids import CustomerId, PropertyId
    from convbridge.model.outbox import RequestResult

_VENDOR = "data_manager"
_MAX_ROWS = 2_000  # datamanager_v1/types/ingestion_service.py, November 2026
_MAX_DESTINATIONS = 10  # ErrorReason.TOO_MANY_DESTINATIONS
_MEASUREMENT_ID = re.compile(r"G-[A-Z0-9]+")
_SENT = Verdict(state=RowState.SENT)
_Request = datamanager_v1.IngestEventsRequest.pb()
_ACCOUNTS = datamanager_v1.ProductAccount.AccountType


class DataManagerSink:
    """
    Sends conversions with `events:ingest`.

    Each conversion action is a destination of the request, and each event names
    its own: one that names none goes to all of them.

    Args:
        client: google-ads-datamanager's own, unmodified.
        operating_customer: The Google Ads account that owns the actions.
        login_customer: The manager through which it is reached.
        property_id: For actions that are measurement ids of Google Analytics.
    """

    name = _VENDOR
    max_rows = _MAX_ROWS
    max_actions = _MAX_DESTINATIONS

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

    def joins(self, action: str) -> bool:
        """Tell that conversion actions share requests; streams of Analytics do not."""
        return not _MEASUREMENT_ID.fullmatch(action)

    def encode(self, parts: Sequence[Part]) -> Any:
        """Build the request, of parts with different actions; no network."""
        request = _Request()
        request.encoding = datamanager_v1.Encoding.HEX
        for action, conversions in parts:
            reference = reference_of(action) if len(parts) > 1 else None
            self._add_destination(request, action, reference)
            write_events(
                request,
                Conversions.of(conversions),
                is_analytics=bool(_MEASUREMENT_ID.fullmatch(action)),
                destination=reference,
            )
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

    def fetch_results(
        self, request_id: str, actions: Sequence[str]
    ) -> dict[str, RequestResult]:
        """Return what became of these actions' rows in a request that was taken."""
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
        return read_statuses(type(answer).pb(answer), actions)

    def close(self) -> None:
        """Close the connections."""
        self._client.transport.close()

    def _send(self, request: Any) -> SinkAnswer:
        try:
            answer = self._client.ingest_events(
                request, retry=None, timeout=self._policy.timeout
            )
        except core.BadRequest as exc:
            sent = type(request).pb(request)
            found = read_refusal(exc.details, exc.message, sent)
            if found is None:
                raise _rejected(exc) from exc
            return found
        except core.GoogleAPICallError as exc:
            if not is_too_large(exc):
                raise
            return SinkAnswer(message=words(exc.message))  # goes in parts
        return SinkAnswer(request_id=answer.request_id, rest=_SENT)

    def _add_destination(
        self, request: Any, action: str, reference: str | None
    ) -> None:
        found = request.destinations.add(
            reference=reference or "", product_destination_id=action
        )
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
