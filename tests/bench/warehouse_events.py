"""
Counts and joint probabilities of ten million events, and hand-written SQL beside.

Run: `python tests/bench/warehouse_events.py [events] [--write docs/benchmarks.md]`;
the files are made in a temporary directory by DuckDB itself.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from sections import document, machine, say, table, write_section

EVENTS = 10_000_000
DAYS = 90
START = date(2026, 8, 24)
MICROS = ("view_item", "add_to_cart", "begin_checkout")

_MAKE = """
COPY (
  SELECT
    '{day}' AS event_date,
    {start} + (hash(i, {n}) % 86400000000)::BIGINT AS event_timestamp,
    CASE
      WHEN i % 100 < 50 THEN 'page_view'
      WHEN i % 100 < 85 THEN 'view_item'
      WHEN i % 100 < 94 THEN 'add_to_cart'
      WHEN i % 100 < 98 THEN 'begin_checkout'
      ELSE 'purchase'
    END AS event_name,
    [{{'key': 'value', 'value': {{
      'string_value': NULL::VARCHAR, 'int_value': NULL::BIGINT,
      'float_value': NULL::DOUBLE, 'double_value': (i % 997) / 7.0}}}}]
      AS event_params,
    (hash(i // 20, {n} // 5) % {users})::VARCHAR AS user_pseudo_id,
    {{'category': ['mobile', 'desktop', 'tablet'][1 + i % 3]}} AS device,
    {{'gclid': NULL::VARCHAR}} AS collected_traffic_source,
    {{'google_ads_campaign': {{'campaign_id': (7000000 + i % 20)::VARCHAR}},
      'cross_channel_campaign': {{'default_channel_group':
        ['Direct', 'Paid Search', 'Email', 'Organic Search'][1 + i % 4]}}}}
      AS session_traffic_source_last_click,
    {{'transaction_id': i::VARCHAR, 'purchase_revenue': (i % 997) / 7.0,
      'refund_value': NULL::DOUBLE}} AS ecommerce
  FROM range({rows}) t(i)
) TO '{path}' (FORMAT parquet)
"""

_HAND_COUNTS = """
SELECT event_date, event_name,
  session_traffic_source_last_click.cross_channel_campaign.default_channel_group,
  session_traffic_source_last_click.google_ads_campaign.campaign_id,
  device.category, count(*),
  sum(list_filter(event_params, lambda p: p.key = 'value')[1].value.double_value)
FROM events GROUP BY ALL
"""
_HAND_FUNNEL = """
WITH steps AS (
  SELECT event_name, user_pseudo_id, event_timestamp FROM events
  WHERE event_name IN ('view_item', 'add_to_cart', 'begin_checkout')
    AND event_date <= '{until}'
), goals AS (
  SELECT user_pseudo_id, event_timestamp FROM events WHERE event_name = 'purchase'
), reached AS (
  SELECT s.event_name, count(DISTINCT s.user_pseudo_id) AS converted
  FROM steps s JOIN goals g USING (user_pseudo_id)
  WHERE g.event_timestamp > s.event_timestamp
    AND g.event_timestamp - s.event_timestamp <= 2592000000000
  GROUP BY 1
)
SELECT event_name, count(DISTINCT user_pseudo_id), any_value(converted)
FROM steps LEFT JOIN reached USING (event_name) GROUP BY 1
"""


def make(folder: Path, events: int) -> None:
    """Write the export's files, one a day."""
    import duckdb

    for n in range(DAYS):
        day = START + timedelta(days=n)
        duckdb.sql(
            _MAKE.format(
                day=f"{day:%Y%m%d}",
                start=1_787_529_600_000_000 + n * 86_400_000_000,
                n=n,
                users=max(events // 25, 1),
                rows=events // DAYS,
                path=folder / f"events_{day:%Y%m%d}.parquet",
            )
        )


def ours(folder: Path) -> None:
    """Ask the two questions as convbridge does."""
    from convbridge.adapters.warehouse import DuckDbEngine, queries
    from convbridge.model.dates import DateWindow

    window = DateWindow(start=START, end=START + timedelta(days=DAYS - 1))
    engine = DuckDbEngine(folder, threads=2)
    columns = engine.columns(window)
    _timed(
        {
            "counts": lambda: engine.run(queries.count_query([], columns), window),
            "joint": lambda: engine.run(
                queries.funnel_query(
                    [],
                    events=MICROS,
                    primaries=["purchase"],
                    until=f"{START + timedelta(days=DAYS - 31):%Y%m%d}",
                    horizon_days=30,
                ),
                window,
            ),
        }
    )


def hand(folder: Path) -> None:
    """Ask the same in SQL written for DuckDB alone."""
    import duckdb

    with duckdb.connect(config={"memory_limit": "1GB", "threads": 2}) as con:
        con.read_parquet(str(folder / "*.parquet")).create_view("events")
        until = f"{START + timedelta(days=DAYS - 31):%Y%m%d}"
        _timed(
            {
                "counts": lambda: con.sql(_HAND_COUNTS).to_arrow_table(),
                "joint": lambda: con.sql(
                    _HAND_FUNNEL.format(until=until)
                ).to_arrow_table(),
            }
        )


def _timed(work: dict[str, object]) -> None:
    found = {}
    for name, ask in work.items():
        times = []
        for _ in range(3):
            started = time.perf_counter()
            ask()  # type: ignore[operator]
            times.append(time.perf_counter() - started)
        found[name] = min(times)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(json.dumps({**found, "peak_mb": peak}))


def main(events: int = EVENTS) -> None:
    """Measure both; print the section, and write it where asked."""
    path, load = document(), os.getloadavg()[0]
    if len(sys.argv) > 1:
        events = int(sys.argv[1])
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), events)
        for how in ("ours", "hand"):
            out = subprocess.check_output(
                [sys.executable, __file__, how, folder], text=True
            )
            found[how] = json.loads(out)
    text = section(found, events, machine(load))
    say(text)
    if path:
        write_section(path, "warehouse-events", text)


def section(found: dict, events: int, about: str) -> str:
    """Return what docs/benchmarks.md says of it."""
    rows = [
        [
            name,
            f"{events:,}",
            f"{found[how]['counts']:.2f} s",
            f"{found[how]['joint']:.2f} s",
            f"{found[how]['counts'] + found[how]['joint']:.2f} s",
            f"{found[how]['peak_mb']:.0f} MB",
        ]
        for how, name in (("ours", "convbridge"), ("hand", "by hand"))
    ]
    return f"""\
## Events of a BigQuery export

`python tests/bench/warehouse_events.py [events]`

Counts by day, event, channel, campaign and device, and joint counts of three micro \
events with the purchase.
The usual way is SQL written by hand for DuckDB.
Both use two threads and may use 1 GB; the best of three times is kept.
{about}

{table(["", "events", "counts", "joint", "together", "peak memory"], rows)}
"""


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("ours" | "hand") as how, folder]:
            {"ours": ours, "hand": hand}[how](Path(folder))
        case _:
            main()
