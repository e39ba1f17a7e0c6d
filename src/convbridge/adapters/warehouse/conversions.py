"""Conversions of an export, each with the click that led to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convbridge.adapters.warehouse.dialects import literal
from convbridge.adapters.warehouse.export import (
    ADS_STORAGE,
    GCLID,
    ORDER,
    REVENUE,
    TEXT,
    event_expression,
)
from convbridge.adapters.warehouse.queries import CURRENCY, DAY_US, VALUE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from convbridge.model.rules import EventRule

# The export has a column for the gclid alone; the others stand in the address.
_PAGE = TEXT.format(key="'page_location'")
_IN_PAGE = "NULLIF(REGEXP_EXTRACT({page}, r'[?&]{kind}=([^&#]+)'), '')"
_NULL = "CAST(NULL AS STRING)"


def conversion_query(
    derived: Sequence[EventRule],
    events: Iterable[str],
    columns: Collection[str],
    *,
    since: date,
    valued: Iterable[str] = (),
    lookback_days: int = 90,
) -> str:
    """
    Return conversions with the user's last click before them, in order of time.

    A click is only on the event that carried it, so it is filled forward per
    user, no longer than Google Ads looks back. Visitors without an id refused
    analytics: nothing of theirs can be told to belong together, or is sent.

    Args:
        derived: Events made of others.
        events: Conversions that are wanted.
        columns: What the tables have.
        since: The first day, in the property's zone; clicks may be from before.
        valued: Events whose own value is money; others come without one.
        lookback_days: How old a click may be.
    """
    names = _list(events)
    frame = (
        "(PARTITION BY visitor ORDER BY at "
        "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    )
    return f"""
WITH named AS (
  SELECT
    {event_expression(derived)} AS event,
    user_pseudo_id AS visitor,
    event_timestamp AS at,
    event_date AS day,
    {_order_id(columns)} AS order_id,
    COALESCE({_column(REVENUE, columns, "NULL")}, {VALUE}) AS value,
    {CURRENCY} AS currency,
    {_column(ADS_STORAGE, columns, _NULL)} AS ads_storage,
    {_click(columns)} AS click
  FROM events
  WHERE user_pseudo_id IS NOT NULL
),
clicked AS (
  SELECT
    event,
    visitor,
    at,
    day,
    order_id,
    value,
    currency,
    ads_storage,
    LAST_VALUE(click IGNORE NULLS) OVER {frame} AS click,
    MAX(CASE WHEN click IS NOT NULL THEN at END) OVER {frame} AS clicked_at
  FROM named
  WHERE click IS NOT NULL OR event IN ({names})
)
SELECT
  event,
  at AS time,
  clicked_at AS click_time,
  {_of_kind("gclid")},
  {_of_kind("gbraid")},
  {_of_kind("wbraid")},
  CASE WHEN event IN ({_list(valued)}) THEN value END AS value,
  CASE WHEN event IN ({_list(valued)}) THEN currency END AS currency,
  COALESCE(
    order_id,
    CONCAT('ga4-', TO_HEX(MD5(CONCAT(visitor, ':', event, ':', CAST(at AS STRING)))))
  ) AS order_id,
  CASE WHEN LOWER(ads_storage) = 'no' THEN 'denied' END AS consent
FROM clicked
WHERE event IN ({names})
  AND day >= '{since:%Y%m%d}'
  AND click IS NOT NULL
  AND at - clicked_at <= {lookback_days * DAY_US}
ORDER BY at, order_id
"""  # noqa: S608 - every value in it went through `literal`, or is a number


def _click(columns: Collection[str]) -> str:
    """Return kind and id of the click that an event carried."""
    found = {
        kind: _IN_PAGE.format(page=_PAGE, kind=kind)
        for kind in ("gclid", "gbraid", "wbraid")
    }
    if GCLID in columns:
        found["gclid"] = f"NULLIF({GCLID}, '')"
    told = ", ".join(f"CONCAT('{kind}:', {sql})" for kind, sql in found.items())
    return f"COALESCE({told})"


def _of_kind(kind: str) -> str:
    head = f"{kind}:"
    return (
        f"CASE WHEN STARTS_WITH(click, '{head}') "
        f"THEN SUBSTR(click, {len(head) + 1}) END AS {kind}"
    )


def _order_id(columns: Collection[str]) -> str:
    return f"NULLIF(NULLIF({_column(ORDER, columns, _NULL)}, ''), '(not set)')"


def _column(name: str, columns: Collection[str], default: str) -> str:
    return name if name in columns else default


def _list(names: Iterable[str]) -> str:
    """Return names as SQL's list; one that nothing is in, for none."""
    return ", ".join(literal(name) for name in names) or "''"
