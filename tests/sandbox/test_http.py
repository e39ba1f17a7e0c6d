"""The JSON server: what every REST service of the sandbox stands on."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests

from convbridge.sandbox.http import (
    ApiError,
    CutConnection,
    JsonServer,
    Response,
    route,
)

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from convbridge.sandbox.http import (
        Request,
    )


def echo(request: Request, match: re.Match[str]) -> Response:
    return Response(
        body={"id": match[1], "query": request.query, "body": request.json()}
    )


def refuse(request: Request, _: re.Match[str]) -> Response:
    raise ApiError(409, "There already.", details=[{"@type": "x"}])


def break_down(request: Request, _: re.Match[str]) -> Response:
    raise KeyError("oops")


def cut(request: Request, _: re.Match[str]) -> Response:
    raise CutConnection


def large(request: Request, _: re.Match[str]) -> Response:
    return Response(chunks=[b"[", b"1," * 1_000_000, b"1]"])


@pytest.fixture(scope="module")
def server() -> Iterator[JsonServer]:
    routes = [
        route("POST", r"/v1/things/(\d+)", echo),
        route("GET", "/refuse", refuse),
        route("GET", "/break", break_down),
        route("GET", "/cut", cut),
        route("GET", "/large", large),
    ]
    with JsonServer(routes) as running:
        yield running


def test_path_query_and_body_arrive(server: JsonServer) -> None:
    answer = requests.post(
        f"{server.endpoint}/v1/things/12?a=b%20c", json={"x": [1]}, timeout=5
    )

    assert answer.json() == {"id": "12", "query": "a=b%20c", "body": {"x": [1]}}
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


def test_one_connection_serves_many_requests(server: JsonServer) -> None:
    host = server.endpoint.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.connect()
    local = connection.sock.getsockname()

    for number in range(3):
        connection.request("POST", f"/v1/things/{number}", body=b"{}")
        assert json.loads(connection.getresponse().read())["id"] == str(number)
        assert connection.sock.getsockname() == local
    connection.close()


def test_a_body_in_chunks_is_put_together(server: JsonServer) -> None:
    chunks = iter([b'{"x":', b"1", b"}"])

    answer = requests.post(f"{server.endpoint}/v1/things/1", data=chunks, timeout=5)

    assert answer.json()["body"] == {"x": 1}


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        (
            "/refuse",
            409,
            {
                "code": 409,
                "message": "There already.",
                "status": "ALREADY_EXISTS",
                "details": [{"@type": "x"}],
            },
        ),
        (
            "/break",
            500,
            {
                "code": 500,
                "message": "Internal error encountered. KeyError('oops')",
                "status": "INTERNAL",
            },
        ),
        (
            "/nowhere",
            404,
            {"code": 404, "message": "Method not found.", "status": "NOT_FOUND"},
        ),
    ],
)
def test_errors_look_like_googles(
    server: JsonServer, path: str, status: int, error: Any
) -> None:
    answer = requests.get(server.endpoint + path, timeout=5)

    assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_another_verb_is_another_method(server: JsonServer) -> None:
    assert requests.get(f"{server.endpoint}/v1/things/1", timeout=5).status_code == 404


def test_a_cut_connection_gives_no_answer(server: JsonServer) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.endpoint}/cut", timeout=5)


def test_a_large_answer_arrives_whole(server: JsonServer) -> None:
    answer = requests.get(f"{server.endpoint}/large", timeout=5)

    assert len(answer.json()) == 1_000_001


def test_closing_ends_open_connections_and_frees_the_port() -> None:
    server = JsonServer([])
    host, port = server.endpoint.removeprefix("http://").split(":")
    kept = http.client.HTTPConnection(host, int(port), timeout=5)
    kept.request("GET", "/nowhere")
    kept.getresponse().read()
    closer = threading.Thread(target=server.close)

    closer.start()
    ended = kept.sock.recv(1)
    closer.join(timeout=5)
    kept.close()

    assert ended == b""
    with pytest.raises(ConnectionError):
        socket.create_connection((host, int(port)), timeout=5)
