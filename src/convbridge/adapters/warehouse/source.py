"""An export as a source of counts, funnels and conversions, exact to the event."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from convbridge.adapters.warehouse import queries
from convbridge.adapters.warehouse.conversions import conversion_query
from convbridge.adapters.warehouse.engines import missing_days
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow, zone_of
from convbridge.model.funnels import Evidence, FunnelCount, Funnels, LagPoint
from convbridge.model.quality import Effect, QualityFlag
from convbridge.model.tables import COSTS, EVENTS, REVENUE, USERS, to_date
from convbridge.model.trust import check_counts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convbridge.adapters.warehouse.engines import Engine
    from convbridge.model.accounts import PropertyInfo
    from convbridge.model.rules import EventRule
    from convbridge.ports import Clock

LOOKBACK = 90
"""Days that Google Ads looks back for a click at most."""
_ORDER = [
    (name, "ascending")
    for name in ("date", "event", "channel", "campaign_id", "device")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarehouseSource:
    """
    Reads GA4's BigQuery export.

    The export has no Google Ads costs and knows neither the property's
    currency nor its zone, so both come with `info`. Its numbers differ from
    GA4's screens by nature: no estimates, no modelling, no thresholds.
    """

    engine: Engine
    info: PropertyInfo
    clock: Clock

    def fetch_property(self) -> PropertyInfo:
        """Return the property as it was given."""
        return self.info

    def fetch_counts(
        self, window: DateWindow, *, derived: Sequence[EventRule] = ()
    ) -> EventCounts:
        """Return exact counts, users and revenue of the window."""
        columns = self.engine.columns(window)

        def ask(sql: str) -> pa.Table:
            return self.engine.run(sql, window)

        counts = EventCounts(
            property_id=self.info.property_id,
            window=window,
            time_zone=self.info.time_zone,
            currency=self.info.currency,
            events=_typed(ask(queries.count_query(derived, columns)), EVENTS).sort_by(
                _ORDER
            ),
            users=_typed(ask(queries.users_query(derived)), USERS),
            revenue=_revenue(ask, columns),
            costs=COSTS.empty_table(),
            purchasers=ask(queries.buyers_query())["purchasers"][0].as_py(),
            flags=tuple(self._flags(window, ask(queries.currencies_query()))),
        )
        zone = zone_of(self.info.time_zone)
        today = self.clock.now().astimezone(zone).date()
        return counts.with_flags(*check_counts(counts, today=today))

    def fetch_funnels(
        self,
        counts: EventCounts,
        *,
        events: Sequence[EventRule],
        primaries: Sequence[EventRule],
        horizon_days: int,
        breakdowns: Sequence[str] = (),
        lag_days: Sequence[float] = (),
    ) -> Funnels:
        """Return joint counts per event, user by user, in one query a breakdown."""
        derived = [rule for rule in (*events, *primaries) if rule.source_event]
        mature = counts.window.days > 2 * horizon_days
        end = counts.window.end - timedelta(days=horizon_days if mature else 0)
        entry = DateWindow(start=counts.window.start, end=end)
        goals = [primary.event for primary in primaries]
        found: list[FunnelCount] = []
        lag: list[LagPoint] = []
        for dimension in (None, *breakdowns):
            sql = queries.funnel_query(
                derived,
                events=[event.event for event in events],
                primaries=goals,
                until=f"{end:%Y%m%d}",
                horizon_days=horizon_days,
                lag_days=lag_days if dimension is None else (),
                dimension=dimension,
            )
            rows = self.engine.run(sql, counts.window).to_pylist()
            rows.sort(key=lambda row: (row["event"], row["segment"] or ""))
            for row in rows:
                found.append(
                    FunnelCount(
                        event=row["event"],
                        primary=" or ".join(goals),
                        window=entry,
                        horizon_days=horizon_days,
                        users=row["users"],
                        converted=row["converted"],
                        dimension=dimension,
                        segment=row["segment"] if dimension else None,
                        mature=mature,
                        evidence=Evidence.EVENTS,
                    )
                )
                if dimension is None:
                    lag += _lag(row, lag_days)
        sql = queries.primary_users_query(derived, goals)
        primary_users = self.engine.run(sql, counts.window)["users"][0].as_py()
        return Funnels(
            funnels=tuple(found),
            lag=tuple(lag),
            total_users=counts.total_users,
            primary_users=primary_users,
        )

    @contextmanager
    def conversions(
        self,
        window: DateWindow,
        *,
        events: Sequence[str],
        valued: Sequence[str] = (),
        derived: Sequence[EventRule] = (),
        lookback_days: int = LOOKBACK,
    ) -> Iterator[pa.RecordBatchReader]:
        """
        Open conversions that follow a Google Ads click, for `deliver`.

        Columns: event, time and click_time (microseconds since 1970), gclid,
        gbraid, wbraid, value, currency, order_id, consent. Clicks are looked for
        from `lookback_days` before the window on; only `valued` events carry a
        value.
        """
        read = DateWindow(
            start=window.start - timedelta(days=lookback_days), end=window.end
        )
        sql = conversion_query(
            derived,
            events,
            self.engine.columns(read),
            since=window.start,
            valued=valued,
            lookback_days=lookback_days,
        )
        with self.engine.stream(sql, read) as batches:
            yield batches

    def _flags(self, window: DateWindow, currencies: pa.Table) -> Iterator[QualityFlag]:
        missing = missing_days(self.engine, window)
        if missing:
            yield QualityFlag(
                code="missing_tables",
                effect=Effect.WIDEN,
                reason=f"{len(missing)} of {window.days} days have no table yet, such "
                f"as {missing[-1]}: daily tables come up to a day late",
                factor=max(1 - len(missing) / window.days, 0.1),
            )
        found = sorted({c for c in currencies["currency"].to_pylist() if c})
        if found and found != [self.info.currency]:
            yield QualityFlag(
                code="mixed_currencies",
                effect=Effect.REFUSE,
                reason=f"values come in {', '.join(found)} and the property counts in "
                f"{self.info.currency}; convbridge converts no currencies",
            )


def _typed(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return an answer in our order and types; engines differ in both."""
    arrays = []
    for field in schema:
        column = table[field.name]
        if pa.types.is_date32(field.type):
            days = column.cast(pa.string()).to_pylist()
            known = {day: to_date(day) for day in set(days)}
            column = pa.chunked_array(
                [pa.array([known[day] for day in days], pa.date32())]
            )
        arrays.append(column.cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _revenue(ask: Any, columns: frozenset[str]) -> pa.Table:
    if "ecommerce.purchase_revenue" not in columns:
        return REVENUE.empty_table()
    table = _typed(ask(queries.revenue_query(columns)), REVENUE)
    return table.filter(
        pc.or_(pc.greater(table["transactions"], 0), pc.not_equal(table["revenue"], 0))
    ).sort_by(_ORDER[:1] + _ORDER[2:4])


def _lag(row: dict[str, Any], lag_days: Sequence[float]) -> Iterator[LagPoint]:
    for i, days in enumerate(lag_days):
        yield LagPoint(
            event=row["event"],
            days=days,
            converted=row[f"within_{i}"],
            users=row["users"],
        )
