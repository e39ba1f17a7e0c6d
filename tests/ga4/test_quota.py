"""Quota: what each 429 means, when calls stop, and how many errors are allowed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from convbridge.adapters.ga4.quota import QuotaGate, wait_for
from convbridge.errors import QuotaError, UnavailableError
from convbridge.model.ids import PropertyId
from convbridge.testing import FixedClock
from ga4.conftest import NOW, SHORT, WINDOW


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        pytest.param("Exhausted concurrent requests quota.", 30, id="concurrent"),
        pytest.param(
            "Exhausted property tokens for a project per hour. These quota tokens "
            "will return in under an hour.",
            1800,
            id="project hour",
        ),
        pytest.param("Exhausted property tokens per hour.", 1800, id="hour"),
        pytest.param(
            "Exhausted property tokens per day. These quota tokens will return in "
            "under 24 hours.",
            86_400,
            id="day",
        ),
        pytest.param(
            "Exhausted potentially thresholded requests quota.", 1800, id="thresholded"
        ),
        pytest.param("Exhausted server errors quota.", 3600, id="server errors"),
        pytest.param("something new", 1800, id="unknown text"),
    ],
)
def test_each_text_has_its_wait(message, seconds):
    assert wait_for(message) == seconds


def test_an_empty_bucket_stops_the_property_without_hammering(desk):
    desk.google.quota("111111111").set_remaining("tokens_per_hour", 0)
    source = desk.source(concurrency=1)

    with pytest.raises(QuotaError) as caught:
        source.fetch_counts(SHORT)

    assert caught.value.retry_after == 1800
    assert caught.value.hint.startswith("resume after 2026-11-22 03:30 UTC")
    assert desk.waits == []
    calls = len(desk.google.calls)
    with pytest.raises(QuotaError, match="tokens per hour"):
        source.fetch_counts(SHORT)
    reports = desk.google.calls.where(service="ga4")
    assert len(reports) <= calls


def test_the_property_is_asked_again_when_the_bucket_has_refilled(desk):
    desk.google.quota("111111111").set_remaining("tokens_per_hour", 0)
    source = desk.source()
    with pytest.raises(QuotaError):
        source.fetch_counts(SHORT)

    desk.google.clock.advance(hours=1)

    assert source.fetch_counts(SHORT).count("purchase") > 0


def test_too_many_at_a_time_waits_half_a_minute_and_goes_on(desk):
    desk.google.faults.add(
        service="ga4",
        method="runReport",
        status=429,
        message="Exhausted concurrent requests quota.",
    )

    counts = desk.source().fetch_counts(SHORT)

    assert counts.count("purchase") > 0
    assert [wait >= 30 for wait in desk.waits] == [True]


def test_below_the_floor_nothing_more_is_sent(desk):
    desk.google.quota("111111111").set_remaining("tokens_per_day", 30_000)
    source = desk.source(quota_floor=0.2, concurrency=1)

    with pytest.raises(QuotaError, match="stays for other tools") as caught:
        source.fetch_counts(SHORT)

    assert caught.value.retry_after == 86_400
    # Two may be under way when the first answer tells.
    assert len(desk.google.calls.where(service="ga4")) <= 3


def test_one_server_error_is_repeated(desk):
    desk.google.faults.add(service="ga4", method="runReport", status=503)

    counts = desk.source().fetch_counts(SHORT)

    assert counts.count("purchase") > 0
    assert len(desk.waits) == 1


def test_server_errors_stop_far_below_googles_ten(desk):
    desk.google.faults.add(service="ga4", status=503, times=100)
    source = desk.source()

    with pytest.raises((QuotaError, UnavailableError)):
        source.fetch_counts(SHORT)
    with pytest.raises((QuotaError, UnavailableError)):
        source.fetch_counts(SHORT)

    failed = [c for c in desk.google.calls.where(service="ga4") if c.status != "OK"]
    assert len(failed) <= 7


def test_a_refused_login_is_not_repeated(desk):
    desk.google.faults.add(service="ga4", status=403, times=100)

    with pytest.raises(Exception, match="permissions"):
        desk.source(concurrency=1).fetch_counts(SHORT)

    assert desk.waits == []


def test_tokens_are_counted_as_google_counts_them(desk):
    source = desk.source()

    source.fetch_counts(WINDOW)

    assert source.tokens_used == desk.google.quota("111111111").consumed("core")


def test_clients_with_one_property_share_its_places_and_other_properties_do_not():
    gates = [
        QuotaGate(property_id=PropertyId("1"), clock=FixedClock(NOW)) for _ in range(4)
    ]
    inside, peaks, lock = [0], [], threading.Lock()
    full = threading.Barrier(8)  # breaks if fewer are let in

    def call():
        with lock:
            inside[0] += 1
            peaks.append(inside[0])
        full.wait(timeout=10)
        with lock:
            inside[0] -= 1

    with ThreadPoolExecutor(16) as pool:
        for done in [
            pool.submit(gate.send, call, family="core", operation="x")
            for gate in gates
            for _ in range(4)
        ]:
            done.result()
    other = QuotaGate(property_id=PropertyId("2"), clock=FixedClock(NOW))

    assert max(peaks) == 8
    assert other._places is not gates[0]._places
