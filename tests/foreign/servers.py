"""HTTP servers on loopback that answer as a script or a twisted sandbox says."""

from __future__ import annotations

import gzip
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from convbridge.sandbox.http import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CUT = object()
"""An answer that never comes: the connection is closed instead."""


@dataclass
class Answer:
    """What goes over the wire: JSON, or text as it is."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: int = 0
    """Bytes that the header announces and that never come."""

    def octets(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


@dataclass
class Served:
    """A running server and what reached it."""

    endpoint: str
    requests: list[Request] = field(default_factory=list)

    def bodies(self) -> list[Any]:
        return [json.loads(request.body or b"{}") for request in self.requests]


@contextmanager
def answering(
    reply: Callable[[Request], Any], *, style: str = "plain"
) -> Iterator[Served]:
    """Serve `reply` on a free port; `style` is how answers are framed."""
    handler = type("_Framed", (_Handler,), {"protocol_version": _PROTOCOLS[style]})
    server = _Server(("127.0.0.1", 0), handler)
    server.served = Served(f"http://127.0.0.1:{server.server_port}")
    server.reply, server.style = reply, style
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield server.served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def scripted(*answers: Any) -> Iterator[Served]:
    """Serve answers in this order; the last one is repeated."""
    left, lock = list(answers), threading.Lock()

    def reply(request: Request) -> Any:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    with answering(reply) as served:
        yield served


def error(
    code: int,
    message: str,
    status: str = "UNKNOWN",
    *,
    details: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return an error in Google's JSON form."""
    body = {"code": code, "message": message, "status": status}
    told = {**body, "details": details} if details else body
    return Answer(code, {"error": told}, headers or {})


def reason(text: str) -> list[dict[str, Any]]:
    """Return details with one reason."""
    kind = "type.googleapis.com/google.rpc.ErrorInfo"
    return [{"@type": kind, "reason": text, "domain": "googleapis.com"}]


_PROTOCOLS = {
    "plain": "HTTP/1.1",
    "chunked": "HTTP/1.1",
    "gzip": "HTTP/1.1",
    "closing": "HTTP/1.0",
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    served: Served
    reply: Callable[[Request], Any]
    style: str

    def handle_error(self, *_: Any) -> None:
        """Say nothing: clients hang up on broken answers."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _exchange(self) -> None:
        path, _, query = self.path.partition("?")
        request = Request(
            method=self.command,
            path=path,
            query=query,
            headers={key.lower(): value for key, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        self.server.served.requests.append(request)
        answer = self.server.reply(request)
        self.close_connection = answer is CUT or self.server.style == "closing"
        if answer is not CUT:
            self._send(answer)

    do_GET = do_POST = do_PATCH = do_DELETE = _exchange  # noqa: N815 - http.server's

    def _send(self, answer: Answer) -> None:
        octets, style = answer.octets(), self.server.style
        self.send_response(answer.status)
        headers = {"content-type": "application/json", **answer.headers}
        if style == "gzip":
            octets = gzip.compress(octets)
            headers["content-encoding"] = "gzip"
        if style == "chunked":
            headers["transfer-encoding"] = "chunked"
        elif style != "closing":
            headers["content-length"] = str(len(octets) + answer.missing)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if style == "chunked":
            octets = _chunks(octets)
        self.wfile.write(octets)
        if answer.missing:
            self.close_connection = True


def _chunks(octets: bytes, size: int = 4_000) -> bytes:
    parts = [octets[at : at + size] for at in range(0, len(octets), size)]
    framed = [b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""]]
    return b"".join(framed)
