"""The Data Manager API over gRPC, the clients' usual transport."""

from __future__ import annotations

from concurrent import futures
from typing import TYPE_CHECKING, Any

import grpc
from google.ads import datamanager_v1
from google.protobuf import json_format
from google.rpc import error_details_pb2, status_pb2

from .data_manager_http import Port
from .http import ApiError, CutConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    from .data_manager import DataManager
    from .server import Google

_SERVICE = "google.ads.datamanager.v1.IngestionService"
_WORKERS = 16
_LARGEST = 10 * 1024 * 1024
_DETAILS = "grpc-status-details-bin"
_KINDS = {
    f"type.googleapis.com/{kind.DESCRIPTOR.full_name}": kind
    for kind in (
        error_details_pb2.BadRequest,
        error_details_pb2.ErrorInfo,
        error_details_pb2.RequestInfo,
    )
}
# Raw messages and the contexts of grpcio have no types.
Message = Any
_Context = Any


class DataManagerGrpcServer:
    """The Data Manager API on a plaintext gRPC port of loopback."""

    def __init__(self, google: Google, manager: DataManager, port: int) -> None:
        self._manager = manager
        self._methods = Port(google, manager)
        self._host = google.host
        self._server = grpc.server(
            futures.ThreadPoolExecutor(_WORKERS, thread_name_prefix="data-manager"),
            options=[("grpc.max_receive_message_length", _LARGEST)],
        )
        handlers = {
            "IngestEvents": _handler(self._ingest, "IngestEvents"),
            "RetrieveRequestStatus": _handler(self._retrieve, "RetrieveRequestStatus"),
        }
        self._server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(_SERVICE, handlers)]
        )
        self._port = self._server.add_insecure_port(f"{google.host}:{port}")
        self._server.start()

    @property
    def endpoint(self) -> str:
        """The target, `HOST:PORT`."""
        return f"{self._host}:{self._port}"

    def close(self) -> None:
        """Stop the server."""
        self._server.stop(None).wait()

    def _ingest(self, request: Message, headers: dict[str, str]) -> dict[str, Any]:
        def answer() -> dict[str, Any]:
            self._manager.limits.spend()
            if self._manager.is_sink:
                ids = (event.transaction_id for event in request.events)
                return self._manager.count(ids)
            body = json_format.MessageToDict(request, preserving_proto_field_name=True)
            return self._manager.ingest(body)

        return self._run("ingestEvents", request, headers, answer)

    def _retrieve(self, request: Message, headers: dict[str, str]) -> dict[str, Any]:
        def answer() -> dict[str, Any]:
            return self._methods.statuses(request.request_id, as_numbers=False)

        return self._run("retrieveRequestStatus", request, headers, answer)

    def _run(
        self,
        method: str,
        request: Message,
        headers: dict[str, str],
        answer: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        def text() -> str:
            return str(json_format.MessageToJson(request))

        return self._methods.run(method, headers, answer, text)


def _handler(
    answer: Callable[[Message, dict[str, str]], dict[str, Any]], method: str
) -> Any:
    request_class = getattr(datamanager_v1, f"{method}Request").pb()
    response_class = getattr(datamanager_v1, f"{method}Response").pb()

    def handle(data: bytes, context: _Context) -> bytes:
        headers = {key: str(value) for key, value in context.invocation_metadata()}
        try:
            body = answer(request_class.FromString(data), headers)
        except ApiError as error:
            _abort(context, error)
        except CutConnection:
            context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
        response = json_format.ParseDict(body, response_class())
        made: bytes = response.SerializeToString()
        return made

    return grpc.unary_unary_rpc_method_handler(handle)


def _abort(context: _Context, error: ApiError) -> None:
    """End a call as Google does: the status again in a trailer, with its details."""
    code = grpc.StatusCode[error.status]
    status = status_pb2.Status(code=code.value[0], message=error.message)
    for detail in error.details:
        fields = {key: value for key, value in detail.items() if key != "@type"}
        message = json_format.ParseDict(fields, _KINDS[str(detail["@type"])]())
        status.details.add().Pack(message)
    if "Retry-After" in error.headers:
        wait = error_details_pb2.RetryInfo()
        wait.retry_delay.seconds = int(error.headers["Retry-After"])
        status.details.add().Pack(wait)
    context.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))
    context.abort(code, error.message)
