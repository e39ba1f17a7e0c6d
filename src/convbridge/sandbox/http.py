"""A small threaded HTTP/1.1 JSON server, shared by the REST services."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# google.rpc.Code names for HTTP statuses, as googleapis.com writes them.
STATUS_NAMES: Mapping[int, str] = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: header names are lower case, the query is left as sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> str:
        """Return all that tells who asks for what: the login, the path, the body."""
        login = self.headers.get("authorization", "")
        body = self.body.decode(errors="replace")
        return f"{login}\n{self.method} {self.path}?{self.query}\n{body}"

    def json(self) -> Any:  # Any: whatever the client sent
        """Return the body as JSON, or raise Google's 400."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError as error:
            raise ApiError(400, "Invalid JSON payload received.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer: a JSON value, ready bytes, or chunks of bytes of known length."""

    status: int = 200
    body: Any = None  # dict/list -> JSON; bytes as they are
    chunks: Sequence[bytes] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def parts(self) -> Sequence[bytes]:
        """Return the body as a list of byte strings."""
        if self.chunks is not None:
            return self.chunks
        if isinstance(self.body, bytes):
            return (self.body,)
        return (json.dumps({} if self.body is None else self.body).encode(),)


class ApiError(Exception):
    """An error answer in Google's JSON shape."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or STATUS_NAMES.get(code, "UNKNOWN")
        self.details = tuple(details)
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return the answer as googleapis.com would send it."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "status": self.status,
        }
        if self.details:
            error["details"] = list(self.details)
        return Response(status=self.code, body={"error": error}, headers=self.headers)


class CutConnection(Exception):  # noqa: N818  # not an error of ours: it is wanted
    """Raised by a handler to close the connection, within an answer or before it."""

    def __init__(self, torn: Response | None = None) -> None:
        super().__init__()
        self.torn = torn


Handler = Callable[[Request, re.Match[str]], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a pattern that the whole path must match."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler


def route(method: str, pattern: str, handler: Handler) -> Route:
    """Make a route from a pattern's text."""
    return Route(method, re.compile(pattern), handler)


class JsonServer:
    """
    Serves routes on loopback until closed, one thread per connection.

    Handlers return a `Response`, raise `ApiError`, or raise `CutConnection`.
    Any other exception becomes a 500 with its text, so a fault of the sandbox
    shows itself in the client.
    """

    def __init__(
        self, routes: Iterable[Route], host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self._routes = tuple(routes)
        self._server = _Server((host, port), self.answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="sandbox-http",
            daemon=True,
        )
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """The base address, `http://HOST:PORT`."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def answer(self, request: Request) -> Response:
        """Find the route and run its handler."""
        return answer(self._routes, request)

    def close(self) -> None:
        """Stop listening and close every open connection."""
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def answer(routes: Iterable[Route], request: Request) -> Response:
    """Answer a request by the first route that matches it."""
    for candidate in routes:
        match = candidate.pattern.fullmatch(request.path)
        if match and candidate.method == request.method:
            return _run(candidate.handler, request, match)
    return ApiError(404, "Method not found.").response()


def _run(handler: Handler, request: Request, match: re.Match[str]) -> Response:
    try:
        return handler(request, match)
    except ApiError as error:
        return error.response()
    except CutConnection:
        raise
    except Exception as error:  # noqa: BLE001  # the server's border: nothing may kill it
        return ApiError(500, f"Internal error encountered. {error!r}").response()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(
        self, address: tuple[str, int], answer: Callable[[Request], Response]
    ) -> None:
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Exchange)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Wake every thread that waits on a kept-alive connection."""
        with self._open_lock:
            waiting = tuple(self._open)
        for connection in waiting:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is its own business."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server_version = "ESF"
    sys_version = ""
    server: _Server
    _known: ClassVar[frozenset[str]] = frozenset(
        {"GET", "POST", "PATCH", "DELETE", "PUT"}
    )

    def __getattr__(self, name: str) -> Callable[[], None]:
        # http.server looks up do_GET, do_POST ...: they are all the same here.
        if name.startswith("do_") and name[3:] in self._known:
            return self._exchange
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # stdlib's name
        """Stay silent; the call log is the record."""

    def _exchange(self) -> None:
        path, _, query = self.path.partition("?")
        request = Request(
            method=self.command,
            path=path,
            query=query,
            headers={key.lower(): value for key, value in self.headers.items()},
            body=self._read_body(),
        )
        try:
            self._send(self.server.answer(request))
        except CutConnection as cut:
            if cut.torn is not None:
                self._send(cut.torn, is_torn=True)
            self.close_connection = True

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return self._read_chunks()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _read_chunks(self) -> bytes:
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _send(self, response: Response, *, is_torn: bool = False) -> None:
        parts = response.parts()
        self.send_response(response.status, _phrase(response.status))
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(sum(map(len, parts))))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for part in [parts[0][: len(parts[0]) // 2]] if is_torn else parts:
            self.wfile.write(part)
        self.wfile.flush()


def _phrase(status: int) -> str:
    try:
        return str(HTTPStatus(status).phrase)
    except ValueError:
        return "Status"
