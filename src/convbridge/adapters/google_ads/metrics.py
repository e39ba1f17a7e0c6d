"""Rows of metrics, upload summaries and hierarchies as plain facts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from convbridge.adapters.ads_failures import error_code
from convbridge.adapters.google_ads.messages import get_field, to_decimal
from convbridge.model.ads_metrics import (
    CampaignMetrics,
    ClientAccount,
    ConversionDay,
    CostDay,
    UploadSummary,
)
from convbridge.model.ids import CustomerId

if TYPE_CHECKING:
    from collections.abc import Iterable

_MICROS = Decimal(1_000_000)


def to_campaign_metrics(
    conversions: Iterable[Any], costs: Iterable[Any]
) -> CampaignMetrics:
    """Return the rows of both queries in the order of days."""
    return CampaignMetrics(
        conversions=tuple(
            sorted(
                map(_conversion_day, conversions),
                key=lambda c: (c.day, c.campaign_id, c.conversion_action),
            )
        ),
        costs=tuple(
            sorted(map(_cost_day, costs), key=lambda c: (c.day, c.campaign_id))
        ),
    )


def to_summaries(rows: Iterable[Any]) -> tuple[UploadSummary, ...]:
    """Return the upload summaries by conversion action."""
    return tuple(
        _summary(row.offline_conversion_upload_conversion_action_summary)
        for row in rows
    )


def to_clients(rows: Iterable[Any]) -> tuple[ClientAccount, ...]:
    """Return the accounts of a hierarchy, nearest first."""
    found = (_client(row.customer_client) for row in rows)
    return tuple(sorted(found, key=lambda c: (c.level, c.customer_id)))


def _conversion_day(row: Any) -> ConversionDay:
    return ConversionDay(
        day=date.fromisoformat(row.segments.date),
        campaign_id=str(row.campaign.id),
        campaign=row.campaign.name,
        conversion_action=row.segments.conversion_action,
        action_name=row.segments.conversion_action_name,
        conversions=row.metrics.conversions,
        value=to_decimal(row.metrics.conversions_value),
        all_conversions=row.metrics.all_conversions,
        all_value=to_decimal(row.metrics.all_conversions_value),
    )


def _cost_day(row: Any) -> CostDay:
    return CostDay(
        day=date.fromisoformat(row.segments.date),
        campaign_id=str(row.campaign.id),
        campaign=row.campaign.name,
        cost=Decimal(row.metrics.cost_micros) / _MICROS,
        clicks=row.metrics.clicks,
        impressions=row.metrics.impressions,
    )


def _summary(found: Any) -> UploadSummary:
    return UploadSummary(
        conversion_action_id=str(found.conversion_action_id),
        conversion_action=found.conversion_action_name,
        client=str(get_field(found, "client") or "UNSPECIFIED"),
        status=str(get_field(found, "status") or "UNSPECIFIED"),
        total=found.total_event_count,
        successful=found.successful_event_count,
        pending=found.pending_event_count,
        last_upload=found.last_upload_date_time or None,
        alerts=tuple(map(_alert, found.alerts)),
    )


def _alert(alert: Any) -> str:
    _, code = error_code(alert.error)
    return f"{code} {alert.error_percentage:.1%}"


def _client(found: Any) -> ClientAccount:
    return ClientAccount(
        customer_id=CustomerId(found.id),
        name=found.descriptive_name,
        currency=found.currency_code,
        time_zone=found.time_zone,
        level=found.level,
        is_manager=found.manager,
        is_test=found.test_account,
        status=str(get_field(found, "status") or "UNSPECIFIED"),
    )
