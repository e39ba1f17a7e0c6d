"""
Measure deliveries on loopback; run as a script, it prints and writes a table.

Each way sends a CSV to the sandbox, which runs in a process of its own and only
counts. Google's sample idiom and raw protobuf stand beside ours, which does all of
it: checks, ledger, leases, answers. Each runs in a fresh process, so that memory is
its own, sends ten rows first to load everything, and is measured from the opened
file to the last answer; the ways take turns, several times. The client-side rate
limit is lifted: loopback has no quota.
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
from statistics import median

from sections import write_section

NOW = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
CUSTOMER = "1234567890"
LOGIN = "9999999999"
BATCH = 2_000


def write_rows(path, count):
    """Write plain rows; click ids differ in length as Google's do."""
    first = datetime(2026, 10, 20)  # noqa: DTZ001 - a wall clock, as files have it
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["event", "time", "gclid", "value", "currency", "order_id"])
        for i in range(count):
            moment = first + timedelta(seconds=2.5 * i)
            gclid = f"Cj0KCQiA{i:010d}{'abcdefghijklmnopqrstuvwxyz' * 3}"
            row = ["sale", f"{moment:%F %T}", gclid[: 55 + i % 37], f"{i % 1000}.50"]
            writer.writerow([*row, "THB", f"ORD-{i:08d}"])


def write_people(path, count):
    """Write rows with an e-mail address, consent and the time of the click."""
    first = datetime(2026, 10, 20)  # noqa: DTZ001 - as above
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        names = ["event", "time", "click_time", "gclid", "email", "consent", "value"]
        writer.writerow(names)
        for i in range(count):
            moment = first + timedelta(seconds=2.5 * i)
            clicked = moment - timedelta(hours=5)
            row = ["sale", f"{moment:%F %T}", f"{clicked:%F %T}", f"Cj0KCQiA{i:010d}"]
            writer.writerow([*row, f"jane.{i}@example.com", "granted", f"{i % 100}"])


def google_server():
    """Serve until stdin closes; then print what came."""
    from convbridge.sandbox import serve

    with serve(now=NOW) as google:
        google.ads.uploads_allowed = True
        google.ads.is_sink = google.data_manager.is_sink = True
        google.data_manager.limits.per_minute = 10**9
        grpc = f"http://{google.data_manager_grpc_target}"
        print(
            google.google_ads_endpoint, grpc, google.data_manager_endpoint, flush=True
        )
        sys.stdin.readline()
        google.ads.received_count = google.data_manager.received_count = 0
        google.ads.unique_ids.clear()
        google.data_manager.unique_ids.clear()
        used = time.process_time()
        print("ready", flush=True)
        sys.stdin.read()
        took = google.ads if google.ads.received_count else google.data_manager
        spent = time.process_time() - used
        print(took.received_count, len(took.unique_ids), spent, flush=True)


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


def data_manager(path, endpoint, transport="grpc"):
    """Deliver to the Data Manager API, the usual sink."""
    from convbridge.adapters.auth import credentials
    from convbridge.adapters.data_manager import open_data_manager
    from convbridge.model.access import CredentialsKind, GoogleAccess
    from convbridge.model.ids import CustomerId

    access = GoogleAccess(
        credentials=CredentialsKind.ANONYMOUS,
        data_manager_endpoint=endpoint,
        data_manager_transport=transport,
    )
    sink = open_data_manager(
        access, credentials(access, []), operating_customer=CustomerId(CUSTOMER)
    )
    deliver_all(path, sink, "ledger.db")
    sink.close()


def data_manager_sample(path, endpoint):
    """Send as the samples of the Data Manager API do: a proto-plus event at a time."""
    from google.ads import datamanager_v1 as api
    from google.protobuf.timestamp_pb2 import Timestamp

    client = ingestion_client(endpoint)
    destination = api.Destination(product_destination_id="5012")
    destination.operating_account.account_type = "GOOGLE_ADS"
    destination.operating_account.account_id = CUSTOMER
    batch = []

    def ingest():
        request = api.IngestEventsRequest(
            destinations=[destination], events=batch, encoding=api.Encoding.HEX
        )
        client.ingest_events(request=request)
        batch.clear()

    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            event = api.Event()
            moment = Timestamp()
            moment.FromJsonString(f"{row['time'].replace(' ', 'T')}+07:00")
            event.event_timestamp = moment
            event.transaction_id = row["order_id"]
            event.event_source = "WEB"
            event.ad_identifiers = api.AdIdentifiers(gclid=row["gclid"])
            event.currency = row["currency"]
            event.conversion_value = float(row["value"])
            batch.append(event)
            if len(batch) == BATCH:
                ingest()
    if batch:
        ingest()


def ingestion_client(endpoint):
    """Return the library's client over plaintext."""
    import grpc
    from google.ads import datamanager_v1 as api
    from google.ads.datamanager_v1.services.ingestion_service import transports

    channel = grpc.insecure_channel(endpoint.removeprefix("http://"))
    transport = transports.IngestionServiceGrpcTransport(channel=channel)
    return api.IngestionServiceClient(transport=transport)


def data_manager_rest(path, endpoint):
    """Deliver to the Data Manager API over REST, whose JSON Google's client writes."""
    data_manager(path, endpoint, transport="rest")


def deliver_all(path, sink, ledger):
    from convbridge.adapters.data_manager import GoogleHasher
    from convbridge.adapters.ledger import open_ledger
    from convbridge.adapters.ledger.outbox import SqlOutbox
    from convbridge.deliver import deliver
    from convbridge.model.conversions import DeliveryPolicy

    class Clock:
        def now(self):
            return NOW

    url = f"sqlite:///{path.parent / ledger}"
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


WAYS = {
    "sample": (sample, "google_ads", write_rows),
    "raw": (raw, "google_ads", write_rows),
    "ours": (ours, "google_ads", write_rows),
    "data_manager_sample": (data_manager_sample, "grpc", write_rows),
    "data_manager": (data_manager, "grpc", write_rows),
    "data_manager_people": (data_manager, "grpc", write_people),
    "data_manager_rest": (data_manager_rest, "rest", write_rows),
}


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


def measure(way, path):
    """Return seconds, processor seconds of both sides, and peak memory of one way."""
    with sandbox() as (endpoints, server):
        places = dict(zip(("google_ads", "grpc", "rest"), endpoints, strict=True))
        client = subprocess.Popen(
            [sys.executable, __file__, "--way", way, str(path), places[WAYS[way][1]]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        client.stdout.readline()
        server.stdin.write("go\n")
        server.stdin.flush()
        server.stdout.readline()
        out, _ = client.communicate("go\n")
        server.stdin.close()
        received, unique, spent = server.stdout.readline().split()
    found = json.loads(out.splitlines()[-1])
    count = found["rows"]
    assert int(received) == int(unique) == count, (way, received, unique, count)
    return found | {"server": float(spent)}


def run_way(way, path, endpoint):
    """Send ten rows to load everything; then, when told so, the file."""
    send, _, write = WAYS[way]
    with tempfile.TemporaryDirectory() as folder:
        few = Path(folder) / "few.csv"
        write(few, 10)
        send(few, endpoint)
    print("loaded", flush=True)
    sys.stdin.readline()
    for old in Path(path).parent.glob("ledger.db*"):
        old.unlink()
    started, used = time.perf_counter(), time.process_time()
    send(Path(path), endpoint)
    found = {
        "seconds": time.perf_counter() - started,
        "processor": time.process_time() - used,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rows": Path(path).read_bytes().count(b"\n") - 1,
    }
    print(json.dumps(found))


def table(results):
    """Return the best and the middle of each way's times, per row."""
    lines = [
        "| way | rows | rows/s, best | middle | µs/row, best | middle | server | MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for way, found in results.items():
        count = found[0]["rows"]
        wall = per_row(found, "seconds")
        own = per_row(found, "processor")
        lines.append(
            f"| {way} | {count:,} | {1e6 / wall[0]:,.0f} | {1e6 / wall[1]:,.0f} "
            f"| {own[0]:.1f} | {own[1]:.1f} | {per_row(found, 'server')[0]:.1f} "
            f"| {max(each['mb'] for each in found):.0f} |"
        )
    return "\n".join(lines)


def per_row(found, name):
    """Return the best and the middle of repeated measures, in microseconds a row."""
    each = sorted(one[name] / one["rows"] * 1e6 for one in found)
    return each[0], median(each)


def verdict(results):
    """Return how ours stands beside the others, by the clock and by the processor."""
    best, middle = ratios(results, "sample", "ours", "seconds")
    cpu, cpu_middle = ratios(results, "sample", "ours", "processor")
    usual, usual_middle = ratios(results, "data_manager_sample", "data_manager")
    other, other_middle = ratios(results, "sample", "data_manager")
    raw_best, raw_middle = ratios(results, "ours", "raw", "seconds")
    raw_cpu, raw_cpu_middle = ratios(results, "ours", "raw", "processor")
    peak = max(each["mb"] for each in results["ours"])
    return (
        f"Ours, ledger included, sends {best:.1f} times the rows per second of the "
        f"sample idiom by the best times, {middle:.1f} by the middle ones; of the "
        f"processor it takes the {cpu:.1f}th part ({cpu_middle:.1f}). The usual sink "
        f"sends {usual:.1f} times the rows of its own samples ({usual_middle:.1f}) and "
        f"{other:.1f} times those of the sample for Google Ads ({other_middle:.1f}). "
        f"Ours takes {raw_best:.1f} times as long as raw protobuf without a ledger, "
        f"{raw_middle:.1f} by the middle times, and {raw_cpu:.1f} times the processor "
        f"({raw_cpu_middle:.1f}). The aims are 8 times the sample, at most 3 times "
        f"raw, and at most 300 MB; the peak was {peak:.0f} MB."
    )


def ratios(results, one, other, name="seconds"):
    """Return what one way takes for each of the other's, by best and middle times."""
    both = (per_row(results[way], name) for way in (one, other))
    return [a / b for a, b in zip(*both, strict=True)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sample-rows", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3, help="turns; the best counts")
    parser.add_argument("--write", type=Path, help="such as docs/benchmarks.md")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--way", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    options = parser.parse_args()
    if options.serve:
        google_server()
        return
    if options.way:
        run_way(*options.way)
        return
    few = {"sample", "data_manager_sample", "data_manager_people", "data_manager_rest"}
    results = {way: [] for way in options.ways}
    load = f"{os.getloadavg()[0]:.1f}"
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.times):
            for way in options.ways:
                count = options.sample_rows if way in few else options.rows
                path = Path(folder) / f"{WAYS[way][2].__name__}-{count}.csv"
                if not path.exists():
                    WAYS[way][2](path, count)
                results[way].append(measure(way, path))
    about = (
        "A CSV to acknowledged by a sandbox in another process, over gRPC on loopback, "
        f"{os.cpu_count()} processors, Python {sys.version.split()[0]}; the ways took "
        f"{options.times} turns, and libraries were loaded before. The load average "
        f"was {load} before and {os.getloadavg()[0]:.1f} after, our own included: "
        "where other work shared the machine, compare the ways, not the seconds. "
        "`data_manager` is the usual sink, `data_manager_sample` the idiom of its own "
        "samples; `people` are rows with an e-mail address "
        "to be hashed, consent, and the click's time; `rest` is JSON that Google's "
        "client writes. µs/row is processor time, of the client and of the server."
    )
    parts = ["## Delivery", "", about, "", table(results)]
    if set(WAYS) <= set(results):
        parts += ["", verdict(results)]
    text = "\n".join(parts)
    print(text)
    if options.write:
        write_section(options.write, "delivery", text)


if __name__ == "__main__":
    main()
