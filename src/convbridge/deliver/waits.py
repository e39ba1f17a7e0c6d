"""When rows may be sent: at once, later, or when something else is known."""

from __future__ import annotations

from datetime import timedelta
from operator import gt
from typing import TYPE_CHECKING, Any

from convbridge.deliver.refusal import RowRefused
from convbridge.model.moments import MICROSECOND, from_micros, to_micros

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from convbridge.deliver.times import TimeReader
    from convbridge.model.conversions import DeliveryPolicy

_DAY = timedelta(days=1) // MICROSECOND
_AHEAD = timedelta(hours=1) // MICROSECOND
"""How far a source's clock may run ahead of ours."""
_EMPTY = (None, "")
_ANTI = "waits for an anti event of the same user"
_NO_CONSENT = "no consent is known: give delivery.consent or a consent column"
_ANALYTICS_PREFIX = "G-"
"""Measurement ids of Google Analytics web streams start so."""


class WaitReader:
    """
    Tells how long rows wait, and refuses those too old or not yet true.

    Args:
        now: Ages are told by it.
        must_consent: Whether rows without consent are held.
    """

    def __init__(
        self,
        policy: DeliveryPolicy,
        columns: Mapping[str, int],
        *,
        now: datetime,
        read_time: TimeReader,
        must_consent: bool,
    ) -> None:
        self._days = policy.click_window_days
        self._now = to_micros(now)
        self._oldest = self._now - self._days * _DAY
        self._wait = policy.click_wait // MICROSECOND
        self._rests = {
            action: to_micros(made) + self._wait
            for action, made in policy.actions_created.items()
            if to_micros(made) + self._wait > self._now
        }
        self._holds = {
            event: hold // MICROSECOND for event, hold in policy.hold.items()
        }
        self._must_consent = must_consent
        self._read_time = read_time
        self._click_time = columns.get("click_time", -1)
        self._is_plain = not (
            self._holds or self._rests or must_consent or "click_time" in columns
        )
        self._settled = self._now - self._wait

    def __call__(
        self,
        row: Sequence[Any],
        event: str,
        action: str,
        time: int,
        user_data: str | None,
    ) -> tuple[int, str]:
        """
        Return when the row may be sent, and why it is held if it is.

        Raises:
            RowRefused: It is too old, in the future, or before its click.
            ValueError: The time of its click is none.
        """
        if self._is_plain and self._oldest <= time <= self._settled:
            return 0, ""
        if time > self._now + _AHEAD:
            raise RowRefused(f"its time {from_micros(time)} is in the future")
        if time < self._oldest:
            raise RowRefused(
                f"its time {from_micros(time)} is more than {self._days} days ago: "
                "Google takes conversions no older than the click window"
            )
        if not action:
            return 0, ""
        if self._must_consent and user_data is None:
            return 0, _NO_CONSENT
        wait = max(time, self._rest(row, action, time))  # Google takes no future
        hold = self._holds.get(event)
        if hold is not None and time + hold > self._now:
            return max(wait, time + hold), _ANTI
        return (0 if wait <= self._now else wait), ""

    def are_over(
        self,
        cells: Sequence[Sequence[Any]],
        event: str,
        action: str,
        times: Sequence[int],
        user_data: Any,
    ) -> bool:
        """
        Tell whether rows of one event, given as columns, may all be sent at once.

        Consent to the use of user data is as `Conversions` has it.

        Raises:
            ValueError: The time of a click is none.
        """
        last = max(times)
        if min(times) < self._oldest or last > self._now:
            return False
        asked = user_data if isinstance(user_data, list) else [user_data]
        if self._must_consent and None in asked:
            return False
        if event in self._holds and last + self._holds[event] > self._now:
            return False
        clicked = self._clicks(cells[self._click_time], times)
        if clicked is not times and any(map(gt, clicked, times)):
            return False
        is_now = action not in self._rests and max(clicked) + self._wait <= self._now
        return is_now or action.startswith(_ANALYTICS_PREFIX)

    def _clicks(self, cells: Sequence[Any], times: Sequence[int]) -> Sequence[int]:
        """Return when the clicks were."""
        given = [cell for cell in cells if cell not in _EMPTY]
        if not given:
            return times
        found = self._read_time.column(given)
        if len(found) == len(times):
            return found
        clicks = iter(found)
        return [
            time if cell in _EMPTY else next(clicks)
            for cell, time in zip(cells, times, strict=True)
        ]

    def _rest(self, row: Sequence[Any], action: str, time: int) -> int:
        """
        Return until when the click and the action rest; Analytics waits for neither.

        Google Ads refuses conversions of clicks younger than six hours; the Data
        Manager API does so later and without naming the row, which would be
        lost. So a row waits until its click is surely old enough: one that is not
        known was no later than the conversion.
        """
        cell = row[self._click_time]
        clicked = time if cell in _EMPTY else self._read_time(cell)
        if clicked > time:
            raise RowRefused("the conversion is before its click")
        if action.startswith(_ANALYTICS_PREFIX):
            return 0
        return max(clicked + self._wait, self._rests.get(action, 0))
