"""
Measure deliveries on loopback; run as a script, it prints and writes a table.

Four ways to send one CSV with UploadClickConversions to the sandbox, which runs in
a process of its own and only counts: Google's sample idiom, raw protobuf, ours
without and with a ledger. Each runs in a fresh process, so that memory is its own.
The client-side rate limit is lifted: loopback has no quota.
"""

# ruff: noqa: T201 - a script that prints

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

NOW = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
CUSTOMER = "1234567890"
LOGIN = "9999999999"
START = "<!-- delivery: measured by tests/bench/delivery.py -->"
END = "<!-- /delivery -->"
BATCH = 2_000


def write_rows(path, count):
    first = datetime(2026, 10, 20)  # noqa: DTZ001 - a wall clock, as files have it
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["event", "time", "gclid", "value", "currency", "order_id"])
        for i in range(count):
            moment = first + timedelta(seconds=2.5 * i)
            gclid = f"Cj0KCQiA{i:010d}abcdefghijklmnopqrstuvwxyz"
            row = ["sale", f"{moment:%F %T}", gclid, f"{i % 1000}.50", "THB"]
            writer.writerow([*row, f"ORD-{i:08d}"])


def google_server():
    """Serve until stdin closes; then print what came."""
    from convbridge.sandbox import serve

    with serve(now=NOW) as google:
        google.ads.uploads_allowed = True
        google.ads.is_sink = google.data_manager.is_sink = True
        google.data_manager.limits.per_minute = 10**9
        print(google.google_ads_endpoint, google.data_manager_endpoint, flush=True)
        sys.stdin.read()
        took = google.ads if google.ads.received_count else google.data_manager
        print(took.received_count, len(took.unique_ids), flush=True)


def sample(path, endpoint):
    """Send as Google's samples do: a proto-plus message at a time, by `get_type`."""
    client = google_ads_client(use_proto_plus=True)
    service = upload_service(endpoint, use_proto_plus=True)
    batch = []

    def upload():
        request = client.get_type("UploadClickConversionsRequest")
        request.customer_id = CUSTOMER
        request.conversions.extend(batch)
        request.partial_failure = True
        service.upload_click_conversions(request=request)
        batch.clear()

    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            conversion = client.get_type("ClickConversion")
            conversion.conversion_action = action_name()
            conversion.gclid = row["gclid"]
            conversion.conversion_value = float(row["value"])
            conversion.conversion_date_time = f"{row['time']}+07:00"
            conversion.currency_code = row["currency"]
            conversion.order_id = row["order_id"]
            batch.append(conversion)
            if len(batch) == BATCH:
                upload()
    if batch:
        upload()


def raw(path, endpoint):
    """Send as fast as the library lets us: raw protobuf, several requests at once."""
    client = google_ads_client(use_proto_plus=False)
    service = upload_service(endpoint, use_proto_plus=False)
    name = action_name()
    with path.open(newline="") as file, ThreadPoolExecutor(4) as pool:
        rows = csv.reader(file)
        next(rows)
        flying = []
        while chunk := list(islice(rows, BATCH)):
            request = client.get_type("UploadClickConversionsRequest")
            request.customer_id = CUSTOMER
            request.partial_failure = True
            add = request.conversions.add
            for _, moment, gclid, value, currency, order_id in chunk:
                add(
                    conversion_action=name,
                    gclid=gclid,
                    conversion_value=float(value),
                    conversion_date_time=f"{moment}+07:00",
                    currency_code=currency,
                    order_id=order_id,
                )
            flying.append(pool.submit(service.upload_click_conversions, request))
            if len(flying) == 4:
                flying.pop(0).result()
        for future in flying:
            future.result()


def ours(path, endpoint, ledger="ledger.db"):
    """Deliver to Google Ads with everything: checks, outbox, leases, answers."""
    from google.auth.credentials import AnonymousCredentials

    from convbridge.adapters.google_ads.connection import Connection
    from convbridge.adapters.google_ads.uploads import GoogleAdsSink
    from convbridge.model.ids import CustomerId

    connection = Connection(
        credentials=AnonymousCredentials(), endpoint=endpoint, login_customer_id=LOGIN
    )
    customer = CustomerId(CUSTOMER)
    sink = GoogleAdsSink(connection, connection.new, customer_id=customer)
    deliver_all(path, sink, ledger)
    connection.close()


def data_manager(path, endpoint):
    """Deliver to the Data Manager API, which the sandbox speaks as REST."""
    from convbridge.adapters.auth import credentials
    from convbridge.adapters.data_manager import open_data_manager
    from convbridge.model.access import CredentialsKind, GoogleAccess
    from convbridge.model.ids import CustomerId

    access = GoogleAccess(
        credentials=CredentialsKind.ANONYMOUS, data_manager_endpoint=endpoint
    )
    sink = open_data_manager(
        access, credentials(access, []), operating_customer=CustomerId(CUSTOMER)
    )
    deliver_all(path, sink, "data_manager.db")
    sink.close()


def deliver_all(path, sink, ledger):
    from convbridge.adapters.data_manager import GoogleHasher
    from convbridge.adapters.ledger import open_ledger
    from convbridge.adapters.ledger.outbox import SqlOutbox
    from convbridge.deliver import deliver
    from convbridge.model.conversions import DeliveryPolicy

    class Clock:
        def now(self):
            return NOW

    url = f"sqlite:///{path.parent / ledger}" if ledger else "sqlite://"
    with open_ledger(url) as opened:
        report = deliver(
            path,
            client="bench",
            sink=sink,
            outbox=SqlOutbox(opened.database),
            policy=DeliveryPolicy(
                actions={"sale": "5012"},
                time_zone="Asia/Bangkok",
                currency="THB",
                requests_per_minute=10**9,
                requests_per_day=10**9,
            ),
            hasher=GoogleHasher(),
            clock=Clock(),
        )
    assert report.sent == report.read, report.to_dict()


WAYS = {"sample": sample, "raw": raw, "ours": ours, "data_manager": data_manager}


def google_ads_client(*, use_proto_plus):
    from google.ads.googleads.client import GoogleAdsClient
    from google.auth.credentials import AnonymousCredentials

    return GoogleAdsClient(
        credentials=AnonymousCredentials(), use_proto_plus=use_proto_plus
    )


def upload_service(endpoint, *, use_proto_plus):
    """Return the library's service over plaintext, with the library's interceptors."""
    import grpc
    from google.ads.googleads.interceptors import (
        ExceptionInterceptor,
        MetadataInterceptor,
    )
    from google.ads.googleads.v26.services.services import conversion_upload_service
    from google.ads.googleads.v26.services.services.conversion_upload_service import (
        transports,
    )

    channel = grpc.intercept_channel(
        grpc.insecure_channel(endpoint.removeprefix("http://")),
        MetadataInterceptor(None, LOGIN),
        ExceptionInterceptor("v26", use_proto_plus=use_proto_plus),
    )
    transport = transports.ConversionUploadServiceGrpcTransport(channel=channel)
    return conversion_upload_service.ConversionUploadServiceClient(transport=transport)


def action_name():
    return f"customers/{CUSTOMER}/conversionActions/5012"


@contextmanager
def sandbox():
    """Run the sandbox in a process of its own; check in the end what came."""
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield server.stdout.readline().split(), server
    finally:
        server.stdin.close()
        server.wait()
        server.stdout.close()


def measure(way, path, count):
    """Return seconds, processor seconds and peak memory of one way."""
    with sandbox() as ((google_ads, manager), server):
        endpoint = manager if way == "data_manager" else google_ads
        command = [sys.executable, __file__, "--way", way, str(path), endpoint]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        server.stdin.close()
        received, unique = map(int, server.stdout.readline().split())
    assert received == unique == count, (way, received, unique, count)
    return json.loads(done.stdout.splitlines()[-1])


def run_way(way, path, endpoint):
    """Send a few rows to load everything, then the file, and print the measures."""
    started, used = time.perf_counter(), time.process_time()
    WAYS[way](Path(path), endpoint)
    found = {
        "seconds": time.perf_counter() - started,
        "processor": time.process_time() - used,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


def table(results, counts):
    lines = ["| way | rows | rows/s | s | processor µs/row | peak MB |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    for way, found in results.items():
        count = counts[way]
        lines.append(
            f"| {way} | {count:,} | {count / found['seconds']:,.0f} "
            f"| {found['seconds']:.1f} | {found['processor'] / count * 1e6:.1f} "
            f"| {found['mb']:.0f} |"
        )
    rate = {way: counts[way] / found["seconds"] for way, found in results.items()}
    lines.append("")
    lines.append(
        f"Ours, ledger included, sends {rate['ours'] / rate['sample']:.1f} times the "
        f"rows per second of the sample idiom, and takes "
        f"{rate['raw'] / rate['ours']:.1f} times as long as raw protobuf without a "
        "ledger. The aims are 8 times and 3 times, in at most 300 MB."
    )
    return "\n".join(lines)


def write_section(path, text):
    """Replace our section of a document, or add it."""
    before = path.read_text() if path.exists() else "# Benchmarks\n"
    head, _, rest = before.partition(START)
    tail = rest.partition(END)[2]
    section = f"{START}\n{text}\n{END}"
    path.write_text(f"{head.rstrip()}\n\n{section}{tail.rstrip()}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sample-rows", type=int, default=100_000)
    parser.add_argument("--write", type=Path, help="such as docs/benchmarks.md")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--way", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        google_server()
        return
    if options.way:
        run_way(*options.way)
        return
    few, many = options.sample_rows, options.rows
    counts = {"sample": few, "raw": many, "ours": many, "data_manager": few}
    results = {}
    load = f"{os.getloadavg()[0]:.1f}"
    with tempfile.TemporaryDirectory() as folder:
        for way, count in counts.items():
            path = Path(folder) / f"{count}.csv"
            if not path.exists():
                write_rows(path, count)
            results[way] = measure(way, path, count)
    after = f"{os.getloadavg()[0]:.1f}"
    about = (
        "A CSV to acknowledged by a sandbox in another process, over gRPC on loopback, "
        f"{os.cpu_count()} processors, Python {sys.version.split()[0]}; loading the "
        f"libraries included. The load average was {load} before and {after} after: "
        "other work shared the machine, so compare the ways, not the seconds. "
        "`data_manager` is ours, over REST with JSON, which Google's client encodes. "
        "Loading weighs more on ways with fewer rows."
    )
    text = "\n".join(["## Delivery", "", about, "", table(results, counts)])
    print(text)
    if options.write:
        write_section(options.write, text)


if __name__ == "__main__":
    main()
