"""Published values as JSON text, exactly: money keeps its digits."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from convbridge.model.values import PublishedValue

if TYPE_CHECKING:
    from typing import Any


def to_json(value: PublishedValue) -> str:
    """Return a published value as JSON text."""
    data = {
        "value": str(value.value),
        "published_on": value.published_on.isoformat(),
        "low": _text(value.low),
        "high": _text(value.high),
        "smoothed": value.smoothed,
        "smoothed_on": value.smoothed_on.isoformat() if value.smoothed_on else None,
    }
    return json.dumps(data, sort_keys=True)


def from_json(text: str) -> PublishedValue:
    """Read back what `to_json` wrote."""
    data: dict[str, Any] = json.loads(text)
    smoothed_on = data["smoothed_on"]
    return PublishedValue(
        value=Decimal(data["value"]),
        published_on=date.fromisoformat(data["published_on"]),
        low=_money(data["low"]),
        high=_money(data["high"]),
        smoothed=data["smoothed"],
        smoothed_on=date.fromisoformat(smoothed_on) if smoothed_on else None,
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
