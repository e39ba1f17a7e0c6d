"""Restatements and retractions through ConversionAdjustmentUploadService."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ads_failures import read_partial_failure
from convbridge.adapters.calls import DEFAULT_POLICY, guard
from convbridge.adapters.google_ads.upload_codes import ADJUSTMENTS
from convbridge.adapters.google_ads.uploads import row_verdicts
from convbridge.model.adjustments import AdjustmentKind
from convbridge.model.conversions import RowState, SinkAnswer, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from convbridge.adapters.calls import Call, RetryPolicy
    from convbridge.model.adjustments import Adjustment
    from convbridge.model.conversions import Conversion
    from convbridge.model.ids import CustomerId

_METHOD = "ConversionAdjustmentUploadService.UploadConversionAdjustments"
_ACCEPTED = Verdict(state=RowState.ACCEPTED)
_KINDS = {  # ConversionAdjustmentTypeEnum
    AdjustmentKind.RETRACTION: 2,
    AdjustmentKind.RESTATEMENT: 3,
}
_ROW = re.compile(r"conversion_adjustments\[(\d+)\]")


class GoogleAdsAdjustments:
    """
    Sends adjustments of conversions that were uploaded with an order id.

    Args:
        call: The connection, or a recording of one.
        new: Makes raw messages by their short names: `connection.new`.
        customer_id: The conversion customer, which owns the actions.
    """

    max_rows = 2_000  # TOO_MANY_ADJUSTMENTS_IN_REQUEST

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

    def send(
        self,
        adjustments: Sequence[Adjustment],
        conversions: Sequence[Conversion],  # noqa: ARG002 - the ids are enough here
    ) -> SinkAnswer:
        """
        Send at most `max_rows`; each has an answer of its own.

        Google refuses a repetition (RESTATEMENT_ALREADY_EXISTS, CONVERSION_ALREADY_
        RETRACTED), so one without an answer may be sent again as it was.
        """
        request = self._new("UploadConversionAdjustmentsRequest")
        request.customer_id = self._customer
        request.partial_failure = True
        for adjustment in adjustments:
            self._fill(request.conversion_adjustments.add(), adjustment)
        answer = guard(
            lambda: self._call(_METHOD, request),
            vendor="google_ads",
            operation=_METHOD,
            idempotent=True,
            policy=self._policy,
        )
        verdicts = row_verdicts(
            read_partial_failure(answer.partial_failure_error),
            ADJUSTMENTS,
            rows=len(adjustments),
            method=_METHOD,
            at=_ROW,
        )
        return SinkAnswer(verdicts=verdicts, rest=_ACCEPTED)

    def _fill(self, row: Any, adjustment: Adjustment) -> None:
        row.conversion_action = (
            f"customers/{self._customer}/conversionActions/{adjustment.action}"
        )
        row.adjustment_type = _KINDS[adjustment.kind]
        row.order_id = adjustment.transaction_id
        row.adjustment_date_time = adjustment.at.isoformat(sep=" ", timespec="seconds")
        if adjustment.kind is AdjustmentKind.RESTATEMENT:
            assert adjustment.value is not None
            row.restatement_value.adjusted_value = float(adjustment.value)
            if adjustment.currency is not None:
                row.restatement_value.currency_code = adjustment.currency
