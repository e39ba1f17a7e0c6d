"""
Spans and metrics of OpenTelemetry, for whoever sets up an SDK.

Without one the API's own no-op objects are called, which costs a microsecond.
Names: span `convbridge.client`, and one per call such as `ga4 runReport`;
metrics `convbridge.clients`, `convbridge.client.duration`, `convbridge.calls`,
`convbridge.call.duration`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from opentelemetry import metrics, trace
from opentelemetry.trace import Status, StatusCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convbridge.errors import ConvbridgeError

_tracer = trace.get_tracer("convbridge")
_meter = metrics.get_meter("convbridge")
_clients = _meter.create_counter(
    "convbridge.clients", unit="{client}", description="Clients done, by status."
)
_client_seconds = _meter.create_histogram(
    "convbridge.client.duration", unit="s", description="Time one client took."
)
_calls = _meter.create_counter(
    "convbridge.calls", unit="{call}", description="Calls to Google, by operation."
)
_call_seconds = _meter.create_histogram(
    "convbridge.call.duration", unit="s", description="Time one call took, repeats in."
)


@dataclass(slots=True)
class ClientSpan:
    """The span of one client's run, while it lasts."""

    _span: trace.Span
    _started: float

    def end(self, *, status: str, error: ConvbridgeError | None) -> None:
        """Say how the run ended; the error by its kind only."""
        self._span.set_attribute("convbridge.status", status)
        if error is not None:
            self._span.set_attribute("error.type", type(error).__name__)
            self._span.set_status(Status(StatusCode.ERROR))
        _clients.add(1, {"convbridge.status": status})
        took = perf_counter() - self._started
        _client_seconds.record(took, {"convbridge.status": status})


@contextmanager
def client_span(client: str) -> Iterator[ClientSpan]:
    """Open the span that everything done for one client lies in."""
    attributes = {"convbridge.client": client}
    with _tracer.start_as_current_span(
        "convbridge.client", attributes=attributes
    ) as span:
        yield ClientSpan(span, perf_counter())


@contextmanager
def call_span(vendor: str, operation: str) -> Iterator[dict[str, Any]]:
    """
    Open the span of one call; what the block puts in goes into its attributes.

    An error marks the span by its kind and code, never by its words.
    """
    found: dict[str, Any] = {}
    labels = {"convbridge.vendor": vendor, "convbridge.operation": operation}
    started = perf_counter()
    with _tracer.start_as_current_span(
        f"{vendor} {operation}",
        attributes=labels,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield found
        except Exception as exc:
            found["error.type"] = getattr(exc, "code", None) or type(exc).__name__
            span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            span.set_attributes(found)
            error = found.get("error.type")
            outcome = labels | ({"error.type": error} if error else {})
            _calls.add(1, outcome)
            _call_seconds.record(perf_counter() - started, outcome)
