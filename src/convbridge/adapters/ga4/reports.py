"""The reports that EventCounts is made of, and how derived events join them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from convbridge.adapters.ga4 import fields
from convbridge.adapters.ga4.filters import rest_filter, rule_filter
from convbridge.adapters.ga4.paging import ReportSpec
from convbridge.model.tables import COSTS, EVENTS, REVENUE, USERS, group_sum

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convbridge.model.rules import EventRule

# Session dimensions, not the unprefixed attribution ones: those are not
# compatible with eventCount. Users are asked for elsewhere: a user metric
# beside eventCount changed the counts (ga-dev-tools issue 1800).
EVENTS_REPORT = ReportSpec(
    name="events",
    dimensions=(
        fields.DATE,
        fields.EVENT,
        fields.CHANNEL,
        fields.CAMPAIGN_ID,
        fields.DEVICE,
    ),
    metrics=(fields.EVENT_COUNT, fields.EVENT_VALUE),
    schema=EVENTS,
)
EVENTS_REPORTS = (
    EVENTS_REPORT,
    replace(EVENTS_REPORT, dimensions=(fields.DATE, fields.EVENT, fields.CHANNEL)),
    replace(EVENTS_REPORT, dimensions=(fields.DATE, fields.EVENT)),
)
"""What is asked where GA4 refuses a dimension: counts matter more than cuts."""
_SESSION = (fields.DATE, fields.CHANNEL, fields.CAMPAIGN_ID)
REVENUE_REPORT = ReportSpec(
    name="revenue",
    dimensions=_SESSION,
    metrics=(fields.REVENUE, fields.TRANSACTIONS),
    schema=pa.schema([f for f in REVENUE if f.name != "purchasers"]),
)
PURCHASERS_REPORT = ReportSpec(
    name="purchasers",
    dimensions=_SESSION,
    metrics=(fields.PURCHASERS,),
    schema=pa.schema([f for f in REVENUE if f.name not in {"revenue", "transactions"}]),
)
# Cost metrics go with campaigns and dates, with no event and no session metric.
COSTS_REPORT = ReportSpec(
    name="costs",
    dimensions=(fields.DATE, fields.CAMPAIGN_ID, fields.CAMPAIGN_NAME),
    metrics=(fields.COST, fields.CLICKS, fields.IMPRESSIONS),
    schema=COSTS,
)
USERS_REPORT = ReportSpec(
    name="users",
    dimensions=(fields.EVENT,),
    metrics=(fields.TOTAL_USERS,),
    schema=USERS,
)
_TOTAL = pa.schema([("users", pa.int64())])
TOTAL_USERS_REPORT = ReportSpec(
    name="total users", dimensions=(), metrics=(fields.TOTAL_USERS,), schema=_TOTAL
)
TOTAL_PURCHASERS_REPORT = ReportSpec(
    name="total purchasers",
    dimensions=(),
    metrics=(fields.PURCHASERS,),
    schema=pa.schema([("purchasers", pa.int64())]),
)


def derived_report(
    rule: EventRule,
    earlier: Sequence[EventRule],
    *,
    parent: ReportSpec = EVENTS_REPORT,
) -> ReportSpec:
    """Return the counts of a derived event, cell by cell as its parent's."""
    return ReportSpec(
        name=f"event {rule.event}",
        dimensions=tuple(d for d in parent.dimensions if d != fields.EVENT),
        metrics=EVENTS_REPORT.metrics,
        schema=pa.schema([f for f in EVENTS if f.name != "event"]),
        filter=rule_filter(rule, earlier=earlier),
    )


def derived_users_report(rule: EventRule, earlier: Sequence[EventRule]) -> ReportSpec:
    """Return the users of a derived event."""
    return ReportSpec(
        name=f"users of {rule.event}",
        dimensions=(),
        metrics=(fields.TOTAL_USERS,),
        schema=_TOTAL,
        filter=rule_filter(rule, earlier=earlier),
    )


def rest_users_report(parent: str, derived: Sequence[EventRule]) -> ReportSpec:
    """Return the users of what derived events leave of their parent."""
    return ReportSpec(
        name=f"users of {parent}",
        dimensions=(),
        metrics=(fields.TOTAL_USERS,),
        schema=_TOTAL,
        filter=rest_filter(parent, derived),
    )


def earlier_rules(derived: Sequence[EventRule], index: int) -> tuple[EventRule, ...]:
    """Return the rules that come before this one on the same parent."""
    rule = derived[index]
    return tuple(r for r in derived[:index] if r.source_event == rule.source_event)


def by_parent(derived: Sequence[EventRule]) -> Mapping[str, tuple[EventRule, ...]]:
    """Return the derived events of each parent, in the order of the file."""
    found: dict[str, tuple[EventRule, ...]] = {}
    for rule in derived:
        parent = rule.source_event or rule.event
        found[parent] = (*found.get(parent, ()), rule)
    return found


def split_derived(
    events: pa.Table, derived: Sequence[tuple[EventRule, pa.Table]]
) -> tuple[pa.Table, int]:
    """
    Move derived counts out of their parents, cell by cell.

    Returns the events, and how many counts a parent had too few (GA4 dropped
    rows of the one and not of the other); those cells are left at zero.
    """
    if not derived:
        return events, 0
    names = [rule.event for rule, _ in derived]
    own = pc.is_in(events["event"], value_set=pa.array(names, pa.string()))
    parts = [events.filter(pc.invert(own))]
    for rule, table in derived:
        parts.append(_named(table, rule.event))
        parts.append(_negated(_named(table, rule.source_event or rule.event)))
    keys = ["date", "event", "channel", "campaign_id", "device"]
    whole = group_sum(pa.concat_tables(parts), keys, ["count", "value"])
    lacking = -(pc.sum(whole.filter(pc.less(whole["count"], 0))["count"]).as_py() or 0)
    kept = whole.filter(pc.greater(whole["count"], 0))
    rounded = pc.round(kept["value"], ndigits=6)
    return kept.set_column(6, "value", rounded).cast(EVENTS), lacking


def _named(table: pa.Table, event: str) -> pa.Table:
    column = pa.array([event] * table.num_rows, pa.string())
    return table.append_column("event", column).select(EVENTS.names).cast(EVENTS)


def _negated(table: pa.Table) -> pa.Table:
    count, value = pc.negate(table["count"]), pc.negate(table["value"])
    return table.set_column(5, "count", count).set_column(6, "value", value)


def join_purchasers(revenue: pa.Table, purchasers: pa.Table | None) -> pa.Table:
    """Return the revenue table with buyers per cell; 0 where GA4 gave none."""
    keys = ["date", "channel", "campaign_id"]
    if purchasers is None:
        none = pa.array([0] * revenue.num_rows, pa.int64())
        return revenue.append_column("purchasers", none).cast(REVENUE)
    joined = revenue.join(
        purchasers, keys, join_type="left outer", use_threads=False
    ).sort_by([(key, "ascending") for key in keys])
    filled = pc.fill_null(joined["purchasers"], 0)
    at = joined.schema.get_field_index("purchasers")
    table = joined.set_column(at, "purchasers", filled).select(REVENUE.names)
    return table.cast(REVENUE)
