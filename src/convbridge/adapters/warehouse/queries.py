"""The questions asked of an export, each one query in BigQuery's dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.adapters.warehouse.dialects import literal
from convbridge.adapters.warehouse.export import (
    CAMPAIGN,
    CHANNEL,
    NUMBER,
    TEXT,
    event_expression,
    optional,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from convbridge.model.rules import EventRule

_NOT_SET = "'(not set)'"
VALUE = NUMBER.format(key="'value'")
"""The event's own value."""
CURRENCY = TEXT.format(key="'currency'")
"""The currency of the event's value."""
DAY_US = 86_400_000_000
"""Microseconds of a day: event_timestamp counts them."""


def count_query(derived: Sequence[EventRule], columns: Collection[str]) -> str:
    """Return counts and values by day, event, channel, campaign and device."""
    return f"""
WITH named AS (
  SELECT
    event_date AS date,
    {event_expression(derived)} AS event,
    {optional(CHANNEL, columns, default=_NOT_SET)} AS channel,
    {optional(CAMPAIGN, columns, default=_NOT_SET)} AS campaign_id,
    {optional("device.category", columns, default=_NOT_SET)} AS device,
    (SELECT value FROM UNNEST(event_params) WHERE key = 'value') AS parameter
  FROM events
)
SELECT
  date,
  event,
  channel,
  campaign_id,
  device,
  COUNT(*) AS count,
  COALESCE(SUM(COALESCE(
    parameter.double_value,
    parameter.float_value,
    CAST(parameter.int_value AS FLOAT64)
  )), 0.0) AS value
FROM named
GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608 - every value in it went through `literal`


def users_query(derived: Sequence[EventRule]) -> str:
    """Return users by event, and of all events in the row without an event."""
    return f"""
WITH seen AS (
  SELECT DISTINCT {event_expression(derived)} AS event, user_pseudo_id AS visitor
  FROM events
  WHERE user_pseudo_id IS NOT NULL
)
SELECT event, COUNT(*) AS users FROM seen GROUP BY event
UNION ALL
SELECT CAST(NULL AS STRING) AS event, COUNT(DISTINCT visitor) AS users FROM seen
"""  # noqa: S608 - as above


def revenue_query(columns: Collection[str]) -> str:
    """
    Return revenue, transactions and buyers by day, channel and campaign.

    A purchase that was sent twice counts once, by its transaction id; refunds
    are taken off on the day they came.
    """
    return f"""
WITH orders AS (
  SELECT
    event_date AS date,
    {optional(CHANNEL, columns, default=_NOT_SET)} AS channel,
    {optional(CAMPAIGN, columns, default=_NOT_SET)} AS campaign_id,
    event_name,
    user_pseudo_id AS visitor,
    COALESCE(ecommerce.purchase_revenue, 0.0) AS revenue,
    COALESCE({optional("ecommerce.refund_value", columns, default="0.0")}, 0.0)
      AS refund,
    ROW_NUMBER() OVER (
      PARTITION BY event_name, COALESCE(
        NULLIF(NULLIF(ecommerce.transaction_id, ''), '(not set)'),
        CONCAT(user_pseudo_id, CAST(event_timestamp AS STRING))
      )
      ORDER BY event_timestamp
    ) AS copy
  FROM events
  WHERE event_name IN ('purchase', 'refund')
)
SELECT
  date,
  channel,
  campaign_id,
  SUM(CASE WHEN event_name = 'purchase' THEN revenue ELSE -refund END) AS revenue,
  COUNT(DISTINCT CASE WHEN event_name = 'purchase' THEN visitor END) AS purchasers,
  SUM(CASE WHEN event_name = 'purchase' THEN 1 ELSE 0 END) AS transactions
FROM orders
WHERE copy = 1
GROUP BY 1, 2, 3
"""  # noqa: S608 - as above


def buyers_query() -> str:
    """Return users who bought at all."""
    return """
SELECT COUNT(DISTINCT user_pseudo_id) AS purchasers
FROM events
WHERE event_name = 'purchase'
"""


def currencies_query() -> str:
    """Return how many events with a value came in each currency."""
    return f"""
SELECT {CURRENCY} AS currency, COUNT(*) AS count
FROM events
WHERE {VALUE} <> 0
GROUP BY 1
"""  # noqa: S608 - as above


def funnel_query(
    derived: Sequence[EventRule],
    *,
    events: Sequence[str],
    primaries: Sequence[str],
    until: str,
    horizon_days: float,
    lag_days: Sequence[float] = (),
    dimension: str | None = None,
) -> str:
    """
    Return, per event, its users and those with a primary within the horizon.

    The event counts up to the day `until` (YYYYMMDD); the primary up to the
    end of the data. Both are counted user by user, so this is exact.
    """
    horizon = round(horizon_days * DAY_US)
    names = ", ".join(literal(name) for name in events)
    goals = ", ".join(literal(name) for name in primaries)
    raw = ", ".join(literal(name) for name in _recorded([*events, *primaries], derived))
    segment = text_of(dimension) if dimension else "CAST(NULL AS STRING)"
    within = "SUM(CASE WHEN gap <= {limit} THEN 1 ELSE 0 END) AS {name}"
    lags = "".join(
        ",\n  " + within.format(limit=round(days * DAY_US), name=f"within_{i}")
        for i, days in enumerate(lag_days)
    )
    return f"""
WITH named AS (
  SELECT
    {event_expression(derived)} AS event,
    user_pseudo_id AS visitor,
    event_timestamp AS at,
    event_date AS day,
    {segment} AS segment
  FROM events
  WHERE user_pseudo_id IS NOT NULL AND event_name IN ({raw})
),
steps AS (
  SELECT event, visitor, segment, at
  FROM named
  WHERE event IN ({names}) AND day <= {literal(until)}
),
goals AS (
  SELECT visitor, at FROM named WHERE event IN ({goals})
),
reached AS (
  SELECT steps.event, steps.segment, steps.visitor, MIN(goals.at - steps.at) AS gap
  FROM steps
  JOIN goals ON goals.visitor = steps.visitor
  WHERE goals.at > steps.at AND goals.at - steps.at <= {horizon}
  GROUP BY 1, 2, 3
),
entered AS (
  SELECT event, segment, COUNT(DISTINCT visitor) AS users
  FROM steps
  GROUP BY 1, 2
),
converted AS (
  SELECT event, segment, COUNT(*) AS converted{lags}
  FROM reached
  GROUP BY 1, 2
)
SELECT entered.*, COALESCE(converted.converted, 0) AS converted
  {"".join(f", COALESCE(converted.within_{i}, 0) AS within_{i}" for i in range(len(lag_days)))}
FROM entered
LEFT JOIN converted
  ON converted.event = entered.event
  AND COALESCE(converted.segment, '') = COALESCE(entered.segment, '')
"""  # noqa: S608, E501 - as above


def _recorded(names: Iterable[str], derived: Sequence[EventRule]) -> list[str]:
    """Return the names under which the export has these events."""
    sources = {rule.event: rule.source_event or rule.event for rule in derived}
    return sorted({sources.get(name, name) for name in names})


def primary_users_query(derived: Sequence[EventRule], primaries: Iterable[str]) -> str:
    """Return users who did any primary."""
    goals = ", ".join(literal(name) for name in primaries)
    return f"""
SELECT COUNT(DISTINCT user_pseudo_id) AS users
FROM events
WHERE {event_expression(derived)} IN ({goals})
"""  # noqa: S608 - as above
