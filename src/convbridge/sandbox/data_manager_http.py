"""The REST port of the Data Manager API v1."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

from .data_manager_json import enum_number, read_message, schema
from .faults import Call, FaultKind
from .http import ApiError, CutConnection, JsonServer, Response, route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .data_manager import DataManager, Destined
    from .faults import Fault
    from .http import Request
    from .server import Google

_SERVICE = "data_manager"
_Answer = TypeVar("_Answer")


class Port:
    """The methods of the API, over whatever transport."""

    def __init__(self, google: Google, manager: DataManager) -> None:
        self._google = google
        self._manager = manager

    def ingest(self, request: Request, _match: re.Match[str]) -> Response:
        """Answer `POST /v1/events:ingest`."""

        def answer() -> Response:
            sent = request.json()
            self._manager.limits.spend()
            if self._manager.is_sink:
                ids = (event.get("transactionId", "") for event in sent["events"])
                return Response(body=self._manager.count(ids))
            body = read_message(schema("IngestEventsRequest"), sent)
            return Response(body=self._manager.ingest(body))

        return self.run("ingestEvents", request.headers, answer, request.text)

    def retrieve(self, request: Request, _match: re.Match[str]) -> Response:
        """Answer `GET /v1/requestStatus:retrieve`."""

        def answer() -> Response:
            asked = parse_qs(request.query).get("requestId", [""])[0]
            as_numbers = "enum-encoding" in request.query
            return Response(body=self.statuses(asked, as_numbers=as_numbers))

        method = "retrieveRequestStatus"
        return self.run(method, request.headers, answer, request.text)

    def statuses(self, request_id: str, *, as_numbers: bool) -> dict[str, Any]:
        """Return what became of a request, as JSON."""
        found = [
            _status(destined, is_processing=busy, as_numbers=as_numbers)
            for destined, busy in self._manager.retrieve(request_id)
        ]
        return {"requestStatusPerDestination": found}

    def run(
        self,
        method: str,
        headers: Mapping[str, str],
        answer: Callable[[], _Answer],
        sent: Callable[[], str],
    ) -> _Answer:
        """Answer with the faults that are queued, and record the call."""
        status = "OK"
        try:
            return self._with_faults(method, headers, answer)
        except ApiError as error:
            status = error.status
            raise
        except CutConnection:
            status = "CUT"
            raise
        finally:
            self._google.calls.record(
                Call(
                    service=_SERVICE,
                    method=method,
                    time=self._google.clock.now(),
                    headers={"user-agent": headers.get("user-agent", "")},
                    status=status,
                ),
                sent,
            )

    def _with_faults(
        self, method: str, headers: Mapping[str, str], answer: Callable[[], _Answer]
    ) -> _Answer:
        faults = self._google.faults
        time.sleep(faults.latency(_SERVICE))
        if not self._google.access.knows(headers.get("authorization", "")):
            raise ApiError(401, "Request had invalid authentication credentials.")
        fault = faults.take(_SERVICE, method)
        _strike_before(fault)
        response = answer()
        if fault is not None and fault.kind is FaultKind.CUT:
            raise CutConnection
        if fault is not None and fault.kind is FaultKind.TORN:
            raise CutConnection(response if isinstance(response, Response) else None)
        if fault is not None and fault.kind is FaultKind.SLOW:
            time.sleep(fault.delay)
        return response


def start_data_manager(google: Google, manager: DataManager, port: int) -> JsonServer:
    """Serve the Data Manager API on a port of the sandbox's host."""
    handlers = Port(google, manager)
    routes = (
        route("POST", r"/v1/events:ingest", handlers.ingest),
        route("GET", r"/v1/requestStatus:retrieve", handlers.retrieve),
    )
    return JsonServer(routes, google.host, port)


def _strike_before(fault: Fault | None) -> None:
    if fault is None:
        return
    if fault.kind is FaultKind.DROP:
        raise CutConnection
    if fault.kind is FaultKind.ERROR:
        headers = {"Retry-After": str(int(fault.delay))} if fault.delay else {}
        code = int(fault.status)
        raise ApiError(code, fault.message or "The request failed.", headers=headers)


def _status(
    destined: Destined, *, is_processing: bool, as_numbers: bool
) -> dict[str, Any]:
    """Return one destination's status as JSON; int64 travels as text."""

    def enum(kind: str, name: str) -> str | int:
        return enum_number(kind, name) if as_numbers else name

    status = "PROCESSING" if is_processing else destined.status
    answer: dict[str, Any] = {
        "destination": _camel(destined.target.destination),
        "requestStatus": enum("RequestStatus", status),
        "eventsIngestionStatus": {"recordCount": str(destined.records)},
    }
    if destined.errors and not is_processing:
        answer["errorInfo"] = {
            "errorCounts": [
                {
                    "recordCount": str(count),
                    "reason": enum("ProcessingErrorReason", reason),
                }
                for reason, count in destined.errors.items()
            ]
        }
    return answer


def _camel(value: dict[str, Any]) -> dict[str, Any]:
    return {
        re.sub(r"_([a-z])", lambda match: match[1].upper(), key): (
            _camel(item) if isinstance(item, dict) else item
        )
        for key, item in value.items()
    }
