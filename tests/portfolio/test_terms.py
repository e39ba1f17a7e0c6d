"""Order, time, quota and locks of many clients."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from convbridge.adapters.ledger import open_ledger
from convbridge.adapters.ledger.syncs import SyncJournal, SyncRecord
from convbridge.errors import QuotaError
from convbridge.portfolio import OnBusy, Portfolio, Status
from convbridge.portfolio.order import ordered
from convbridge.portfolio.terms import lock_name
from convbridge.settings import load

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def record(client, *, days=1, worth=None, currency="THB", **about):
    return SyncRecord(
        client=client,
        at=NOW - timedelta(days=days),
        status="unchanged",
        worth=None if worth is None else Decimal(worth),
        currency=currency,
        **about,
    )


@pytest.mark.parametrize(
    ("records", "order"),
    [
        ([], "abcd"),
        ([record("a"), record("b")], "cdab"),
        ([record("a", days=1), record("b", days=3), record("c", days=2)], "dbca"),
        (
            [record(c, worth=w) for c, w in zip("abcd", (1, 5, 3, 9), strict=True)],
            "dbca",
        ),
        (
            [
                record("a", worth=100, currency="EUR"),
                record("b", worth=90_000),
                record("c", worth=5, currency="EUR"),
                record("d", worth=80_000),
            ],
            "abcd",
        ),
    ],
    ids=["new", "never synced first", "overdue", "valuable", "currencies apart"],
)
def test_clients_are_put_in_order(records, order):
    last = {r.client: r for r in records}

    assert "".join(ordered("dcba", last)) == order


class Watch:
    """A clock that goes on a minute each time a client is begun."""

    def __init__(self):
        self.at = NOW

    def now(self):
        return self.at


@pytest.fixture
def path(tmp_path):
    """Five clients at an address where nobody answers."""
    clients = "".join(
        f"  c{n}:\n    template: ecommerce\n"
        f'    ga4: {{property_id: "{n + 1}"}}\n'
        f"    google_ads: {{customer_id: {1_000_000_000 + n}}}\n"
        for n in range(5)
    )
    path = tmp_path / "convbridge.yaml"
    path.write_text(
        "version: 1\n"
        "google: {credentials: anonymous, ga4_endpoint: 'http://127.0.0.1:9',\n"
        "  google_ads_endpoint: 'http://127.0.0.1:9',\n"
        "  google_ads_operations_a_day: 100}\n"
        f"clients:\n{clients}"
    )
    return path


def test_clients_that_time_left_out_are_told(path):
    watch = Watch()

    def job(bridge):
        watch.at += timedelta(minutes=1)
        return bridge.client

    portfolio = Portfolio.from_config(path, clock=watch, workers=1)
    results = portfolio.run(job, max_minutes=2.5)

    assert [r.left for r in results] == [None] * 3 + [Status.NOT_BEGUN] * 2
    assert results.exit_code == 0


def synced(path, monkeypatch, sync, *, clock=None, **about):
    """Sync with the network's part replaced: what is tested stands around it."""
    from convbridge.bridge import Bridge

    # The job is our own border: the bridge's part has tests against the sandbox.
    monkeypatch.setattr(Bridge, "sync", sync)
    portfolio = Portfolio.from_config(path, clock=clock or Watch(), workers=1)
    return portfolio.sync(yes=True, **about)


def ledger_of(path):
    return open_ledger(load(path).ledger)


def test_the_days_operations_are_not_passed(path, monkeypatch):
    with ledger_of(path) as ledger:
        journal = SyncJournal(ledger.database)
        journal.record(record("c4", days=0, operations=90))

    results = synced(path, monkeypatch, lambda bridge, **_: bridge.client)

    assert {r.left for r in results} == {Status.NOT_BEGUN}
    assert results.results[0].reason == (
        "90 of the project's 100 Google Ads operations a day are spent, and the first "
        "come back 2026-11-23 06:00 UTC"
    )


def test_clients_that_are_at_work_count_as_if_they_had_spent(path, monkeypatch):
    with ledger_of(path) as ledger:
        SyncJournal(ledger.database).record(record("c4", days=0, operations=60))
        with (
            ledger.lease(lock_name("elsewhere"), holder="the other", at=NOW),
            ledger.lease("c1", holder="an apply", at=NOW),
        ):
            begun = synced(path, monkeypatch, lambda bridge, **_: bridge.client)
            journal = SyncJournal(ledger.database)
            journal.record(record("c4", days=0, operations=11))
            refused = synced(path, monkeypatch, lambda bridge, **_: bridge.client)

    assert {r.status for r in begun} == {Status.UNCHANGED}
    spent = (
        "71 of the project's 100 Google Ads operations a day are spent, and the first "
        "come back 2026-11-23 06:00 UTC"
    )
    assert {r.reason for r in refused} == {f"{spent}; other clients at work: 1"}


def test_what_a_quota_left_out_is_done_the_next_day_the_overdue_first(
    path, monkeypatch
):
    watch, began = Watch(), []

    def sync(bridge, **_):
        began.append(bridge.client)

    with ledger_of(path) as ledger:
        journal = SyncJournal(ledger.database)
        for client, days, worth in (("c0", 0, 9), ("c1", 0, 5), ("c2", 3, 1)):
            about = {"operations": 45} if not days else {}
            journal.record(record(client, days=days, worth=worth, **about))
    refused = synced(path, monkeypatch, sync, clock=watch)
    watch.at += timedelta(days=1, minutes=1)
    done = synced(path, monkeypatch, sync, clock=watch)

    assert {r.status for r in refused} == {Status.NOT_BEGUN}
    assert began == ["c3", "c4", "c2", "c0", "c1"]
    assert {r.status for r in done} == {Status.UNCHANGED}


def test_a_quota_that_is_everybodys_stops_those_not_begun(path, monkeypatch):
    def sync(bridge, **_):
        raise QuotaError(
            "Too many operations.",
            vendor="google_ads",
            operation="Search",
            code="RESOURCE_EXHAUSTED",
        )

    results = synced(path, monkeypatch, sync)

    assert [r.status for r in results] == [Status.FAILED] + [Status.NOT_BEGUN] * 4
    assert results.exit_code == 1


@pytest.fixture
def two_projects(path):
    """Give the last two clients a Cloud project of their own, with a limit."""
    own = "    google: {quota_project_id: other, google_ads_operations_a_day: 50}\n"
    text = path.read_text()
    for client in ("c3", "c4"):
        text = text.replace(f"  {client}:\n", f"  {client}:\n{own}")
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("spender", "left"),
    [("c0", ["c0", "c1", "c2"]), ("c4", ["c3", "c4"]), ("gone", ["c0", "c1", "c2"])],
)
def test_each_project_has_operations_of_its_own(
    two_projects, monkeypatch, spender, left
):
    with ledger_of(two_projects) as ledger:
        journal = SyncJournal(ledger.database)
        journal.record(record(spender, days=0, operations=90))

    results = synced(two_projects, monkeypatch, lambda bridge, **_: bridge.client)

    assert [r.client for r in results if r.left is Status.NOT_BEGUN] == left


@pytest.mark.parametrize(("finder", "waiting"), [("c0", ["c1", "c2"]), ("c3", ["c4"])])
def test_a_projects_quota_stops_its_own_clients_only(
    two_projects, monkeypatch, finder, waiting
):
    def sync(bridge, **_):
        if bridge.client == finder:
            raise QuotaError(
                "Too many operations.",
                vendor="google_ads",
                operation="Search",
                code="RESOURCE_EXHAUSTED",
            )

    results = synced(two_projects, monkeypatch, sync)

    assert [r.client for r in results if r.left is Status.NOT_BEGUN] == waiting
    assert [r.client for r in results.failed] == [finder]
    reasons = {r.reason for r in results if r.left}
    assert all(finder in reason for reason in reasons)


def test_a_client_that_another_run_is_on_is_left(path, monkeypatch):
    with ledger_of(path) as ledger:
        with ledger.lease(lock_name("c1"), holder="the other", at=NOW):
            results = synced(path, monkeypatch, lambda bridge, **_: bridge.client)
            assert [r.status for r in results][:2] == [Status.UNCHANGED, Status.BUSY]
        assert results.results[1].reason == "run the other is on it"
        assert results.exit_code == 0
        last = SyncJournal(ledger.database).last(but="failed")

    assert sorted(last) == ["c0", "c2", "c3", "c4"]


def test_a_run_that_waits_goes_on_when_the_other_ends(path, monkeypatch):
    with ledger_of(path) as ledger:
        lease = ledger.lease(lock_name("c1"), holder="the other", at=NOW)
        lease.__enter__()
        end = threading.Timer(0.2, lease.__exit__, (None, None, None))
        end.start()
        results = synced(
            path, monkeypatch, lambda bridge, **_: bridge.client, on_busy=OnBusy.WAIT
        )
        end.join()

    assert {r.status for r in results} == {Status.UNCHANGED}


def test_who_failed_comes_first_next_time(path, monkeypatch):
    def sync(bridge, **_):
        if bridge.client == "c3":
            raise RuntimeError
        return bridge.client

    synced(path, monkeypatch, sync)
    began = []
    synced(path, monkeypatch, lambda bridge, **_: began.append(bridge.client))

    assert began == ["c3", "c0", "c1", "c2", "c4"]


def test_spans_and_metrics_reach_an_sdk(path, monkeypatch):
    from convbridge.adapters import telemetry

    spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
    traces = TracerProvider()
    traces.add_span_processor(SimpleSpanProcessor(spans))
    meter = MeterProvider(metric_readers=[reader]).get_meter("convbridge")
    # A provider can be set once in a process; tests need one each.
    monkeypatch.setattr(telemetry, "_tracer", traces.get_tracer("convbridge"))
    made = {
        "_clients": meter.create_counter("convbridge.clients"),
        "_client_seconds": meter.create_histogram("convbridge.client.duration"),
        "_calls": meter.create_counter("convbridge.calls"),
        "_call_seconds": meter.create_histogram("convbridge.call.duration"),
    }
    for name, instrument in made.items():
        assert getattr(telemetry, name)._name == instrument.name
        monkeypatch.setattr(telemetry, name, instrument)

    def job(bridge):
        with telemetry.call_span("ga4", "runReport") as span:
            span["convbridge.attempts"] = 2
        if bridge.client == "c1":
            raise ZeroDivisionError
        return bridge.client

    Portfolio.from_config(path, clients=["c0", "c1"], workers=1).run(job)

    found = spans.get_finished_spans()
    assert [(s.name, s.attributes.get("convbridge.status")) for s in found] == [
        ("ga4 runReport", None),
        ("convbridge.client", "unchanged"),
        ("ga4 runReport", None),
        ("convbridge.client", "failed"),
    ]
    assert found[0].parent.span_id == found[1].context.span_id
    assert found[3].attributes["error.type"] == "ConvbridgeError"
    (scope,) = reader.get_metrics_data().resource_metrics[0].scope_metrics
    counted = {
        (metric.name, *sorted(map(str, point.attributes.values()))): getattr(
            point, "value", None
        )
        or point.count
        for metric in scope.metrics
        for point in metric.data.data_points
    }
    assert counted == {
        ("convbridge.clients", "unchanged"): 1,
        ("convbridge.clients", "failed"): 1,
        ("convbridge.client.duration", "unchanged"): 1,
        ("convbridge.client.duration", "failed"): 1,
        ("convbridge.calls", "ga4", "runReport"): 2,
        ("convbridge.call.duration", "ga4", "runReport"): 2,
    }
