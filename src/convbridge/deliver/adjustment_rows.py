"""Adjustments read from a file or a dataframe, row by row."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from convbridge.deliver.blocks import Broken
from convbridge.deliver.columns import Form
from convbridge.deliver.quoting import quoted
from convbridge.deliver.sources import open_source
from convbridge.deliver.times import TimeReader
from convbridge.deliver.transaction_ids import transaction_id
from convbridge.errors import DataError
from convbridge.model.adjustments import Adjustment, AdjustmentKind, ClickTime
from convbridge.model.moments import from_micros, to_micros

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_HINT = (
    "columns: event, time (of the adjustment), value, currency, kind, and order_id, or "
    "gclid and conversion_time"
)
ADJUSTMENTS = Form(
    fields=(
        "event",
        "time",
        "order_id",
        "gclid",
        "conversion_time",
        "value",
        "currency",
        "kind",
    ),
    required=("event", "time"),
    aliases={
        "event_name": "event",
        "conversion_name": "event",
        "adjustment_time": "time",
        "adjustment_date_time": "time",
        "transaction_id": "order_id",
        "google_click_id": "gclid",
        "conversion_date_time": "conversion_time",
        "adjusted_value": "value",
        "adjusted_value_currency": "currency",
        "currency_code": "currency",
        "adjustment_type": "kind",
    },
    hint=_HINT,
)


_WORDS = {"restate": "restatement", "retract": "retraction"}
"""How Google's own upload templates write the kinds."""


def read_adjustments(
    what: Any,  # whatever `open_source` takes
    *,
    client: str,
    actions: Mapping[str, str],
    time_zone: str,
) -> Iterator[tuple[int, Adjustment | str]]:
    """
    Yield each row's number with its adjustment, or with why it is none.

    Columns: event, time of the adjustment, value, currency, kind, and which
    conversion it is: its order_id, or its gclid and conversion_time. A row with a
    value restates; one without has to say `retraction`, so that an empty cell takes
    no sale back.

    Args:
        what: A CSV, JSON Lines or Parquet file, or a dataframe.
        client: Whose conversions they are.
        actions: Event to conversion action.
        time_zone: Given to times without a zone.

    Raises:
        DataError: The source cannot be read, or lacks a column.
    """
    with open_source(what, form=ADJUSTMENTS).open as rows:
        read = _Reader(rows.columns, client, actions, TimeReader(time_zone))
        for line, row in rows.lines:
            if isinstance(row, Broken):
                yield line, row.reason
                continue
            try:
                yield line, read(row)
            except ValueError as exc:
                yield line, str(exc)


class _Reader:
    """Turns rows into adjustments."""

    def __init__(
        self,
        columns: Mapping[str, int],
        client: str,
        actions: Mapping[str, str],
        read_time: TimeReader,
    ) -> None:
        if "order_id" not in columns and not {"gclid", "conversion_time"} <= {*columns}:
            raise DataError(
                "the source has no column order_id, nor both gclid and conversion_time",
                hint=_HINT,
            )
        self._columns = columns
        self._client = client
        self._actions = actions
        self._read_time = read_time

    def __call__(self, row: Sequence[Any]) -> Adjustment:
        event = self._text(row, "event")
        action = self._actions.get(event)
        if action is None:
            raise ValueError(f"event {quoted(event, most=60)} has no conversion action")
        order, click = self._text(row, "order_id"), self._click(row)
        if not order and click is None:
            raise ValueError(
                "the row has no order_id, nor both gclid and conversion_time: nothing "
                "says which conversion"
            )
        value = _value(row[self._columns.get("value", -1)])
        user_key, time = (click.gclid, to_micros(click.time)) if click else ("", 0)
        return Adjustment(
            action=action,
            transaction_id=transaction_id(order, self._client, action, user_key, time),
            kind=_kind(self._text(row, "kind"), value),
            at=from_micros(self._read_time(row[self._columns["time"]])),
            value=value,
            currency=self._text(row, "currency").upper() or None,
            click=None if order else click,
        )

    def _click(self, row: Sequence[Any]) -> ClickTime | None:
        gclid, time = self._text(row, "gclid"), self._text(row, "conversion_time")
        if not gclid or not time:
            return None
        found = row[self._columns["conversion_time"]]
        return ClickTime(gclid, from_micros(self._read_time(found)))

    def _text(self, row: Sequence[Any], field: str) -> str:
        cell = row[self._columns.get(field, -1)]
        return "" if cell is None else str(cell).strip()


def _kind(written: str, value: Decimal | None) -> AdjustmentKind:
    word = written.lower()
    if not word and value is None:
        raise ValueError("the row has no value; write `retraction` as its kind")
    if not word:
        return AdjustmentKind.RESTATEMENT
    try:
        return AdjustmentKind(_WORDS.get(word, word))
    except ValueError:
        names = " or ".join(AdjustmentKind)
        raise ValueError(f"kind {quoted(written, most=20)} is not {names}") from None


def _value(cell: Any) -> Decimal | None:
    if cell is None or str(cell).strip() in {"", "nan"}:
        return None
    try:
        value = Decimal(str(cell).strip())
    except InvalidOperation:
        raise ValueError(f"value {quoted(cell, most=20)} is no amount") from None
    if not value.is_finite():
        raise ValueError(f"value {quoted(cell, most=20)} is no amount")
    return value
