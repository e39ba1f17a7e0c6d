"""Who holds a lease, and whether that worker can still be alive."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

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
    return not runs(int(number))


def runs(process: int) -> bool:
    """
    Tell whether a process of this computer can still do something.

    One that was killed stays in the table until its parent asks for it, which some
    never do; Linux calls it a zombie.
    """
    try:
        os.kill(process, 0)  # signal 0 asks whether it is there, and does nothing
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except (OSError, ValueError):  # no Linux, or it went just now
        return False
    # proc(5): "pid (name) state ..."; the name may hold anything.
    return stat.rpartition(")")[2].split()[:1] in (["Z"], ["X"])
