"""
Rows of a large GA4 report: our decoder against the loop of Google's samples.

Both pull over gRPC from the same server on loopback, in processes of their own.
Run: `python tests/bench/ga4_rows.py [rows] [--write docs/benchmarks.md]`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from concurrent import futures
from datetime import date
from itertools import product
from typing import TYPE_CHECKING

from sections import document, machine, say, table, write_section

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 1_000_000
SAMPLE_ROWS = 100_000
"""The samples' loop is too slow for all rows; its speed does not depend on them."""
CHUNK = 5_000


def serve() -> None:
    """Serve a report of any size; print the port, then wait to be ended."""
    import grpc

    chunk = _chunk()
    head = _head()

    def answer(request: bytes, _context: object) -> bytes:
        from google.analytics.data_v1beta.types import RunReportRequest

        asked = RunReportRequest.deserialize(request)
        assert asked.offset % CHUNK == asked.limit % CHUNK == 0
        last = min(asked.offset + asked.limit, _total())
        numbers = range(asked.offset // CHUNK, last // CHUNK)
        return head + b"".join(
            chunk.replace(b"@@@@@", b"%05d" % number) for number in numbers
        )

    handler = grpc.method_handlers_generic_handler(
        "google.analytics.data.v1beta.BetaAnalyticsData",
        {"RunReport": grpc.unary_unary_rpc_method_handler(answer)},
    )
    server = grpc.server(
        futures.ThreadPoolExecutor(4),
        options=[("grpc.max_send_message_length", -1)],
    )
    server.add_generic_rpc_handlers([handler])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    say(port)
    sys.stdin.read()


def _total() -> int:
    return int(sys.argv[2])


def _head() -> bytes:
    from google.analytics.data_v1beta.types import RunReportResponse

    from convbridge.adapters.ga4.reports import EVENTS_REPORT

    return RunReportResponse.serialize(
        RunReportResponse(
            dimension_headers=[{"name": name} for name in EVENTS_REPORT.dimensions],
            metric_headers=[{"name": name} for name in EVENTS_REPORT.metrics],
            row_count=_total(),
            metadata={"currency_code": "THB", "time_zone": "Asia/Bangkok"},
        )
    )


def _chunk() -> bytes:
    """Return rows as a real report has them: days, events, channels, campaigns."""
    from google.analytics.data_v1beta.types import RunReportResponse

    days = [f"202611{day:02d}" for day in range(1, 26)]
    events = ["page_view", "view_item", "add_to_cart", "begin_checkout", "purchase"]
    channels = ["Paid Search", "Organic Search", "Direct", "Email"]
    # The number of the chunk is put in for @@@@@: no two rows are alike.
    campaigns = [f"2098{i}@@@@@" for i in range(5)]
    devices = ["mobile", "desktop"]
    cells = list(product(days, events, channels, campaigns, devices))
    rows = [
        {
            "dimension_values": [{"value": text} for text in cell],
            "metric_values": [{"value": str(i % 997)}, {"value": f"{i / 7:.2f}"}],
        }
        for i, cell in enumerate(cells)
    ]
    assert len(rows) == CHUNK
    return RunReportResponse.serialize(RunReportResponse(rows=rows))


def ours(port: str, rows: int) -> Callable[[], int]:
    """Return a pull of the report as convbridge does it."""
    from google.auth.credentials import AnonymousCredentials

    from convbridge.adapters.clock import SystemClock
    from convbridge.adapters.ga4 import open_ga4, reports
    from convbridge.adapters.ga4.paging import read_report
    from convbridge.model.access import GoogleAccess
    from convbridge.model.dates import DateWindow
    from convbridge.model.ids import PropertyId

    source = open_ga4(
        GoogleAccess(ga4_endpoint=f"http://127.0.0.1:{port}", ga4_transport="grpc"),
        AnonymousCredentials(),
        property_id=PropertyId("1"),
        clock=SystemClock(),
    )
    window = DateWindow(start=date(2026, 11, 1), end=date(2026, 11, 25))
    assert source._api.clients.data

    def pull() -> int:
        report = read_report(source._api, reports.EVENTS_REPORT, window)
        assert report.table.num_rows == rows
        return rows

    return pull


def samples(port: str, rows: int) -> Callable[[], int]:
    """Return a pull as Google's samples do it: proto-plus rows into dicts."""
    import grpc
    from google.analytics.data_v1beta import BetaAnalyticsDataClient
    from google.analytics.data_v1beta.services.beta_analytics_data.transports import (
        BetaAnalyticsDataGrpcTransport,
    )

    channel = grpc.insecure_channel(
        f"127.0.0.1:{port}", options=[("grpc.max_receive_message_length", -1)]
    )
    client = BetaAnalyticsDataClient(
        transport=BetaAnalyticsDataGrpcTransport(channel=channel)
    )

    def pull() -> int:
        found: list[dict[str, str]] = []
        while len(found) < rows:
            response = client.run_report(
                {
                    "property": "properties/1",
                    "offset": len(found),
                    "limit": min(100_000, rows - len(found)),
                }
            )
            for row in response.rows:
                record = {}
                for i, value in enumerate(row.dimension_values):
                    record[response.dimension_headers[i].name] = value.value
                for i, value in enumerate(row.metric_values):
                    record[response.metric_headers[i].name] = value.value
                found.append(record)
        return len(found)

    return pull


def measure(how: str, port: str, rows: int) -> None:
    """Run one reader in this process and print its speed and peak memory."""
    pull = {"ours": ours, "samples": samples}[how](port, rows)
    started = time.perf_counter()
    pull()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(json.dumps({"rows": rows, "seconds": seconds, "peak_mb": peak}))


def main(rows: int = ROWS) -> None:
    """Measure both readers; print the section, and write it where asked."""
    path, load = document(), os.getloadavg()[0]
    if len(sys.argv) > 1:
        rows = int(sys.argv[1])
    me = [sys.executable, __file__]
    server = subprocess.Popen(
        [*me, "serve", str(rows)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    port = server.stdout.readline().strip()
    found = {}
    for how, count in (("ours", rows), ("samples", min(rows, SAMPLE_ROWS))):
        out = subprocess.check_output([*me, how, port, str(count)], text=True)
        found[how] = json.loads(out)
    assert server.stdin is not None
    server.stdin.close()
    server.wait()
    text = section(found, machine(load))
    say(text)
    if path:
        write_section(path, "ga4-rows", text)


def section(found: dict, about: str) -> str:
    """Return what docs/benchmarks.md says of it."""
    speed = {how: f["rows"] / f["seconds"] for how, f in found.items()}
    rows = [
        [
            name,
            f"{found[how]['rows']:,}",
            f"{found[how]['seconds']:.2f}",
            f"{speed[how]:,.0f}",
            f"{found[how]['peak_mb']:.0f} MB",
        ]
        for how, name in (("ours", "convbridge"), ("samples", "samples"))
    ]
    return f"""\
## Rows of a GA4 report

`python tests/bench/ga4_rows.py [rows]`

A report of five dimensions and two metrics is pulled over gRPC from a \
server in another process.
The usual way is the loop of Google's samples: proto-plus rows into a list of dicts.
It is timed over fewer rows, since its speed does not depend on how many there are.
{about}

{table(["", "rows", "seconds", "rows/s", "peak memory"], rows)}

convbridge reads {speed["ours"] / speed["samples"]:.0f} times the rows per second.
The peak holds because a page is decoded to Arrow and dropped before the next \
one is asked for.
"""


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", _]:
            serve()
        case [("ours" | "samples") as how, port, count]:
            measure(how, port, int(count))
        case _:
            main()
