"""The gRPC port of Google Ads: paths to methods, failures to statuses and trailers."""

from __future__ import annotations

import itertools
import re
import threading
import time
from concurrent import futures
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc

from .ads_errors import AdsError, AdsFailure, fail, failure_message
from .ads_messages import NEWEST, VERSIONS, message_class
from .ads_methods import REQUESTS, AdsCall, known_methods
from .faults import Call, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .access import Access
    from .ads_messages import Message
    from .ads_service import GoogleAds
    from .faults import Fault
    from .server import Google
    from .tls import Certificate

_PATH = re.compile(r"/google\.ads\.googleads\.(v\d+)\.services\.(\w+)/(\w+)")
_MAX_MESSAGE = 64 * 1024 * 1024
_KNOWN = frozenset(known_methods())
_HTTP = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
# gRPC status -> the Google Ads error that goes with it, where there is one.
_ERRORS = {
    "RESOURCE_EXHAUSTED": ("quota_error", "RESOURCE_TEMPORARILY_EXHAUSTED"),
    "INTERNAL": ("internal_error", "INTERNAL_ERROR"),
    "UNAUTHENTICATED": ("authentication_error", "OAUTH_TOKEN_EXPIRED"),
    "PERMISSION_DENIED": ("authorization_error", "USER_PERMISSION_DENIED"),
    "ABORTED": ("database_error", "CONCURRENT_MODIFICATION"),
}
# A context of grpcio, which has no types of its own.
_Context = Any


class AdsServer:
    """
    Google Ads on loopback: plaintext, and TLS with a certificate of its own.

    The certificate is for `localhost`; the stock client trusts it when
    `GRPC_DEFAULT_SSL_ROOTS_FILE_PATH` names its file before grpc is imported.
    """

    def __init__(self, google: Google, ads: GoogleAds, port: int = 0) -> None:
        """Listen on a port of the sandbox's host; 0 takes a free one."""
        self._google = google
        self._ads = ads
        self._requests = itertools.count(1)
        self._lock = threading.Lock()
        self._certificate: Certificate | None = None
        self._tls_server: Any = None  # a grpc.Server, opened when first asked for
        self._tls_port = 0
        self._server = self._make_server()
        self._port = self._server.add_insecure_port(f"{google.host}:{port}")
        self._server.start()

    @property
    def endpoint(self) -> str:
        """The plaintext address, `http://HOST:PORT`."""
        return f"http://{self._google.host}:{self._port}"

    @property
    def tls_endpoint(self) -> str:
        """The TLS address, `https://localhost:PORT`; opened when first asked for."""
        self._open_tls()
        return f"https://localhost:{self._tls_port}"

    @property
    def tls_cert_path(self) -> Path:
        """The PEM file of the certificate to trust."""
        return self._open_tls().path

    def close(self) -> None:
        """Stop at once and remove the certificate."""
        self._server.stop(0).wait()
        if self._certificate is not None:
            self._tls_server.stop(0).wait()
            self._certificate.remove()

    def _make_server(self) -> Any:
        return grpc.server(
            futures.ThreadPoolExecutor(max_workers=64, thread_name_prefix="ads"),
            handlers=(_Paths(self._handle, self._handle_stream),),
            options=(
                ("grpc.max_receive_message_length", _MAX_MESSAGE),
                ("grpc.max_send_message_length", _MAX_MESSAGE),
                ("grpc.so_reuseport", 0),
            ),
        )

    def _open_tls(self) -> Certificate:
        from .tls import Certificate  # noqa: PLC0415  # cryptography only when asked for

        with self._lock:
            if self._certificate is None:
                made = Certificate.make()
                credentials = grpc.ssl_server_credentials([(made.key, made.chain)])
                self._tls_server = self._make_server()
                self._tls_port = self._tls_server.add_secure_port(
                    "localhost:0", credentials
                )
                self._tls_server.start()
                self._certificate = made
            return self._certificate

    def _handle(
        self, path: tuple[str, str, str], data: bytes, context: _Context
    ) -> bytes:
        return b"".join(self._run(path, data, context, self._unary))

    def _handle_stream(
        self, path: tuple[str, str, str], data: bytes, context: _Context
    ) -> Iterator[bytes]:
        yield from self._run(path, data, context, self._ads.stream)

    def _unary(self, call: AdsCall) -> list[Message]:
        return [self._ads.answer(call)]

    def _run(
        self,
        path: tuple[str, str, str],
        data: bytes,
        context: _Context,
        answer: Callable[[AdsCall], list[Message]],
    ) -> list[bytes]:
        call = self._call(path, data, context)
        context.set_trailing_metadata((("request-id", call.request_id),))
        status = "OK"
        try:
            return [m.SerializeToString() for m in self._answer(call, answer)]
        except AdsFailure as failure:
            status = failure.status
            _abort(context, failure, call)
        except _Broken as broken:
            status = broken.status
            context.abort(grpc.StatusCode[status], broken.text)
        finally:
            self._record(call, status)
        raise AssertionError("context.abort does not return")

    def _call(
        self, path: tuple[str, str, str], data: bytes, context: _Context
    ) -> AdsCall:
        version, service, method = path
        name = REQUESTS.get(method, f"{method}Request")
        return AdsCall(
            service=service,
            method=method,
            version=version,
            request_id=f"sandbox-{next(self._requests):012d}",
            headers={
                key.lower(): value for key, value in context.invocation_metadata()
            },
            request=message_class(f"services.{name}").FromString(data),
        )

    def _answer(
        self, call: AdsCall, answer: Callable[[AdsCall], list[Message]]
    ) -> list[Message]:
        faults = self._google.faults
        time.sleep(faults.latency("google_ads"))
        ids = {"customer_id": call.customer_id}
        fault = faults.take("google_ads", call.method, ids)
        if fault is not None and fault.kind in {FaultKind.ERROR, FaultKind.DROP}:
            raise _struck(fault)
        _check_token(self._google.access, call)
        messages = answer(call)
        if fault is not None and fault.kind is FaultKind.CUT:
            raise _Broken("UNAVAILABLE", "Socket closed")
        if fault is not None and fault.kind is FaultKind.SLOW:
            time.sleep(fault.delay)
        return messages

    def _record(self, call: AdsCall, status: str) -> None:
        self._google.calls.record(
            Call(
                service="google_ads",
                method=call.method,
                time=self._google.clock.now(),
                ids={"customer_id": call.customer_id, "request_id": call.request_id},
                headers=call.headers,
                status=status,
            ),
            lambda: str(call.request),
        )


def _check_token(access: Access, call: AdsCall) -> None:
    token = call.headers.get("authorization", "")
    if not access.knows(token):
        raise fail("authentication_error", "OAUTH_TOKEN_INVALID")
    if call.customer_id and not access.opens(token, call.customer_id):
        raise fail("authorization_error", "USER_PERMISSION_DENIED")


class _Broken(Exception):  # noqa: N818  # it is wanted, not an error of ours
    """A call that ends with a bare gRPC status."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class _Paths(grpc.GenericRpcHandler):
    """Finds the handler of a path; bytes in, bytes out."""

    def __init__(self, unary: Callable[..., bytes], stream: Callable[..., Any]) -> None:
        self._unary = unary
        self._stream = stream

    def service(self, handler_call_details: Any) -> Any:
        match = _PATH.fullmatch(handler_call_details.method)
        if match is None or match.groups()[1:] not in _KNOWN:
            return None
        path = match.groups()
        if path[0] not in VERSIONS:
            return grpc.unary_unary_rpc_method_handler(_unsupported)
        if path[2] == "SearchStream":
            return grpc.unary_stream_rpc_method_handler(
                lambda data, context: self._stream(path, data, context)
            )
        return grpc.unary_unary_rpc_method_handler(
            lambda data, context: self._unary(path, data, context)
        )


def _unsupported(_data: bytes, context: _Context) -> None:
    failure = fail(
        "request_error",
        "UNSUPPORTED_VERSION",
        "Version of the API is deprecated. Requests to this version will be blocked.",
    )
    data = failure_message(failure.errors, "sandbox", NEWEST).SerializeToString()
    key = f"google.ads.googleads.{NEWEST}.errors.googleadsfailure-bin"
    context.set_trailing_metadata(((key, data),))
    context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Unsupported version.")


def _abort(context: _Context, failure: AdsFailure, call: AdsCall) -> None:
    message = failure_message(failure.errors, call.request_id, call.version)
    key = f"google.ads.googleads.{call.version}.errors.googleadsfailure-bin"
    context.set_trailing_metadata(
        ((key, message.SerializeToString()), ("request-id", call.request_id))
    )
    context.abort(grpc.StatusCode[failure.status], message.errors[0].message)


def _struck(fault: Fault) -> Exception:
    """Return the failure of a queued fault: a Google Ads error or a bare status."""
    if fault.kind is FaultKind.DROP:
        return _Broken("UNAVAILABLE", "Connection reset by peer")
    text = str(fault.status)
    category, _, code = text.partition(".")
    if not code:
        status = _status_name(fault.status)
        if status not in _ERRORS:
            return _Broken(status, fault.message or "The service is unavailable.")
        category, code = _ERRORS[status]
    retry_after = timedelta(seconds=fault.delay) if fault.delay else None
    return AdsFailure(
        AdsError(
            category=category,
            code=code,
            message=fault.message or "",
            retry_after=retry_after,
            rate_scope="ACCOUNT",
        )
    )


def _status_name(status: int | str) -> str:
    if isinstance(status, str) and not status.isdigit():
        return status
    code = int(status)
    by_number = {s.value[0]: s.name for s in grpc.StatusCode}
    return _HTTP.get(code) or by_number.get(code, "UNKNOWN")
