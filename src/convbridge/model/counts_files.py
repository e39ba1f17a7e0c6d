"""Counts in files and dataframes: Parquet written and read, CSV accepted."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from convbridge.errors import DataError
from convbridge.model.counts import EventCounts
from convbridge.model.dates import DateWindow
from convbridge.model.ids import PropertyId
from convbridge.model.quality import Effect, QualityFlag
from convbridge.model.tables import to_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

_TABLES = ("events", "users", "revenue", "costs")
_KEY = b"convbridge"

_GA4_NAMES = {
    "eventname": "event",
    "event_name": "event",
    "eventcount": "count",
    "event_count": "count",
    "eventvalue": "value",
    "event_value": "value",
    "sessiondefaultchannelgroup": "channel",
    "sessiongoogleadscampaignid": "campaign_id",
    "devicecategory": "device",
    "totalusers": "users",
    "total_users": "users",
}
"""Headers of GA4's exports, accepted beside our own."""


def save_parquet(counts: EventCounts, path: str | PathLike[str]) -> None:
    """Write one Parquet file per table into a directory."""
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    about = {_KEY: json.dumps(_about(counts)).encode()}
    for name in _TABLES:
        table: pa.Table = getattr(counts, name)
        pq.write_table(table.replace_schema_metadata(about), folder / f"{name}.parquet")


def load_parquet(path: str | PathLike[str]) -> EventCounts:
    """
    Read what `save_parquet` wrote.

    Raises:
        DataError: The directory is not one of ours, or a table is missing.
    """
    folder = Path(path)
    try:
        tables = {n: pq.read_table(folder / f"{n}.parquet") for n in _TABLES}
        about = json.loads(tables["events"].schema.metadata[_KEY])
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as exc:
        raise DataError(
            f"{folder} does not hold counts written by convbridge: {exc}"
        ) from exc
    plain = {n: t.replace_schema_metadata(None) for n, t in tables.items()}
    return EventCounts(**plain, **_from_about(about))


def _about(counts: EventCounts) -> dict[str, Any]:
    return {
        "property_id": str(counts.property_id),
        "window": counts.window.to_dict(),
        "time_zone": counts.time_zone,
        "currency": counts.currency,
        "purchasers": counts.purchasers,
        "flags": [flag.to_dict() for flag in counts.flags],
        "key_events": list(counts.key_events),
    }


def _from_about(about: Mapping[str, Any]) -> dict[str, Any]:
    window = {k: date.fromisoformat(v) for k, v in about["window"].items()}
    flags = (
        QualityFlag(**{**flag, "effect": Effect(flag["effect"])})
        for flag in about["flags"]
    )
    return {
        **about,
        "property_id": PropertyId(about["property_id"]),
        "window": DateWindow(**window),
        "flags": tuple(flags),
        "key_events": tuple(about["key_events"]),
    }


def load_csv(path: str | PathLike[str], **about: Any) -> EventCounts:
    """Read a CSV file with a header line; see `from_frame` for its columns."""
    text = pa_csv.ConvertOptions(column_types=_text_columns(path))
    try:
        table = pa_csv.read_csv(path, convert_options=text)
    except (OSError, pa.ArrowException) as exc:
        raise DataError(f"{path} cannot be read as CSV: {exc}") from exc
    return from_frame(table, **about)


def _text_columns(path: str | PathLike[str]) -> dict[str, pa.DataType]:
    """Return the columns to read as text: an id is no number."""
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            names = file.readline().strip().split(",")
    except (OSError, UnicodeDecodeError) as exc:
        raise DataError(f"{path} cannot be read as CSV: {exc}") from exc
    numbers = {"count", "value", "users"}
    bare = [name.strip('"') for name in names]
    return {n: pa.string() for n in bare if _our_name(n) not in numbers}


def from_frame(
    frame: object,
    *,
    property_id: str,
    currency: str,
    time_zone: str,
    window: DateWindow | None = None,
    users: Mapping[str | None, int] | None = None,
    revenue: Iterable[Mapping[str, Any]] = (),
    costs: Iterable[Mapping[str, Any]] = (),
) -> EventCounts:
    """
    Return counts from a dataframe, an Arrow table, or anything that is one.

    Needs the columns `event` and `count`, reads `date`, `channel`,
    `campaign_id`, `device` and `value` where they are there, and accepts GA4's
    names for them. A column `users` is read when there is one row per event:
    users of several rows cannot be added up.

    Raises:
        DataError: A column is missing or unknown, a count is negative or not
            whole, a date lies outside the window.
    """
    rows = _rows(frame)
    found, rows = _split_users(rows)
    span = window or _span(rows)
    counts = EventCounts.build(
        property_id=property_id,
        window=span,
        time_zone=time_zone,
        currency=currency,
        events=rows,
        users={**found, **(users or {})},
        revenue=revenue,
        costs=costs,
    )
    _check_days(counts)
    if any(row.get("date") is None for row in rows):
        return replace(counts, flags=(_UNDATED,))
    return counts


_UNDATED = QualityFlag(
    code="undated",
    effect=Effect.NOTE,
    reason="the file has no dates: missing days and tracking breaks cannot be seen",
)


def _rows(frame: object) -> list[dict[str, Any]]:
    table = pa.table(frame)
    names = [_our_name(name) for name in table.schema.names]
    missing = {"event", "count"} - set(names)
    if missing:
        raise DataError(
            f"the column {min(missing)!r} is missing",
            hint=f"columns found: {', '.join(table.schema.names)}",
        )
    rows: list[dict[str, Any]] = table.rename_columns(names).to_pylist()
    return [{k: v for k, v in row.items() if v is not None} for row in rows]


def _our_name(name: str) -> str:
    plain = name.strip().lower()
    return _GA4_NAMES.get(plain, plain)


def _split_users(
    rows: list[dict[str, Any]],
) -> tuple[dict[str | None, int], list[dict[str, Any]]]:
    if not any("users" in row for row in rows):
        return {}, rows
    events = [row["event"] for row in rows]
    if len(set(events)) < len(events):
        raise DataError(
            "the column 'users' has several rows per event; users do not add up",
            hint="leave the column out and pass users={event: number} instead",
        )
    users = {row["event"]: row["users"] for row in rows if "users" in row}
    return users, [{k: v for k, v in r.items() if k != "users"} for r in rows]


def _span(rows: list[dict[str, Any]]) -> DateWindow:
    days = [day for row in rows if (day := to_date(row.get("date")))]
    if not days:
        raise DataError(
            "the rows have no dates",
            hint="add a column 'date', or pass window=DateWindow(start=..., end=...)",
        )
    return DateWindow(start=min(days), end=max(days))


def _check_days(counts: EventCounts) -> None:
    days = counts.events["date"].unique().to_pylist()
    strays = [day for day in days if day not in counts.window]
    if strays:
        raise DataError(f"{min(strays)} lies outside the window {counts.window}")
