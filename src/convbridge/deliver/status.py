"""Reading back: what Google made of what was sent."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from convbridge.errors import RejectedError
from convbridge.model.conversions import RowState
from convbridge.model.delivery_status import DayStatus, DeliveryStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from convbridge.model.ads_metrics import UploadSummary
    from convbridge.model.outbox import ActionCounts, SentRequest
    from convbridge.ports import Clock, ConversionSink, Outbox

_KEPT = timedelta(days=49)
"""Google keeps a request's status for about 50 days."""
_AT_LATEST = timedelta(days=1)
"""Google knows a request, and its result, within so long."""
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_BACKOFF = 1.3  # developers.google.com/data-manager/api/devguides/diagnostics


def delivery_status(
    *,
    client: str,
    sink: ConversionSink,
    outbox: Outbox,
    clock: Clock,
    attributed: Mapping[tuple[str, str], float] | None = None,
    summaries: Sequence[UploadSummary] = (),
    events: Mapping[str, str] | None = None,
    quiet_days: int = 7,
    wait: timedelta = timedelta(),
    sleep: Callable[[float], None] = time.sleep,
    pace: Callable[[], None] = lambda: None,
) -> DeliveryStatus:
    """
    Ask Google about every request it has not finished, and add everything up.

    The Data Manager API counts an action's rows by reason and names none of
    them, so that is how they are told. A batch of which Google says "try
    again" (a click that was too recent, an internal error) goes out once more
    with the next delivery: rows that passed are dropped as repetitions.

    Args:
        client: Whose deliveries.
        sink: Where they went.
        outbox: What was written down of them.
        clock: Tells ages.
        attributed: Conversions in Google Ads' metrics, by action id and ISO day.
        summaries: Google Ads' own upload diagnostics.
        events: The event of each conversion action, to speak of.
        quiet_days: Rows accepted for so long and none attributed is an alert.
        wait: How long to ask again, at growing intervals; Google needs about half
            an hour, and up to a day.
        sleep: Waits between the questions.
        pace: Waits until one more request may go, such as `RequestRate.hold`.
    """
    started = clock.now()
    pause = _FIRST_WAIT
    unfinished = _poll(client, sink, outbox, clock, pace)
    while unfinished and clock.now() + pause <= started + wait:
        sleep(pause.total_seconds())
        pause = min(pause * _BACKOFF, _LONGEST_WAIT)
        unfinished = _poll(client, sink, outbox, clock, pace)
    days = tuple(_days(outbox.counts(client), attributed))
    names = events or {}
    alerts = [
        *_alerts(days, names, clock.now(), quiet_days),
        *_summary_alerts(summaries),
    ]
    return DeliveryStatus(
        client=client,
        days=days,
        unfinished=unfinished,
        alerts=tuple(alerts),
        waiting=tuple(outbox.waiting(client, now=clock.now())),
        events=names,
    )


def _poll(
    client: str,
    sink: ConversionSink,
    outbox: Outbox,
    clock: Clock,
    pace: Callable[[], None],
) -> int:
    """Ask about each open request once; return how many stay open."""
    open_requests: dict[str, list[SentRequest]] = {}
    for batch in outbox.sent_requests(client):
        if clock.now() - batch.sent_at < _KEPT:
            open_requests.setdefault(batch.request_id, []).append(batch)
    unfinished = 0
    for batches in open_requests.values():
        pace()
        unfinished += not _is_finished(batches, sink, outbox, clock)
    return unfinished


def _is_finished(
    batches: Sequence[SentRequest], sink: ConversionSink, outbox: Outbox, clock: Clock
) -> bool:
    """Ask about the batches of one request, and write down what is known."""
    actions = [batch.action for batch in batches]
    try:
        results = sink.fetch_results(batches[0].request_id, actions)
    except RejectedError:  # not known yet, or no more: the sink was changed since
        return clock.now() - batches[0].sent_at > _AT_LATEST
    with outbox.together():
        for batch in batches:
            outbox.record_result(batch, results[batch.action], now=clock.now())
    return all(result.is_finished for result in results.values())


def _days(
    counts: Sequence[ActionCounts], attributed: Mapping[tuple[str, str], float] | None
) -> Iterator[DayStatus]:
    """
    Yield what was sent and what was attributed, by action and day.

    Rows are told by the day they were sent, conversions by the day of the click,
    so it is their sums that compare.
    """
    by_day = {(found.action, found.day): found for found in counts}
    seen = attributed or {}
    for key in sorted({*by_day, *seen}):
        found = by_day.get(key)
        yield DayStatus(
            action=key[0],
            day=key[1],
            states=found.states if found else {},
            attributed=None if attributed is None else seen.get(key, 0.0),
            reasons=found.reasons if found else {},
        )


def _alerts(
    days: Sequence[DayStatus], names: Mapping[str, str], now: datetime, quiet_days: int
) -> Iterator[str]:
    since = (now - timedelta(days=quiet_days)).date().isoformat()
    for action in sorted({day.action for day in days}):
        own = [day for day in days if day.action == action]
        name = f"{names[action]} ({action})" if action in names else action
        yield from _quiet(name, own, since, quiet_days)
        unknown = sum(day.states.get(RowState.UNKNOWN, 0) for day in own)
        if unknown:
            yield (
                f"{name}: {unknown} rows were sent and never answered; the next "
                "delivery repeats them where Google drops repetitions"
            )
        rejected = sum(day.states.get(RowState.REJECTED, 0) for day in own)
        if rejected:
            reasons = sorted({reason for day in own for reason in day.reasons})
            yield (
                f"{name}: {rejected} rows were rejected; Google's reasons in these "
                f"days: {', '.join(reasons)}"
            )


def _quiet(
    action: str, days: Sequence[DayStatus], since: str, quiet_days: int
) -> Iterator[str]:
    """Yield an alert where rows are accepted and none is ever attributed."""
    if any(day.attributed is None for day in days):
        return
    accepted = sum(day.states.get(RowState.ACCEPTED, 0) for day in days)
    is_old = any(day.day <= since for day in days)
    if accepted and is_old and not sum(day.attributed or 0 for day in days):
        yield (
            f"{action}: {accepted} rows were accepted and nothing was attributed for "
            f"{quiet_days} days: are the clicks this account's, and is the action "
            "the right one?"
        )


def _summary_alerts(summaries: Sequence[UploadSummary]) -> Iterator[str]:
    for summary in summaries:
        if summary.status == "NEEDS_ATTENTION" or summary.alerts:
            found = ", ".join(summary.alerts) or summary.status
            yield f"{summary.conversion_action}: Google Ads reports {found}"
