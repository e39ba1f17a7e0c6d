"""The book of uploaded conversions: what came in, what was kept, what changed it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from .ads_messages import Message
    from .ads_metrics import Uploaded
    from .clicks import Click


@dataclass(slots=True, kw_only=True)
class Recorded:
    """One accepted conversion; `click` is None while nothing matches it."""

    action: str
    click: Click | None
    time: datetime
    value: float
    currency: str = ""
    order_id: str = ""
    is_retracted: bool = False
    adjusted: list[datetime] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What became of one uploaded row, for the summaries."""

    time: datetime
    customer_id: str
    action: str
    client: str
    job_id: int = 0
    error: tuple[str, str] | None = None


class Book:
    """Conversions by order id, or by click, time and action; never one twice."""

    def __init__(self) -> None:
        """Start empty."""
        self.requests: list[Message] = []
        self.arrivals: list[Arrival] = []
        self._by_order: dict[tuple[str, str], Recorded] = {}
        self._by_click: dict[tuple[str, str, datetime], Recorded] = {}
        self._all: list[Recorded] = []

    def received_rows(self) -> tuple[Message, ...]:
        """Return every row of every upload request, in order."""
        return tuple(row for request in self.requests for row in request.conversions)

    def find_order(self, action: str, order_id: str) -> Recorded | None:
        """Return the conversion of an action with an order id."""
        return self._by_order.get((action, order_id))

    def find_click(self, action: str, click_id: str, time: datetime) -> Recorded | None:
        """Return the conversion of an action with a click id and time."""
        return self._by_click.get((action, click_id, time))

    def keep(self, recorded: Recorded, click_id: str) -> None:
        """Record a conversion."""
        self._all.append(recorded)
        if recorded.order_id:
            self._by_order[recorded.action, recorded.order_id] = recorded
        else:
            self._by_click[recorded.action, click_id, recorded.time] = recorded

    def recorded(self) -> tuple[Recorded, ...]:
        """Return every recorded conversion, retracted ones included."""
        return tuple(self._all)

    def received_times(self) -> dict[str, datetime]:
        """Return when each action last had a row, accepted or not."""
        return {arrival.action: arrival.time for arrival in self.arrivals}

    def attributed(self) -> Iterator[Uploaded]:
        """Yield what counts: conversions with a click, not retracted."""
        from .ads_metrics import Uploaded  # noqa: PLC0415  # numpy only when needed

        for each in tuple(self._all):
            if each.click is not None and not each.is_retracted:
                yield Uploaded(
                    action=each.action,
                    customer_id=each.click.customer_id,
                    campaign_id=each.click.campaign_id,
                    click_time=each.click.time,
                    time=each.time,
                    value=each.value,
                )
