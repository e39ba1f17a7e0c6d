"""A line between client and server that breaks when it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from contextlib import contextmanager


@contextmanager
def cutting_line(endpoint, passed, arrived):
    """
    Yield an endpoint that leads to another, and breaks when something has arrived.

    Args:
        endpoint: Where it leads, as `http://HOST:PORT`.
        passed: How many bytes of the answer still come through.
        arrived: Tells whether the server has done something.
    """
    host, port = endpoint.removeprefix("http://").split(":")
    listener = socket.create_server(("127.0.0.1", 0))
    ends = [listener]

    def serve():
        while True:
            near, _ = listener.accept()
            far = socket.create_connection((host, int(port)))
            ends.extend((near, far))
            _start(_carry, near, far, lambda: False, 0)
            _start(_carry, far, near, arrived, passed)

    _start(serve)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for end in ends:
            _close(end)


def _carry(source, target, is_over, passed):
    """Carry what one end says to the other, until it is over, or an end is closed."""
    while data := source.recv(65_536):
        if is_over():
            target.sendall(data[:passed])
            break
        target.sendall(data)
    _close(source)
    _close(target)


def _close(end):
    with contextlib.suppress(OSError):  # it is closed
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _start(work, *args):
    def run():
        with contextlib.suppress(OSError):  # closed by the other end
            work(*args)

    threading.Thread(target=run, daemon=True).start()
