"""Upload diagnostics: what arrived, by client, action, day and job."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from .ads_messages import new, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .ads_book import Arrival, Book
    from .ads_messages import Message
    from .ads_store import Account, AdsStore

CLIENT_SUMMARY = "offline_conversion_upload_client_summary"
ACTION_SUMMARY = "offline_conversion_upload_conversion_action_summary"
_RECENT = timedelta(days=28)
# Rows are pending until Google has looked at them.
_PENDING = timedelta(hours=3)


def summaries(
    book: Book, store: AdsStore, account: Account
) -> dict[str, list[Message]]:
    """Return the summary messages of one customer."""
    mine = [a for a in book.arrivals if a.customer_id == account.customer_id]
    by_client: dict[str, list[Arrival]] = defaultdict(list)
    by_action: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for arrival in mine:
        by_client[arrival.client].append(arrival)
        if arrival.action:
            by_action[arrival.client, arrival.action].append(arrival)
    return {
        CLIENT_SUMMARY: [
            _client_summary(store, account, client, arrivals)
            for client, arrivals in by_client.items()
        ],
        ACTION_SUMMARY: [
            _action_summary(store, account, key, arrivals)
            for key, arrivals in by_action.items()
        ],
    }


def _client_summary(
    store: AdsStore, account: Account, client: str, arrivals: list[Arrival]
) -> Message:
    fields = _fields(store, account, arrivals)
    total = fields["total_event_count"]
    return new(
        "resources.OfflineConversionUploadClientSummary",
        resource_name=(
            f"customers/{account.customer_id}/offlineConversionUploadClientSummaries/"
            f"{client}"
        ),
        client=number("OfflineEventUploadClient", client),
        success_rate=fields["successful_event_count"] / total,
        pending_rate=fields["pending_event_count"] / total,
        **fields,
    )


def _action_summary(
    store: AdsStore, account: Account, key: tuple[str, str], arrivals: list[Arrival]
) -> Message:
    client, name = key
    action = store.table("conversion_action", account.customer_id)[name]
    return new(
        "resources.OfflineConversionUploadConversionActionSummary",
        resource_name=(
            f"customers/{account.customer_id}/"
            f"offlineConversionUploadConversionActionSummaries/{action.id}~{client}"
        ),
        client=number("OfflineEventUploadClient", client),
        conversion_action_id=action.id,
        conversion_action_name=action.name,
        **_fields(store, account, arrivals),
    )


def _fields(
    store: AdsStore, account: Account, arrivals: list[Arrival]
) -> dict[str, Message]:
    now = store.clock.now()
    last = max(arrival.time for arrival in arrivals)
    counts = _counts(store, arrivals)
    rate = 1 - counts["failed_count"] / len(arrivals)
    status = (
        "NO_RECENT_UPLOAD"
        if now - last > _RECENT
        else "EXCELLENT"
        if rate > 0.95
        else "GOOD"
        if rate > 0.8
        else "NEEDS_ATTENTION"
    )
    return {
        "status": number("OfflineConversionDiagnosticStatus", status),
        "total_event_count": len(arrivals),
        "successful_event_count": counts["successful_count"],
        "pending_event_count": counts["pending_count"],
        "last_upload_date_time": (
            last.astimezone(account.zone).strftime("%Y-%m-%d %H:%M:%S")
        ),
        "daily_summaries": _groups(
            store,
            arrivals,
            lambda a: {
                "upload_date": a.time.astimezone(account.zone).date().isoformat()
            },
        ),
        "job_summaries": _groups(store, arrivals, lambda a: {"job_id": a.job_id}),
        "alerts": _alerts(arrivals),
    }


def _counts(store: AdsStore, arrivals: Iterable[Arrival]) -> dict[str, int]:
    now = store.clock.now()
    counts = {"successful_count": 0, "failed_count": 0, "pending_count": 0}
    for arrival in arrivals:
        is_pending = now < arrival.time + _PENDING
        kind = "failed" if arrival.error else "pending" if is_pending else "successful"
        counts[f"{kind}_count"] += 1
    return counts


def _groups(store: AdsStore, arrivals: list[Arrival], key: Message) -> list[Message]:
    found: dict[tuple[str, object], list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        ((name, value),) = key(arrival).items()
        found[name, value].append(arrival)
    return [
        {name: value, **_counts(store, each)} for (name, value), each in found.items()
    ]


def _alerts(arrivals: list[Arrival]) -> list[Message]:
    counts = Counter(arrival.error for arrival in arrivals if arrival.error)
    alerts = []
    for (category, code), count in counts.most_common():
        alert = new("resources.OfflineConversionAlert")
        fields = alert.error.DESCRIPTOR.fields_by_name
        if category in fields:
            value = fields[category].enum_type.values_by_name[code].number
            setattr(alert.error, category, value)
            alert.error_percentage = count / len(arrivals)
            alerts.append(alert)
    return alerts
