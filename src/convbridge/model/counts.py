"""What happened on a site: event counts, users, revenue and costs over a window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from convbridge.model.frames import as_polars
from convbridge.model.html import html_table
from convbridge.model.ids import PropertyId
from convbridge.model.plots import plot
from convbridge.model.tables import (
    COSTS,
    EVENTS,
    REVENUE,
    USERS,
    build_table,
    check_table,
    group_sum,
    sum_floats,
    sum_ints,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from os import PathLike

    from convbridge.model.dates import DateWindow
    from convbridge.model.quality import QualityFlag


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCounts:
    """
    Counts of one property over one window, with how far they can be trusted.

    Event counts, values, revenue and costs add up over any rows. Users do not:
    GA4 estimates them per request, so each has its own number for the window.
    Days are days in `time_zone`; money is in `currency`, in units, not micros.
    Missing dimensions are "(not set)", as GA4 says it.
    """

    property_id: PropertyId
    window: DateWindow
    time_zone: str
    currency: str
    events: pa.Table
    """One row per date, event, channel, campaign_id and device, with count (int64)
    and value (float64); derived events are split out of their parents."""
    users: pa.Table
    """event (null: all users of the window), users; approximate, never summed."""
    revenue: pa.Table
    """date, channel, campaign_id, revenue, transactions, purchasers."""
    costs: pa.Table
    """date, campaign_id, campaign_name, cost, clicks, impressions."""
    purchasers: int | None = None
    """Users who bought in the window, where the source was asked."""
    flags: tuple[QualityFlag, ...] = ()
    key_events: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_table(self.events, EVENTS, name="events")
        check_table(self.users, USERS, name="users")
        check_table(self.revenue, REVENUE, name="revenue")
        check_table(self.costs, COSTS, name="costs")

    @classmethod
    def build(
        cls,
        *,
        property_id: str,
        window: DateWindow,
        time_zone: str,
        currency: str,
        events: Iterable[Mapping[str, Any]] = (),
        users: Mapping[str | None, int] | None = None,
        revenue: Iterable[Mapping[str, Any]] = (),
        costs: Iterable[Mapping[str, Any]] = (),
        purchasers: int | None = None,
        flags: Iterable[QualityFlag] = (),
        key_events: Iterable[str] = (),
    ) -> EventCounts:
        """
        Return counts from plain Python rows.

        A dimension that a row lacks is `(not set)`, a number is 0, a date is
        the window's last day. `users` maps an event (None: everybody) to users.
        """
        found = [{"event": e, "users": n} for e, n in (users or {}).items()]
        end = {"date": window.end}
        return cls(
            property_id=PropertyId(property_id),
            window=window,
            time_zone=time_zone,
            currency=currency,
            events=build_table((end | dict(row) for row in events), EVENTS),
            users=build_table(found, USERS),
            revenue=build_table((end | dict(row) for row in revenue), REVENUE),
            costs=build_table((end | dict(row) for row in costs), COSTS),
            purchasers=purchasers,
            flags=tuple(flags),
            key_events=tuple(key_events),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.counts())

    def __len__(self) -> int:
        return len(self.counts())

    def __contains__(self, event: object) -> bool:
        return event in self.counts()

    def counts(self) -> dict[str, int]:
        """Return the count of each event, most frequent first."""
        found = group_sum(self.events, ["event"], ["count"]).to_pylist()
        found.sort(key=lambda row: (-row["count"], row["event"]))
        return {row["event"]: row["count"] for row in found}

    def count(self, event: str) -> int:
        """Return how often the event happened; 0 for an event never seen."""
        return sum_ints(self._of(event)["count"])

    def value_of(self, event: str) -> float:
        """Return the sum of the event's `value` parameter, in `currency`."""
        return sum_floats(self._of(event)["value"])

    def daily(self, event: str) -> tuple[int, ...]:
        """Return the event's count on each day of the window, 0 included."""
        found = group_sum(self._of(event), ["date"], ["count"]).to_pylist()
        by_day = {row["date"]: row["count"] for row in found}
        return tuple(by_day.get(day, 0) for day in self.window)

    def users_of(self, event: str) -> int | None:
        """Return how many users did the event; None where it is not known."""
        return self.users_by_event().get(event)

    def users_by_event(self) -> dict[str | None, int]:
        """Return the users of each event, and of all together under None."""
        events, users = (self.users[name].to_pylist() for name in USERS.names)
        return dict(zip(events, users, strict=True))

    @property
    def total_users(self) -> int | None:
        """All users of the window; None where it is not known."""
        return self.users_by_event().get(None)

    @property
    def total_revenue(self) -> float:
        """Purchase revenue of the window, in `currency`."""
        return sum_floats(self.revenue["revenue"])

    @property
    def total_cost(self) -> float:
        """Google Ads cost of the window, in `currency`."""
        return sum_floats(self.costs["cost"])

    @property
    def transactions(self) -> int:
        """Purchases of the window."""
        return sum_ints(self.revenue["transactions"])

    @property
    def buyers(self) -> int | None:
        """Users who bought; the users of `purchase` where GA4 was not asked."""
        if self.purchasers is not None:
            return self.purchasers
        return self.users_of("purchase")

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all happened."""
        return self.events.num_rows == 0

    def with_flags(self, *flags: QualityFlag) -> EventCounts:
        """Return the same counts with more reasons to trust them less."""
        return replace(self, flags=self.flags + flags)

    def filter(
        self,
        *,
        events: Collection[str] | None = None,
        channels: Collection[str] | None = None,
        campaigns: Collection[str] | None = None,
        devices: Collection[str] | None = None,
        window: DateWindow | None = None,
    ) -> EventCounts:
        """
        Return the counts of some events, channels, campaigns, devices or days.

        Users are kept when only `events` is given. They cannot be cut by
        anything else: they are counted once in the whole window.
        """
        wanted = {
            "event": events,
            "channel": channels,
            "campaign_id": campaigns,
            "device": devices,
        }
        cut = any(v is not None for k, v in wanted.items() if k != "event")
        users = self.users.slice(0, 0) if cut or window else self.users
        return replace(
            self,
            window=window or self.window,
            events=_keep(self.events, wanted, window),
            users=_keep(users, {"event": events}, None, keep_null=True),
            revenue=_keep(self.revenue, wanted, window),
            costs=_keep(self.costs, wanted, window),
            purchasers=None if cut or window else self.purchasers,
        )

    def group(self, *dimensions: str) -> pa.Table:
        """Return counts and values summed by columns of `events`, sorted."""
        return group_sum(self.events, dimensions, ["count", "value"])

    def rows(self) -> list[dict[str, Any]]:
        """Return one dict per event, most frequent first."""
        users = self.users_by_event()
        found = self.group("event").to_pylist()
        found.sort(key=lambda row: (-row["count"], row["event"]))
        return [
            {
                "event": row["event"],
                "count": row["count"],
                "users": users.get(row["event"]),
                "value": round(row["value"], 6),
                "key_event": row["event"] in self.key_events,
            }
            for row in found
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return totals, flags and one entry per event as JSON-ready data."""
        return {
            "property_id": str(self.property_id),
            "window": self.window.to_dict(),
            "time_zone": self.time_zone,
            "currency": self.currency,
            "total_users": self.total_users,
            "revenue": round(self.total_revenue, 6),
            "transactions": self.transactions,
            "buyers": self.buyers,
            "cost": round(self.total_cost, 6),
            "flags": [flag.to_dict() for flag in self.flags],
            "events": self.rows(),
        }

    def to_pandas(self) -> Any:  # pandas is an extra
        """Return `events` as a pandas DataFrame (`convbridge[pandas]`)."""
        return self.events.to_pandas()

    def to_polars(self) -> Any:  # polars is an extra
        """Return `events` as a polars DataFrame (`convbridge[polars]`)."""
        return as_polars(self.events)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand `events` to any Arrow library without a copy."""
        return self.events.__arrow_c_stream__(requested_schema)

    def plot(self) -> Any:
        """Draw the days of the most frequent events (extra `report`)."""
        return plot("counts_chart", self)

    def to_parquet(self, path: str | PathLike[str]) -> None:
        """Write the four tables and what is known about them into a directory."""
        from convbridge.model.counts_files import save_parquet  # noqa: PLC0415 - cycle

        save_parquet(self, path)

    @classmethod
    def from_parquet(cls, path: str | PathLike[str]) -> EventCounts:
        """Read counts written by `to_parquet`."""
        from convbridge.model.counts_files import load_parquet  # noqa: PLC0415 - cycle

        return load_parquet(path)

    @classmethod
    def from_frame(cls, frame: object, **about: Any) -> EventCounts:
        """Return counts from a dataframe; see `counts_files.from_frame`."""
        from convbridge.model.counts_files import from_frame  # noqa: PLC0415 - cycle

        return from_frame(frame, **about)

    @classmethod
    def from_csv(cls, path: str | PathLike[str], **about: Any) -> EventCounts:
        """Return counts from a CSV file; see `counts_files.from_frame`."""
        from convbridge.model.counts_files import load_csv  # noqa: PLC0415 - cycle

        return load_csv(path, **about)

    def __repr__(self) -> str:
        return (
            f"EventCounts(property {self.property_id}, {self.window}, "
            f"{len(self)} events, {sum_ints(self.events['count'])} times, "
            f"{len(self.flags)} flags)"
        )

    def _repr_html_(self) -> str:
        """Return the rows as an HTML table, for notebooks."""
        return html_table(self.rows(), caption=repr(self))

    def _of(self, event: str) -> pa.Table:
        return self.events.filter(pc.equal(self.events["event"], event))


def _keep(
    table: pa.Table,
    wanted: Mapping[str, Collection[str] | None],
    window: DateWindow | None,
    *,
    keep_null: bool = False,
) -> pa.Table:
    """
    Return the rows whose columns hold one of the wanted values.

    A table that lacks a column cannot be cut by it and is emptied: revenue by
    device is not known. Events are no dimension of revenue and costs.
    """
    for name, values in wanted.items():
        if values is None:
            continue
        if name not in table.schema.names:
            table = table if name == "event" else table.slice(0, 0)
            continue
        mask = pc.is_in(table[name], value_set=pa.array(sorted(values), pa.string()))
        table = table.filter(
            pc.or_(mask, pc.is_null(table[name])) if keep_null else mask
        )
    return within(table, window) if window else table
