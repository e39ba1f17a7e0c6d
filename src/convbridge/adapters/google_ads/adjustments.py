"""Restatements and retractions through ConversionAdjustmentUploadService."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from convbridge.adapters.calls import DEFAULT_POLICY, guard
from convbridge.adapters.google_ads.upload_codes import ADJUSTMENTS
from convbridge.adapters.google_ads.uploads import answer_verdicts
from convbridge.model.adjustments import AdjustmentKind
from convbridge.model.conversions import RowState, SinkAnswer, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

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
    Sends adjustments of conversions by order id, or by click and time.

    A conversion that was reported with an order id has to be named by that; what
    convbridge delivers always has one.

    Args:
        call: The connection, or a recording of one.
        new: Makes raw messages by their short names: `connection.new`.
        customer_id: The conversion customer, which owns the actions.
    """

    max_rows = 2_000  # TOO_MANY_ADJUSTMENTS_IN_REQUEST
    takes_clicks = True

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
        conversions: Sequence[Conversion | None],  # noqa: ARG002 - the ids are enough
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
            idempotent=False,
            policy=self._policy,
        )
        verdicts = answer_verdicts(
            answer, ADJUSTMENTS, rows=len(adjustments), method=_METHOD, at=_ROW
        )
        return SinkAnswer(verdicts=verdicts, rest=_ACCEPTED)

    def _fill(self, row: Any, adjustment: Adjustment) -> None:
        row.conversion_action = (
            f"customers/{self._customer}/conversionActions/{adjustment.action}"
        )
        row.adjustment_type = _KINDS[adjustment.kind]
        row.adjustment_date_time = _time(adjustment.at)
        if adjustment.click is None:
            row.order_id = adjustment.transaction_id
        else:
            row.gclid_date_time_pair.gclid = adjustment.click.gclid
            row.gclid_date_time_pair.conversion_date_time = _time(adjustment.click.time)
        if adjustment.kind is AdjustmentKind.RESTATEMENT:
            assert adjustment.value is not None
            row.restatement_value.adjusted_value = float(adjustment.value)
            if adjustment.currency is not None:
                row.restatement_value.currency_code = adjustment.currency


def _time(moment: datetime) -> str:
    """Return a time as Google Ads writes it, to the second."""
    return moment.isoformat(sep=" ", timespec="seconds")
