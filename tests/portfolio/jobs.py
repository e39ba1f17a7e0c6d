"""Jobs for other processes: they have to be found there by name."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def sync_or_die(bridge):
    """Sync; the first worker that gets to client-0001 is killed midway."""
    mark = Path(os.environ["KILL_MARK"])
    if bridge.client == "client-0001" and not mark.exists():
        bridge.fetch_counts()
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return bridge.sync(yes=True)
