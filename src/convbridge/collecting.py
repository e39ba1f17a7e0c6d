"""Garbage collection while there is much to do."""

from __future__ import annotations

import gc
import threading
from typing import Self


class Settled:
    """
    Keeps what was imported out of garbage collection, from a first call to the end.

    The libraries are a quarter of a million objects that stay: every full collection
    looks at all of them, and clients, or rows, make garbage enough for one every few
    seconds.
    Whoever froze objects before keeps them frozen, and nothing is done here.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = self._is_frozen = False

    def __enter__(self) -> Self:
        self._is_open = gc.get_freeze_count() == 0
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_open = False
        if self._is_frozen:
            gc.unfreeze()

    def __call__(self) -> None:
        """Say that everything needed is imported; the first call counts."""
        with self._lock:
            if self._is_open:
                gc.freeze()
                self._is_open, self._is_frozen = False, True
