from __future__ import annotations

import pytest
from google.api_core import exceptions as core
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from convbridge.adapters.calls import GuardedCall, RetryPolicy, guard
from convbridge.adapters.clock import SystemClock
from convbridge.errors import (
    ConvbridgeError,
    OutcomeUnknownError,
    QuotaError,
    RejectedError,
    UnavailableError,
)

POLICY = RetryPolicy(attempts=4, first_wait=1.0, longest_wait=8.0)


class Answers:
    """A call that raises or returns what it was given, one after the other."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent = 0

    def __call__(self, method, request):
        self.sent += 1
        answer = self.answers[min(self.sent, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def sent(*answers, idempotent=True, vendor="ga4"):
    waits: list[float] = []
    call = Answers(*answers)
    guarded = GuardedCall(call, vendor=vendor, policy=POLICY, sleep=waits.append)
    try:
        result = guarded("Data.RunReport", {}, idempotent=idempotent)
    except ConvbridgeError as exc:
        result = type(exc)
    return result, call.sent, waits


def test_a_read_is_repeated_with_growing_pauses_until_it_succeeds():
    away = core.ServiceUnavailable("away")

    result, times, waits = sent(away, away, away, "answer")

    assert (result, times) == ("answer", 4)
    bounds = zip(waits, (1, 2, 4), strict=True)
    assert all(low <= wait <= low + 1 for wait, low in bounds)


@pytest.mark.parametrize(
    ("answer", "idempotent", "error", "times"),
    [
        pytest.param(
            core.ServiceUnavailable("x"), True, UnavailableError, 4, id="read"
        ),
        pytest.param(
            core.ServiceUnavailable("x"), False, OutcomeUnknownError, 1, id="write"
        ),
        pytest.param(core.Aborted("x"), False, UnavailableError, 4, id="busy-write"),
        pytest.param(core.BadRequest("x"), True, RejectedError, 1, id="refusal"),
        pytest.param(
            core.TooManyRequests("too many concurrent requests"),
            True,
            QuotaError,
            4,
            id="short-quota",
        ),
        pytest.param(
            core.TooManyRequests("Exhausted property tokens for an hour."),
            True,
            QuotaError,
            1,
            id="hourly-quota",
        ),
    ],
)
def test_only_what_was_surely_not_done_is_repeated(answer, idempotent, error, times):
    result, count, _ = sent(answer, idempotent=idempotent)

    assert (result, count) == (error, times)


def test_a_fault_of_ours_is_neither_repeated_nor_translated():
    calls = []

    def send():
        calls.append(1)
        raise KeyError("ours")

    with pytest.raises(KeyError):
        guard(send, vendor="ga4", operation="x", idempotent=True)

    assert calls == [1]


def test_the_clock_is_aware_and_in_utc():
    now = SystemClock().now()

    assert now.utcoffset().total_seconds() == 0


def test_a_call_is_a_span_with_its_attempts():
    exporter = InMemorySpanExporter()
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())  # once in a process
    trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(exporter))

    sent(core.ServiceUnavailable("away"), "answer")

    span = exporter.get_finished_spans()[-1]
    assert span.name == "ga4 Data.RunReport"
    assert span.attributes["convbridge.attempts"] == 2
