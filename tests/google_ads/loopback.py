"""A loopback gRPC server that answers Google Ads calls as a script says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Refusal:
    """A status with trailing metadata, as Google's front end sends it."""

    status: grpc.StatusCode
    details: str = "refused"
    failure: bytes | None = None
    version: str = "v26"
    pause: int | None = None
    """Seconds of a google.rpc.RetryInfo in the status's details."""

    def trailers(self) -> tuple[tuple[str, Any], ...]:
        key = f"google.ads.googleads.{self.version}.errors.googleadsfailure-bin"
        failure = ((key, self.failure),) if self.failure is not None else ()
        return (("request-id", "req-1"), *failure, *self._status())

    def _status(self) -> tuple[tuple[str, bytes], ...]:
        if self.pause is None:
            return ()
        status = Status(code=self.status.value[0], message=self.details)
        info = RetryInfo(retry_delay=Duration(seconds=self.pause))
        status.details.add().Pack(info)
        return (("grpc-status-details-bin", status.SerializeToString()),)


@dataclass
class Script:
    """What to answer next; the last answer is repeated."""

    answers: list[Any] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    metadata: list[dict[str, str]] = field(default_factory=list)

    def next(self) -> Any:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def scripted(*answers: Any) -> Iterator[tuple[str, Script]]:
    """Serve on a free port; yields the endpoint and the script."""
    script = Script(answers=list(answers))
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    server.add_generic_rpc_handlers((_Handler(script),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", script
    finally:
        server.stop(None).wait()


def failure(*errors: dict[str, Any], version: str = "v26") -> bytes:
    """Return serialized errors, each as the fields of a GoogleAdsError."""
    module = import_module(f"google.ads.googleads.{version}.errors.types.errors")
    message = module.GoogleAdsFailure(errors=list(errors))
    return module.GoogleAdsFailure.serialize(message)


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, script: Script) -> None:
        self._script = script

    def service(self, details: Any) -> Any:
        streams = details.method.endswith("/SearchStream")
        make = (
            grpc.unary_stream_rpc_method_handler
            if streams
            else grpc.unary_unary_rpc_method_handler
        )
        return make(self._stream if streams else self._answer)

    def _answer(self, request: bytes, context: Any) -> bytes:
        self._script.requests.append(request)
        self._script.metadata.append(dict(context.invocation_metadata()))
        answer = self._script.next()
        if callable(answer):  # one that depends on the request
            answer = answer(request)
        if isinstance(answer, Refusal):
            context.set_trailing_metadata(answer.trailers())
            context.abort(answer.status, answer.details)
        context.set_trailing_metadata((("request-id", "req-1"),))
        return answer.SerializeToString()

    def _stream(self, request: bytes, context: Any) -> Iterator[bytes]:
        yield self._answer(request, context)
