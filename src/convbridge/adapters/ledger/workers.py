"""Who holds a lease, and whether that worker can still be alive."""

from __future__ import annotations

import os
import secrets
import socket

# Containers restart with the same host name and process number.
_PROCESS = secrets.token_hex(4)


def new_owner() -> str:
    """Return a name for a worker: host, process, and tokens of both."""
    return f"{socket.gethostname()}/{os.getpid()}/{_PROCESS}/{secrets.token_hex(4)}"


def is_gone(owner: str) -> bool:
    """
    Tell whether a worker of this computer has surely ended.

    Workers elsewhere cannot be looked at: their leases have to run out.
    """
    host, number, process, _ = owner.rsplit("/", 3)
    if host != socket.gethostname():
        return False
    if int(number) == os.getpid():
        return process != _PROCESS
    return not _runs(int(number))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
